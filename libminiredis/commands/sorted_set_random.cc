// ZRANDMEMBER.
#include <algorithm>
#include <vector>

#include "commands/command.h"
#include "commands/groups.h"
#include "commands/sorted_set_reply.h"

namespace miniredis::commands {
namespace {

using types::SortedSet;

// Every member has the same chance each time.
void reply_with_repeats(Context& context, const SortedSet& set, std::size_t count, Scores scores) {
  reply_member_head(context, count, scores);
  for (std::size_t i = 0; i < count; ++i) {
    context.tick();
    set.walk(context.keyspace().rng().below(set.size()), 1, false,
             [&](Bytes member, double score) { reply_member(context, member, score, scores); });
  }
}

// Every choice of `count` < size members has the same chance. A large part of the set is chosen in
// one walk over it (Knuth, TAOCP 2, 3.4.2, algorithm S); of a small one the ranks are drawn until
// there are enough different ones.
void reply_distinct(Context& context, const SortedSet& set, std::size_t count, Scores scores) {
  base::Rng& rng = context.keyspace().rng();
  reply_member_head(context, count, scores);
  const std::size_t size = set.size();
  if (size <= 128 || count > size / 8) {
    std::size_t seen = 0;
    std::size_t chosen = 0;
    set.walk_all([&](Bytes member, double score) {
      context.tick();
      if (rng.below(size - seen++) >= count - chosen) return;
      ++chosen;
      reply_member(context, member, score, scores);
    });
    return;
  }
  std::vector<std::size_t> ranks;
  while (ranks.size() < count) {
    while (ranks.size() < count) ranks.push_back(rng.below(size));
    std::sort(ranks.begin(), ranks.end());
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  }
  for (const std::size_t rank : ranks) {
    context.tick();
    set.walk(rank, 1, false,
             [&](Bytes member, double score) { reply_member(context, member, score, scores); });
  }
}

void reply_some(Context& context, Bytes key, std::int64_t count, bool scores_asked) {
  const auto set = look_up<SortedSet>(context, key);
  if (!set) return;
  if (count == 0 || set->empty()) {
    context.reply.array(0);
    return;
  }
  const Scores scores = with_scores(context, scores_asked);
  if (count < 0)
    reply_with_repeats(context, *set, static_cast<std::size_t>(-count), scores);
  else if (static_cast<std::size_t>(count) >= set->size())
    reply_members(context, *set, 0, set->size(), false, scores);
  else
    reply_distinct(context, *set, static_cast<std::size_t>(count), scores);
}

// By hand: the count is read before the word behind it.
void run_zrandmember(Context& context, Arguments words) {
  if (words.size() > 1) {
    const auto count = base::parse_int(words[1]);
    if (!count) {
      context.fail(wire::kNotInteger);
    } else if (*count == INT64_MIN) {
      context.fail(wire::kNotLong);
    } else if (words.size() > 3 ||
               (words.size() == 3 && !base::equals_ignore_case(words[2], "withscores"))) {
      context.fail(wire::kSyntax);
    } else if (words.size() == 3 && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2)) {
      context.fail(wire::kValueOutOfRange);
    } else {
      reply_some(context, words[0], *count, words.size() == 3);
    }
    return;
  }
  const auto set = look_up<SortedSet>(context, words[0]);
  if (!set) return;
  if (set->empty()) {
    context.reply.null();
    return;
  }
  set->walk(context.keyspace().rng().below(set->size()), 1, false,
            [&](Bytes member, double) { context.reply.bulk(member); });
}
constexpr Arg kOptionParts[] = {integer("count", nullptr), optional(flag("WITHSCORES", nullptr))};
constexpr Arg kZRandMemberArgs[] = {key("key", nullptr),
                                    optional(block("options", kOptionParts, nullptr))};
constexpr Command kZRandMember = raw_command<kZRandMemberArgs>(
    "zrandmember",
    {"Returns one or more random members from a sorted set.", "6.2.0",
     "O(N*log(S)) where N is the number of members returned and S the size of the set; O(S) at "
     "most for distinct members.",
     Group::kSortedSet, "ZRANDMEMBER race", "\"Ada\""},
    kReadOnly, run_zrandmember);

}  // namespace

std::span<const Command* const> sorted_set_random_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kZRandMember};
  return kCommands;
}

}  // namespace miniredis::commands
