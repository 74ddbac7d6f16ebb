#include "engine/statistics.h"

#include <algorithm>

namespace miniredis::engine {
namespace {
// A rate is that of the last whole window; without traffic for two windows it is 0.
constexpr std::int64_t kWindowMs = 1000;
// Error codes kept apart; a client that makes up codes cannot fill memory.
constexpr std::size_t kMaxErrorCodes = 128;

// Where a bucket ends, in microseconds.
double end_us(unsigned bucket) noexcept {
  return static_cast<double>(DurationHistogram::kFirstEndNs << bucket) / 1000;
}
}  // namespace

std::uint64_t DurationHistogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint32_t n : counts_) total += n;
  return total;
}

double DurationHistogram::quantile_us(double quantile) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const double wanted = quantile * static_cast<double>(total);
  double below = 0;
  for (unsigned i = 0; i < kBuckets; ++i) {
    if (counts_[i] == 0) continue;
    if (below + counts_[i] >= wanted) {
      const double high = end_us(i);
      const double low = i == 0 ? 0 : high / 2;
      return low + (high - low) * std::max(0.0, wanted - below) / counts_[i];
    }
    below += counts_[i];
  }
  return end_us(kBuckets - 1);
}

Statistics::Statistics(memory::Account& account)
    : account_(account),
      slots_(memory::AccountedAllocator<std::uint8_t>(account)),
      counters_(memory::AccountedAllocator<CommandCounters>(account)),
      errors_(memory::AccountedAllocator<char>(account)) {}

CommandCounters& Statistics::make_counters(std::uint16_t index) {
  if (index >= slots_.size()) slots_.resize(std::size_t{index} + 1);
  counters_.reserve(counters_.size() + 1);
  counters_.emplace_back();
  slots_[index] = static_cast<std::uint8_t>(counters_.size());
  return counters_.back();
}

void Statistics::count_error(Bytes line) {
  ++errors;
  const Bytes code = line.substr(0, line.find(' '));
  const auto at = errors_.find(code);
  if (at != errors_.end()) {
    ++at->second;
  } else if (errors_.size() < kMaxErrorCodes) {
    errors_.emplace(memory::String(code, memory::AccountedAllocator<char>(account_)), 1);
  }
}

void Statistics::sample(std::int64_t now_ms) noexcept {
  const std::int64_t passed = now_ms - sampled_ms_;
  if (passed < kWindowMs && passed >= 0) return;
  const auto rate = [&](std::uint64_t now, std::uint64_t then) {
    return passed > 0 && sampled_ms_ != 0 && now >= then
               ? static_cast<double>(now - then) * 1000.0 / static_cast<double>(passed)
               : 0.0;
  };
  rate_ = rate(commands, sampled_commands_);
  input_rate_ = rate(net_input, sampled_input_);
  output_rate_ = rate(net_output, sampled_output_);
  sampled_ms_ = now_ms;
  sampled_commands_ = commands;
  sampled_input_ = net_input;
  sampled_output_ = net_output;
}

double Statistics::ops_per_second(std::int64_t now_ms) const noexcept {
  return now_ms - sampled_ms_ > 2 * kWindowMs ? 0 : rate_;
}

DurationHistogram Statistics::all_durations() const noexcept {
  DurationHistogram all;
  for (const CommandCounters& counters : counters_) all.add_all(counters.durations);
  return all;
}

void Statistics::reset() {
  slots_.clear();
  counters_.clear();
  errors_.clear();
  commands = connections = rejected_connections = errors = net_input = net_output = 0;
  quota_waits = quota_wait_ns = throttled = 0;
  query_limit_closes = output_limit_closes = 0;
  refused = {};
  sampled_commands_ = sampled_input_ = sampled_output_ = 0;
}

}  // namespace miniredis::engine
