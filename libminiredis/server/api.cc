// The public handle of include/miniredis/server.h over Frontend.
#include "miniredis/server.h"
#include "server/frontend.h"

namespace miniredis {

Result<Server> Server::start(const Engine& engine, ServerOptions options) {
  auto frontend = std::make_shared<server::Frontend>(engine.host_, std::move(options));
  if (auto started = frontend->start(); !started) return started.error();
  return Server(std::move(frontend));
}

Result<std::uint16_t> Server::listen(const Node& node, std::uint16_t port) {
  return frontend_->listen(node.runtime_, port);
}
Result<void> Server::listen_unix(const Node& node, const std::string& path) {
  return frontend_->listen_unix(node.runtime_, path);
}
Result<void> Server::unlisten(const Node& node) {
  return frontend_->unlisten(*node.runtime_);
}
int Server::router_port() const {
  return frontend_->router_port();
}
int Server::router_tls_port() const {
  return frontend_->router_tls_port();
}
ServerStats Server::stats() const {
  return frontend_->stats();
}
void Server::stop(std::uint32_t drain_ms) {
  frontend_->stop(drain_ms);
}

}  // namespace miniredis
