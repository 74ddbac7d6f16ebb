#include "metadata/pool.h"

#include <utility>

namespace miniredis::service::metadata {

Outcome<Pool::Lease> Pool::take(Deadline deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [&] { return !idle_.empty() || room_ > 0; })) {
      return Failure{FailureKind::kUnavailable, "all connections to the database are in use", ""};
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(connection), false);
    }
    --room_;
  }
  auto opened = open_(deadline);
  if (!opened) {
    give_back(nullptr);
    return opened.failure();
  }
  return Lease(*this, std::move(*opened), true);
}

std::optional<Pool::Lease> Pool::take_idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::nullopt;
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return std::make_optional<Lease>(*this, std::move(connection), false);
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (connection && !connection->usable()) connection.reset();
  {
    const std::lock_guard lock(mutex_);
    if (connection) {
      idle_.push_back(std::move(connection));
    } else {
      ++room_;
    }
  }
  freed_.notify_one();
}

}  // namespace miniredis::service::metadata
