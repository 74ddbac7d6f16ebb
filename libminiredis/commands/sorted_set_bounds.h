// The ends of ranges of sorted sets as clients write them, and what a range comes to.
#pragma once

#include "commands/context.h"
#include "types/sorted_set.h"

namespace miniredis::commands {

enum class RangeBy : std::uint8_t { kRank, kScore, kMember };

// "1.5", "(1.5", "-inf", "+inf"
std::optional<types::ScoreBound> parse_score_bound(Bytes text) noexcept;
// "-", "+", "[member", "(member"
std::optional<types::MemberBound> parse_member_bound(Bytes text) noexcept;

// Members side by side in the order.
struct RankRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

// A range before the set is known that it is of.
class RangeBounds {
 public:
  // Nothing, with the error answered, when the texts are no ends of such a range.
  static std::optional<RangeBounds> parse(Context& context, RangeBy by, Bytes least, Bytes most);

  // `downwards`: ranks count from the highest score on. O(log n).
  RankRange in(const types::SortedSet& set, bool downwards = false) const noexcept;

 private:
  RangeBy by_ = RangeBy::kRank;
  std::int64_t start_ = 0;  // ranks
  std::int64_t stop_ = 0;
  types::ScoreBound scores_[2];
  types::MemberBound members_[2];
};

}  // namespace miniredis::commands
