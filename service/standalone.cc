#include "standalone.h"

#include <cstdio>

#include "common/lists.h"
#include "common/log.h"
#include "common/units.h"
#include "daemon.h"
#include "miniredis/server.h"

namespace miniredis::service {
namespace {

constexpr std::uint64_t kNoLimit = 1ULL << 48;  // the most a node may be given

int failed(const std::string& what, const Error& error) {
  std::fprintf(stderr, "miniredisd: %s: %s\n", what.c_str(), error.detail.c_str());
  return kExitFailed;
}

NodeOptions node_options(const Configuration& configuration) {
  NodeOptions options;
  options.name = "default";
  options.memory_limit_bytes =
      configuration.maxmemory == 0 ? kNoLimit : static_cast<std::uint64_t>(configuration.maxmemory);
  options.eviction_policy = eviction_policy_from(configuration.maxmemory_policy).value();
  options.password = configuration.requirepass;
  options.acl_file = configuration.aclfile;
  options.config_file = configuration.node_config_file;
  options.max_clients = static_cast<std::uint32_t>(configuration.maxclients);
  return options;
}

}  // namespace

int run_standalone(const Configuration& configuration, ShutdownSignal& signal) {
  raise_open_files_limit();
  auto engine = Engine::open({.shards = static_cast<unsigned>(configuration.shards)});
  if (!engine) return failed("the engine cannot be opened", engine.error());
  auto tenant = engine->create_tenant({.name = "default"});
  if (!tenant) return failed("the tenant cannot be made", tenant.error());
  auto node = tenant->create_node(node_options(configuration));
  if (!node) return failed("the node cannot be made", node.error());

  ServerOptions server_options;
  server_options.bind_address = configuration.bind;
  server_options.max_unauthenticated =
      static_cast<std::uint32_t>(configuration.max_unauthenticated);
  server_options.authentication_timeout_ms =
      static_cast<std::uint32_t>(configuration.authentication_timeout_ms);
  server_options.migrate_targets = parts_of(
      configuration.migrate_targets.empty() ? std::string("*") : configuration.migrate_targets);
  auto server = Server::start(*engine, server_options);
  if (!server) return failed("RESP cannot be served", server.error());
  auto port = server->listen(*node, static_cast<std::uint16_t>(configuration.port));
  if (!port) return failed("port " + std::to_string(configuration.port), port.error());
  if (!configuration.unixsocket.empty()) {
    auto listening = server->listen_unix(*node, configuration.unixsocket);
    if (!listening) return failed("unixsocket " + configuration.unixsocket, listening.error());
  }
  if (configuration.requirepass.empty() && !is_loopback(configuration.bind)) {
    log::warning("no password is set and others than this machine may connect",
                 {{"bind", configuration.bind}});
  }
  std::printf("ready on %s\n", format_endpoint(configuration.bind, *port).c_str());
  std::fflush(stdout);
  log::info("ready", {{"bind", configuration.bind}, {"port", std::to_string(*port)}});

  const std::string name = signal.wait();
  log::info("stopping", {{"signal", name}});
  server->stop(static_cast<std::uint32_t>(configuration.drain_ms));
  return kExitServed;
}

}  // namespace miniredis::service
