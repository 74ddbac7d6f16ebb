// Sets: members by chance, and scans.
#include <deque>
#include <unordered_set>
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/scan.h"
#include "types/set.h"

namespace miniredis::commands {
namespace {

using types::Member;
using types::Set;

constexpr Arg kCountArgs[] = {key("key", nullptr), optional(integer("count", nullptr))};

// SPOP

void run_spop(Context& context, Arguments words) {
  if (words.size() > 2) {
    context.fail(wire::kSyntax);
    return;
  }
  const bool counted = words.size() == 2;
  std::size_t count = 1;
  if (counted) {
    const auto n = base::parse_int(words[1]);
    if (!n || *n < 0) {
      context.fail(wire::kNotPositive);
      return;
    }
    count = static_cast<std::size_t>(*n);
  }
  auto set = open<Set>(context, words[0]);
  if (!set) return;
  count = std::min(count, set->size());
  if (counted)
    context.reply.set(count);
  else if (count == 0)
    context.reply.null();
  if (count == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    const Member member = set->random();
    context.reply.bulk(member.bytes());
    const std::string name(member.bytes());  // erasing must not be told by a view into the set
    set->erase(name);
  }
  set.changed(events::kSPop);
}
constexpr Command kSPop = raw_command<kCountArgs>(
    "spop",
    {"Returns one or more random members from a set after removing them. Deletes the set if the "
     "last member was popped.",
     "1.0.0", "O(N) where N is the number of members returned", Group::kSet, "SPOP tags",
     "\"red\""},
    kWrite | kFast, run_spop);

// SRANDMEMBER

// `count` members, each at most once; fewer than there are.
void reply_some(Context& context, const Set& set, std::size_t count) {
  base::Rng& rng = context.keyspace().rng();
  context.reply.array(count);
  if (count * 3 > set.size() || set.form() != Set::kTable) {
    // One pass, in which each is taken with the chance that is left for it.
    std::size_t left = set.size();
    set.each_while([&](Bytes member) {
      if (rng.below(left--) < count) {
        context.reply.bulk(member);
        --count;
      }
      return count > 0;
    });
    return;
  }
  std::unordered_set<Bytes> drawn;  // members of a table stay where they are
  while (drawn.size() < count) {
    const Bytes member = set.random().bytes();
    if (drawn.insert(member).second) context.reply.bulk(member);
  }
}

void run_srandmember(Context& context, Arguments words) {
  if (words.size() > 2) {
    context.fail(wire::kSyntax);
    return;
  }
  std::optional<std::int64_t> count;
  if (words.size() == 2) {
    count = base::parse_int(words[1]);
    if (!count || *count == INT64_MIN) {
      context.fail(count ? wire::kNotLong : wire::kNotInteger);
      return;
    }
  }
  const auto set = look_up<Set>(context, words[0]);
  if (!set) return;
  if (!count) {
    if (set->empty())
      context.reply.null();
    else
      context.reply.bulk(set->random().bytes());
  } else if (set->empty()) {
    context.reply.array(0);
  } else if (*count < 0) {
    const auto times = static_cast<std::size_t>(-*count);
    context.reply.array(times);
    for (std::size_t i = 0; i < times; ++i) {
      context.tick();
      context.reply.bulk(set->random().bytes());
    }
  } else if (static_cast<std::size_t>(*count) >= set->size()) {
    context.reply.array(set->size());
    set->each([&](Bytes member) { context.reply.bulk(member); });
  } else {
    reply_some(context, *set, static_cast<std::size_t>(*count));
  }
}
constexpr Command kSRandMember = raw_command<kCountArgs>(
    "srandmember",
    {"Returns one or more random members from a set.", "1.0.0",
     "O(N) where N is the number of members returned", Group::kSet, "SRANDMEMBER tags", "\"red\""},
    kReadOnly, run_srandmember);

// SSCAN

struct Scanned {
  Bytes member;
  Bytes name() const noexcept { return member; }
};

void run_sscan(Context& context, const ElementScanArgs& args) {
  const auto start = checked_cursor(context, args);
  if (!start) return;
  const auto set = look_up<Set>(context, args.key);
  if (!set) return;
  std::vector<Scanned> found;
  std::deque<std::string> texts;  // of integers, which are no bytes in the set
  const std::uint64_t next =
      set->empty()
          ? 0
          : scan_elements(args, *start, found, [&](std::uint64_t cursor, auto&& visit) {
              return set->scan(cursor, [&](Bytes member) {
                visit(Scanned{set->form() == Set::kIntegers ? Bytes(texts.emplace_back(member))
                                                            : member});
              });
            });
  reply_cursor(context, next);
  context.reply.array(found.size());
  for (const Scanned& scanned : found) context.reply.bulk(scanned.member);
}
constexpr Command kSScan = command<ElementScanArgs, kElementScanArgs, run_sscan>(
    "sscan",
    {"Iterates over members of a set.", "2.8.0",
     "O(1) for every call, O(N) for a complete iteration", Group::kSet, "SSCAN tags 0",
     "1) \"0\"\n2) 1) \"red\""},
    kReadOnly);

constexpr const Command* kCommands[] = {&kSPop, &kSRandMember, &kSScan};

}  // namespace

std::span<const Command* const> set_random_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::commands
