// The node manager's work on ports: the pool and the server's endpoints kept in step.
#include "node_manager.h"

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
  std::optional<std::uint16_t> port;
  std::string last_reason;
  std::optional<Failure> failure;
  while ((port = ports_.take_next(refused.empty() ? 0 : refused.back()))) {
    auto listening = server_.listen(node, *port);
    if (listening) break;
    refused.push_back(*port);
    last_reason = listening.error().detail;
    if (listening.error().code != ErrorCode::kIo) {
      failure = failure_from(listening.error(), "port");
      port.reset();
      break;
    }
  }
  for (const std::uint16_t passed_over : refused) ports_.give_back(passed_over);
  if (port) return *port;
  if (failure) return *failure;
  std::string detail = "all ports from " + std::to_string(ports_.first()) + " to " +
                       std::to_string(ports_.last()) + " are used";
  if (!last_reason.empty()) {
    detail = "no free port from " + std::to_string(ports_.first()) + " to " +
             std::to_string(ports_.last()) + " can be opened; the last: " + last_reason;
  }
  return Failure{FailureKind::kPortsExhausted, detail, "port"};
}

void NodeManager::close_port(const Node& node, const std::optional<std::uint16_t>& port) {
  if (!port) return;
  (void)server_.unlisten(node);
  ports_.give_back(*port);
}

}  // namespace miniredis::service
