// Popping from sorted sets: ZPOPMIN, ZPOPMAX, ZMPOP, and BZPOPMIN, BZPOPMAX, BZMPOP, which wait.
#include <algorithm>

#include "commands/blocking_time.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/sorted_set_reply.h"

namespace miniredis::commands {
namespace {

using types::SortedSet;

enum class PopFrom : std::uint8_t { kMin, kMax };

enum class PopReply : std::uint8_t {
  kMembers,       // member, score, member, score ...
  kPairs,         // an array of two each
  kKeyAndMember,  // key, member, score
  kKeyAndPairs,   // key, array of pairs
};

void reply_popped(Context& context, Bytes key, const SortedSet& set, PopFrom from,
                  std::size_t count, PopReply shape) {
  const bool downwards = from == PopFrom::kMax;
  const std::size_t rank = downwards ? set.size() - 1 : 0;
  if (shape == PopReply::kKeyAndMember) {
    context.reply.array(3);
    context.reply.bulk(key);
    set.walk(rank, 1, downwards, [&](Bytes member, double score) {
      reply_member(context, member, score, Scores::kBeside);
    });
    return;
  }
  if (shape == PopReply::kKeyAndPairs) {
    context.reply.array(2);
    context.reply.bulk(key);
  }
  reply_members(context, set, rank, count, downwards,
                shape == PopReply::kMembers ? Scores::kBeside : Scores::kNested);
}

enum class Popped : std::uint8_t {
  kNothing,  // there is no such set, and nothing has been answered
  kDone,
  kWrongType,  // the error has been answered
};
// Takes up to `count` > 0 members from one end and answers them.
Popped pop_members(Context& context, Bytes key, PopFrom from, std::size_t count, PopReply shape) {
  const keyspace::Event event = from == PopFrom::kMin ? events::kZPopMin : events::kZPopMax;
  {
    auto set = open<SortedSet>(context, key);
    if (!set) return Popped::kWrongType;
    const std::size_t size = set->size();
    if (size == 0) return Popped::kNothing;
    count = std::min(count, size);
    context.expect_steps(count);
    reply_popped(context, key, *set, from, count, shape);
    if (count < size) {
      in_pieces(context, count, [&](std::size_t piece) {
        set->erase_range(from == PopFrom::kMin ? 0 : set->size() - piece, piece);
      });
      set.changed(event);
      return Popped::kDone;
    }
  }
  remove_whole(context, key, event);
  return Popped::kDone;
}

// Answers from the first of the keys that has members, or the error; false: there is none.
bool pop_first(Context& context, Arguments keys, PopFrom from, std::size_t count, PopReply shape) {
  for (const Bytes key : keys) {
    if (pop_members(context, key, from, count, shape) != Popped::kNothing) return true;
  }
  return false;
}

void reply_null_array(resp::Writer& reply) {
  reply.null_array();
}

// Waits for a set under one of the keys, or answers that there is nothing.
void wait_for_set(Context& context, Arguments keys, std::int64_t timeout_ms) {
  const bool waits = context.wait_for({.keys = {keys.begin(), keys.end()},
                                       .type = Type::kSortedSet,
                                       .timeout_ms = timeout_ms,
                                       .on_timeout = reply_null_array});
  if (!waits) reply_null_array(context.reply);
}

// numkeys key [key ...] MIN|MAX [COUNT count]
struct ManyPop {
  Arguments keys;
  PopFrom from = PopFrom::kMin;
  std::size_t count = 1;
};

// Nothing, with the error answered, when the words are none of these.
std::optional<ManyPop> read_many_pop(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  const auto number = base::parse_int(words[0]);
  if (!number || *number < 1) return fail(wire::kNumKeys);
  const auto keys = static_cast<std::uint64_t>(*number);
  if (keys >= words.size() - 1) return fail(wire::kSyntax);
  ManyPop pop;
  pop.keys = words.subspan(1, keys);
  const Bytes where = words[keys + 1];
  if (base::equals_ignore_case(where, "max"))
    pop.from = PopFrom::kMax;
  else if (!base::equals_ignore_case(where, "min"))
    return fail(wire::kSyntax);
  const Arguments rest = words.subspan(keys + 2);
  if (rest.empty()) return pop;
  if (rest.size() == 1 || !base::equals_ignore_case(rest[0], "count")) return fail(wire::kSyntax);
  const auto count = base::parse_int(rest[1]);
  if (!count || *count < 1) return fail(wire::kCountNotPositive);
  if (rest.size() > 2) return fail(wire::kSyntax);
  pop.count = static_cast<std::size_t>(*count);
  return pop;
}

// ZPOPMIN, ZPOPMAX: the reply's shape depends on whether a count is given, even on 1.
template <PopFrom From>
void run_pop(Context& context, Arguments words) {
  if (words.size() > 2) {
    context.fail(wire::kSyntax);
    return;
  }
  std::int64_t count = 1;
  if (words.size() == 2) {
    const auto number = base::parse_int(words[1]);
    if (!number || *number < 0) {
      context.fail(wire::kNotPositive);
      return;
    }
    count = *number;
  }
  if (count == 0) {
    auto set = open<SortedSet>(context, words[0]);
    if (set) context.reply.array(0);
    return;
  }
  const bool pairs = words.size() == 2 && context.reply.resp3();
  const Popped popped = pop_members(context, words[0], From, static_cast<std::size_t>(count),
                                    pairs ? PopReply::kPairs : PopReply::kMembers);
  if (popped == Popped::kNothing) context.reply.array(0);
}
constexpr Arg kPopArgs[] = {key("key", nullptr), optional(integer("count", nullptr))};
constexpr const char* kPopCost =
    "O(log(N)+M) with N being the number of elements in the sorted set, and M being the number of "
    "elements popped.";
constexpr Command kZPopMin = raw_command<kPopArgs>(
    "zpopmin",
    {"Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted "
     "set if the last member was popped.",
     "5.0.0", kPopCost, Group::kSortedSet, "ZPOPMIN race", "1) \"Ada\"\n2) \"10\""},
    kWrite | kFast, run_pop<PopFrom::kMin>, use::keys(use::kTakes));
constexpr Command kZPopMax = raw_command<kPopArgs>(
    "zpopmax",
    {"Returns the highest-scoring members from a sorted set after removing them. Deletes the "
     "sorted set if the last member was popped.",
     "5.0.0", kPopCost, Group::kSortedSet, "ZPOPMAX race", "1) \"Bob\"\n2) \"10.4\""},
    kWrite | kFast, run_pop<PopFrom::kMax>, use::keys(use::kTakes));

// BZPOPMIN, BZPOPMAX

template <PopFrom From>
void run_blocking_pop(Context& context, Arguments words) {
  const Arguments keys = words.first(words.size() - 1);
  const auto timeout_ms = blocking_time(context, words.back());
  if (!timeout_ms || pop_first(context, keys, From, 1, PopReply::kKeyAndMember)) return;
  wait_for_set(context, keys, *timeout_ms);
}
constexpr Arg kBlockingPopArgs[] = {multiple(key("key", nullptr)), late_real("timeout", nullptr)};
constexpr Command kBzPopMin = raw_command<kBlockingPopArgs>(
    "bzpopmin",
    {"Removes and returns the member with the lowest score from one or more sorted sets. Blocks "
     "until a member is available otherwise. Deletes the sorted set if the last element was "
     "popped.",
     "5.0.0", "O(log(N)) with N being the number of elements in the sorted set.", Group::kSortedSet,
     "BZPOPMIN race 5", "1) \"race\"\n2) \"Ada\"\n3) \"10\""},
    kWrite | kNoScript | kBlocking | kFast, run_blocking_pop<PopFrom::kMin>,
    use::keys(use::kTakes));
constexpr Command kBzPopMax = raw_command<kBlockingPopArgs>(
    "bzpopmax",
    {"Removes and returns the member with the highest score from one or more sorted sets. Blocks "
     "until a member is available otherwise. Deletes the sorted set if the last element was "
     "popped.",
     "5.0.0", "O(log(N)) with N being the number of elements in the sorted set.", Group::kSortedSet,
     "BZPOPMAX race 5", "1) \"race\"\n2) \"Bob\"\n3) \"10.4\""},
    kWrite | kNoScript | kBlocking | kFast, run_blocking_pop<PopFrom::kMax>,
    use::keys(use::kTakes));

// ZMPOP, BZMPOP

void run_zmpop(Context& context, Arguments words) {
  const auto pop = read_many_pop(context, words);
  if (!pop) return;
  if (!pop_first(context, pop->keys, pop->from, pop->count, PopReply::kKeyAndPairs)) {
    context.reply.null_array();
  }
}
constexpr Arg kWhere[] = {flag("MIN", nullptr), flag("MAX", nullptr)};
constexpr Arg kZMPopArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                              one_of("where", kWhere),
                              optional(integer("count", nullptr, "COUNT"))};
constexpr Command kZMPop = raw_command<kZMPopArgs>(
    "zmpop",
    {"Returns the highest- or lowest-scoring members from one or more sorted sets after removing "
     "them. Deletes the sorted set if the last member was popped.",
     "7.0.0",
     "O(K) + O(M+log(N)) where K is the number of provided keys, N being the number of elements in "
     "the sorted set, and M being the number of elements popped.",
     Group::kSortedSet, "ZMPOP 2 none race MIN", "1) \"race\"\n2) 1) 1) \"Ada\"\n      2) \"10\""},
    kWrite, run_zmpop, counted_keys(1), use::keys(use::kTakes));

void run_bzmpop(Context& context, Arguments words) {
  const auto timeout_ms = blocking_time(context, words[0]);
  if (!timeout_ms) return;
  const auto pop = read_many_pop(context, words.subspan(1));
  if (!pop) return;
  if (pop_first(context, pop->keys, pop->from, pop->count, PopReply::kKeyAndPairs)) return;
  wait_for_set(context, pop->keys, *timeout_ms);
}
constexpr Arg kBzMPopArgs[] = {late_real("timeout", nullptr), integer("numkeys", nullptr),
                               multiple(key("key", nullptr)), one_of("where", kWhere),
                               optional(integer("count", nullptr, "COUNT"))};
constexpr Command kBzMPop = raw_command<kBzMPopArgs>(
    "bzmpop",
    {"Removes and returns members by score from one or more sorted sets. Blocks until a member is "
     "available otherwise. Deletes the sorted set if the last element was popped.",
     "7.0.0",
     "O(K) + O(M+log(N)) where K is the number of provided keys, N being the number of elements in "
     "the sorted set, and M being the number of elements popped.",
     Group::kSortedSet, "BZMPOP 5 2 none race MAX",
     "1) \"race\"\n2) 1) 1) \"Bob\"\n      2) \"10.4\""},
    kWrite | kBlocking, run_bzmpop, counted_keys(2), use::keys(use::kTakes));

}  // namespace

std::span<const Command* const> sorted_set_pop_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kZPopMin,  &kZPopMax,  &kZMPop,
                                                 &kBzPopMin, &kBzPopMax, &kBzMPop};
  return kCommands;
}

}  // namespace miniredis::commands
