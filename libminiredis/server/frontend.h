// All endpoints of an engine: the loops, the listeners, and what happens to them when nodes change.
//
// Threads: public functions from any; the loops do the work.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/host.h"
#include "miniredis/options.h"
#include "miniredis/server.h"
#include "server/connection.h"
#include "server/event_loop.h"
#include "server/listener.h"
#include "server/login_limiter.h"
#include "server/tls.h"
#include "server/transfers.h"

namespace miniredis::server {

class Frontend final : public engine::HostObserver {
 public:
  Frontend(std::shared_ptr<engine::Host> host, ServerOptions options);
  ~Frontend() override;

  Result<void> start();
  void stop(std::uint32_t drain_ms);

  Result<std::uint16_t> listen(const std::shared_ptr<engine::NodeRuntime>& node,
                               std::uint16_t port);
  Result<void> listen_unix(const std::shared_ptr<engine::NodeRuntime>& node,
                           const std::string& path);
  Result<void> unlisten(engine::NodeRuntime& node);

  void on_stopped(engine::NodeRuntime& node, bool removed) override;
  void on_started(engine::NodeRuntime& node) override;
  void on_moved(engine::NodeRuntime& node, unsigned from) override;

  const ServerOptions& options() const noexcept { return options_; }
  engine::Host& host() noexcept { return *host_; }
  LoginLimiter& logins() noexcept { return logins_; }
  EventLoop& loop_of(const engine::NodeRuntime& node) { return *loops_[node.shard.load()]; }
  int router_port() const noexcept { return router_port_; }
  int router_tls_port() const noexcept { return router_tls_port_; }
  ServerStats stats() const noexcept;

  void count_opened() noexcept { ++connections_; }
  void count_closed() noexcept { --connections_; }
  void count_accepted() noexcept { ++accepted_; }
  void count_rejected() noexcept { ++rejected_; }
  // False when there are too many.
  bool count_unauthenticated() noexcept;
  void uncount_unauthenticated() noexcept { --unauthenticated_; }

 private:
  // The endpoints of a node: what is wanted, and what is open.
  struct Endpoint {
    std::uint16_t port = 0;
    std::string unix_path;
    std::unique_ptr<Listener> tcp;
    std::unique_ptr<Listener> local;
  };
  Result<int> open_router(int port, SSL_CTX* tls);
  Result<std::unique_ptr<Listener>> open_tcp(const std::shared_ptr<engine::NodeRuntime>& node,
                                             std::uint16_t port);
  Result<std::unique_ptr<Listener>> open_unix(const std::shared_ptr<engine::NodeRuntime>& node,
                                              const std::string& path);
  void close_listener(EventLoop& loop, std::unique_ptr<Listener> listener);
  void close_connections(engine::NodeRuntime& node);

  const std::shared_ptr<engine::Host> host_;
  const ServerOptions options_;
  LoginLimiter logins_;
  Transfers transfers_;
  TlsContext tls_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::pair<EventLoop*, std::unique_ptr<Listener>>> router_listeners_;
  int router_port_ = -1;
  int router_tls_port_ = -1;

  std::mutex endpoints_lock_;  // taken before any node's lock
  std::unordered_map<const engine::NodeRuntime*, Endpoint> endpoints_;
  bool stopped_ = false;

  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> unauthenticated_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace miniredis::server
