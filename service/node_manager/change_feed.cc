#include "node_manager/change_feed.h"

namespace miniredis::service {

ChangeFeed::Subscription ChangeFeed::listen(Listener listener) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = next_++;
  listeners_.emplace(number, std::move(listener));
  return {nullptr, [this, number](void*) {
            const std::lock_guard guard(mutex_);
            listeners_.erase(number);
          }};
}

void ChangeFeed::publish(const NodeStateChange& change) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, listener] : listeners_) listener(change);
}

}  // namespace miniredis::service
