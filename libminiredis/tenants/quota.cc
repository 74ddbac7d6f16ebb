#include "tenants/quota.h"

#include <algorithm>
#include <string>

namespace miniredis::tenants {
namespace {

constexpr std::uint64_t kLeaseNs = 100'000'000;
// Tokens reserved by one client at a time, as a share of a second: those behind it wait for them.
constexpr std::uint64_t kReservationsPerSecond = 100;

std::int64_t lease_of(std::uint64_t rate) noexcept {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(rate / 1000));
}

Error out_of_range(const char* what, std::uint64_t value, const char* zero, std::uint64_t most) {
  return {ErrorCode::kInvalidArgument, std::string(what) + " " + std::to_string(value) +
                                           " is out of range: 0 (" + zero + ") to " +
                                           std::to_string(most)};
}

// How much longer the quota lets wait.
std::uint64_t patience(const Quota& quota, std::uint64_t waited_ns) noexcept {
  const std::uint64_t whole_ns = std::uint64_t{quota.max_wait_ms} * 1'000'000;
  return whole_ns > waited_ns ? whole_ns - waited_ns : 0;
}

// A sum over both quotas and both figures: the longest wait, and whether any is too long.
struct Judge {
  Shortage result;
  void hear(const Quota& quota, bool of_tenant, bool of_bytes, std::uint64_t wait_ns,
            std::uint64_t waited_ns) noexcept {
    const bool refused = wait_ns > patience(quota, waited_ns);
    // One that refuses is named before one that only makes wait.
    if (refused == result.refused ? wait_ns <= result.wait_ns : !refused) return;
    result.refused = refused;
    result.wait_ns = wait_ns;
    result.of_tenant = of_tenant;
    result.of_bytes = of_bytes;
    result.figure = of_bytes ? quota.bytes_per_second : quota.ops_per_second;
  }
};

}  // namespace

Result<void> check_quota(const Quota& quota) {
  if (quota.ops_per_second > kMaxOpsPerSecond) {
    return out_of_range("ops_per_second", quota.ops_per_second, "no limit", kMaxOpsPerSecond);
  }
  if (quota.bytes_per_second > kMaxBytesPerSecond) {
    return out_of_range("bytes_per_second", quota.bytes_per_second, "no limit", kMaxBytesPerSecond);
  }
  if (quota.max_wait_ms > kMaxQuotaWaitMs) {
    return out_of_range("max_wait_ms", quota.max_wait_ms, "no wait", kMaxQuotaWaitMs);
  }
  return {};
}

Result<void> check_max_connections(std::uint32_t count) {
  if (count > kMaxTenantConnections) {
    return out_of_range("max_connections", count, "no limit", kMaxTenantConnections);
  }
  return {};
}

void SharedQuota::set(const Quota& quota, std::uint64_t now_ns) noexcept {
  const std::lock_guard guard(lock_);
  quota_ = quota;
  ops_.set_rate(quota.ops_per_second, now_ns);
  bytes_.set_rate(quota.bytes_per_second, now_ns);
}

Quota SharedQuota::get() const noexcept {
  const std::lock_guard guard(lock_);
  return quota_;
}

void NodeQuota::configure(const Quota& own, std::uint64_t now_ns) noexcept {
  return_leases();
  tenant_ = shared_.get();
  own_ = own;
  ops_.set_rate(own.ops_per_second, now_ns);
  bytes_.set_rate(own.bytes_per_second, now_ns);
}

void NodeQuota::return_leases() noexcept {
  if (leased_ops_ == 0 && leased_bytes_ == 0) return;
  const std::lock_guard guard(shared_.lock_);
  if (shared_.ops_.limited()) shared_.ops_.give_back(leased_ops_);
  if (shared_.bytes_.limited()) shared_.bytes_.give_back(leased_bytes_);
  leased_ops_ = leased_bytes_ = 0;
}

void NodeQuota::refresh(std::uint64_t now_ns) noexcept {
  if (now_ns > leased_at_ns_ && now_ns - leased_at_ns_ > kLeaseNs) {
    return_leases();
    leased_at_ns_ = now_ns;
  }
}

std::int64_t NodeQuota::take_commands(std::int64_t wanted, std::uint64_t now_ns) noexcept {
  refresh(now_ns);
  std::int64_t n = wanted;
  if (ops_.limited()) {
    ops_.refill(now_ns);
    n = std::clamp<std::int64_t>(ops_.level(), 0, n);
  }
  if (tenant_.ops_per_second != 0 && n > 0) {
    if (leased_ops_ < n) {
      const std::lock_guard guard(shared_.lock_);
      shared_.ops_.refill(now_ns);
      const std::int64_t lease = n - leased_ops_ + lease_of(tenant_.ops_per_second) - 1;
      // One that has just lost its limit: this node is told in a moment.
      const std::int64_t got =
          shared_.ops_.limited() ? std::clamp<std::int64_t>(shared_.ops_.level(), 0, lease) : lease;
      shared_.ops_.take(got);
      leased_ops_ += got;
    }
    n = std::min(n, leased_ops_);
    leased_ops_ -= n;
  }
  if (ops_.limited()) ops_.take(n);
  return n;
}

void NodeQuota::give_back_commands(std::int64_t n) noexcept {
  if (ops_.limited()) ops_.give_back(n);
  if (tenant_.ops_per_second != 0) leased_ops_ += n;
}

void NodeQuota::force_command(std::uint64_t now_ns) noexcept {
  if (take_commands(1, now_ns) == 1) return;
  // Each bucket by itself: the one that has tokens gives one.
  const auto force = [&](TokenBucket& bucket) {
    bucket.refill(now_ns);
    if (bucket.level() > -static_cast<std::int64_t>(bucket.rate())) bucket.take(1);
  };
  if (ops_.limited()) force(ops_);
  if (tenant_.ops_per_second != 0) {
    const std::lock_guard guard(shared_.lock_);
    if (shared_.ops_.limited()) force(shared_.ops_);
  }
}

bool NodeQuota::has_bytes(std::uint64_t unsent, std::uint64_t now_ns) noexcept {
  const auto needed = static_cast<std::int64_t>(std::min(unsent, kMaxBytesPerSecond)) + 1;
  if (bytes_.limited()) {
    bytes_.refill(now_ns);
    if (bytes_.level() < needed) return false;
  }
  if (tenant_.bytes_per_second == 0) return true;
  refresh(now_ns);
  if (leased_bytes_ >= needed) return true;
  const std::lock_guard guard(shared_.lock_);
  shared_.bytes_.refill(now_ns);
  if (!shared_.bytes_.limited()) return true;
  const std::int64_t missing = needed - leased_bytes_;
  if (shared_.bytes_.level() < missing) return false;
  const std::int64_t got =
      std::min(shared_.bytes_.level(), missing + lease_of(tenant_.bytes_per_second));
  shared_.bytes_.take(got);
  leased_bytes_ += got;
  return true;
}

void NodeQuota::spend_bytes(std::uint64_t n, std::uint64_t now_ns) noexcept {
  const auto spent = static_cast<std::int64_t>(std::min(n, kMaxBytesPerSecond));
  if (bytes_.limited()) {
    bytes_.refill(now_ns);
    bytes_.take(spent);
  }
  if (tenant_.bytes_per_second == 0) return;
  leased_bytes_ -= spent;
  if (leased_bytes_ >= 0) return;
  const std::lock_guard guard(shared_.lock_);
  shared_.bytes_.refill(now_ns);
  const std::int64_t spare = std::clamp<std::int64_t>(shared_.bytes_.level() + leased_bytes_, 0,
                                                      lease_of(tenant_.bytes_per_second));
  shared_.bytes_.take(spare - leased_bytes_);
  leased_bytes_ = spare;
}

void NodeQuota::give_back_bytes(std::uint64_t n) noexcept {
  const auto back = static_cast<std::int64_t>(std::min(n, kMaxBytesPerSecond));
  if (bytes_.limited()) bytes_.give_back(back);
  if (tenant_.bytes_per_second == 0) return;
  const std::lock_guard guard(shared_.lock_);
  if (shared_.bytes_.limited()) shared_.bytes_.give_back(back);
}

Shortage NodeQuota::reserve(std::int64_t wanted, std::uint64_t waited_ns, std::uint64_t unsent,
                            std::uint64_t now_ns) noexcept {
  const auto needed = static_cast<std::int64_t>(std::min(unsent, kMaxBytesPerSecond)) + 1;
  Judge judge;
  const std::lock_guard guard(shared_.lock_);
  for (TokenBucket* bucket : {&ops_, &bytes_, &shared_.ops_, &shared_.bytes_}) {
    if (bucket->limited()) bucket->refill(now_ns);
  }
  const bool tenant_ops = tenant_.ops_per_second != 0 && shared_.ops_.limited();
  const bool tenant_bytes = tenant_.bytes_per_second != 0 && shared_.bytes_.limited();
  const auto hear = [&](std::int64_t commands) {
    if (bytes_.limited()) judge.hear(own_, false, true, bytes_.wait_ns(needed), waited_ns);
    if (tenant_bytes) {
      judge.hear(tenant_, true, true, shared_.bytes_.wait_ns(needed - leased_bytes_), waited_ns);
    }
    if (commands == 0) return;
    if (ops_.limited()) judge.hear(own_, false, false, ops_.wait_ns(commands), waited_ns);
    if (tenant_ops) {
      judge.hear(tenant_, true, false, shared_.ops_.wait_ns(commands - leased_ops_), waited_ns);
    }
  };
  hear(std::min<std::int64_t>(wanted, 1));
  if (judge.result.refused || wanted == 0) return judge.result;

  std::int64_t n = wanted;
  if (ops_.limited()) {
    n = std::min(n, static_cast<std::int64_t>(ops_.rate() / kReservationsPerSecond));
    n = std::min(n, ops_.ready_within(patience(own_, waited_ns)));
  }
  if (tenant_ops) {
    n = std::min(n, static_cast<std::int64_t>(shared_.ops_.rate() / kReservationsPerSecond));
    n = std::min(n, leased_ops_ + shared_.ops_.ready_within(patience(tenant_, waited_ns)));
  }
  n = std::max<std::int64_t>(n, 1);
  hear(n);
  judge.result.refused = false;  // by rounding at most
  judge.result.commands = n;
  if (ops_.limited()) ops_.take(n);
  if (tenant_ops) {
    const std::int64_t leased = std::min(leased_ops_, n);
    leased_ops_ -= leased;
    shared_.ops_.take(n - leased);
  }
  return judge.result;
}

}  // namespace miniredis::tenants
