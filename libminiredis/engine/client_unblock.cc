// CLIENT UNBLOCK: ends the wait of another client.
#include <algorithm>

#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr Arg kReasons[] = {flag("TIMEOUT", nullptr), flag("ERROR", nullptr)};
constexpr Arg kUnblockArgs[] = {integer("client-id", nullptr),
                                optional(one_of("unblock-type", kReasons))};

void run_unblock(Context& context, Arguments words) {
  Call& call = call_of(context);
  const bool has_reason = words.size() == 2;
  const bool as_error = has_reason && base::equals_ignore_case(words[1], "error");
  if (words.size() > 2) {
    commands::detail::fail_arguments(call, wire::kArity);
    return;
  }
  if (has_reason && !as_error && !base::equals_ignore_case(words[1], "timeout")) {
    call.fail(wire::kUnblockReason);
    return;
  }
  const auto id = base::parse_int(words[0]);
  if (!id) {
    call.fail(wire::kNotInteger);
    return;
  }
  const auto& clients = call.node.clients;
  const auto found = std::find_if(clients.begin(), clients.end(), [&](const Client* client) {
    return static_cast<std::int64_t>(client->id) == *id;
  });
  const bool waits = found != clients.end() && (*found)->blocked != nullptr;
  if (waits) call.node.blocking.release(call.node, **found, as_error ? wire::kUnblocked : Bytes{});
  call.reply.integer(waits ? 1 : 0);
}
}  // namespace

extern const Command kClientUnblock;
constexpr Command kClientUnblock = raw_command<kUnblockArgs>(
    "client|unblock",
    {"Ends the wait of a client of the node, as its time-out would or with an error.", "5.0.0",
     "O(N) where N is the number of connections", Group::kConnection, "CLIENT UNBLOCK 999999",
     "(integer) 0"},
    kAdministration, run_unblock);

}  // namespace miniredis::engine
