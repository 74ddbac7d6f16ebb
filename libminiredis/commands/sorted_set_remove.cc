// Taking ranges out of sorted sets: ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/sorted_set_bounds.h"
#include "commands/sorted_set_reply.h"

namespace miniredis::commands {
namespace {

using types::SortedSet;

void remove_range(Context& context, Arguments words, RangeBy by, keyspace::Event event) {
  const auto bounds = RangeBounds::parse(context, by, words[1], words[2]);
  if (!bounds) return;
  RankRange found;
  bool all = false;
  {
    auto set = open<SortedSet>(context, words[0]);
    if (!set) return;
    found = bounds->in(*set);
    all = found.count > 0 && found.count == set->size();
    if (found.count > 0 && !all) {
      context.expect_steps(found.count);
      in_pieces(context, found.count,
                [&](std::size_t piece) { set->erase_range(found.first, piece); });
      set.changed(event);
    }
  }
  if (all) remove_whole(context, words[0], event);
  context.reply.integer(static_cast<std::int64_t>(found.count));
}

constexpr const char* kCost =
    "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
    "elements removed by the operation; O(log(N)) when all are.";

void run_by_rank(Context& context, Arguments words) {
  remove_range(context, words, RangeBy::kRank, events::kZRemRangeByRank);
}
constexpr Arg kRemoveByRankArgs[] = {key("key", nullptr), integer("start", nullptr),
                                     integer("stop", nullptr)};
constexpr Command kZRemRangeByRank = raw_command<kRemoveByRankArgs>(
    "zremrangebyrank",
    {"Removes members in a sorted set within a range of indexes. Deletes the sorted set if all "
     "members were removed.",
     "2.0.0", kCost, Group::kSortedSet, "ZREMRANGEBYRANK race 0 0", "(integer) 1"},
    kWrite, run_by_rank, use::keys(use::kDeletesFrom));

void run_by_score(Context& context, Arguments words) {
  remove_range(context, words, RangeBy::kScore, events::kZRemRangeByScore);
}
constexpr Arg kRemoveByScoreArgs[] = {key("key", nullptr), real("min", nullptr),
                                      real("max", nullptr)};
constexpr Command kZRemRangeByScore = raw_command<kRemoveByScoreArgs>(
    "zremrangebyscore",
    {"Removes members in a sorted set within a range of scores. Deletes the sorted set if all "
     "members were removed.",
     "1.2.0", kCost, Group::kSortedSet, "ZREMRANGEBYSCORE race -inf (9", "(integer) 0"},
    kWrite, run_by_score, use::keys(use::kDeletesFrom));

void run_by_lex(Context& context, Arguments words) {
  remove_range(context, words, RangeBy::kMember, events::kZRemRangeByLex);
}
constexpr Arg kRemoveByLexArgs[] = {key("key", nullptr), string("min", nullptr),
                                    string("max", nullptr)};
constexpr Command kZRemRangeByLex = raw_command<kRemoveByLexArgs>(
    "zremrangebylex",
    {"Removes members in a sorted set within a lexicographical range. Deletes the sorted set if "
     "all members were removed.",
     "2.8.9", kCost, Group::kSortedSet, "ZREMRANGEBYLEX names [a (c", "(integer) 2"},
    kWrite, run_by_lex, use::keys(use::kDeletesFrom));

}  // namespace

std::span<const Command* const> sorted_set_remove_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kZRemRangeByRank, &kZRemRangeByScore,
                                                 &kZRemRangeByLex};
  return kCommands;
}

}  // namespace miniredis::commands
