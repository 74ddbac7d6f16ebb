// What the gateway answers itself: health, identity, the OpenAPI document, the Studio's files.
#include <algorithm>

#include "common/lists.h"
#include "common/units.h"
#include "gateway/gateway.h"
#include "http/json_api.h"

namespace miniredis::service {
namespace {

Json part_json(const std::string& trouble) {
  if (trouble == "ok") return {{"status", "ok"}};
  return {{"status", "down"}, {"reason", trouble}};
}

Json service_json(const ProxiedService& service) {
  const CircuitBreaker::Figures figures = service.breaker->figures();
  Json json = {{"status", figures.state == CircuitState::kClosed ? "ok" : "down"},
               {"breaker", to_string(figures.state)},
               {"requests", service.client->figures().requests},
               {"failures", service.client->figures().failures}};
  return json;
}

HttpReply health(const GatewayContext& context) {
  Json parts = {{"gateway", part_json("ok")},
                {"node_manager", part_json(context.node_manager_health())},
                {"backend", part_json(context.backend_health())}};
  for (const auto& service : context.services) parts[service->name] = service_json(*service);
  bool whole = true;
  for (const auto& [name, part] : parts.items()) whole = whole && part["status"] == "ok";
  return json_answer({{"status", whole ? "ok" : "degraded"},
                      {"started_at", format_time(context.started_at_ms)},
                      {"at", format_time(now_unix_ms())},
                      {"parts", std::move(parts)}});
}

HttpReply liveness(const GatewayContext& context) {
  const bool whole = context.node_manager_health() == "ok" && context.backend_health() == "ok";
  return json_answer({{"status", whole ? "ok" : "degraded"}});
}

HttpReply identity(const ApiRequest& request) {
  const Principal& principal = request.principal();
  return json_answer({{"actor", principal.actor},
                      {"tenant", principal.tenant.empty() ? Json() : Json(principal.tenant)},
                      {"node", principal.node.empty() ? Json() : Json(principal.node)},
                      {"scopes", scope_names(principal.scopes)}});
}

}  // namespace

void add_own_operations(Router& router, GatewayContext& context) {
  constexpr Owner kOwner = Owner::kGateway;
  add_route(router, kOwner, "getLiveness",
            [&context](const ApiRequest&) { return liveness(context); });
  add_route(router, kOwner, "getReadiness", [](const ApiRequest&) {
    return json_answer({{"status", "ready"}});
  });
  add_route(router, kOwner, "getHealth", [&context](const ApiRequest&) { return health(context); });
  add_route(router, kOwner, "whoAmI", identity);
  add_route(router, kOwner, "getOpenApi", [document = openapi_document()](const ApiRequest&) {
    HttpReply reply;
    reply.body = document;
    return reply;
  });
  if (context.studio == nullptr) return;
  router.set_fallback([&context](const ApiRequest& request) {
    const HttpRequest& http = request.http;
    return context.studio->serve({http.method, http.target, http.header("Accept"),
                                  http.header("Accept-Encoding"), http.header("If-None-Match")});
  });
}

// An origin has no path, but people write the slash of one.
std::vector<std::string> parse_origins(const std::string& list) {
  std::vector<std::string> origins = parts_of(list);
  for (std::string& origin : origins) {
    while (origin.ends_with('/')) origin.pop_back();
  }
  return origins;
}

void add_cors(Router& router, const std::vector<std::string>& origins) {
  if (origins.empty()) return;
  router.set_finish([origins](const HttpRequest& request, HttpReply& reply) {
    const std::string origin(request.header("Origin"));
    reply.headers.emplace_back("Vary", "Origin");
    if (std::ranges::find(origins, origin) == origins.end()) return;
    reply.headers.emplace_back("Access-Control-Allow-Origin", origin);
    reply.headers.emplace_back("Access-Control-Expose-Headers",
                               "ETag, Location, X-Request-Id, Retry-After, RateLimit-Limit, "
                               "RateLimit-Remaining, RateLimit-Reset, Idempotency-Replayed");
    if (request.method != "OPTIONS") return;
    reply.status = 204;
    reply.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    reply.headers.emplace_back("Access-Control-Allow-Headers",
                               "Authorization, Content-Type, If-Match, Idempotency-Key, "
                               "X-Request-Id, Upstash-Encoding");
    reply.headers.emplace_back("Access-Control-Max-Age", "600");
  });
  // A browser asks before it knows who asks; what it learns is only whether its page may.
  Route preflight;
  preflight.method = "OPTIONS";
  preflight.pattern = "/{*path}";
  preflight.access = RouteAccess::kOpen;
  preflight.any_query = true;
  preflight.any_body = true;
  preflight.immediate = true;
  preflight.handler = [](const ApiRequest&) {
    return HttpReply{.status = 403, .content_type = "", .body = "", .headers = {}};
  };
  router.add(std::move(preflight));
}

void add_gateway_routes(Router& router, GatewayContext& context) {
  add_own_operations(router, context);
  add_forwarded_operations(router, context);
  add_proxied_services(router, context);
  add_cors(router, parse_origins(context.configuration.cors_origins));
}

}  // namespace miniredis::service
