// WAIT and WAITAOF on a node without replicas and without a log: whoever asks for some waits for
// his time-out.
#include <optional>
#include <utility>

#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kWaitFlags = kNoScript | kAboutConnection;

// In ms; nothing, with the error answered, when it is none.
std::optional<std::int64_t> read_timeout(Context& context, Bytes word) {
  const auto timeout_ms = base::parse_int(word);
  if (!timeout_ms)
    context.fail(wire::kTimeoutNotInteger);
  else if (*timeout_ms < 0)
    context.fail(wire::kTimeoutNegative);
  else
    return timeout_ms;
  return std::nullopt;
}

void reply_none(resp::Writer& reply) {
  reply.integer(0);
}
void reply_neither(resp::Writer& reply) {
  reply.array(2);
  reply.integer(0);
  reply.integer(0);
}

void wait(Context& context, bool satisfied, std::int64_t timeout_ms, WaitReply answer) {
  Wait what{};
  what.timeout_ms = timeout_ms;
  what.on_timeout = answer;
  if (satisfied || !context.wait_for(std::move(what))) answer(context.reply);
}

constexpr Arg kWaitArgs[] = {integer("numreplicas", nullptr), integer("timeout", nullptr)};
void run_wait(Context& context, Arguments words) {
  const auto replicas = base::parse_int(words[0]);
  if (!replicas)
    context.fail(wire::kNotInteger);
  else if (const auto timeout_ms = read_timeout(context, words[1]))
    wait(context, *replicas <= 0, *timeout_ms, reply_none);
}
constexpr Command kWait = raw_command<kWaitArgs>(
    "wait",
    {"Blocks until the writes of the connection have come to so many replicas, of which a node has "
     "none.",
     "3.0.0", "O(1)", Group::kGeneric, "WAIT 0 100", "(integer) 0"},
    kWaitFlags, run_wait);

constexpr Arg kWaitAofArgs[] = {integer("numlocal", nullptr), integer("numreplicas", nullptr),
                                integer("timeout", nullptr)};
void run_waitaof(Context& context, Arguments words) {
  const auto local = base::parse_int(words[0]);
  const auto replicas = base::parse_int(words[1]);
  if (!local) {
    context.fail(wire::kNotInteger);
  } else if (*local < 0 || *local > 1) {
    context.fail("ERR value is out of range, value must between 0 and 1");
  } else if (!replicas || *replicas < 0) {
    context.fail(wire::kNotPositive);
  } else if (const auto timeout_ms = read_timeout(context, words[2])) {
    if (*local > 0)
      context.fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    else
      wait(context, *replicas == 0, *timeout_ms, reply_neither);
  }
}
constexpr Command kWaitAof = raw_command<kWaitAofArgs>(
    "waitaof",
    {"Blocks until the writes of the connection are on so many disks, of which a node has none.",
     "7.2.0", "O(1)", Group::kGeneric, "WAITAOF 0 0 100", "1) (integer) 0\n2) (integer) 0"},
    kWaitFlags, run_waitaof);

}  // namespace

CommandGroup wait_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kWait, &kWaitAof};
  return kCommands;
}

}  // namespace miniredis::engine
