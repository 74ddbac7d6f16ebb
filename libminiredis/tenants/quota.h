// What a node may do by its own quota and by its tenant's.
//
// The tenant's buckets are shared by nodes of several shards. A node takes tokens out of them in
// leases of a thousandth of a second's worth (at least one token), so that their lock is taken once
// a lease and not per command. A token is handed out once: all nodes together never do more than
// the buckets gave, and a span of time sees at most one lease a node more than the bucket's own
// bound. A lease that lies unused for 100 ms goes back at the node's next command.
//
// Threads: SharedQuota from any; NodeQuota under the lock of its node.
#pragma once

#include <cstdint>
#include <mutex>

#include "miniredis/error.h"
#include "miniredis/options.h"
#include "tenants/token_bucket.h"

namespace miniredis::tenants {

inline constexpr std::uint64_t kMaxOpsPerSecond = 1'000'000'000;
inline constexpr std::uint64_t kMaxBytesPerSecond = 1'000'000'000'000;
inline constexpr std::uint32_t kMaxQuotaWaitMs = 60'000;
inline constexpr std::uint32_t kMaxTenantConnections = 100'000'000;

Result<void> check_quota(const Quota& quota);
Result<void> check_max_connections(std::uint32_t count);
inline bool is_limited(const Quota& quota) noexcept {
  return quota.ops_per_second != 0 || quota.bytes_per_second != 0;
}

// The quota of a tenant.
class SharedQuota {
 public:
  void set(const Quota& quota, std::uint64_t now_ns) noexcept;
  Quota get() const noexcept;

 private:
  friend class NodeQuota;
  mutable std::mutex lock_;  // the last to be taken
  Quota quota_;
  TokenBucket ops_;
  TokenBucket bytes_;
};

// Why commands cannot run now, and when they can.
struct Shortage {
  bool refused = false;       // nothing was reserved: it would be longer than the quota waits
  std::int64_t commands = 0;  // tokens that were reserved
  std::uint64_t wait_ns = 0;  // until they, or a first one, are there
  bool of_tenant = false;     // which quota it is that makes the wait
  bool of_bytes = false;
  std::uint64_t figure = 0;  // of that quota
};

class NodeQuota {
 public:
  explicit NodeQuota(SharedQuota& shared) noexcept : shared_(shared) {}

  // Takes over new figures, also those of the tenant.
  void configure(const Quota& own, std::uint64_t now_ns) noexcept;

  // Takes tokens for up to `wanted` commands and returns for how many.
  std::int64_t take_commands(std::int64_t wanted, std::uint64_t now_ns) noexcept;
  void give_back_commands(std::int64_t n) noexcept;
  // Counts a command that runs in any case; the debt is no more than a second's worth.
  void force_command(std::uint64_t now_ns) noexcept;

  // Whether bytes may flow: none are owed when `unsent` bytes of replies are on their way.
  bool has_bytes(std::uint64_t unsent, std::uint64_t now_ns) noexcept;
  void spend_bytes(std::uint64_t n, std::uint64_t now_ns) noexcept;
  void give_back_bytes(std::uint64_t n) noexcept;

  // For a client that has waited for `waited_ns` and may not go on now: reserves tokens for up to
  // `wanted` commands (0: it has them, and waits for bytes), as far as they come in time.
  Shortage reserve(std::int64_t wanted, std::uint64_t waited_ns, std::uint64_t unsent,
                   std::uint64_t now_ns) noexcept;

 private:
  // Gives leases back that are old.
  void refresh(std::uint64_t now_ns) noexcept;
  void return_leases() noexcept;

  SharedQuota& shared_;
  TokenBucket ops_;
  TokenBucket bytes_;
  Quota own_;
  Quota tenant_;  // a copy, so that its lock is not needed to know the figures
  std::int64_t leased_ops_ = 0;
  std::int64_t leased_bytes_ = 0;
  std::uint64_t leased_at_ns_ = 0;
};

}  // namespace miniredis::tenants
