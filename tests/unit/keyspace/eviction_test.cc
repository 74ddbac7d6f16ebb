#include "keyspace/eviction.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "fixture.h"

namespace miniredis::keyspace {
namespace {

constexpr std::uint64_t kLimit = 1 << 20;

void fill(Fixture& f, int from, int to, bool with_expiry) {
  for (int i = from; i < to; ++i) {
    f.set("key:" + std::to_string(i), std::string(32, 'v'),
          with_expiry ? f.now + 1'000'000 + i * 1000 : Entry::kNoExpiry);
  }
}
int present(Fixture& f, int from, int to) {
  int count = 0;
  for (int i = from; i < to; ++i) {
    count += ReadScope(f.keyspace, 0).peek("key:" + std::to_string(i)) != nullptr ? 1 : 0;
  }
  return count;
}

TEST_CASE("noeviction deletes nothing and says that there is no room") {
  Fixture f;
  fill(f, 0, 20'000, false);
  f.account.set_limit(kLimit / 2);
  CHECK_FALSE(f.keyspace.make_room(UINT32_MAX));
  CHECK(f.keyspace.size(0) == 20'000);
}

TEST_CASE("every policy evicts until there is room, and only what it may") {
  for (const auto policy :
       {EvictionPolicy::kAllKeysLru, EvictionPolicy::kAllKeysLfu, EvictionPolicy::kAllKeysRandom,
        EvictionPolicy::kVolatileLru, EvictionPolicy::kVolatileLfu, EvictionPolicy::kVolatileRandom,
        EvictionPolicy::kVolatileTtl}) {
    CAPTURE(to_string(policy));
    Fixture f;
    f.keyspace.eviction.policy = policy;
    fill(f, 0, 10'000, true);
    fill(f, 10'000, 20'000, false);
    f.account.set_limit(f.account.used() * 3 / 4);
    CHECK(f.keyspace.make_room(UINT32_MAX));
    CHECK(f.account.used() <= f.account.limit());
    CHECK(f.keyspace.stats.evicted > 1'000);
    const bool only_volatile = std::string(to_string(policy)).starts_with("volatile");
    if (only_volatile)
      CHECK(present(f, 10'000, 20'000) == 10'000);
    else
      CHECK(present(f, 10'000, 20'000) < 10'000);
  }
}

TEST_CASE("a volatile policy without volatile keys finds nothing") {
  Fixture f;
  f.keyspace.eviction.policy = EvictionPolicy::kVolatileLru;
  fill(f, 0, 1'000, false);
  f.account.set_limit(1);
  CHECK_FALSE(f.keyspace.make_room(UINT32_MAX));
  CHECK(f.keyspace.size(0) == 1'000);
}

TEST_CASE("LRU lets the keys go that were not used") {
  Fixture f;
  f.keyspace.eviction.policy = EvictionPolicy::kAllKeysLru;
  fill(f, 0, 10'000, false);
  f.advance(60'000);
  for (int i = 0; i < 5'000; ++i) f.get("key:" + std::to_string(i));
  f.advance(60'000);
  f.account.set_limit(f.account.used() * 2 / 3);
  REQUIRE(f.keyspace.make_room(UINT32_MAX));
  CHECK(present(f, 0, 5'000) > 4'750);
}

TEST_CASE("LFU keeps the keys that are used often") {
  Fixture f;
  f.keyspace.eviction.policy = EvictionPolicy::kAllKeysLfu;
  fill(f, 0, 10'000, false);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 3'000; ++i) f.get("key:" + std::to_string(i));
  }
  f.account.set_limit(f.account.used() / 2);
  REQUIRE(f.keyspace.make_room(UINT32_MAX));
  CHECK(present(f, 0, 3'000) > 2'950);
}

TEST_CASE("volatile-ttl lets the keys go that expire soonest") {
  Fixture f;
  f.keyspace.eviction.policy = EvictionPolicy::kVolatileTtl;
  fill(f, 0, 10'000, true);
  f.account.set_limit(f.account.used() / 2);
  REQUIRE(f.keyspace.make_room(UINT32_MAX));
  CHECK(present(f, 0, 2'500) < 500);
  CHECK(present(f, 7'500, 10'000) > 2'200);
}

TEST_CASE("the LFU counter grows with the logarithm of use and decays by the minute") {
  base::Rng rng(1);
  EvictionSettings settings;
  std::int64_t now = 1'700'000'000'000;
  std::uint32_t bits = access_bits::lfu_new(now);
  CHECK(access_bits::lfu_frequency(bits, now, settings) == access_bits::kLfuInitial);
  for (int i = 0; i < 1'000'000; ++i) bits = access_bits::lfu_touched(bits, now, settings, rng);
  CHECK(access_bits::lfu_frequency(bits, now, settings) > 200);
  now += 10 * 60'000;
  CHECK(access_bits::lfu_frequency(bits, now, settings) >= 200 - 10);
  now += 1000 * 60'000;
  CHECK(access_bits::lfu_frequency(bits, now, settings) == 0);
}

}  // namespace
}  // namespace miniredis::keyspace
