#include "engine/latency.h"

#include <algorithm>

namespace miniredis::engine {

LatencyMonitor::LatencyMonitor(memory::Account& account)
    : account_(account), events_(memory::AccountedAllocator<char>(account)) {}

void LatencyMonitor::add(Bytes event, std::int64_t unix_seconds, std::uint64_t milliseconds) {
  const auto ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(milliseconds, UINT32_MAX));
  auto at = events_.find(event);
  if (at == events_.end()) {
    at = events_
             .emplace(memory::String(event, memory::AccountedAllocator<char>(account_)),
                      LatencySeries(account_))
             .first;
  }
  LatencySeries& series = at->second;
  series.longest_ms = std::max(series.longest_ms, ms);
  if (!series.samples.empty() && series.samples.back().unix_seconds == unix_seconds) {
    series.samples.back().milliseconds = std::max(series.samples.back().milliseconds, ms);
    return;
  }
  series.samples.push_back({unix_seconds, ms});
  if (series.samples.size() > kSamples) series.samples.pop_front();
}

bool LatencyMonitor::reset(Bytes event) noexcept {
  const auto at = events_.find(event);
  if (at == events_.end()) return false;
  events_.erase(at);
  return true;
}

std::size_t LatencyMonitor::reset_all() noexcept {
  const std::size_t count = events_.size();
  events_.clear();
  return count;
}

}  // namespace miniredis::engine
