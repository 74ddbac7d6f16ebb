// How members of sorted sets are answered.
#pragma once

#include "commands/collection.h"
#include "types/sorted_set.h"

namespace miniredis::commands {

// WITHSCORES: one array of all in RESP2, an array of two each in RESP3.
enum class Scores : std::uint8_t { kNone, kBeside, kNested };

inline Scores with_scores(const Context& context, bool asked) noexcept {
  if (!asked) return Scores::kNone;
  return context.reply.resp3() ? Scores::kNested : Scores::kBeside;
}
inline void reply_member_head(Context& context, std::size_t count, Scores scores) {
  context.reply.array(scores == Scores::kBeside ? 2 * count : count);
}
inline void reply_member(Context& context, Bytes member, double score, Scores scores) {
  if (scores == Scores::kNested) context.reply.array(2);
  context.reply.bulk(member);
  if (scores != Scores::kNone) context.reply.real(score);
}
// `count` members from `rank` on, which are there.
inline void reply_members(Context& context, const types::SortedSet& set, std::size_t rank,
                          std::size_t count, bool downwards, Scores scores) {
  reply_member_head(context, count, scores);
  set.walk(rank, count, downwards, [&](Bytes member, double score) {
    context.tick();
    reply_member(context, member, score, scores);
  });
}

}  // namespace miniredis::commands
