// The node manager's routes, by resource.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "http/http_counters.h"
#include "http/json_api.h"
#include "node_manager/node_manager.h"
#include "settings/configuration.h"

namespace miniredis::service {

enum class Phase : std::uint8_t { kStarting, kReady, kStopping };

// What handlers work on; outlives the router.
struct ApiContext {
  const Configuration& configuration;
  NodeManager& manager;
  const HttpCounters& http;
  const std::atomic<Phase>& phase;
  std::uint64_t started_at_ms;
};

void add_tenant_routes(Router& router, ApiContext& context);
void add_node_routes(Router& router, ApiContext& context);
void add_execute_route(Router& router, ApiContext& context);
void add_health_routes(Router& router, const std::atomic<Phase>& phase);
void add_metrics_routes(Router& router, ApiContext& context);

// What routes with the token answer while the daemon is not ready.
std::optional<HttpReply> not_ready_reply(const std::atomic<Phase>& phase);

}  // namespace miniredis::service
