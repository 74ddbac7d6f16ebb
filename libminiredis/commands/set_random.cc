// Sets: members by chance, and scans.
#include <algorithm>
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/scan.h"
#include "commands/set_reply.h"
#include "memory/containers.h"

namespace miniredis::commands {
namespace {

using types::Member;
using types::Set;

constexpr Arg kCountArgs[] = {key("key", nullptr), optional(integer("count", nullptr))};

// SPOP

// Takes `count` members out, each choice of them with the same chance.
void pop_some(Context& context, Set& set, std::size_t count) {
  while (count-- > 0) {
    context.step();
    set.pop([&](Member member) { reply_member(context, member); });
  }
}

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
  {
    auto set = open<Set>(context, words[0]);
    if (!set) return;
    count = std::min(count, set->size());
    if (counted)
      context.reply.set(count);
    else if (count == 0)
      context.reply.null();
    if (count == 0) return;
    if (count < set->size() || count == 1) {
      context.expect_steps(count);
      pop_some(context, *set, count);
      set.changed(events::kSPop);
      return;
    }
    reply_all(context, *set);
  }
  // All of them: the key goes as a whole, and is freed in slices.
  keyspace::WriteScope scope = context.write();
  auto place = scope.find(words[0]);
  scope.remove(place, words[0], events::kSPop);
  scope.also(events::kDel, words[0]);
}
constexpr Command kSPop = raw_command<kCountArgs>(
    "spop",
    {"Returns one or more random members from a set after removing them. Deletes the set if the "
     "last member was popped.",
     "1.0.0", "O(N) where N is the number of members returned", Group::kSet, "SPOP tags",
     "\"red\""},
    kWrite | kFast, run_spop, use::keys(use::kTakes));

// SRANDMEMBER

// `count` different members, each choice of them with the same chance; fewer than there are.
void reply_some(Context& context, const Set& set, std::size_t count) {
  base::Rng& rng = context.keyspace().rng();
  context.reply.array(count);
  if (!set.is_table() || count > set.size() / 3) {
    // One pass, in which each is taken with the chance that is left for it.
    std::size_t left = set.size();
    set.walk([&](Member member) {
      context.tick();
      if (rng.below(left--) >= count) return;
      reply_member(context, member);
      --count;
    });
    return;
  }
  // Drawn until there are enough different ones; members of a table stay where they are, so that
  // equal ones lie at the same place.
  memory::Vector<Bytes> drawn{memory::AccountedAllocator<Bytes>(context.keyspace().account())};
  drawn.reserve(count);
  const auto place = [](Bytes member) { return reinterpret_cast<std::uintptr_t>(member.data()); };
  while (drawn.size() < count) {
    while (drawn.size() < count) {
      context.tick();
      drawn.push_back(set.random().text());
    }
    std::sort(drawn.begin(), drawn.end(), [&](Bytes a, Bytes b) { return place(a) < place(b); });
    const auto same = [&](Bytes a, Bytes b) { return place(a) == place(b); };
    drawn.erase(std::unique(drawn.begin(), drawn.end(), same), drawn.end());
  }
  for (const Bytes member : drawn) context.reply.bulk(member);
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
      reply_member(context, set->random());
  } else if (set->empty()) {
    context.reply.array(0);
  } else if (*count < 0) {
    const auto times = static_cast<std::size_t>(-*count);
    context.reply.array(times);
    for (std::size_t i = 0; i < times; ++i) {
      context.tick();
      reply_member(context, set->random());
    }
  } else if (static_cast<std::size_t>(*count) >= set->size()) {
    context.reply.array(set->size());
    reply_all(context, *set);
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
  Member member;
  mutable char digits[base::kMaxIntChars];
  Bytes name() const noexcept { return member.text(digits); }
};

void run_sscan(Context& context, const ElementScanArgs& args) {
  const auto start = checked_cursor(context, args);
  if (!start) return;
  const auto set = look_up<Set>(context, args.key);
  if (!set) return;
  std::vector<Scanned> found;
  const std::uint64_t next =
      scan_elements(args, *start, found, [&](std::uint64_t cursor, auto&& visit) {
        return set->scan(cursor, [&](Member member) { visit(Scanned{member, {}}); });
      });
  reply_cursor(context, next);
  context.reply.array(found.size());
  for (const Scanned& scanned : found) reply_member(context, scanned.member);
}
constexpr Command kSScan = command<ElementScanArgs, kElementScanArgs, run_sscan>(
    "sscan",
    {"Iterates over members of a set.", "2.8.0",
     "O(1) for every call, O(N) for a complete iteration", Group::kSet, "SSCAN tags 0",
     "1) \"0\"\n2) 1) \"red\""},
    kReadOnly);

}  // namespace

std::span<const Command* const> set_random_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kSPop, &kSRandMember, &kSScan};
  return kCommands;
}

}  // namespace miniredis::commands
