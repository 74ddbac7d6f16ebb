// Ranges of sorted sets: ZRANGE and its older forms, ZRANGESTORE, ZCOUNT, ZLEXCOUNT.
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/sorted_set_bounds.h"
#include "commands/sorted_set_reply.h"
#include "commands/sorted_set_result.h"

namespace miniredis::commands {
namespace {

using types::SortedSet;

struct Range {
  std::optional<RangeBy> by;
  std::optional<bool> downwards;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: none
  bool with_scores = false;
};

// Reads the options, as far as the command has not fixed them; false: the error is answered. By
// hand: what is allowed depends on the command and on what came before.
bool read_options(Context& context, Arguments words, bool storing, Range& range) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Bytes word = words[i];
    if (!storing && base::equals_ignore_case(word, "withscores")) {
      range.with_scores = true;
    } else if (base::equals_ignore_case(word, "limit") && i + 2 < words.size()) {
      const auto offset = base::parse_int(words[i + 1]);
      const auto limit = base::parse_int(words[i + 2]);
      if (!offset || !limit) {
        context.fail(wire::kNotInteger);
        return false;
      }
      range.offset = *offset;
      range.limit = *limit;
      i += 2;
    } else if (!range.downwards && base::equals_ignore_case(word, "rev")) {
      range.downwards = true;
    } else if (!range.by && base::equals_ignore_case(word, "bylex")) {
      range.by = RangeBy::kMember;
    } else if (!range.by && base::equals_ignore_case(word, "byscore")) {
      range.by = RangeBy::kScore;
    } else {
      context.fail(wire::kSyntax);
      return false;
    }
  }
  Bytes error;
  if (range.limit != -1 && range.by.value_or(RangeBy::kRank) == RangeBy::kRank)
    error = wire::kLimitNeedsRange;
  else if (range.with_scores && range.by == RangeBy::kMember)
    error = wire::kScoresNotByLex;
  if (!error.empty()) context.fail(error);
  return error.empty();
}

// A range of scores or members is named from its far end when it is walked downwards.
std::optional<RangeBounds> read_bounds(Context& context, const Range& range, Bytes first,
                                       Bytes second) {
  const RangeBy by = range.by.value_or(RangeBy::kRank);
  if (by != RangeBy::kRank && range.downwards.value_or(false)) std::swap(first, second);
  return RangeBounds::parse(context, by, first, second);
}

// LIMIT with a count of -1 is allowed for ranks, and means nothing there.
RankRange limited(RankRange found, const Range& range) {
  if (range.by.value_or(RangeBy::kRank) == RangeBy::kRank) return found;
  const bool downwards = range.downwards.value_or(false);
  const std::size_t offset =
      range.offset < 0 || static_cast<std::uint64_t>(range.offset) > found.count
          ? found.count
          : static_cast<std::size_t>(range.offset);
  if (!downwards) found.first += offset;
  found.count -= offset;
  if (range.limit >= 0 && static_cast<std::uint64_t>(range.limit) < found.count) {
    const auto limit = static_cast<std::size_t>(range.limit);
    if (downwards) found.first += found.count - limit;
    found.count = limit;
  }
  return found;
}

// `words`: key, first end, second end, options.
void reply_range(Context& context, Arguments words, Range range) {
  if (words.size() > 3 && !read_options(context, words.subspan(3), false, range)) return;
  const auto bounds = read_bounds(context, range, words[1], words[2]);
  if (!bounds) return;
  const auto set = look_up<SortedSet>(context, words[0]);
  if (!set) return;
  const bool downwards = range.downwards.value_or(false);
  const RankRange found = limited(bounds->in(*set, downwards), range);
  reply_members(context, *set, downwards ? found.first + found.count - 1 : found.first, found.count,
                downwards, with_scores(context, range.with_scores));
}

template <RangeBy By, bool Downwards>
void run_old_range(Context& context, Arguments words) {
  Range range;
  range.by = By;
  range.downwards = Downwards;
  reply_range(context, words, range);
}

constexpr Arg kSortBy[] = {flag("BYSCORE", nullptr, "6.2.0"), flag("BYLEX", nullptr, "6.2.0")};
constexpr Arg kLimitParts[] = {integer("offset", nullptr), integer("count", nullptr)};
constexpr Arg kLimit = {"limit", ArgKind::kBlock, nullptr, "LIMIT", kLimitParts};

// ZRANGE

void run_zrange(Context& context, Arguments words) {
  reply_range(context, words, {});
}
constexpr Arg kZRangeArgs[] = {key("key", nullptr),
                               string("start", nullptr),
                               string("stop", nullptr),
                               optional(one_of("sortby", kSortBy)),
                               optional(flag("REV", nullptr, "6.2.0")),
                               optional(kLimit),
                               optional(flag("WITHSCORES", nullptr))};
constexpr const char* kRangeCost =
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
    "elements returned.";
constexpr Command kZRange = raw_command<kZRangeArgs>(
    "zrange",
    {"Returns members in a sorted set within a range of indexes, scores or names.", "1.2.0",
     kRangeCost, Group::kSortedSet, "ZRANGE race 0 -1", "1) \"Ada\"\n2) \"Bob\""},
    kReadOnly, run_zrange);

// The older forms

constexpr Arg kByRankArgs[] = {key("key", nullptr), integer("start", nullptr),
                               integer("stop", nullptr), optional(flag("WITHSCORES", nullptr))};
constexpr Command kZRevRange = raw_command<kByRankArgs>(
    "zrevrange",
    {"Returns members in a sorted set within a range of indexes, from the highest score down.",
     "1.2.0", kRangeCost, Group::kSortedSet, "ZREVRANGE race 0 0", "1) \"Bob\""},
    kReadOnly, run_old_range<RangeBy::kRank, true>);

constexpr Arg kByScoreArgs[] = {key("key", nullptr), real("min", nullptr), real("max", nullptr),
                                optional(flag("WITHSCORES", nullptr)), optional(kLimit)};
constexpr Command kZRangeByScore = raw_command<kByScoreArgs>(
    "zrangebyscore",
    {"Returns members in a sorted set within a range of scores.", "1.0.5", kRangeCost,
     Group::kSortedSet, "ZRANGEBYSCORE race (9 +inf", "1) \"Ada\"\n2) \"Bob\""},
    kReadOnly, run_old_range<RangeBy::kScore, false>);

constexpr Arg kByScoreDownArgs[] = {key("key", nullptr), real("max", nullptr), real("min", nullptr),
                                    optional(flag("WITHSCORES", nullptr)), optional(kLimit)};
constexpr Command kZRevRangeByScore = raw_command<kByScoreDownArgs>(
    "zrevrangebyscore",
    {"Returns members in a sorted set within a range of scores, from the highest score down.",
     "2.2.0", kRangeCost, Group::kSortedSet, "ZREVRANGEBYSCORE race +inf (9 LIMIT 0 1",
     "1) \"Bob\""},
    kReadOnly, run_old_range<RangeBy::kScore, true>);

constexpr Arg kByLexArgs[] = {key("key", nullptr), string("min", nullptr), string("max", nullptr),
                              optional(kLimit)};
constexpr Command kZRangeByLex = raw_command<kByLexArgs>(
    "zrangebylex",
    {"Returns members in a sorted set within a lexicographical range.", "2.8.9", kRangeCost,
     Group::kSortedSet, "ZRANGEBYLEX names [a (c", "1) \"ada\"\n2) \"bob\""},
    kReadOnly, run_old_range<RangeBy::kMember, false>);

constexpr Arg kByLexDownArgs[] = {key("key", nullptr), string("max", nullptr),
                                  string("min", nullptr), optional(kLimit)};
constexpr Command kZRevRangeByLex = raw_command<kByLexDownArgs>(
    "zrevrangebylex",
    {"Returns members in a sorted set within a lexicographical range, from its end back.", "2.8.9",
     kRangeCost, Group::kSortedSet, "ZREVRANGEBYLEX names (c [a", "1) \"bob\"\n2) \"ada\""},
    kReadOnly, run_old_range<RangeBy::kMember, true>);

// ZRANGESTORE

void run_zrangestore(Context& context, Arguments words) {
  Range range;
  if (!read_options(context, words.subspan(4), true, range)) return;
  const auto bounds = read_bounds(context, range, words[2], words[3]);
  if (!bounds) return;
  const auto set = look_up<SortedSet>(context, words[1]);
  if (!set) return;
  const RankRange found = limited(bounds->in(*set, range.downwards.value_or(false)), range);
  SortedSetResult result(context);
  result->expect(found.count);
  set->walk(found.first, found.count, false, [&](Bytes member, double score) {
    context.tick();
    result->append(member, score);
  });
  result.store_and_reply(words[0], events::kZRangeStore);
}
constexpr Arg kZRangeStoreArgs[] = {key("dst", nullptr),
                                    key("src", nullptr),
                                    string("min", nullptr),
                                    string("max", nullptr),
                                    optional(one_of("sortby", kSortBy)),
                                    optional(flag("REV", nullptr)),
                                    optional(kLimit)};
constexpr Command kZRangeStore = raw_command<kZRangeStoreArgs>(
    "zrangestore",
    {"Stores a range of members from a sorted set in a key.", "6.2.0",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
     "elements stored into the destination key.",
     Group::kSortedSet, "ZRANGESTORE podium race 0 2", "(integer) 2"},
    kWrite | kDenyOom, run_zrangestore, use::keys(use::kReplaces, use::kReads));

// ZCOUNT, ZLEXCOUNT

struct CountArgs {
  Bytes key;
  Bytes least;
  Bytes most;
};
constexpr Arg kZLexCountArgs[] = {key("key", into<&CountArgs::key>),
                                  string("min", into<&CountArgs::least>),
                                  string("max", into<&CountArgs::most>)};

void count(Context& context, const CountArgs& args, RangeBy by) {
  const auto bounds = RangeBounds::parse(context, by, args.least, args.most);
  if (!bounds) return;
  const auto set = look_up<SortedSet>(context, args.key);
  if (set) context.reply.integer(static_cast<std::int64_t>(bounds->in(*set).count));
}

void run_zcount(Context& context, Arguments words) {
  count(context, {words[0], words[1], words[2]}, RangeBy::kScore);
}
constexpr Arg kZCountArgs[] = {key("key", nullptr), real("min", nullptr), real("max", nullptr)};
constexpr Command kZCount = raw_command<kZCountArgs>(
    "zcount",
    {"Returns the count of members in a sorted set that have scores within a range.", "2.0.0",
     "O(log(N)) with N being the number of elements in the sorted set.", Group::kSortedSet,
     "ZCOUNT race (9 +inf", "(integer) 2"},
    kReadOnly | kFast, run_zcount);

void run_zlexcount(Context& context, const CountArgs& args) {
  count(context, args, RangeBy::kMember);
}
constexpr Command kZLexCount = command<CountArgs, kZLexCountArgs, run_zlexcount>(
    "zlexcount",
    {"Returns the number of members in a sorted set within a lexicographical range.", "2.8.9",
     "O(log(N)) with N being the number of elements in the sorted set.", Group::kSortedSet,
     "ZLEXCOUNT names - +", "(integer) 3"},
    kReadOnly | kFast);

}  // namespace

std::span<const Command* const> sorted_set_range_commands() noexcept {
  static constexpr const Command* kCommands[] = {
      &kZRange,         &kZRevRange,   &kZRangeByScore, &kZRevRangeByScore, &kZRangeByLex,
      &kZRevRangeByLex, &kZRangeStore, &kZCount,        &kZLexCount};
  return kCommands;
}

}  // namespace miniredis::commands
