// Sets: unions, intersections and differences.
#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "types/set.h"

namespace miniredis::commands {
namespace {

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

// Calls visit(Bytes) for each member of the first set that is in all others, until it returns
// false. The first is the smallest.
template <typename Visit>
void intersect(Context& context, std::vector<const Set*>& sets, Visit&& visit) {
  std::sort(sets.begin(), sets.end(),
            [](const Set* a, const Set* b) { return a->size() < b->size(); });
  if (sets[0]->empty()) return;
  const std::vector<const Set*> others(sets.begin() + 1, sets.end());
  sets[0]->each_while([&](Bytes member) {
    context.tick();
    for (const Set* other : others) {
      if (!other->contains(member)) return true;
    }
    return visit(member);
  });
}

// Calls visit(Bytes) for each member of the first set that is in none of the others.
template <typename Visit>
void subtract(Context& context, const std::vector<Set>& sets, Visit&& visit) {
  std::vector<const Set*> others;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    if (!sets[i].empty()) others.push_back(&sets[i]);
  }
  // Whoever has most members is most likely to have this one too.
  std::sort(others.begin(), others.end(),
            [](const Set* a, const Set* b) { return a->size() > b->size(); });
  sets[0].each([&](Bytes member) {
    context.tick();
    for (const Set* other : others) {
      if (other->contains(member)) return;
    }
    visit(member);
  });
}

template <typename Visit>
void combine(Context& context, Operation operation, const std::vector<Set>& sets, Visit&& visit) {
  switch (operation) {
    case Operation::kUnion:
      for (const Set& set : sets) {
        set.each([&](Bytes member) {
          context.tick();
          visit(member);
        });
      }
      break;
    case Operation::kIntersection: {
      std::vector<const Set*> all;
      for (const Set& set : sets) all.push_back(&set);
      intersect(context, all, [&](Bytes member) {
        visit(member);
        return true;
      });
      break;
    }
    case Operation::kDifference:
      subtract(context, sets, visit);
      break;
  }
}

// Members that were found, in order; texts that the sets do not keep are copied.
class Found {
 public:
  void add(Bytes member, bool is_kept) {
    if (is_kept) {
      members_.push_back(member);
      return;
    }
    if (texts_.empty() || texts_.back().capacity() - texts_.back().size() < member.size()) {
      texts_.emplace_back().reserve(kTexts);
    }
    std::string& text = texts_.back();
    const std::size_t at = text.size();
    text.append(member);
    members_.emplace_back(text.data() + at, member.size());
  }
  const std::vector<Bytes>& members() const noexcept { return members_; }

 private:
  static constexpr std::size_t kTexts = 4096;
  std::vector<Bytes> members_;
  std::deque<std::string> texts_;
};

void reply_members(Context& context, const Set& set) {
  context.reply.set(set.size());
  set.each([&](Bytes member) { context.reply.bulk(member); });
}

struct KeysArgs {
  Arguments keys;
};
constexpr Arg kKeysArgs[] = {multiple(key("key", into<&KeysArgs::keys>))};

template <Operation What>
void run_combine(Context& context, const KeysArgs& args) {
  const auto sets = look_up_all(context, args.keys);
  if (!sets) return;
  if (What == Operation::kUnion) {
    Scratch<Set> result(context);
    combine(context, What, *sets, [&](Bytes member) { result->add(member); });
    reply_members(context, *result);
    return;
  }
  Found found;
  const bool is_kept = std::none_of(sets->begin(), sets->end(),
                                    [](const Set& set) { return set.form() == Set::kIntegers; });
  combine(context, What, *sets, [&](Bytes member) { found.add(member, is_kept); });
  context.reply.set(found.members().size());
  for (const Bytes member : found.members()) context.reply.bulk(member);
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
  combine(context, What, *sets, [&](Bytes member) { result->add(member); });
  const std::size_t size = result->size();
  result.store(args.destination, store_event(What));
  context.reply.integer(static_cast<std::int64_t>(size));
}
constexpr Command kSUnionStore = command<StoreArgs, kStoreArgs, run_store<Operation::kUnion>>(
    "sunionstore",
    {"Stores the union of multiple sets in a key.", "1.0.0",
     "O(N) where N is the total number of members in all given sets", Group::kSet,
     "SUNIONSTORE all tags more", "(integer) 1"},
    kWrite | kDenyOom);
constexpr Command kSInterStore =
    command<StoreArgs, kStoreArgs, run_store<Operation::kIntersection>>(
        "sinterstore",
        {"Stores the intersection of multiple sets in a key.", "1.0.0",
         "O(N*M) worst case where N is the cardinality of the smallest set and M the number of "
         "sets",
         Group::kSet, "SINTERSTORE both tags more", "(integer) 0"},
        kWrite | kDenyOom);
constexpr Command kSDiffStore = command<StoreArgs, kStoreArgs, run_store<Operation::kDifference>>(
    "sdiffstore",
    {"Stores the difference of multiple sets in a key.", "1.0.0",
     "O(N*M) worst case where N is the cardinality of the first set and M the number of sets",
     Group::kSet, "SDIFFSTORE rest tags more", "(integer) 1"},
    kWrite | kDenyOom);

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
  const auto sets = look_up_all(context, keys);
  if (!sets) return;
  std::vector<const Set*> all;
  for (const Set& set : *sets) all.push_back(&set);
  std::size_t found = 0;
  intersect(context, all, [&](Bytes) { return ++found != limit; });
  context.reply.integer(static_cast<std::int64_t>(found));
}
constexpr Command kSInterCard = raw_command<kCardArgs>(
    "sintercard",
    {"Returns the number of members of the intersection of multiple sets.", "7.0.0",
     "O(N*M) worst case where N is the cardinality of the smallest set and M the number of sets",
     Group::kSet, "SINTERCARD 2 tags more", "(integer) 0"},
    kReadOnly, run_sintercard, counted_keys(1));

constexpr const Command* kCommands[] = {&kSUnion,      &kSInter,     &kSDiff,     &kSUnionStore,
                                        &kSInterStore, &kSDiffStore, &kSInterCard};

}  // namespace

std::span<const Command* const> set_algebra_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::commands
