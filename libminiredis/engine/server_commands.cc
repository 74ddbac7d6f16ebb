// About the server as a whole: TIME, SHUTDOWN.
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

void run_time(Call& call) {
  const std::int64_t us = call.node.clock().unix_us();
  call.reply.array(2);
  call.reply.bulk_integer(us / 1'000'000);
  call.reply.bulk_integer(us % 1'000'000);
}
constexpr Command kTime = engine_plain_command<run_time>(
    "time",
    {"Returns the node's time: Unix seconds and microseconds.", "2.6.0", "O(1)", Group::kServer,
     "TIME", "1) \"1700000000\"\n2) \"123456\""},
    kFast | kLoading | kStale);

struct NoArgs {
  bool ignored = false;
};
constexpr Arg kModes[] = {flag("NOSAVE", into<&NoArgs::ignored>),
                          flag("SAVE", into<&NoArgs::ignored>)};
constexpr Arg kShutdownArgs[] = {
    optional(one_of("save-selector", kModes)),
    optional(flag("NOW", into<&NoArgs::ignored>, "7.0.0")),
    optional(flag("FORCE", into<&NoArgs::ignored>, "7.0.0")),
    optional(flag("ABORT", into<&NoArgs::ignored>, "7.0.0")),
};
// A tenant must not end the process that other tenants live in.
void run_shutdown(Call& call, const NoArgs&) {
  call.fail(wire::kShutdownRefused);
}
constexpr Command kShutdown = engine_command<NoArgs, kShutdownArgs, run_shutdown>(
    "shutdown",
    {"Refused: a node is stopped through its control plane, not by its clients.", "1.0.0", "O(1)",
     Group::kServer, "SHUTDOWN", "(error) NOPERM ..."},
    kAdmin | kDangerous | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy);

constexpr const Command* kCommands[] = {&kTime, &kShutdown};

}  // namespace

CommandGroup server_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::engine
