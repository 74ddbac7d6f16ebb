// How members of sets are answered.
#pragma once

#include "commands/collection.h"
#include "types/set.h"

namespace miniredis::commands {

inline void reply_member(Context& context, types::Member member) {
  if (member.is_integer())
    context.reply.bulk_integer(member.integer());
  else
    context.reply.bulk(member.text());
}
// Every member, behind the head of an array or a set.
inline void reply_all(Context& context, const types::Set& set) {
  set.walk([&](types::Member member) {
    context.tick();
    reply_member(context, member);
  });
}

}  // namespace miniredis::commands
