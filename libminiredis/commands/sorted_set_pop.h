// Popping from sorted sets, for the commands that answer at once and for those that wait.
#pragma once

#include "commands/command.h"
#include "commands/sorted_set_reply.h"

namespace miniredis::commands {

enum class PopFrom : std::uint8_t { kMin, kMax };

// How a pop is answered.
enum class PopReply : std::uint8_t {
  kMembers,       // member, score, member, score ...
  kPairs,         // an array of two each
  kKeyAndMember,  // key, member, score: BZPOPMIN
  kKeyAndPairs,   // key, array of pairs: ZMPOP
};

// kNothing: there is no such set, and nothing has been answered. kWrongType: the error has been.
enum class Popped : std::uint8_t { kNothing, kDone, kWrongType };
// Takes up to `count` > 0 members from one end and answers them.
Popped pop_members(Context& context, Bytes key, PopFrom from, std::size_t count, PopReply shape);

// numkeys key [key ...] MIN|MAX [COUNT count]
struct ManyPop {
  Arguments keys;
  PopFrom from = PopFrom::kMin;
  std::size_t count = 1;
};
// Nothing, with the error answered, when the words are none of these.
std::optional<ManyPop> read_many_pop(Context& context, Arguments words);

}  // namespace miniredis::commands
