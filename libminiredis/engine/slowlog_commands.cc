// SLOWLOG: the commands of the node that took longest.
#include <optional>

#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr std::uint32_t kSlowLogFlags = kAdmin | kDangerous | kLoading | kStale;
constexpr std::int64_t kDefaultCount = 10;

struct GetArgs {
  std::optional<std::int64_t> count;
};
constexpr Arg kGetArgs[] = {optional(integer("count", into<&GetArgs::count>))};

void run_get(Call& call, const GetArgs& args) {
  const std::int64_t wanted = args.count.value_or(kDefaultCount);
  if (wanted < -1) {
    call.fail("ERR count should be greater than or equal to -1");
    return;
  }
  const auto& entries = call.node.slowlog.entries();
  const std::size_t count =
      wanted == -1 ? entries.size() : std::min(entries.size(), static_cast<std::size_t>(wanted));
  call.reply.array(count);
  auto entry = entries.begin();
  for (std::size_t i = 0; i < count; ++i, ++entry) {
    call.reply.array(6);
    call.reply.integer(static_cast<std::int64_t>(entry->id));
    call.reply.integer(entry->unix_seconds);
    call.reply.integer(static_cast<std::int64_t>(entry->duration_us));
    call.reply.array(entry->words.size());
    for (const memory::String& word : entry->words) call.reply.bulk(word);
    call.reply.bulk(entry->peer);
    call.reply.bulk(entry->client_name);
  }
}
constexpr Command kGet = engine_command<GetArgs, kGetArgs, run_get>(
    "slowlog|get",
    {"Returns the slow log's entries.", "2.2.12", "O(N) where N is the number of entries returned",
     Group::kServer, "SLOWLOG GET 10", "(empty array)"},
    kSlowLogFlags);

void run_len(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.node.slowlog.entries().size()));
}
constexpr Command kLen =
    engine_plain_command<run_len>("slowlog|len",
                                  {"Returns the number of entries in the slow log.", "2.2.12",
                                   "O(1)", Group::kServer, "SLOWLOG LEN", "(integer) 0"},
                                  kSlowLogFlags);

void run_slowlog_reset(Call& call) {
  call.node.slowlog.reset();
  call.reply.ok();
}
constexpr Command kReset = engine_plain_command<run_slowlog_reset>(
    "slowlog|reset",
    {"Clears all entries from the slow log.", "2.2.12", "O(N) where N is the number of entries",
     Group::kServer, "SLOWLOG RESET", "OK"},
    kSlowLogFlags);

constexpr const char* kSlowLogHelpLines[] = {
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
};
constexpr Command kSlowLogHelp =
    help_command<kSlowLogHelpLines>("slowlog|help", Group::kServer, "6.2.0");

constexpr const Command* kSlowLogSubcommands[] = {&kGet, &kSlowLogHelp, &kLen, &kReset};
constexpr Command kSlowLog =
    container("slowlog",
              {"A container for slow log commands.", "2.2.12", "Depends on subcommand.",
               Group::kServer, "SLOWLOG HELP", ""},
              kSlowLogSubcommands);

}  // namespace

CommandGroup slowlog_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kSlowLog};
  return kCommands;
}

}  // namespace miniredis::engine
