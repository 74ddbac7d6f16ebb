// The node manager's routes, by resource.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "api/operations.h"
#include "http/http_counters.h"
#include "http/json_api.h"
#include "node_manager/cpu_shares.h"
#include "node_manager/node_manager.h"
#include "node_manager/node_streams.h"
#include "node_manager/patient_session.h"
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
  CpuShares cpu_shares = {};
  WaitingSeats seats{static_cast<std::size_t>(configuration.http_threads)};
  std::unique_ptr<PushPump> pump = std::make_unique<PushPump>();
  std::unique_ptr<NodeStreams> streams = {};
};

void add_tenant_routes(Router& router, ApiContext& context);
void add_node_routes(Router& router, ApiContext& context);
void add_execute_route(Router& router, ApiContext& context);
void add_rest_routes(Router& router, ApiContext& context);
void add_stream_routes(Router& router, ApiContext& context);
void add_shell_route(Router& router, ApiContext& context);
void add_health_routes(Router& router, const std::atomic<Phase>& phase);
void add_metrics_routes(Router& router, ApiContext& context);

// What routes with the token answer while the daemon is not ready.
std::optional<HttpReply> not_ready_reply(const std::atomic<Phase>& phase);

// The node that the path names, if whoever asks may see it; thrown as not found otherwise, so that
// nobody learns of others' nodes.
NodePointer visible_node(const ApiContext& context, const ApiRequest& request);
// The same, and it runs.
NodePointer running_node(const ApiContext& context, const ApiRequest& request);
// A session for the request alone, and one that lives on; thrown when the node has too many
// clients, or, for the latter, is busy for too long.
PatientSession session_of(ApiContext& context, const NodeRecord& record, unsigned database,
                          unsigned protocol = 3);
Session lasting_session_of(ApiContext& context, const NodeRecord& record);
// The tenant that a list is narrowed to: the caller's, or the one that the query names. Nothing
// when the query names one that the caller does not see.
std::optional<std::string> listed_tenant(const ApiRequest& request);

// Where a list of nodes goes on from, and the cursor of the page after this one.
std::uint64_t sequence_after(const ListRequest& list);
std::string cursor_after(const Page<NodePointer>& page);

// A node's figures as the API shows them.
Json node_figures(ApiContext& context, const NodeRecord& record);

// A quota as requests and answers write it; nothing when the field is not there.
std::optional<Quota> quota_of(Fields& fields);
Json quota_json(const Quota& quota);

// A route's handler over the context.
template <typename Function>
Handler with(ApiContext& context, Function function) {
  return [&context, function](const ApiRequest& request) { return function(context, request); };
}

}  // namespace miniredis::service
