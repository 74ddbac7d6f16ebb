// The node manager's work on ports: the pool and the server's endpoints kept in step.
#include "node_manager/node_manager.h"

namespace miniredis::service {

Outcome<std::optional<std::uint16_t>> NodeManager::open_port(const Node& node,
                                                             const PortWish& wish) {
  if (wish.kind == PortWish::Kind::kNone) return std::optional<std::uint16_t>();
  if (wish.kind == PortWish::Kind::kAny) {
    auto port = open_any_port(node);
    if (!port) return port.failure();
    return std::optional(*port);
  }
  if (!ports_.contains(wish.port)) {
    return Failure{FailureKind::kInvalidValue,
                   "port: given " + std::to_string(wish.port) + "; allowed: true, false or " +
                       std::to_string(ports_.first()) + " to " + std::to_string(ports_.last()),
                   "port"};
  }
  if (!ports_.take(wish.port)) {
    return Failure{FailureKind::kPortTaken,
                   "port " + std::to_string(wish.port) + " belongs to another node", "port"};
  }
  auto listening = server_.listen(node, wish.port);
  if (!listening) {
    ports_.give_back(wish.port);
    return Failure{FailureKind::kPortTaken,
                   "port " + std::to_string(wish.port) + ": " + listening.error().detail, "port"};
  }
  return std::optional(wish.port);
}

// Ports that another program holds are passed over.
Outcome<std::uint16_t> NodeManager::open_any_port(const Node& node) {
  std::vector<std::uint16_t> refused;
  const auto give_back_refused = [&] {
    for (const std::uint16_t port : refused) ports_.give_back(port);
  };
  const std::string range = std::to_string(ports_.first()) + " to " + std::to_string(ports_.last());
  std::string detail =
      "all ports from " + range + " are used; with \"port\":false a node is on the router alone";
  while (true) {
    const auto port = ports_.take_next(refused.empty() ? 0 : refused.back());
    if (!port) break;
    auto listening = server_.listen(node, *port);
    if (listening) {
      give_back_refused();
      return *listening;
    }
    refused.push_back(*port);
    if (listening.error().code != ErrorCode::kIo) {
      give_back_refused();
      return failure_from(listening.error(), "port");
    }
    detail = "no free port from " + range + " can be opened; the last: " + listening.error().detail;
  }
  give_back_refused();
  return Failure{FailureKind::kPortsExhausted, detail, "port"};
}

void NodeManager::close_port(const Node& node, const std::optional<std::uint16_t>& port) {
  if (!port) return;
  (void)server_.unlisten(node);
  ports_.give_back(*port);
}

}  // namespace miniredis::service
