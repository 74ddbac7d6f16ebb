#include "commands/sorted_set_bounds.h"

#include "base/numbers.h"
#include "commands/index_range.h"

namespace miniredis::commands {

using types::MemberBound;
using types::ScoreBound;
using types::SortedSet;

std::optional<ScoreBound> parse_score_bound(Bytes text) noexcept {
  const bool exclusive = !text.empty() && text.front() == '(';
  const auto score = base::parse_double_as_strtod(exclusive ? text.substr(1) : text);
  if (!score) return std::nullopt;
  return ScoreBound{*score, exclusive};
}

std::optional<MemberBound> parse_member_bound(Bytes text) noexcept {
  if (text.empty()) return std::nullopt;
  // Redis looks no further than a zero byte here.
  const bool alone = text.size() == 1 || text[1] == '\0';
  switch (text.front()) {
    case '-':
      if (!alone) return std::nullopt;
      return MemberBound{MemberBound::Kind::kLowest, {}, true};
    case '+':
      if (!alone) return std::nullopt;
      return MemberBound{MemberBound::Kind::kHighest, {}, true};
    case '(':
      return MemberBound{MemberBound::Kind::kMember, text.substr(1), true};
    case '[':
      return MemberBound{MemberBound::Kind::kMember, text.substr(1), false};
    default:
      return std::nullopt;
  }
}

std::optional<RangeBounds> RangeBounds::parse(Context& context, RangeBy by, Bytes least,
                                              Bytes most) {
  RangeBounds bounds;
  bounds.by_ = by;
  const Bytes texts[2] = {least, most};
  Bytes error;
  for (int i = 0; i < 2; ++i) {
    switch (by) {
      case RangeBy::kRank:
        if (const auto rank = base::parse_int(texts[i]))
          (i == 0 ? bounds.start_ : bounds.stop_) = *rank;
        else
          error = wire::kNotInteger;
        break;
      case RangeBy::kScore:
        if (const auto bound = parse_score_bound(texts[i]))
          bounds.scores_[i] = *bound;
        else
          error = wire::kNotScoreRange;
        break;
      case RangeBy::kMember:
        if (const auto bound = parse_member_bound(texts[i]))
          bounds.members_[i] = *bound;
        else
          error = wire::kNotMemberRange;
        break;
    }
  }
  if (error.empty()) return bounds;
  context.fail(error);
  return std::nullopt;
}

RankRange RangeBounds::in(const SortedSet& set, bool downwards) const noexcept {
  std::size_t first = 0;
  std::size_t end = 0;
  switch (by_) {
    case RangeBy::kRank: {
      const auto [begin, count] = index_range(start_, stop_, set.size());
      return {downwards ? set.size() - begin - count : begin, count};
    }
    case RangeBy::kScore:
      first = set.rank_of_first(scores_[0]);
      end = set.rank_behind(scores_[1]);
      break;
    case RangeBy::kMember:
      first = set.rank_of_first(members_[0]);
      end = set.rank_behind(members_[1]);
      break;
  }
  return first < end ? RankRange{first, end - first} : RankRange{};
}

}  // namespace miniredis::commands
