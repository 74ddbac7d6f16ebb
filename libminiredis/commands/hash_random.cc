// Hashes: fields by chance, and scans.
#include <unordered_set>
#include <vector>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/scan.h"
#include "types/hash.h"

namespace miniredis::commands {
namespace {

using types::Hash;

// HRANDFIELD

constexpr Arg kCountOptions[] = {integer("count", nullptr), optional(flag("WITHVALUES", nullptr))};
constexpr Arg kRandArgs[] = {key("key", nullptr),
                             optional(block("options", kCountOptions, nullptr))};

void reply_pair(Context& context, const Hash::Pair& pair, bool with_values) {
  if (with_values && context.reply.resp3()) context.reply.array(2);
  context.reply.bulk(pair.field);
  if (with_values) context.reply.bulk(pair.value);
}

void reply_head(Context& context, std::size_t pairs, bool with_values) {
  context.reply.array(with_values && !context.reply.resp3() ? 2 * pairs : pairs);
}

// `count` fields, each at most once.
void reply_distinct(Context& context, const Hash& hash, std::size_t count, bool with_values) {
  const std::size_t size = hash.live_size();
  reply_head(context, std::min(count, size), with_values);
  if (count >= size) {
    hash.each([&](Bytes field, Bytes value) {
      context.tick();
      reply_pair(context, {field, value}, with_values);
    });
    return;
  }
  if (count * 3 > size) {
    // Many of them: one pass, in which each is taken with the chance that is left for it.
    std::size_t left = size;
    std::size_t wanted = count;
    hash.each([&](Bytes field, Bytes value) {
      context.tick();
      if (context.keyspace().rng().below(left--) >= wanted) return;
      --wanted;
      reply_pair(context, {field, value}, with_values);
    });
    return;
  }
  std::unordered_set<Bytes> drawn;
  while (drawn.size() < count) {
    context.tick();
    const Hash::Pair pair = hash.random();
    if (drawn.insert(pair.field).second) reply_pair(context, pair, with_values);
  }
}

void run_hrandfield(Context& context, Arguments words) {
  std::optional<std::int64_t> count;
  bool with_values = false;
  if (words.size() > 1) {
    count = base::parse_int(words[1]);
    constexpr std::int64_t kMost = INT64_MAX / 2;
    if (!count) {
      context.fail(wire::kNotInteger);
      return;
    }
    if (words.size() > 3 ||
        (words.size() == 3 && !base::equals_ignore_case(words[2], "withvalues"))) {
      context.fail(wire::kSyntax);
      return;
    }
    with_values = words.size() == 3;
    if (*count < -INT64_MAX || (with_values && (*count < -kMost || *count > kMost))) {
      context.fail(*count < -INT64_MAX ? wire::kNotLong : wire::kValueOutOfRange);
      return;
    }
  }
  const auto hash = look_up<Hash>(context, words[0]);
  if (!hash) return;
  if (hash->live_size() == 0) {
    if (count)
      context.reply.array(0);
    else
      context.reply.null();
  } else if (!count) {
    context.reply.bulk(hash->random().field);
  } else if (*count >= 0) {
    reply_distinct(context, *hash, static_cast<std::size_t>(*count), with_values);
  } else {
    const auto times = static_cast<std::size_t>(-*count);
    reply_head(context, times, with_values);
    for (std::size_t i = 0; i < times; ++i) {
      context.tick();
      reply_pair(context, hash->random(), with_values);
    }
  }
}
constexpr Command kHRandField =
    raw_command<kRandArgs>("hrandfield",
                           {"Returns one or more random fields from a hash.", "6.2.0",
                            "O(N) where N is the number of fields returned", Group::kHash,
                            "HRANDFIELD user:1", "\"name\""},
                           kReadOnly, run_hrandfield);

// HSCAN

struct Pair {
  Bytes field;
  Bytes value;
  Bytes name() const noexcept { return field; }
};

void run_hscan(Context& context, const ElementScanArgs& args) {
  const auto start = checked_cursor(context, args);
  if (!start) return;
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  std::vector<Pair> found;
  const std::uint64_t next =
      hash->empty() ? 0
                    : scan_elements(args, *start, found, [&](std::uint64_t cursor, auto&& visit) {
                        return hash->scan(cursor, [&](Bytes field, Bytes value) {
                          visit(Pair{field, value});
                        });
                      });
  reply_cursor(context, next);
  context.reply.array(args.no_values ? found.size() : 2 * found.size());
  for (const Pair& pair : found) {
    context.reply.bulk(pair.field);
    if (!args.no_values) context.reply.bulk(pair.value);
  }
}
constexpr Arg kHScanArgs[] = {
    kElementScanArgs[0],
    kElementScanArgs[1],
    kElementScanArgs[2],
    kElementScanArgs[3],
    optional(flag("NOVALUES", into<&ElementScanArgs::no_values>, "7.4.0")),
};
constexpr Command kHScan = command<ElementScanArgs, kHScanArgs, run_hscan>(
    "hscan",
    {"Iterates over fields and values of a hash.", "2.8.0",
     "O(1) for every call, O(N) for a complete iteration", Group::kHash, "HSCAN user:1 0",
     "1) \"0\"\n2) 1) \"name\"\n   2) \"Ada\""},
    kReadOnly);

}  // namespace

std::span<const Command* const> hash_random_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kHRandField, &kHScan};
  return kCommands;
}

}  // namespace miniredis::commands
