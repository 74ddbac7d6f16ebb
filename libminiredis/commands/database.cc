// Whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

void run_dbsize(Context& context, Arguments) {
  context.reply.integer(static_cast<std::int64_t>(context.read().size()));
}
constexpr Command kDbSize = plain_command("dbsize",
                                          {"Returns the number of keys in the database.", "1.0.0",
                                           "O(1)", Group::kServer, "DBSIZE", "(integer) 2"},
                                          kReadOnly | kFast, run_dbsize);

// Both modes empty the database at once for all that look, and give the memory back in slices: a
// flush that frees millions of keys before it answers would hold up the neighbours on the shard.
struct FlushArgs {
  bool async = false;
};
constexpr Arg kModes[] = {flag("ASYNC", into<&FlushArgs::async>, "4.0.0"),
                          flag("SYNC", into<&FlushArgs::async, false>, "6.2.0")};
constexpr Arg kFlushArgs[] = {optional(one_of("flush-type", kModes))};

// One mode at most, even the same one twice: an error, as in Redis.
template <auto Flush>
void run_flush(Context& context, Arguments words) {
  FlushArgs args;
  if (words.size() > 1 || !parse_arguments(kFlushArgs, words, &args).empty()) {
    context.fail(wire::kSyntax);
    return;
  }
  Flush(context);
  context.reply.ok();
}

void flush_database(Context& context) {
  context.keyspace().flush(context.database);
}
constexpr Command kFlushDb = raw_command<kFlushArgs>(
    "flushdb",
    {"Removes all keys from the current database.", "1.0.0",
     "O(1) to the caller; O(N) in the background where N is the number of keys", Group::kServer,
     "FLUSHDB", "OK"},
    kWrite | kDangerous, run_flush<flush_database>);

void flush_all(Context& context) {
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) context.keyspace().flush(i);
}
constexpr Command kFlushAll = raw_command<kFlushArgs>(
    "flushall",
    {"Removes all keys from all databases of the node.", "1.0.0",
     "O(1) to the caller; O(N) in the background where N is the number of keys", Group::kServer,
     "FLUSHALL ASYNC", "OK"},
    kWrite | kDangerous, run_flush<flush_all>);

struct SwapArgs {
  Bytes first;
  Bytes second;
};
constexpr Arg kSwapArgs[] = {
    {"index1", ArgKind::kString, into<&SwapArgs::first>},
    {"index2", ArgKind::kString, into<&SwapArgs::second>},
};

void run_swapdb(Context& context, const SwapArgs& args) {
  const auto int32 = [](Bytes text) {
    const auto n = base::parse_int(text);
    return n && *n >= INT32_MIN && *n <= INT32_MAX ? n : std::nullopt;
  };
  const auto first = int32(args.first);
  const auto second = int32(args.second);
  if (!first || !second) {
    context.fail(first ? "ERR invalid second DB index" : "ERR invalid first DB index");
    return;
  }
  const auto valid = [](std::int64_t n) { return n >= 0 && n < keyspace::kDatabases; };
  if (!valid(*first) || !valid(*second)) {
    context.fail(wire::kDbIndex);
    return;
  }
  context.keyspace().swap(static_cast<unsigned>(*first), static_cast<unsigned>(*second));
  context.reply.ok();
}
constexpr Command kSwapDb = command<SwapArgs, kSwapArgs, run_swapdb>(
    "swapdb",
    {"Swaps two databases.", "4.0.0", "O(1), and O(N) in the number of watched keys",
     Group::kServer, "SWAPDB 0 1", "OK"},
    kWrite | kFast | kDangerous);

}  // namespace

std::span<const Command* const> database_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kDbSize, &kFlushDb, &kFlushAll, &kSwapDb};
  return kCommands;
}

}  // namespace miniredis::commands
