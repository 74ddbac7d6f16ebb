// About the server as a whole: TIME, LOLWUT, SHUTDOWN.
#include "engine/call.h"
#include "engine/groups.h"
#include "engine/version.h"

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

// What it draws in Redis is Redis' own; the version is what programs look for.
constexpr Arg kLolwutArgs[] = {optional(integer("version", nullptr, "VERSION"))};
void run_lolwut(Context& context, Arguments words) {
  const bool asks = words.size() > 1 && base::equals_ignore_case(words[0], "version");
  if (asks && !base::parse_int(words[1])) {
    context.fail(wire::kNotInteger);
    return;
  }
  context.reply.verbatim("txt", "Redis ver. " + std::string(kRedisVersion) + "\n");
}
constexpr Command kLolwut =
    raw_command<kLolwutArgs>("lolwut",
                             {"Says which Redis version the node behaves as.", "5.0.0", "O(1)",
                              Group::kServer, "LOLWUT", "\"Redis ver. 7.2.4\""},
                             kReadOnly | kFast | kAboutNode, run_lolwut);

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
    kAdministration | kNoMulti | kAllowBusy);

}  // namespace

CommandGroup server_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kTime, &kLolwut, &kShutdown};
  return kCommands;
}

}  // namespace miniredis::engine
