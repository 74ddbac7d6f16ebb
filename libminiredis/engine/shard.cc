#include "engine/shard.h"

#include <algorithm>
#include <chrono>

#include "engine/host.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {
constexpr std::uint64_t kThreadBudgetNs = 10'000'000;
constexpr std::int64_t kLongestSleepMs = 60'000;
}  // namespace

void Shard::start_thread() {
  const std::lock_guard guard(lock_);
  if (thread_.joinable() || wake_) return;
  stopping_ = false;
  thread_ = std::thread([this] { thread_main(); });
}

void Shard::stop() {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Shard::drive_by(std::function<void()> wake) {
  const bool by_loop = wake != nullptr;
  if (by_loop) stop();
  {
    const std::lock_guard guard(lock_);
    wake_ = std::move(wake);
  }
  if (!by_loop) start_thread();
}

void Shard::schedule(const std::shared_ptr<NodeRuntime>& node, std::int64_t due_ms) {
  std::function<void()> wake;
  {
    const std::lock_guard guard(lock_);
    // Whoever decided on a later time before an earlier one came loses to it.
    if (due_ms >= node->scheduled_ms.load(std::memory_order_relaxed)) return;
    node->scheduled_ms.store(due_ms, std::memory_order_relaxed);
    const bool first = queue_.empty() || due_ms < queue_.top().due_ms;
    queue_.push({due_ms, turn_++, node});
    if (!first) return;
    wake = wake_;
  }
  if (wake)
    wake();
  else
    changed_.notify_one();
}

std::optional<std::int64_t> Shard::next_due() const noexcept {
  if (queue_.empty()) return std::nullopt;
  return queue_.top().due_ms;
}

std::optional<std::int64_t> Shard::run_due(std::uint64_t budget_ns, std::uint64_t slice_ns) {
  const std::uint64_t deadline = clock_.monotonic_ns() + budget_ns;
  const std::int64_t now_ms = clock_.unix_ms();
  for (;;) {
    std::shared_ptr<NodeRuntime> node;
    {
      const std::lock_guard guard(lock_);
      if (queue_.empty() || queue_.top().due_ms > now_ms) return next_due();
      if (clock_.monotonic_ns() >= deadline) return 0;
      const Item item = queue_.top();
      queue_.pop();
      node = item.node.lock();
      // An item that has been overtaken by an earlier one of the same node is void.
      if (node == nullptr || node->scheduled_ms.load(std::memory_order_relaxed) != item.due_ms) {
        continue;
      }
      node->scheduled_ms.store(INT64_MAX, std::memory_order_relaxed);
    }
    const std::lock_guard guard(node->lock);
    node->begin_batch();
    const bool more = node->work(slice_ns);
    if (more)
      node->host.schedule(*node, now_ms);
    else
      node->schedule();
  }
}

void Shard::thread_main() {
  std::unique_lock guard(lock_);
  while (!stopping_) {
    guard.unlock();
    const auto next = run_due(kThreadBudgetNs, kSliceNs);
    guard.lock();
    if (stopping_) return;
    if (!next) {
      changed_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      continue;
    }
    const std::int64_t wait_ms =
        std::clamp<std::int64_t>(*next - clock_.unix_ms(), 0, kLongestSleepMs);
    if (wait_ms > 0) changed_.wait_for(guard, std::chrono::milliseconds(wait_ms));
  }
}

}  // namespace miniredis::engine
