#include "daemon.h"

#include <cstdio>
#include <cstdlib>

#include "backend_role.h"
#include "common/files.h"
#include "common/log.h"
#include "common/units.h"
#include "gateway_role.h"
#include "http/remote_caller.h"
#include "node_manager_role.h"

namespace miniredis::service {
namespace {

// Logs, definitions, epoll, the database and the like.
constexpr std::size_t kOwnDescriptors = 96;

int failed(const Failure& failure) {
  log::error("cannot serve", {{"reason", failure.detail}});
  std::fprintf(stderr, "miniredisd: %s\n", failure.detail.c_str());
  // A setting that only its user could judge.
  return failure.kind == FailureKind::kInvalidValue ? kExitWrongSettings : kExitFailed;
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
      3 * static_cast<std::size_t>(configuration.http_max_connections) + kOwnDescriptors;
  const std::size_t limit = raise_open_files_limit();
  if (limit >= wanted) return;
  log::warning("few open files are allowed: ports and connections may be refused",
               {{"limit", std::to_string(limit)}, {"wanted", std::to_string(wanted)}});
}

// The roles of this process, made and ended in this order; each may use those before it.
class Process {
 public:
  Process(const Configuration& configuration, const AdminToken& token)
      : configuration_(configuration), token_(token) {
    const std::string& role = configuration.role;
    const bool all = role == "all";
    const bool plane = configuration.backend_port >= 0 || configuration.gateway_port >= 0;
    has_node_manager_ = all || role == "node-manager";
    has_backend_ = role == "backend" || (all && plane);
    has_gateway_ = role == "gateway" || (all && configuration.gateway_port >= 0);
  }

  Outcome<void> start(const std::atomic<bool>& cancelled) {
    const bool asks_others = !has_node_manager_ || (has_gateway_ && !has_backend_);
    if (asks_others && token_.text().empty()) {
      return Failure{FailureKind::kInvalidValue,
                     "role " + configuration_.role +
                         " asks other processes: give all of them the same admin_token or "
                         "admin_token_file",
                     ""};
    }
    if (has_node_manager_) {
      auto made = NodeManagerRole::start(configuration_, token_);
      if (!made) return made.failure();
      node_manager_ = std::move(*made);
      if (auto restored = node_manager_->restore(cancelled); !restored) return restored;
    }
    if (auto connected = connect(); !connected) return connected;
    if (has_backend_ && !cancelled) {
      auto made = BackendRole::start(configuration_, token_, {host()}, auth_caller_);
      if (!made) return made.failure();
      backend_ = std::move(*made);
    }
    if (has_gateway_ && !cancelled) {
      auto made = GatewayRole::start(configuration_, token_, clients_, targets());
      if (!made) return made.failure();
      gateway_ = std::move(*made);
      if (backend_) {
        backend_->on_credentials_changed([this] { gateway_->forget_credentials(); });
      }
    }
    return {};
  }

  // False when requests were cut off.
  bool stop(std::uint32_t drain_ms) {
    bool whole = true;
    if (gateway_) whole = gateway_->stop(drain_ms) && whole;
    if (backend_) whole = backend_->stop(drain_ms) && whole;
    if (node_manager_) whole = node_manager_->stop(drain_ms) && whole;
    return whole;
  }

  std::string summary() const {
    std::string line;
    const auto add = [&line](const std::string& part) {
      line += (line.empty() ? "" : ", ") + part;
    };
    const std::string inside = internal_address(configuration_);
    if (node_manager_) {
      const Server& server = node_manager_->manager().server();
      add("http on " + format_endpoint(inside, node_manager_->port()));
      if (server.router_port() >= 0) {
        add("router on " + format_endpoint(configuration_.bind, server.router_port()));
      }
      if (server.router_tls_port() >= 0) {
        add("router with TLS on " + format_endpoint(configuration_.bind, server.router_tls_port()));
      }
    }
    if (backend_) add("backend on " + format_endpoint(inside, backend_->port()));
    if (gateway_) {
      const std::string& own = configuration_.gateway_bind;
      add("gateway on " +
          format_endpoint(own.empty() ? configuration_.bind : own, gateway_->port()));
    }
    return line;
  }

 private:
  // Clients of the roles that are elsewhere.
  Outcome<void> connect() {
    const auto local = [](std::int64_t port) { return "http://127.0.0.1:" + std::to_string(port); };
    node_manager_url_ = configuration_.node_manager_url.empty() ? local(configuration_.http_port)
                                                                : configuration_.node_manager_url;
    backend_url_ = configuration_.backend_url.empty() ? local(configuration_.backend_port)
                                                      : configuration_.backend_url;
    if (!has_node_manager_) {
      auto client = clients_.client("node manager", node_manager_url_);
      if (!client) return client.failure();
      node_manager_client_ = std::move(*client);
    }
    if (!has_backend_ && has_gateway_) {
      auto client = clients_.client("backend", backend_url_);
      if (!client) return client.failure();
      backend_client_ = std::move(*client);
    }
    if (has_backend_ && !configuration_.auth_url.empty() && !token_.text().empty()) {
      auto client = clients_.client("auth", configuration_.auth_url);
      if (!client) return client.failure();
      auth_client_ = std::move(*client);
      auth_caller_ = std::make_shared<RemoteCaller>(*auth_client_, token_.text());
    }
    if (node_manager_) {
      node_manager_caller_ = std::make_shared<LocalCaller>(node_manager_->router());
    } else {
      node_manager_caller_ = std::make_shared<RemoteCaller>(*node_manager_client_, token_.text());
    }
    return {};
  }

  BackendHost host() const {
    return {configuration_.host_name, node_manager_ ? "" : node_manager_url_, node_manager_caller_};
  }

  static std::string ask_health(HttpClient& client) {
    OutgoingRequest request;
    request.target = "/readyz";
    request.timeouts = {200, 200, 500, 1000};
    auto reply = client.call(std::move(request));
    if (!reply) return "it does not answer";
    return reply->status == 200 ? "ok" : "it is not ready";
  }

  GatewayRole::Targets targets() {
    GatewayRole::Targets targets;
    if (node_manager_) {
      targets.node_manager.local = &node_manager_->router();
      targets.node_manager_health = [this] {
        return std::string(node_manager_->ready() ? "ok" : "it is not ready");
      };
    } else {
      targets.node_manager = {nullptr, node_manager_client_.get(), token_.text(),
                              node_manager_url_};
      targets.node_manager_health = [this] { return ask_health(*node_manager_client_); };
    }
    if (backend_) {
      targets.backend.local = &backend_->router();
      targets.backend_health = [this] { return backend_->health(); };
      backend_caller_ = std::make_shared<LocalCaller>(backend_->router());
    } else {
      targets.backend = {nullptr, backend_client_.get(), token_.text(), backend_url_};
      targets.backend_health = [this] { return ask_health(*backend_client_); };
      backend_caller_ = std::make_shared<RemoteCaller>(*backend_client_, token_.text());
    }
    targets.backend_caller = backend_caller_.get();
    return targets;
  }

  const Configuration& configuration_;
  const AdminToken& token_;
  bool has_node_manager_ = false;
  bool has_backend_ = false;
  bool has_gateway_ = false;
  std::string node_manager_url_;
  std::string backend_url_;
  ClientThread clients_;
  std::unique_ptr<NodeManagerRole> node_manager_;
  std::unique_ptr<HttpClient> node_manager_client_;
  std::unique_ptr<HttpClient> backend_client_;
  std::unique_ptr<HttpClient> auth_client_;
  std::shared_ptr<const Caller> auth_caller_;
  std::shared_ptr<const Caller> node_manager_caller_;
  std::shared_ptr<const Caller> backend_caller_;
  std::unique_ptr<BackendRole> backend_;
  std::unique_ptr<GatewayRole> gateway_;
};

}  // namespace

int run_migrate(const Configuration& configuration) {
  if (auto made = make_directory(configuration.data_directory); !made) {
    return failed(made.failure());
  }
  auto database = open_main_database(configuration);
  if (!database) return failed(database.failure());
  auto version = (*database)->schema_version();
  if (!version) return failed(version.failure());
  std::printf("main database %s: schema version %u\n", (*database)->shown_url().c_str(),
              version.value());
  return kExitServed;
}

int run_daemon(const Configuration& configuration, ShutdownSignal& signal) {
  warn_about_descriptors(configuration);
  const std::string& directory = configuration.data_directory;
  if (auto made = make_directory(directory); !made) return failed(made.failure());
  std::optional<Descriptor> lock;
  if (configuration.role == "all" || configuration.role == "node-manager") {
    auto locked = lock_directory(directory);
    if (!locked) return failed(locked.failure());
    lock = std::move(*locked);
  }
  auto token = admin_token(configuration);
  if (!token) return failed(token.failure());
  Process process(configuration, *token);
  if (!token->fresh_token().empty()) {
    std::printf("admin token, shown only this once: %s\n", token->fresh_token().c_str());
    std::fflush(stdout);
  }
  if (auto started = process.start(signal.requested()); !started) {
    return failed(started.failure());
  }
  if (!signal.requested()) {
    const std::string address = internal_address(configuration);
    if (!is_loopback(address)) {
      log::warning("the admin token travels in the clear over HTTP; put TLS in front of http_bind",
                   {{"http_bind", address}});
    }
    const std::string line = process.summary();
    std::printf("ready: %s\n", line.c_str());
    std::fflush(stdout);
    log::info("ready", {{"roles", line}});
  }
  const std::string name = signal.wait();
  log::info("stopping", {{"signal", name}});
  if (!process.stop(static_cast<std::uint32_t>(configuration.drain_ms))) {
    // A command that goes on for long would hold up the orderly end. Definitions are on disk.
    log::warning("requests were cut off after drain_ms");
    std::fflush(nullptr);
    std::_Exit(kExitServed);
  }
  log::info("stopped");
  return kExitServed;
}

}  // namespace miniredis::service
