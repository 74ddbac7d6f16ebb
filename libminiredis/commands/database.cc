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

void run_flushdb(Context& context, const FlushArgs&) {
  context.keyspace().flush(context.database);
  context.reply.ok();
}
constexpr Command kFlushDb = command<FlushArgs, kFlushArgs, run_flushdb>(
    "flushdb",
    {"Removes all keys from the current database.", "1.0.0",
     "O(1) to the caller; O(N) in the background where N is the number of keys", Group::kServer,
     "FLUSHDB", "OK"},
    kWrite | kDangerous);

void run_flushall(Context& context, const FlushArgs&) {
  for (unsigned i = 0; i < keyspace::kDatabases; ++i) context.keyspace().flush(i);
  context.reply.ok();
}
constexpr Command kFlushAll = command<FlushArgs, kFlushArgs, run_flushall>(
    "flushall",
    {"Removes all keys from all databases of the node.", "1.0.0",
     "O(1) to the caller; O(N) in the background where N is the number of keys", Group::kServer,
     "FLUSHALL ASYNC", "OK"},
    kWrite | kDangerous);

struct SwapArgs {
  Bytes first;
  Bytes second;
};
constexpr Arg kSwapArgs[] = {
    {"index1", ArgKind::kString, into<&SwapArgs::first>},
    {"index2", ArgKind::kString, into<&SwapArgs::second>},
};

void run_swapdb(Context& context, const SwapArgs& args) {
  const auto first = base::parse_int(args.first);
  const auto second = base::parse_int(args.second);
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

constexpr const Command* kCommands[] = {&kDbSize, &kFlushDb, &kFlushAll, &kSwapDb};

}  // namespace

std::span<const Command* const> database_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::commands
