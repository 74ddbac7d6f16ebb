// One thread's share of the nodes: who has work when.
//
// Without a server the shard runs a thread of its own that sleeps until something is due; a server
// takes that over with its event loop (drive_by). Nothing here costs anything per idle node.
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace miniredis::engine {

class NodeRuntime;

// How long the work that a node has in the background may go on before others get their turn.
inline constexpr std::uint64_t kSliceNs = 1'000'000;

class Shard {
 public:
  explicit Shard(const base::Clock& clock) : clock_(clock) {}
  ~Shard() { stop(); }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void start_thread();
  void stop();
  // Leaves the work to an event loop: `wake` is called, from any thread, when the next time at
  // which run_due() has something to do becomes earlier. Null: back to a thread of its own.
  void drive_by(std::function<void()> wake);

  void schedule(const std::shared_ptr<NodeRuntime>& node, std::int64_t due_ms);
  // Works for the nodes that are due, each for at most `slice_ns`, about `budget_ns` in all.
  // Returns when there is more to do: Unix ms, 0 at once, nothing when no node waits.
  std::optional<std::int64_t> run_due(std::uint64_t budget_ns, std::uint64_t slice_ns);

 private:
  struct Item {
    std::int64_t due_ms;
    std::uint64_t turn;  // first come, first served among those that are due at the same time
    std::weak_ptr<NodeRuntime> node;
    bool operator<(const Item& other) const noexcept {
      return due_ms != other.due_ms ? due_ms > other.due_ms : turn > other.turn;
    }
  };
  void thread_main();
  std::optional<std::int64_t> next_due() const noexcept;

  const base::Clock& clock_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::priority_queue<Item> queue_;
  std::uint64_t turn_ = 0;
  std::function<void()> wake_;
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace miniredis::engine
