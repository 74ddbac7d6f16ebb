// CLIENT PAUSE and UNPAUSE: the node's clients wait, its data stand still.
#include <algorithm>

#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

struct PauseArgs {
  std::int64_t timeout_ms = 0;
  bool writes_only = false;
};
constexpr Arg kModes[] = {flag("WRITE", into<&PauseArgs::writes_only>, "6.2.0"),
                          flag("ALL", into<&PauseArgs::writes_only, false>, "6.2.0")};
constexpr Arg kPauseArgs[] = {integer("timeout", into<&PauseArgs::timeout_ms>),
                              optional(one_of("mode", kModes))};

void run_pause(Call& call, const PauseArgs& args) {
  const auto until = base::checked_add(args.timeout_ms, call.now_ms());
  if (args.timeout_ms < 0 || !until) {
    call.fail(args.timeout_ms < 0 ? "ERR timeout is negative"
                                  : "ERR timeout is not an integer or out of range");
    return;
  }
  ClientPause& pause = call.node.pause;
  // A pause under way is never shortened or weakened.
  pause.writes_only = args.writes_only && (pause.until_ms == 0 || pause.writes_only);
  pause.until_ms = std::max(pause.until_ms, *until);
  call.reply.ok();
}

void run_unpause(Call& call) {
  call.node.pause = {};
  call.node.resume_waiting();
  call.reply.ok();
}

}  // namespace

extern const Command kClientPause;
extern const Command kClientUnpause;

constexpr Command kClientPause = engine_command<PauseArgs, kPauseArgs, run_pause>(
    "client|pause",
    {"Suspends commands processing of the node.", "3.0.0", "O(1)", Group::kConnection,
     "CLIENT PAUSE 100 WRITE", "OK"},
    kAdministration);
constexpr Command kClientUnpause = engine_plain_command<run_unpause>(
    "client|unpause",
    {"Resumes processing commands from paused clients.", "6.2.0",
     "O(N) where N is the number of paused clients", Group::kConnection, "CLIENT UNPAUSE", "OK"},
    kAdministration | kUnqueued);

}  // namespace miniredis::engine
