#include "node_manager_role.h"

#include "common/files.h"
#include "common/lists.h"
#include "common/log.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

ServerOptions server_options(const Configuration& configuration) {
  ServerOptions options;
  options.bind_address = configuration.bind;
  options.router_port = static_cast<int>(configuration.router_port);
  options.router_tls_port = static_cast<int>(configuration.router_tls_port);
  options.router_unix_socket = configuration.router_unix_socket;
  options.max_unauthenticated = static_cast<std::uint32_t>(configuration.max_unauthenticated);
  options.migrate_targets = parts_of(configuration.migrate_targets);
  options.max_failed_logins_per_minute =
      static_cast<std::uint32_t>(configuration.max_failed_logins_per_minute);
  options.authentication_timeout_ms =
      static_cast<std::uint32_t>(configuration.authentication_timeout_ms);
  if (configuration.router_tls_port >= 0) {
    options.tls = TlsOptions{configuration.tls_certificate_file, configuration.tls_key_file,
                             configuration.tls_ca_file};
  }
  return options;
}

Outcome<std::unique_ptr<NodeManager>> make_manager(const Configuration& configuration,
                                                   DefinitionStore store) {
  EngineOptions engine_options;
  engine_options.shards = static_cast<unsigned>(configuration.shards);
  engine_options.memory_limit_bytes = static_cast<std::uint64_t>(configuration.engine_memory_limit);
  auto engine = Engine::open(engine_options);
  if (!engine) {
    return Failure{FailureKind::kInternal, "the engine: " + engine.error().detail, ""};
  }
  auto server = Server::start(*engine, server_options(configuration));
  if (!server) {
    return Failure{FailureKind::kInternal, "the router: " + server.error().detail, ""};
  }
  NodeManager::Folders folders{configuration.data_directory + "/users",
                               configuration.data_directory + "/settings"};
  for (const std::string& folder : {folders.users, folders.settings}) {
    if (auto made = make_directory(folder); !made) return made.failure();
  }
  PortPool ports(static_cast<std::uint16_t>(configuration.port_range_start),
                 static_cast<std::uint16_t>(configuration.port_range_end));
  return std::make_unique<NodeManager>(std::move(*engine), std::move(*server), std::move(ports),
                                       std::move(store),
                                       NodeManager::Limits{engine_options.memory_limit_bytes,
                                                           configuration.memory_overcommit_percent},
                                       std::move(folders));
}

}  // namespace

HttpServerOptions http_options(const Configuration& configuration, const std::string& address,
                               std::int64_t port) {
  HttpServerOptions options;
  options.address = address;
  options.port = static_cast<std::uint16_t>(port);
  options.threads = static_cast<unsigned>(configuration.http_threads);
  options.max_connections = static_cast<std::uint64_t>(configuration.http_max_connections);
  options.idle_timeout_ms = static_cast<std::uint32_t>(configuration.http_idle_timeout_ms);
  options.request_timeout_ms = static_cast<std::uint32_t>(configuration.http_request_timeout_ms);
  return options;
}

std::string internal_address(const Configuration& configuration) {
  return configuration.http_bind.empty() ? configuration.bind : configuration.http_bind;
}

Outcome<std::unique_ptr<NodeManagerRole>> NodeManagerRole::start(const Configuration& configuration,
                                                                 const AdminToken& token) {
  std::unique_ptr<NodeManagerRole> role(new NodeManagerRole);
  auto opened = DefinitionStore::open(configuration.data_directory + "/definitions.jsonl");
  if (!opened) return opened.failure();
  if (!opened->warning.empty()) log::warning(opened->warning);
  role->definitions_ = std::move(opened->definitions);
  auto manager = make_manager(configuration, std::move(opened->store));
  if (!manager) return manager.failure();
  role->manager_ = std::move(*manager);

  role->context_.reset(
      new ApiContext{configuration, *role->manager_, role->counters_, role->phase_, now_unix_ms()});
  ApiContext& context = *role->context_;
  context.streams = std::make_unique<NodeStreams>(
      *role->manager_, *context.pump,
      [&context](const NodeRecord& record) { return node_figures(context, record); });
  role->router_ = std::make_unique<Router>(
      std::make_shared<TokenAuthenticator>(
          [&token](std::string_view presented) { return token.matches(presented); }),
      [&phase = role->phase_] { return not_ready_reply(phase); });
  Router& router = *role->router_;
  add_health_routes(router, role->phase_);
  add_tenant_routes(router, context);
  add_node_routes(router, context);
  add_execute_route(router, context);
  add_stream_routes(router, context);
  add_shell_route(router, context);
  add_metrics_routes(router, context);
  add_rest_routes(router, context);
  auto http = HttpServer::start(
      http_options(configuration, internal_address(configuration), configuration.http_port), router,
      role->counters_);
  if (!http) return http.failure();
  role->http_ = std::move(*http);
  return role;
}

Outcome<void> NodeManagerRole::restore(const std::atomic<bool>& cancelled) {
  if (auto restored = manager_->restore(definitions_, cancelled); !restored) return restored;
  definitions_ = {};
  if (!cancelled) phase_ = Phase::kReady;
  return {};
}

bool NodeManagerRole::stop(std::uint32_t drain_ms) {
  phase_ = Phase::kStopping;
  manager_->close();
  manager_->drain(drain_ms);
  return http_->drain(drain_ms);
}

}  // namespace miniredis::service
