#include "node_manager/port_pool.h"

namespace miniredis::service {

PortPool::PortPool(std::uint16_t first, std::uint16_t last) : first_(first), last_(last) {
  for (unsigned port = first; port <= last; ++port) {
    free_.insert(free_.end(), static_cast<std::uint16_t>(port));
  }
}

std::optional<std::uint16_t> PortPool::take_next(std::uint16_t from) {
  const auto lowest = free_.lower_bound(from);
  if (lowest == free_.end()) return std::nullopt;
  const std::uint16_t port = *lowest;
  free_.erase(lowest);
  return port;
}

bool PortPool::take(std::uint16_t port) {
  return free_.erase(port) == 1;
}

void PortPool::give_back(std::uint16_t port) {
  if (contains(port)) free_.insert(port);
}

std::size_t PortPool::used() const {
  return static_cast<std::size_t>(last_ - first_) + 1 - free_.size();
}

}  // namespace miniredis::service
