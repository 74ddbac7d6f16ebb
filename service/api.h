// The routes of the HTTP API, by resource.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "configuration.h"
#include "http_counters.h"
#include "json_request.h"
#include "node_manager.h"
#include "router.h"

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

HttpReply json_answer(const Json& body, int status = 200);

// `limit` and `cursor` of a list request. Cursors are `kind` followed by what the list goes on
// from.
struct ListRequest {
  std::size_t limit = 100;
  std::string after;  // empty: from the start
};
ListRequest parse_list_request(const ApiRequest& request, char kind);
Json list_envelope(Json items, bool more, const std::string& next_cursor);

// The query parameter; empty when it is not there.
std::string query_value(const ApiRequest& request, const std::string& name);

}  // namespace miniredis::service
