#include "tenants/quota.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace miniredis::tenants {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;

TEST_CASE("a bucket is full at first, holds one second's worth and fills at its rate") {
  TokenBucket bucket;
  CHECK_FALSE(bucket.limited());
  bucket.set_rate(100, kSecond);
  CHECK(bucket.level() == 100);
  bucket.take(100);
  CHECK(bucket.wait_ns(1) == 10 * kMs);
  CHECK(bucket.wait_ns(5) == 50 * kMs);
  bucket.refill(kSecond + 9 * kMs);
  CHECK(bucket.level() == 0);
  CHECK(bucket.wait_ns(1) == kMs);
  bucket.refill(kSecond + 10 * kMs);
  CHECK(bucket.level() == 1);
  bucket.refill(kSecond);  // a moment before the last one counts as that one
  CHECK(bucket.level() == 1);
  bucket.refill(100 * kSecond);
  CHECK(bucket.level() == 100);
  bucket.give_back(5);
  CHECK(bucket.level() == 100);
}

TEST_CASE("no part of a token is lost, however often a bucket is looked at") {
  TokenBucket bucket;
  bucket.set_rate(3, 0);
  bucket.take(3);
  std::uint64_t now = 0;
  for (int i = 0; i < 1000; ++i) bucket.refill(now += 999'999);
  bucket.refill(kSecond - 1);
  CHECK(bucket.level() == 2);
  CHECK(bucket.wait_ns(3) == 1);
  bucket.refill(kSecond);
  CHECK(bucket.level() == 3);
}

TEST_CASE("what was taken too much is a debt, and a change of rate keeps it") {
  TokenBucket bucket;
  bucket.set_rate(1000, 0);
  bucket.take(11'000);
  CHECK(bucket.wait_ns(1) == 10'001 * kMs);
  bucket.set_rate(100'000, 0);
  CHECK(bucket.wait_ns(1) == 100'010'000);
  CHECK(bucket.ready_within(kMs) == 0);
  CHECK(bucket.ready_within(kSecond) == 90'000);
  bucket.refill(10 * kSecond);
  CHECK(bucket.level() == 100'000);
  bucket.set_rate(10, 10 * kSecond);
  CHECK(bucket.level() == 10);
}

TEST_CASE("the largest figures and long times do not overflow") {
  TokenBucket bucket;
  bucket.set_rate(kMaxBytesPerSecond, 0);
  bucket.take(static_cast<std::int64_t>(kMaxBytesPerSecond));
  bucket.refill(UINT64_MAX);
  CHECK(bucket.level() == static_cast<std::int64_t>(kMaxBytesPerSecond));
  for (int i = 0; i < 100; ++i) bucket.take(INT64_MAX / 2);
  CHECK(bucket.wait_ns(1) > kSecond);
  TokenBucket slow;
  slow.set_rate(1, 0);
  for (int i = 0; i < 100; ++i) slow.take(INT64_MAX / 2);
  CHECK(slow.wait_ns(1) == std::uint64_t{1} << 62);
  CHECK(slow.ready_within(UINT64_MAX) == 0);
}

TEST_CASE("quotas have ranges, and the refusal names them") {
  CHECK(check_quota({}));
  CHECK(check_quota({kMaxOpsPerSecond, kMaxBytesPerSecond, kMaxQuotaWaitMs}));
  const auto detail = [](const Quota& quota) { return check_quota(quota).error().detail; };
  CHECK(detail({.ops_per_second = kMaxOpsPerSecond + 1}) ==
        "ops_per_second 1000000001 is out of range: 0 (no limit) to 1000000000");
  CHECK(detail({.bytes_per_second = UINT64_MAX}).find("0 (no limit) to 1000000000000") !=
        std::string::npos);
  CHECK(detail({.max_wait_ms = 60'001}) ==
        "max_wait_ms 60001 is out of range: 0 (no wait) to 60000");
  CHECK(check_max_connections(kMaxTenantConnections));
  CHECK(check_max_connections(kMaxTenantConnections + 1).error().detail.find("100000000") !=
        std::string::npos);
}

TEST_CASE("reservations come one after another, and only those in time are made") {
  SharedQuota none;
  NodeQuota quota(none);
  quota.configure({.ops_per_second = 100, .max_wait_ms = 50}, 0);
  CHECK(quota.take_commands(150, 0) == 100);
  CHECK(quota.take_commands(1, 0) == 0);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const Shortage wait = quota.reserve(1000, 0, 0, 0);
    CHECK_FALSE(wait.refused);
    CHECK(wait.commands == 1);  // a hundredth of a second's worth
    CHECK(wait.wait_ns == i * 10 * kMs);
  }
  const Shortage late = quota.reserve(1, 0, 0, 0);
  CHECK(late.refused);
  CHECK(late.wait_ns == 60 * kMs);
  CHECK_FALSE(late.of_tenant);
  CHECK_FALSE(late.of_bytes);
  CHECK(late.figure == 100);
  // Whoever has waited before has less patience left.
  CHECK(quota.reserve(1, 35 * kMs, 0, 40 * kMs).refused);
  CHECK_FALSE(quota.reserve(1, 30 * kMs, 0, 40 * kMs).refused);
  CHECK(quota.take_commands(1, 60 * kMs) == 0);
  quota.give_back_commands(1);
  CHECK(quota.take_commands(5, 60 * kMs) == 1);
}

TEST_CASE("bytes are spent first and waited for afterwards") {
  SharedQuota none;
  NodeQuota quota(none);
  quota.configure({.bytes_per_second = 1000, .max_wait_ms = 100}, 0);
  CHECK(quota.has_bytes(999, 0));
  CHECK_FALSE(quota.has_bytes(1000, 0));
  quota.spend_bytes(1050, 0);
  CHECK(quota.reserve(1, 0, 0, 0).wait_ns == 51 * kMs);
  CHECK_FALSE(quota.has_bytes(0, 50 * kMs));
  CHECK(quota.has_bytes(0, 51 * kMs));
  quota.spend_bytes(1'000'000, 51 * kMs);  // a reply of a thousand seconds' worth
  const Shortage debt = quota.reserve(1, 0, 0, 51 * kMs);
  CHECK(debt.refused);
  CHECK(debt.of_bytes);
  CHECK(debt.wait_ns == 1'000'000 * kMs);
  CHECK(quota.has_bytes(0, 51 * kMs + 1'000'000 * kMs));
}

TEST_CASE("nodes of a tenant share its buckets, and never get more than those hold") {
  for (const std::uint64_t rate : {10U, 1'000U, 1'000'000U}) {
    CAPTURE(rate);
    SharedQuota shared;
    shared.set({.ops_per_second = rate, .bytes_per_second = rate}, 0);
    std::vector<std::unique_ptr<NodeQuota>> nodes;
    for (int i = 0; i < 8; ++i) {
      nodes.push_back(std::make_unique<NodeQuota>(shared));
      nodes.back()->configure({}, 0);
    }
    std::mt19937_64 rng(7);
    std::uint64_t now = 0;
    std::int64_t ran = 0;
    std::uint64_t bytes = 0;
    while (now < 20 * kSecond) {
      NodeQuota& node = *nodes[rng() % nodes.size()];
      const auto wanted = static_cast<std::int64_t>(rng() % 16);
      const std::int64_t got = node.take_commands(wanted, now);
      const auto back = static_cast<std::int64_t>(rng() % 4 == 0 ? got / 2 : 0);
      node.give_back_commands(back);
      ran += got - back;
      if (node.has_bytes(0, now)) {
        const std::uint64_t n = rng() % 3;
        node.spend_bytes(n, now);
        bytes += n;
      }
      now += rng() % (kSecond / rate * 8);
    }
    const double bound = static_cast<double>(rate) * 21;
    CHECK(static_cast<double>(ran) <= bound);
    CHECK(static_cast<double>(bytes) <= bound + 16);
    // Leases that nobody uses are few: what is asked for is given.
    CHECK(static_cast<double>(ran) >= 0.85 * static_cast<double>(rate) * 20);
  }
}

TEST_CASE("a lease that nobody uses goes back to the tenant") {
  SharedQuota shared;
  shared.set({.ops_per_second = 100'000, .max_wait_ms = 0}, 0);
  NodeQuota one(shared);
  NodeQuota two(shared);
  one.configure({}, 0);
  two.configure({}, 0);
  CHECK(one.take_commands(1, 0) == 1);  // and leases 99 more
  CHECK(two.take_commands(200'000, 0) == 99'900);
  CHECK(two.reserve(1, 0, 0, 0).refused);
  CHECK(two.reserve(1, 0, 0, 0).of_tenant);
  CHECK(one.take_commands(99, 0) == 99);
  one.give_back_commands(99);
  one.configure({}, 0);
  CHECK(two.take_commands(200, 0) == 99);
}

}  // namespace
}  // namespace miniredis::tenants
