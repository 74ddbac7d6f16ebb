// The API gateway: the one origin that browsers and scripts talk to. Finds out who asks, checks
// what they may do, and passes requests on to the role that owns the operation.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/operations.h"
#include "gateway/circuit_breaker.h"
#include "gateway/static_files.h"
#include "http/caller.h"
#include "http/http_client.h"
#include "settings/configuration.h"

namespace miniredis::service {

// Where the operations of a role are carried out: in this process, or at `client` with `token`.
struct ForwardTarget {
  const Router* local = nullptr;
  HttpClient* client = nullptr;
  std::string token;
  std::string url;  // of the client, for streams
};

// A service behind the gateway that is no role of ours.
struct ProxiedService {
  std::string name;    // in /v1/health
  std::string prefix;  // of paths that are passed on: "/auth"
  bool open = false;   // it knows itself who asks
  HttpClient* client = nullptr;
  std::unique_ptr<CircuitBreaker> breaker;
};

// What handlers work on; outlives the router.
struct GatewayContext {
  const Configuration& configuration;
  boost::asio::io_context& io;  // of clients
  ForwardTarget node_manager;
  ForwardTarget backend;
  std::vector<std::unique_ptr<ProxiedService>> services;
  std::unique_ptr<StaticFiles> studio;  // nothing: not served
  // One part of the health report each; "ok" or what is wrong.
  std::function<std::string()> node_manager_health;
  std::function<std::string()> backend_health;
  std::uint64_t started_at_ms = 0;
};

// All that the gateway serves. `router` asks a GatewayAuthenticator.
void add_gateway_routes(Router& router, GatewayContext& context);

// The pieces of it.
void add_forwarded_operations(Router& router, GatewayContext& context);
void add_proxied_services(Router& router, GatewayContext& context);
void add_own_operations(Router& router, GatewayContext& context);

// Headers that let pages of these origins call: what to do with each answer, and with a browser's
// question before a request. No origins: nothing at all.
std::vector<std::string> parse_origins(const std::string& list);
void add_cors(Router& router, const std::vector<std::string>& origins);

}  // namespace miniredis::service
