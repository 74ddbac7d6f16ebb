// /healthz: the process answers. /readyz: it also serves.
#include "node_manager/api.h"

namespace miniredis::service {

std::optional<HttpReply> not_ready_reply(const std::atomic<Phase>& phase) {
  if (phase == Phase::kReady) return std::nullopt;
  return phase == Phase::kStarting
             ? reply_of({problem_kinds::kNotReady, "nodes are being brought back; try again", ""})
             : reply_of({problem_kinds::kShuttingDown, "the daemon was told to stop", ""});
}

void add_health_routes(Router& router, const std::atomic<Phase>& phase) {
  router.add({.method = "GET",
              .pattern = "/healthz",
              .handler =
                  [](const ApiRequest&) {
                    return json_answer({{"status", "ok"}});
                  },
              .access = RouteAccess::kOpen,
              .immediate = true});
  router.add({.method = "GET",
              .pattern = "/readyz",
              .handler =
                  [&phase](const ApiRequest&) {
                    if (auto reply = not_ready_reply(phase)) return std::move(*reply);
                    return json_answer({{"status", "ready"}});
                  },
              .access = RouteAccess::kOpen,
              .immediate = true});
}

}  // namespace miniredis::service
