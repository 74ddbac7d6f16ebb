// A memory limit that holds: one node refuses to grow, the other forgets its oldest keys.
#include <cstdio>
#include <string>

#include "miniredis/engine.h"

namespace {

constexpr std::uint64_t kLimit = 2ULL << 20;
// What the write that fills a node may take beyond its value: the key's entry, a step of the table.
constexpr std::uint64_t kLastWrite = 16 << 10;
constexpr int kFirstKeys = 100;

struct Outcome {
  int refused = 0;
  std::uint64_t keys = 0;
  bool held = true;  // never above the limit but for the last write
};

// Writes four times what fits.
Outcome fill(const miniredis::Node& node) {
  const std::string value(1000, 'v');
  Outcome outcome;
  for (int i = 0; i < 8000; ++i) {
    const auto reply = node.execute({"SET", "key:" + std::to_string(i), value});
    if (reply.text().starts_with("OOM")) ++outcome.refused;
    if (i % 100 == 0) outcome.held &= node.stats().memory_used_bytes <= kLimit + kLastWrite;
  }
  outcome.keys = static_cast<std::uint64_t>(node.execute({"DBSIZE"}).as_integer());
  std::printf("%-10s limit %llu KiB, used %llu KiB, %llu keys, %llu evicted, %d writes refused\n",
              node.name().c_str(), static_cast<unsigned long long>(kLimit >> 10),
              static_cast<unsigned long long>(node.stats().memory_used_bytes >> 10),
              static_cast<unsigned long long>(outcome.keys),
              static_cast<unsigned long long>(node.stats().evicted), outcome.refused);
  return outcome;
}

int count_first_keys(const miniredis::Node& node) {
  int found = 0;
  for (int i = 0; i < kFirstKeys; ++i) {
    found += static_cast<int>(node.execute({"EXISTS", "key:" + std::to_string(i)}).as_integer());
  }
  return found;
}

}  // namespace

int main() {
  using miniredis::EvictionPolicy;
  const auto engine = miniredis::Engine::open({.shards = 1}).value();
  const auto tenant = engine.create_tenant({.name = "acme"}).value();
  const auto strict = tenant.create_node({.name = "noeviction", .memory_limit_bytes = kLimit});
  const auto cache = tenant.create_node({.name = "lru",
                                         .memory_limit_bytes = kLimit,
                                         .eviction_policy = EvictionPolicy::kAllKeysLru});
  const Outcome refusing = fill(*strict);
  const Outcome evicting = fill(*cache);

  const bool refused = refusing.held && refusing.refused > 0 && strict->stats().evicted == 0;
  const bool evicted = evicting.held && evicting.refused == 0 && cache->stats().evicted > 0;
  // The first keys written are all there in one, and gone in the other but for a few: what was last
  // used is known to a few milliseconds, and all of this takes hardly more.
  const bool kept = count_first_keys(*strict) == kFirstKeys;
  const bool forgotten = count_first_keys(*cache) < kFirstKeys / 2;
  return refused && evicted && kept && forgotten ? 0 : 1;
}
