// The node manager as part of a process: engine, RESP endpoints, definitions and its HTTP API.
#pragma once

#include <atomic>
#include <memory>

#include "common/admin_token.h"
#include "common/files.h"
#include "http/http_server.h"
#include "node_manager/api.h"

namespace miniredis::service {

class NodeManagerRole {
 public:
  // Listens, and brings nothing back yet. `configuration` and `token` must outlive it.
  static Outcome<std::unique_ptr<NodeManagerRole>> start(const Configuration& configuration,
                                                         const AdminToken& token);

  // Brings the nodes back; ready afterwards. Ends early when `cancelled` becomes true.
  Outcome<void> restore(const std::atomic<bool>& cancelled);

  // Refuses changes from now on, lets replies drain. False when requests were cut off.
  bool stop(std::uint32_t drain_ms);

  const Router& router() const { return *router_; }
  const NodeManager& manager() const { return *manager_; }
  std::uint16_t port() const { return http_->port(); }
  bool ready() const { return phase_ == Phase::kReady; }

 private:
  NodeManagerRole() = default;

  std::unique_ptr<NodeManager> manager_;
  Definitions definitions_;  // until restore()
  std::atomic<Phase> phase_ = Phase::kStarting;
  HttpCounters counters_;
  std::unique_ptr<ApiContext> context_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<HttpServer> http_;
};

// What all HTTP servers of the process have in common.
HttpServerOptions http_options(const Configuration& configuration, const std::string& address,
                               std::int64_t port);
// The address of the node manager and the backend.
std::string internal_address(const Configuration& configuration);

}  // namespace miniredis::service
