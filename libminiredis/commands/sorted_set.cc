// Sorted sets, member by member: ZADD, ZINCRBY, ZREM, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZCARD,
// ZSCAN.
#include "types/sorted_set.h"

#include <cmath>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/scan.h"

namespace miniredis::commands {
namespace {

using types::SortedSet;

struct MemberArgs {
  Bytes key;
  Bytes member;
};
constexpr Arg kMemberArgs[] = {key("key", into<&MemberArgs::key>),
                               string("member", into<&MemberArgs::member>)};

struct MembersArgs {
  Bytes key;
  Arguments members;
};
constexpr Arg kMembersArgs[] = {key("key", into<&MembersArgs::key>),
                                multiple(string("member", into<&MembersArgs::members>))};

// ZADD, ZINCRBY

struct AddOptions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;
  bool changed = false;
  bool increment = false;
};

// Reads options off the front of `words`.
AddOptions take_options(Arguments& words) {
  static constexpr struct {
    Bytes word;
    bool AddOptions::*option;
  } kWords[] = {{"nx", &AddOptions::nx},      {"xx", &AddOptions::xx},
                {"gt", &AddOptions::gt},      {"lt", &AddOptions::lt},
                {"ch", &AddOptions::changed}, {"incr", &AddOptions::increment}};
  AddOptions options;
  while (!words.empty()) {
    const Bytes text = words.front();
    // Nearly always a number stands here.
    if (text.empty() || text.size() > 4 || text.front() < 'A') return options;
    bool known = false;
    for (const auto& [word, option] : kWords) {
      if (!base::equals_ignore_case(text, word)) continue;
      options.*option = true;
      known = true;
    }
    if (!known) return options;
    words = words.subspan(1);
  }
  return options;
}

Bytes contradiction_in(const AddOptions& options, std::size_t pairs) {
  if (options.nx && options.xx) return wire::kXxAndNx;
  if ((options.gt && options.nx) || (options.lt && options.nx) || (options.gt && options.lt)) {
    return wire::kGtLtNx;
  }
  if (options.increment && pairs > 1) return wire::kIncrOnePair;
  return {};
}

struct Added {
  enum class What : std::uint8_t { kNothing, kSame, kAdded, kUpdated, kNan };
  What what;
  double score;
};

Added add_one(SortedSet& set, const AddOptions& options, Bytes member, double score) {
  using What = Added::What;
  const SortedSet::Place place = set.find(member);
  if (!place.found) {
    if (options.xx) return {What::kNothing, 0};
    set.put(place, member, score);
    return {What::kAdded, score};
  }
  if (options.nx) return {What::kNothing, 0};
  if (options.increment) {
    score += place.score;
    if (std::isnan(score)) return {What::kNan, 0};
  }
  if ((options.lt && score >= place.score) || (options.gt && score <= place.score)) {
    return {What::kNothing, 0};
  }
  if (score == place.score) return {What::kSame, score};
  set.put(place, member, score);
  return {What::kUpdated, score};
}

// Adds pairs of score and member, whose scores are numbers, and answers. `score` is that of the
// first pair.
void add_pairs(Context& context, Bytes key, const AddOptions& options, Arguments pairs,
               double score) {
  auto set = open<SortedSet>(context, key);
  if (!set) return;
  std::int64_t added = 0;
  std::int64_t updated = 0;
  Added last{Added::What::kNothing, 0};
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (i > 0) score = *base::parse_double(pairs[i]);
    last = add_one(*set, options, pairs[i + 1], score);
    added += last.what == Added::What::kAdded ? 1 : 0;
    updated += last.what == Added::What::kUpdated ? 1 : 0;
  }
  if (last.what == Added::What::kNan)
    context.fail(wire::kScoreNan);
  else if (!options.increment)
    context.reply.integer(options.changed ? added + updated : added);
  else if (last.what == Added::What::kNothing)
    context.reply.null();
  else
    context.reply.real(last.score);
  if (added + updated > 0) set.changed(options.increment ? events::kZIncr : events::kZAdd);
}

// By hand: the options stand before words of any content.
void run_zadd(Context& context, Arguments words) {
  Arguments pairs = words.subspan(1);
  const AddOptions options = take_options(pairs);
  if (pairs.empty() || pairs.size() % 2 != 0) {
    context.fail(wire::kSyntax);
    return;
  }
  const Bytes contradiction = contradiction_in(options, pairs.size() / 2);
  if (!contradiction.empty()) {
    context.fail(contradiction);
    return;
  }
  // All are read before anything is changed, and read again later: most calls have one pair.
  auto score = base::parse_double(pairs[0]);
  for (std::size_t i = 2; i < pairs.size() && score; i += 2) {
    if (!base::parse_double(pairs[i])) score.reset();
  }
  if (score)
    add_pairs(context, words[0], options, pairs, *score);
  else
    context.fail(wire::kNotFloat);
}
constexpr Arg kExistence[] = {flag("NX", nullptr), flag("XX", nullptr)};
constexpr Arg kComparison[] = {flag("GT", nullptr), flag("LT", nullptr)};
constexpr Arg kScoreMember[] = {real("score", nullptr), string("member", nullptr)};
constexpr Arg kZAddArgs[] = {key("key", nullptr),
                             optional(one_of("condition", kExistence)),
                             optional(one_of("comparison", kComparison)),
                             optional(flag("CH", nullptr)),
                             optional(flag("INCR", nullptr)),
                             multiple(block("data", kScoreMember, nullptr))};
constexpr Command kZAdd = raw_command<kZAddArgs>(
    "zadd",
    {"Adds one or more members to a sorted set, or updates their scores. Creates the key if it "
     "doesn't exist.",
     "1.2.0", "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
     Group::kSortedSet, "ZADD race 9.8 Ada 10.4 Bob", "(integer) 2"},
    kWrite | kDenyOom | kFast, run_zadd, use::keys(use::kChanges));

void run_zincrby(Context& context, Arguments words) {
  const auto increment = base::parse_double(words[1]);
  if (!increment) {
    context.fail(wire::kNotFloat);
    return;
  }
  AddOptions options;
  options.increment = true;
  add_pairs(context, words[0], options, words.subspan(1), *increment);
}
constexpr Arg kZIncrByArgs[] = {key("key", nullptr), real("increment", nullptr),
                                string("member", nullptr)};
constexpr Command kZIncrBy =
    raw_command<kZIncrByArgs>("zincrby",
                              {"Increments the score of a member in a sorted set.", "1.2.0",
                               "O(log(N)) where N is the number of elements in the sorted set.",
                               Group::kSortedSet, "ZINCRBY race 0.2 Ada", "\"10\""},
                              kWrite | kDenyOom | kFast, run_zincrby);

// ZREM

void run_zrem(Context& context, const MembersArgs& args) {
  auto set = open<SortedSet>(context, args.key);
  if (!set) return;
  std::int64_t removed = 0;
  for (const Bytes member : args.members) removed += set->erase(member) ? 1 : 0;
  if (removed > 0) set.changed(events::kZRem);
  context.reply.integer(removed);
}
constexpr Command kZRem = command<MembersArgs, kMembersArgs, run_zrem>(
    "zrem",
    {"Removes one or more members from a sorted set. Deletes the sorted set if all members were "
     "removed.",
     "1.2.0",
     "O(M*log(N)) with N being the number of elements in the sorted set and M the number of "
     "elements to be removed.",
     Group::kSortedSet, "ZREM race Bob", "(integer) 1"},
    kWrite | kFast, use::keys(use::kDeletesFrom));

// ZSCORE, ZMSCORE, ZCARD

void reply_score(Context& context, const std::optional<double>& score) {
  if (score)
    context.reply.real(*score);
  else
    context.reply.null();
}

void run_zscore(Context& context, const MemberArgs& args) {
  const auto set = look_up<SortedSet>(context, args.key);
  if (set) reply_score(context, set->score(args.member));
}
constexpr Command kZScore = command<MemberArgs, kMemberArgs, run_zscore>(
    "zscore",
    {"Returns the score of a member in a sorted set.", "1.2.0", "O(1)", Group::kSortedSet,
     "ZSCORE race Ada", "\"10\""},
    kReadOnly | kFast);

void run_zmscore(Context& context, const MembersArgs& args) {
  const auto set = look_up<SortedSet>(context, args.key);
  if (!set) return;
  context.reply.array(args.members.size());
  for (const Bytes member : args.members) reply_score(context, set->score(member));
}
constexpr Command kZMScore = command<MembersArgs, kMembersArgs, run_zmscore>(
    "zmscore",
    {"Returns the scores of one or more members in a sorted set.", "6.2.0",
     "O(N) where N is the number of members being requested.", Group::kSortedSet,
     "ZMSCORE race Ada Eve", "1) \"10\"\n2) (nil)"},
    kReadOnly | kFast);

void run_zcard(Context& context, const KeyArgs& args) {
  const auto set = look_up<SortedSet>(context, args.key);
  if (set) context.reply.integer(static_cast<std::int64_t>(set->size()));
}
constexpr Command kZCard = command<KeyArgs, kKeyOnly, run_zcard>(
    "zcard",
    {"Returns the number of members in a sorted set.", "1.2.0", "O(1)", Group::kSortedSet,
     "ZCARD race", "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

// ZRANK, ZREVRANK

void rank(Context& context, Arguments words, bool from_highest) {
  if (words.size() > 3) {
    detail::fail_arguments(context, wire::kArity);
    return;
  }
  const bool with_score = words.size() == 3;
  if (with_score && !base::equals_ignore_case(words[2], "withscore")) {
    context.fail(wire::kSyntax);
    return;
  }
  const auto set = look_up<SortedSet>(context, words[0]);
  if (!set) return;
  const auto found = set->rank(words[1]);
  if (!found) {
    with_score ? context.reply.null_array() : context.reply.null();
    return;
  }
  if (with_score) context.reply.array(2);
  context.reply.integer(
      static_cast<std::int64_t>(from_highest ? set->size() - 1 - *found : *found));
  if (with_score) context.reply.real(*set->score(words[1]));
}
constexpr Arg kRankArgs[] = {key("key", nullptr), string("member", nullptr),
                             optional(flag("WITHSCORE", nullptr, "7.2.0"))};
void run_zrank(Context& context, Arguments words) {
  rank(context, words, false);
}
constexpr Command kZRank = raw_command<kRankArgs>(
    "zrank",
    {"Returns the index of a member in a sorted set ordered by ascending scores.", "2.0.0",
     "O(log(N))", Group::kSortedSet, "ZRANK race Ada", "(integer) 0"},
    kReadOnly | kFast, run_zrank);
void run_zrevrank(Context& context, Arguments words) {
  rank(context, words, true);
}
constexpr Command kZRevRank = raw_command<kRankArgs>(
    "zrevrank",
    {"Returns the index of a member in a sorted set ordered by descending scores.", "2.0.0",
     "O(log(N))", Group::kSortedSet, "ZREVRANK race Ada", "(integer) 0"},
    kReadOnly | kFast, run_zrevrank);

// ZSCAN

struct ScoredMember {
  Bytes member;
  double score;
  Bytes name() const noexcept { return member; }
};

void run_zscan(Context& context, const ElementScanArgs& args) {
  const auto cursor = checked_cursor(context, args);
  if (!cursor) return;
  const auto set = look_up<SortedSet>(context, args.key);
  if (!set) return;
  std::vector<ScoredMember> found;
  const std::uint64_t next =
      scan_elements(args, *cursor, found, [&](std::uint64_t at, auto&& visit) {
        return set->scan(at, [&](Bytes member, double score) {
          visit(ScoredMember{member, score});
        });
      });
  reply_cursor(context, next);
  context.reply.array(2 * found.size());
  for (const auto& [member, score] : found) {
    context.reply.bulk(member);
    context.reply.bulk(base::format_double(score));  // a string in RESP3 too
  }
}
constexpr Command kZScan = command<ElementScanArgs, kElementScanArgs, run_zscan>(
    "zscan",
    {"Iterates over members and scores of a sorted set.", "2.8.0",
     "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
     "cursor to return back to 0. N is the number of elements inside the collection.",
     Group::kSortedSet, "ZSCAN race 0", "1) \"0\"\n2) 1) \"Ada\"\n   2) \"10\""},
    kReadOnly);

}  // namespace

std::span<const Command* const> sorted_set_commands() noexcept {
  static constexpr const Command* kCommands[] = {
      &kZAdd, &kZIncrBy, &kZRem, &kZScore, &kZMScore, &kZCard, &kZRank, &kZRevRank, &kZScan};
  return kCommands;
}

}  // namespace miniredis::commands
