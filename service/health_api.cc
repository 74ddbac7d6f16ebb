// /healthz: the process answers. /readyz: it also serves.
#include "api.h"

namespace miniredis::service {

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
