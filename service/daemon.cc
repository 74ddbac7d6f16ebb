#include "daemon.h"

#include <cstdio>
#include <cstdlib>

#include "common/admin_token.h"
#include "common/files.h"
#include "common/log.h"
#include "common/units.h"
#include "http/http_server.h"
#include "node_manager/api.h"
#include "node_manager/node_manager.h"

namespace miniredis::service {
namespace {

// Logs, definitions, epoll and the like.
constexpr std::size_t kOwnDescriptors = 64;

int failed(const Failure& failure) {
  log::error("cannot serve", {{"reason", failure.detail}});
  std::fprintf(stderr, "miniredisd: %s\n", failure.detail.c_str());
  return kExitFailed;
}

ServerOptions server_options(const Configuration& configuration) {
  ServerOptions options;
  options.bind_address = configuration.bind;
  options.router_port = static_cast<int>(configuration.router_port);
  options.router_tls_port = static_cast<int>(configuration.router_tls_port);
  options.router_unix_socket = configuration.router_unix_socket;
  options.max_unauthenticated = static_cast<std::uint32_t>(configuration.max_unauthenticated);
  options.authentication_timeout_ms =
      static_cast<std::uint32_t>(configuration.authentication_timeout_ms);
  if (configuration.router_tls_port >= 0) {
    options.tls = TlsOptions{configuration.tls_certificate_file, configuration.tls_key_file,
                             configuration.tls_ca_file};
  }
  return options;
}

HttpServerOptions http_options(const Configuration& configuration) {
  HttpServerOptions options;
  options.address = configuration.http_bind.empty() ? configuration.bind : configuration.http_bind;
  options.port = static_cast<std::uint16_t>(configuration.http_port);
  options.threads = static_cast<unsigned>(configuration.http_threads);
  options.max_connections = static_cast<std::uint64_t>(configuration.http_max_connections);
  options.idle_timeout_ms = static_cast<std::uint32_t>(configuration.http_idle_timeout_ms);
  options.request_timeout_ms = static_cast<std::uint32_t>(configuration.http_request_timeout_ms);
  return options;
}

Outcome<AdminToken> admin_token(const Configuration& configuration) {
  if (!configuration.admin_token.empty() || !configuration.admin_token_file.empty()) {
    return AdminToken::from_settings(configuration.admin_token, configuration.admin_token_file);
  }
  return AdminToken::open(configuration.data_directory);
}

void warn_about_descriptors(const Configuration& configuration) {
  const auto wanted =
      static_cast<std::size_t>(configuration.port_range_end - configuration.port_range_start + 1) +
      static_cast<std::size_t>(configuration.http_max_connections) + kOwnDescriptors;
  const std::size_t limit = raise_open_files_limit();
  if (limit >= wanted) return;
  log::warning("few open files are allowed: ports and connections may be refused",
               {{"limit", std::to_string(limit)}, {"wanted", std::to_string(wanted)}});
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
  PortPool ports(static_cast<std::uint16_t>(configuration.port_range_start),
                 static_cast<std::uint16_t>(configuration.port_range_end));
  return std::make_unique<NodeManager>(
      std::move(*engine), std::move(*server), std::move(ports), std::move(store),
      NodeManager::Limits{engine_options.memory_limit_bytes,
                          configuration.memory_overcommit_percent});
}

void say_ready(const HttpServer& http, const NodeManager& manager,
               const Configuration& configuration) {
  const HttpServerOptions options = http_options(configuration);
  std::string line = "ready: http on " + format_endpoint(options.address, http.port());
  const int router = manager.server().router_port();
  const int router_tls = manager.server().router_tls_port();
  if (router >= 0) line += ", router on " + format_endpoint(configuration.bind, router);
  if (router_tls >= 0) {
    line += ", router with TLS on " + format_endpoint(configuration.bind, router_tls);
  }
  if (!is_loopback(options.address)) {
    log::warning("the admin token travels in the clear over HTTP; put TLS in front of http_bind",
                 {{"http_bind", options.address}});
  }
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  log::info("ready", {{"http_port", std::to_string(http.port())},
                      {"router_port", std::to_string(router)},
                      {"nodes", std::to_string(manager.index().size())}});
}

}  // namespace

int run_daemon(const Configuration& configuration, ShutdownSignal& signal) {
  warn_about_descriptors(configuration);
  const std::string& directory = configuration.data_directory;
  if (auto made = make_directory(directory); !made) return failed(made.failure());
  auto lock = lock_directory(directory);
  if (!lock) return failed(lock.failure());
  auto token = admin_token(configuration);
  if (!token) return failed(token.failure());
  auto opened = DefinitionStore::open(directory + "/definitions.jsonl");
  if (!opened) return failed(opened.failure());
  if (!opened->warning.empty()) log::warning(opened->warning);
  auto manager = make_manager(configuration, std::move(opened->store));
  if (!manager) return failed(manager.failure());

  std::atomic<Phase> phase = Phase::kStarting;
  HttpCounters counters;
  ApiContext context{configuration, **manager, counters, phase, now_unix_ms()};
  Router router(std::make_shared<TokenAuthenticator>(
                    [&](std::string_view presented) { return token->matches(presented); }),
                [&] { return not_ready_reply(phase); });
  add_health_routes(router, phase);
  add_tenant_routes(router, context);
  add_node_routes(router, context);
  add_execute_route(router, context);
  add_rest_routes(router, context);
  add_stream_routes(router, context);
  add_shell_route(router, context);
  add_metrics_routes(router, context);
  context.streams = std::make_unique<NodeStreams>(
      **manager, [&context](const NodeRecord& record) { return node_figures(context, record); });
  auto http = HttpServer::start(http_options(configuration), router, counters);
  if (!http) return failed(http.failure());

  if (!token->fresh_token().empty()) {
    std::printf("admin token, shown only this once: %s\n", token->fresh_token().c_str());
    std::fflush(stdout);
  }
  if (auto restored = (*manager)->restore(opened->definitions, signal.requested()); !restored) {
    return failed(restored.failure());
  }
  if (!signal.requested()) {
    phase = Phase::kReady;
    say_ready(**http, **manager, configuration);
  }
  const std::string name = signal.wait();
  log::info("stopping", {{"signal", name}});
  phase = Phase::kStopping;
  (*manager)->close();
  const auto drain_ms = static_cast<std::uint32_t>(configuration.drain_ms);
  (*manager)->drain(drain_ms);
  if (!(*http)->drain(drain_ms)) {
    // A command that goes on for long would hold up the orderly end. Definitions are on disk.
    log::warning("requests were cut off after drain_ms");
    std::fflush(nullptr);
    std::_Exit(kExitServed);
  }
  log::info("stopped");
  return kExitServed;
}

}  // namespace miniredis::service
