// Sets: unions, intersections and differences.
#include <algorithm>
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/set_reply.h"
#include "memory/containers.h"

namespace miniredis::commands {
namespace {

using types::Member;
using types::MemberBatch;
using types::Set;

enum class Operation : std::uint8_t { kUnion, kIntersection, kDifference };

// The sets under some keys; nothing, with the error answered, when one holds another type.
std::optional<std::vector<Set>> look_up_all(Context& context, Arguments keys) {
  std::vector<Set> sets;
  sets.reserve(keys.size());
  for (const Bytes name : keys) {
    const auto set = look_up<Set>(context, name);
    if (!set) return std::nullopt;
    sets.push_back(*set);
  }
  return sets;
}

// Gives the members of `first` to `sift(batch)` in batches, which drops some, and those that are
// left to visit(Member). With kStops that may return false, which ends the walk.
template <bool kStops, typename Sift, typename Visit>
void walk_in_batches(Context& context, const Set& first, Sift&& sift, Visit&& visit) {
  MemberBatch batch;
  bool on = true;
  const auto finish_batch = [&] {
    sift(batch);
    batch.each([&](Member member) {
      if constexpr (kStops)
        on = on && visit(member);
      else
        visit(member);
    });
    batch.clear();
  };
  const auto take = [&](Member member) {
    context.tick();
    if (batch.full()) finish_batch();
    batch.add(member);
  };
  if constexpr (kStops) {
    // In steps; nothing changes meanwhile, so that each member comes once.
    std::uint64_t cursor = 0;
    do {
      cursor = first.scan(cursor, take);
    } while (cursor != 0 && on);
  } else {
    first.walk(take);
  }
  if (on) finish_batch();
}

bool is_smaller(const Set& a, const Set& b) {
  return a.size() < b.size();
}

// Calls visit(Member) for each member that is in all sets; with kStops until it returns false.
template <bool kStops, typename Visit>
void intersect(Context& context, std::vector<Set> sets, Visit&& visit) {
  std::sort(sets.begin(), sets.end(), is_smaller);
  if (sets[0].empty()) return;
  const auto sift = [&](MemberBatch& batch) {
    for (std::size_t i = 1; i < sets.size() && !batch.empty(); ++i) sets[i].keep_common(batch);
  };
  walk_in_batches<kStops>(context, sets[0], sift, visit);
}

// How many members are in all sets, up to `limit`; for a few, which come sooner one by one.
std::size_t count_common(Context& context, std::vector<Set>& sets, std::size_t limit) {
  std::iter_swap(sets.begin(), std::min_element(sets.begin(), sets.end(), is_smaller));
  std::size_t found = 0;
  const auto look = [&](Member member) {
    context.tick();
    if (found == limit) return;
    char digits[base::kMaxIntChars];
    const Bytes text = member.is_integer() ? member.text(digits) : member.text();
    const bool common = std::all_of(sets.begin() + 1, sets.end(),
                                    [text](const Set& set) { return set.contains(text); });
    found += common ? 1 : 0;
  };
  std::uint64_t cursor = 0;
  do {
    cursor = sets[0].scan(cursor, look);
  } while (cursor != 0 && found < limit);
  return found;
}

// Calls visit(Member) for each member of the first set that is in none of the others.
template <typename Visit>
void subtract(Context& context, std::vector<Set> sets, Visit&& visit) {
  // Whoever has most members is most likely to have this one too.
  std::sort(sets.begin() + 1, sets.end(),
            [](const Set& a, const Set& b) { return a.size() > b.size(); });
  const auto sift = [&](MemberBatch& batch) {
    for (std::size_t i = 1; i < sets.size() && !batch.empty(); ++i) sets[i].keep_different(batch);
  };
  walk_in_batches<false>(context, sets[0], sift, visit);
}

// The members of a result that come from one of the sets; only for intersections and differences.
class Gathered {
 public:
  Gathered(Context& context, Operation operation, const std::vector<Set>& sets)
      : members_(memory::AccountedAllocator<Member>(context.keyspace().account())) {
    const auto take = [&](Member member) { members_.push_back(member); };
    if (operation == Operation::kIntersection)
      intersect<false>(context, sets, take);
    else
      subtract(context, sets, take);
  }
  const memory::Vector<Member>& members() const noexcept { return members_; }

 private:
  memory::Vector<Member> members_;
};

std::vector<Set>::const_iterator largest_of(const std::vector<Set>& sets) {
  return std::max_element(sets.begin(), sets.end(), is_smaller);
}

// Adds the members of all sets to `result`; with a set to leave out, those that it does not have.
void gather_union(Context& context, const std::vector<Set>& sets, const Set* left_out,
                  Set& result) {
  for (const Set& set : sets) {
    if (&set == left_out) continue;
    walk_in_batches<false>(
        context, set,
        [&](MemberBatch& batch) {
          if (left_out != nullptr) left_out->keep_different(batch);
        },
        [&](Member member) { result.add(member); });
  }
}

// The largest set is answered as it is; of the others, what it does not have.
void reply_union(Context& context, const std::vector<Set>& sets) {
  const auto largest = largest_of(sets);
  Scratch<Set> rest(context);
  if (!largest->is_table()) {
    // Few, and gathered in one set they come in order, if they are integers.
    gather_union(context, sets, nullptr, *rest);
    context.reply.set(rest->size());
    reply_all(context, *rest);
    return;
  }
  gather_union(context, sets, &*largest, *rest);
  context.reply.set(largest->size() + rest->size());
  reply_all(context, *largest);
  reply_all(context, *rest);
}

// What the largest set has is not looked for once more, where it is clear that the result is a
// table too.
void make_union(Context& context, const std::vector<Set>& sets, Set& result) {
  const auto largest = largest_of(sets);
  const types::Limits& limits = context.keyspace().environment().limits;
  if (largest->size() <= std::max(limits.set_max_integers, limits.set_max_packed_entries)) {
    gather_union(context, sets, nullptr, result);
    return;
  }
  result.become_table(largest->size());
  largest->walk([&](Member member) {
    context.tick();
    result.add_new(member);
  });
  gather_union(context, sets, &*largest, result);
}

template <Operation What>
void run_combine(Context& context, const KeysArgs& args) {
  const auto sets = look_up_all(context, args.keys);
  if (!sets) return;
  if (What == Operation::kUnion) {
    reply_union(context, *sets);
    return;
  }
  const Gathered found(context, What, *sets);
  context.reply.set(found.members().size());
  for (const Member member : found.members()) reply_member(context, member);
}

constexpr Command kSUnion = command<KeysArgs, kKeysArgs, run_combine<Operation::kUnion>>(
    "sunion",
    {"Returns the union of multiple sets.", "1.0.0",
     "O(N) where N is the total number of members in all given sets", Group::kSet,
     "SUNION tags more", "1) \"red\""},
    kReadOnly);
constexpr Command kSInter = command<KeysArgs, kKeysArgs, run_combine<Operation::kIntersection>>(
    "sinter",
    {"Returns the intersection of multiple sets.", "1.0.0",
     "O(N*M) worst case where N is the cardinality of the smallest set and M the number of sets",
     Group::kSet, "SINTER tags more", "(empty set)"},
    kReadOnly);
constexpr Command kSDiff = command<KeysArgs, kKeysArgs, run_combine<Operation::kDifference>>(
    "sdiff",
    {"Returns the difference of multiple sets.", "1.0.0",
     "O(N*M) worst case where N is the cardinality of the first set and M the number of sets",
     Group::kSet, "SDIFF tags more", "1) \"red\""},
    kReadOnly);

// SUNIONSTORE, SINTERSTORE, SDIFFSTORE

struct StoreArgs {
  Bytes destination;
  Arguments keys;
};
constexpr Arg kStoreArgs[] = {key("destination", into<&StoreArgs::destination>),
                              multiple(key("key", into<&StoreArgs::keys>))};

constexpr events::Event store_event(Operation operation) {
  switch (operation) {
    case Operation::kUnion:
      return events::kSUnionStore;
    case Operation::kIntersection:
      return events::kSInterStore;
    default:
      return events::kSDiffStore;
  }
}

template <Operation What>
void run_store(Context& context, const StoreArgs& args) {
  const auto sets = look_up_all(context, args.keys);
  if (!sets) return;
  Scratch<Set> result(context);
  if (What == Operation::kUnion) {
    make_union(context, *sets, *result);
  } else {
    const Gathered found(context, What, *sets);
    result->shape_for(found.members());
    for (const Member member : found.members()) {
      context.tick();
      result->add_new(member);
    }
  }
  const std::size_t size = result->size();
  result.store(args.destination, store_event(What));
  context.reply.integer(static_cast<std::int64_t>(size));
}
constexpr Command kSUnionStore = command<StoreArgs, kStoreArgs, run_store<Operation::kUnion>>(
    "sunionstore",
    {"Stores the union of multiple sets in a key.", "1.0.0",
     "O(N) where N is the total number of members in all given sets", Group::kSet,
     "SUNIONSTORE all tags more", "(integer) 1"},
    kWrite | kDenyOom, use::keys(use::kReplaces, use::kReads));
constexpr Command kSInterStore =
    command<StoreArgs, kStoreArgs, run_store<Operation::kIntersection>>(
        "sinterstore",
        {"Stores the intersection of multiple sets in a key.", "1.0.0",
         "O(N*M) worst case where N is the cardinality of the smallest set and M the number of "
         "sets",
         Group::kSet, "SINTERSTORE both tags more", "(integer) 0"},
        kWrite | kDenyOom, use::keys(use::kChanges, use::kReads));
constexpr Command kSDiffStore = command<StoreArgs, kStoreArgs, run_store<Operation::kDifference>>(
    "sdiffstore",
    {"Stores the difference of multiple sets in a key.", "1.0.0",
     "O(N*M) worst case where N is the cardinality of the first set and M the number of sets",
     Group::kSet, "SDIFFSTORE rest tags more", "(integer) 1"},
    kWrite | kDenyOom, use::keys(use::kReplaces, use::kReads));

// SINTERCARD

constexpr Arg kCardArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                             optional(integer("limit", nullptr, "LIMIT"))};

void run_sintercard(Context& context, Arguments words) {
  const auto count = base::parse_int(words[0]);
  if (!count || *count <= 0) {
    context.fail(wire::kNumKeys);
    return;
  }
  if (*count > static_cast<std::int64_t>(words.size()) - 1) {
    context.fail(wire::kTooManyKeys);
    return;
  }
  const Arguments keys = words.subspan(1, static_cast<std::size_t>(*count));
  std::size_t limit = 0;
  for (std::size_t i = keys.size() + 1; i < words.size(); i += 2) {
    if (!base::equals_ignore_case(words[i], "limit") || i + 1 == words.size()) {
      context.fail(wire::kSyntax);
      return;
    }
    const auto n = base::parse_int(words[i + 1]);
    if (!n || *n < 0) {
      context.fail(wire::kLimitNegative);
      return;
    }
    limit = static_cast<std::size_t>(*n);
  }
  auto sets = look_up_all(context, keys);
  if (!sets) return;
  std::size_t found = 0;
  if (limit > 0 && limit <= MemberBatch::kMost)
    found = count_common(context, *sets, limit);
  else if (limit > 0)
    intersect<true>(context, *sets, [&](Member) { return ++found < limit; });
  else
    intersect<false>(context, *sets, [&](Member) { ++found; });
  context.reply.integer(static_cast<std::int64_t>(found));
}
constexpr Command kSInterCard = raw_command<kCardArgs>(
    "sintercard",
    {"Returns the number of members of the intersection of multiple sets.", "7.0.0",
     "O(N*M) worst case where N is the cardinality of the smallest set and M the number of sets",
     Group::kSet, "SINTERCARD 2 tags more", "(integer) 0"},
    kReadOnly, run_sintercard, counted_keys(1));

}  // namespace

std::span<const Command* const> set_algebra_commands() noexcept {
  static constexpr const Command* kCommands[] = {
      &kSUnion, &kSInter, &kSDiff, &kSUnionStore, &kSInterStore, &kSDiffStore, &kSInterCard};
  return kCommands;
}

}  // namespace miniredis::commands
