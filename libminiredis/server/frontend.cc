#include "server/frontend.h"

#include <chrono>
#include <thread>
#include <utility>

namespace miniredis::server {

using engine::NodeRuntime;

namespace {
constexpr std::uint32_t kMaxFailedLogins = 1'000'000;
}  // namespace

Frontend::Frontend(std::shared_ptr<engine::Host> frontend_host, ServerOptions server_options)
    : host_(std::move(frontend_host)),
      options_(std::move(server_options)),
      logins_(options_.max_failed_logins_per_minute, host_->clock()),
      transfers_(options_.migrate_targets) {}

Frontend::~Frontend() {
  stop(0);
}

Result<void> Frontend::start() {
  if (options_.max_failed_logins_per_minute > kMaxFailedLogins) {
    return Error{ErrorCode::kInvalidArgument,
                 "max_failed_logins_per_minute " +
                     std::to_string(options_.max_failed_logins_per_minute) +
                     " is out of range: 0 (no limit) to " + std::to_string(kMaxFailedLogins)};
  }
  const bool wants_tls = options_.router_tls_port >= 0;
  if (wants_tls && !options_.tls) {
    return Error{ErrorCode::kInvalidArgument,
                 "router_tls_port is set, but tls (certificate and key) is not"};
  }
  for (const int port : {options_.router_port, options_.router_tls_port}) {
    if (port < -1 || port > 65535) {
      return Error{
          ErrorCode::kInvalidArgument,
          "router port " + std::to_string(port) + " is out of range: -1 (none), 0 (any) to 65535"};
    }
  }
  if (options_.tls) {
    auto context = make_tls_context(*options_.tls);
    if (!context) return context.error();
    tls_ = std::move(*context);
  }
  for (unsigned i = 0; i < host_->shard_count(); ++i) {
    loops_.push_back(std::make_unique<EventLoop>(host_->shard(i), host_->clock(), i));
  }
  if (options_.router_port >= 0) {
    auto port = open_router(options_.router_port, nullptr);
    if (!port) return port.error();
    router_port_ = *port;
  }
  if (wants_tls) {
    auto port = open_router(options_.router_tls_port, tls_.get());
    if (!port) return port.error();
    router_tls_port_ = *port;
  }
  if (!options_.router_unix_socket.empty()) {
    auto socket = server::listen_unix(options_.router_unix_socket);
    if (!socket) return socket.error();
    router_listeners_.emplace_back(
        loops_[0].get(),
        std::make_unique<Listener>(*this, std::move(*socket), std::weak_ptr<NodeRuntime>(), true,
                                   nullptr, options_.router_unix_socket));
  }
  for (auto& loop : loops_) loop->start();
  for (auto& [loop, listener] : router_listeners_) {
    loop->run_and_wait([&loop = *loop, &listener = *listener] { listener.join(loop); });
  }
  host_->set_observer(this);
  host_->set_transfers(&transfers_);
  return {};
}

// A socket on each loop for the same port: the system spreads the connections.
Result<int> Frontend::open_router(int port, SSL_CTX* tls) {
  for (auto& loop : loops_) {
    auto socket = listen_tcp(options_.bind_address, static_cast<std::uint16_t>(port), true);
    if (!socket) return socket.error();
    port = port_of(*socket);
    router_listeners_.emplace_back(
        loop.get(), std::make_unique<Listener>(*this, std::move(*socket),
                                               std::weak_ptr<NodeRuntime>(), true, tls, ""));
  }
  return port;
}

void Frontend::stop(std::uint32_t drain_ms) {
  {
    const std::lock_guard guard(endpoints_lock_);
    if (std::exchange(stopped_, true)) return;
    host_->set_observer(nullptr);
    host_->set_transfers(nullptr);
    for (auto& [loop, listener] : router_listeners_) close_listener(*loop, std::move(listener));
    router_listeners_.clear();
    for (auto& [node, endpoint] : endpoints_) {
      EventLoop& loop = loop_of(*node);
      close_listener(loop, std::move(endpoint.tcp));
      close_listener(loop, std::move(endpoint.local));
    }
    endpoints_.clear();
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(drain_ms);
  bool unsent = drain_ms > 0;
  while (unsent && std::chrono::steady_clock::now() < deadline) {
    unsent = false;
    for (auto& loop : loops_) {
      loop->run_and_wait([&] {
        for (const auto& [key, connection] : loop->connections()) {
          unsent |= connection->has_unsent();
        }
      });
    }
    if (unsent) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (auto& loop : loops_) loop->stop();
  loops_.clear();
}

bool Frontend::count_unauthenticated() noexcept {
  if (++unauthenticated_ <= options_.max_unauthenticated) return true;
  ++rejected_;
  return false;
}

ServerStats Frontend::stats() const noexcept {
  return {connections_, unauthenticated_, accepted_, rejected_};
}

// Endpoints of nodes

Result<std::unique_ptr<Listener>> Frontend::open_tcp(const std::shared_ptr<NodeRuntime>& node,
                                                     std::uint16_t port) {
  auto socket = listen_tcp(options_.bind_address, port, false);
  if (!socket) return socket.error();
  auto listener = std::make_unique<Listener>(*this, std::move(*socket), node, false, nullptr, "");
  EventLoop& loop = loop_of(*node);
  loop.run_and_wait([&] { listener->join(loop); });
  return listener;
}

Result<std::unique_ptr<Listener>> Frontend::open_unix(const std::shared_ptr<NodeRuntime>& node,
                                                      const std::string& path) {
  auto socket = server::listen_unix(path);
  if (!socket) return socket.error();
  auto listener = std::make_unique<Listener>(*this, std::move(*socket), node, false, nullptr, path);
  EventLoop& loop = loop_of(*node);
  loop.run_and_wait([&] { listener->join(loop); });
  return listener;
}

void Frontend::close_listener(EventLoop& loop, std::unique_ptr<Listener> listener) {
  if (listener == nullptr) return;
  loop.run_and_wait([&] {
    listener->leave();
    listener.reset();
  });
}

Result<std::uint16_t> Frontend::listen(const std::shared_ptr<NodeRuntime>& node,
                                       std::uint16_t port) {
  const std::lock_guard guard(endpoints_lock_);
  if (stopped_) return Error{ErrorCode::kShuttingDown, "the server is stopped"};
  if (node->state != NodeState::kRunning) {
    return Error{ErrorCode::kWrongState, "node is " + std::string(to_string(node->state.load())) +
                                             "; it has to be running"};
  }
  const auto at = endpoints_.find(node.get());
  if (at != endpoints_.end() && at->second.port != 0) {
    return Error{ErrorCode::kAlreadyExists,
                 "node has port " + std::to_string(at->second.port) + " already"};
  }
  auto listener = open_tcp(node, port);
  if (!listener) return listener.error();
  Endpoint& endpoint = endpoints_[node.get()];
  endpoint.port = (*listener)->port();
  endpoint.tcp = std::move(*listener);
  node->endpoint_port = endpoint.port;
  return endpoint.port;
}

Result<void> Frontend::listen_unix(const std::shared_ptr<NodeRuntime>& node,
                                   const std::string& path) {
  const std::lock_guard guard(endpoints_lock_);
  if (stopped_) return Error{ErrorCode::kShuttingDown, "the server is stopped"};
  const auto at = endpoints_.find(node.get());
  if (at != endpoints_.end() && !at->second.unix_path.empty()) {
    return Error{ErrorCode::kAlreadyExists,
                 "node has unix socket '" + at->second.unix_path + "' already"};
  }
  auto listener = open_unix(node, path);
  if (!listener) return listener.error();
  Endpoint& endpoint = endpoints_[node.get()];
  endpoint.unix_path = path;
  endpoint.local = std::move(*listener);
  return {};
}

Result<void> Frontend::unlisten(NodeRuntime& node) {
  const std::lock_guard guard(endpoints_lock_);
  const auto at = endpoints_.find(&node);
  if (at == endpoints_.end()) {
    return Error{ErrorCode::kNotFound, "node has no endpoint of its own"};
  }
  EventLoop& loop = loop_of(node);
  close_listener(loop, std::move(at->second.tcp));
  close_listener(loop, std::move(at->second.local));
  endpoints_.erase(at);
  node.endpoint_port = 0;
  close_connections(node);
  return {};
}

void Frontend::close_connections(NodeRuntime& node) {
  EventLoop& loop = loop_of(node);
  loop.run_and_wait([&] {
    std::vector<std::shared_ptr<Connection>> doomed;
    {
      const std::lock_guard guard(node.lock);
      for (engine::Client* client : node.clients) {
        auto* connection = dynamic_cast<Connection*>(&client->owner);
        if (connection != nullptr) doomed.push_back(connection->shared_from_this());
      }
    }
    for (const auto& connection : doomed) connection->close();
  });
}

void Frontend::on_stopped(NodeRuntime& node, bool removed) {
  const std::lock_guard guard(endpoints_lock_);
  if (stopped_) return;
  const auto at = endpoints_.find(&node);
  if (at != endpoints_.end()) {
    EventLoop& loop = loop_of(node);
    close_listener(loop, std::move(at->second.tcp));
    close_listener(loop, std::move(at->second.local));
    if (removed) endpoints_.erase(at);
  }
  close_connections(node);
}

void Frontend::on_started(NodeRuntime& node) {
  const std::lock_guard guard(endpoints_lock_);
  const auto at = endpoints_.find(&node);
  if (stopped_ || at == endpoints_.end()) return;
  const auto shared = node.shared_from_this();
  // A port that was taken meanwhile leaves the node without it: listen() says why when asked.
  if (at->second.port != 0) {
    auto listener = open_tcp(shared, at->second.port);
    if (listener)
      at->second.tcp = std::move(*listener);
    else
      node.endpoint_port = at->second.port = 0;
  }
  if (!at->second.unix_path.empty()) {
    auto listener = open_unix(shared, at->second.unix_path);
    if (listener)
      at->second.local = std::move(*listener);
    else
      at->second.unix_path.clear();
  }
}

void Frontend::on_moved(NodeRuntime& node, unsigned from) {
  const std::lock_guard guard(endpoints_lock_);
  if (stopped_) return;
  EventLoop& old_loop = *loops_[from];
  EventLoop& new_loop = loop_of(node);
  if (const auto at = endpoints_.find(&node); at != endpoints_.end()) {
    for (Listener* listener : {at->second.tcp.get(), at->second.local.get()}) {
      if (listener == nullptr) continue;
      old_loop.run_and_wait([&] { listener->leave(); });
      new_loop.run_and_wait([&] { listener->join(new_loop); });
    }
  }
  old_loop.run_and_wait([&] {
    const std::lock_guard node_guard(node.lock);
    for (engine::Client* client : node.clients) {
      auto* connection = dynamic_cast<Connection*>(&client->owner);
      if (connection != nullptr && connection->loop() == &old_loop) connection->move_to(new_loop);
    }
  });
}

}  // namespace miniredis::server
