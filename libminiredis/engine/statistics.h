// Counters of a node: what INFO stats, commandstats, errorstats and latencystats show.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::engine {

// Durations by powers of two. Bucket i counts those below 1032 * 2^i ns that no bucket before it
// counts. 1032 ns is where the first bucket of Redis' LATENCY HISTOGRAM ends: 1024, rounded up by
// what its histogram's two significant digits cannot tell apart.
class DurationHistogram {
 public:
  static constexpr unsigned kBuckets = 32;
  static constexpr std::uint64_t kFirstEndNs = 1032;
  void add(std::uint64_t nanoseconds) noexcept {
    // Takes a 129th off, rounded up, which makes an end of 1032 * 2^i one of 2^10 * 2^i.
    const auto bucket =
        static_cast<unsigned>(std::bit_width((nanoseconds - (nanoseconds + 128) / 129) >> 10));
    ++counts_[bucket < kBuckets ? bucket : kBuckets - 1];
  }
  // The longest that bucket `i` counts, in whole microseconds.
  static constexpr std::uint64_t longest_us(unsigned i) noexcept {
    return ((kFirstEndNs << i) - 1) / 1000;
  }
  void add_all(const DurationHistogram& other) noexcept {
    for (unsigned i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  }
  std::uint64_t count() const noexcept;
  std::uint32_t in_bucket(unsigned i) const noexcept { return counts_[i]; }
  // The duration in us that a share of `quantile` (0..1) does not pass, by interpolation within a
  // bucket; 0 when empty.
  double quantile_us(double quantile) const noexcept;

 private:
  std::array<std::uint32_t, kBuckets> counts_{};
};

struct CommandCounters {
  std::uint64_t calls = 0;
  std::uint64_t nanoseconds = 0;
  std::uint64_t rejected = 0;  // never ran
  std::uint64_t failed = 0;    // ran and answered an error
  DurationHistogram durations;
};

class Statistics {
 public:
  explicit Statistics(memory::Account& account);

  CommandCounters& of_command(std::uint16_t index) {
    if (index < slots_.size() && slots_[index] != 0) [[likely]]
      return counters_[slots_[index] - 1];
    return make_counters(index);
  }
  const CommandCounters* find(std::uint16_t index) const noexcept {
    return index < slots_.size() && slots_[index] != 0 ? &counters_[slots_[index] - 1] : nullptr;
  }
  // `line` is an error reply; its first word is counted.
  void count_error(Bytes line);
  const memory::StringMap<std::uint64_t>& errors_by_code() const noexcept { return errors_; }

  // Every few seconds at least while there is traffic: for the rate.
  void sample(std::int64_t now_ms) noexcept;
  double ops_per_second(std::int64_t now_ms) const noexcept;
  double input_per_second() const noexcept { return input_rate_; }
  double output_per_second() const noexcept { return output_rate_; }
  DurationHistogram all_durations() const noexcept;
  void reset();

  std::uint64_t commands = 0;
  std::uint64_t connections = 0;
  std::uint64_t rejected_connections = 0;
  std::uint64_t errors = 0;
  std::uint64_t net_input = 0;
  std::uint64_t net_output = 0;
  std::uint64_t cpu_ns = 0;
  std::uint64_t quota_waits = 0;
  std::uint64_t quota_wait_ns = 0;
  std::uint64_t throttled = 0;
  std::uint64_t query_limit_closes = 0;
  std::uint64_t output_limit_closes = 0;
  std::array<std::uint64_t, 4> refused{};  // by acl_log.h's Refused

 private:
  CommandCounters& make_counters(std::uint16_t index);

  memory::Account& account_;
  memory::Vector<std::uint8_t> slots_;  // by command: 1 + place in counters_, 0 not seen
  memory::Vector<CommandCounters> counters_;
  memory::StringMap<std::uint64_t> errors_;
  std::int64_t sampled_ms_ = 0;
  std::uint64_t sampled_commands_ = 0;
  std::uint64_t sampled_input_ = 0;
  std::uint64_t sampled_output_ = 0;
  double rate_ = 0;
  double input_rate_ = 0;
  double output_rate_ = 0;
};

}  // namespace miniredis::engine
