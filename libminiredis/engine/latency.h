// Latency events of a node: LATENCY LATEST, HISTORY, RESET. An event is a span of work that took at
// least latency-monitor-threshold; the newest 160 of each kind are kept, one a second.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

struct LatencySample {
  std::int64_t unix_seconds;
  std::uint32_t milliseconds;
};

struct LatencySeries {
  explicit LatencySeries(memory::Account& account)
      : samples(memory::AccountedAllocator<LatencySample>(account)) {}
  memory::List<LatencySample> samples;  // oldest first
  std::uint32_t longest_ms = 0;
};

class LatencyMonitor {
 public:
  explicit LatencyMonitor(memory::Account& account);
  // `event`: "command", "fast-command", "expire-cycle", "eviction-cycle".
  void add(Bytes event, std::int64_t unix_seconds, std::uint64_t milliseconds);
  const memory::StringMap<LatencySeries>& events() const noexcept { return events_; }
  // Returns whether there was such an event.
  bool reset(Bytes event) noexcept;
  std::size_t reset_all() noexcept;

 private:
  static constexpr std::size_t kSamples = 160;
  memory::Account& account_;
  memory::StringMap<LatencySeries> events_;
};

}  // namespace miniredis::engine
