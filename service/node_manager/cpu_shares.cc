#include "node_manager/cpu_shares.h"

#include <algorithm>

namespace miniredis::service {
namespace {

constexpr auto kWindow = std::chrono::seconds(1);

double share_of(std::uint64_t cpu_ns, std::chrono::nanoseconds time) {
  return static_cast<double>(cpu_ns) / std::max<double>(1.0, static_cast<double>(time.count()));
}

}  // namespace

double CpuShares::look(const std::string& node, std::uint64_t cpu_ns, std::uint64_t created_at_ms,
                       Clock::time_point now, std::uint64_t now_unix_ms) {
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = looks_.try_emplace(node);
  Look& last = entry->second;
  if (fresh) {
    const std::chrono::milliseconds age(now_unix_ms - std::min(now_unix_ms, created_at_ms));
    last = {now, cpu_ns, share_of(cpu_ns, std::max<std::chrono::nanoseconds>(age, kWindow))};
  } else if (now - last.at >= kWindow) {
    // CONFIG RESETSTAT sets the counter back.
    const std::uint64_t used = cpu_ns >= last.cpu_ns ? cpu_ns - last.cpu_ns : cpu_ns;
    last = {now, cpu_ns, share_of(used, now - last.at)};
  }
  return last.share;
}

void CpuShares::forget(const std::string& node) {
  const std::lock_guard lock(mutex_);
  looks_.erase(node);
}

}  // namespace miniredis::service
