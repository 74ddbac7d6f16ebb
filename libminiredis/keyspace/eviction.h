// Which key goes when a node is full.
//
// LRU and LFU keep 24 bits in each entry, as Redis does:
//   LRU   time of the last access in steps of kLruStepMs, modulo 2^24
//   LFU   | minutes of last decay 16 | logarithmic counter 8 |  (Morris counter)
// Candidates are sampled and the best ones kept in a pool between evictions. Unlike Redis, whose
// clock for LRU counts seconds, the step is 256 ms, and a pooled candidate that was used since it
// was sampled is scored anew before it goes.
#pragma once

#include <array>
#include <cstdint>

#include "base/rng.h"

namespace miniredis::keyspace {

class Entry;
class Keyspace;
struct EvictionSettings;

namespace access_bits {

inline constexpr std::int64_t kLruStepMs = 256;
inline constexpr std::uint32_t kMask = 0xffffff;
inline constexpr std::uint8_t kLfuInitial = 5;

inline std::uint32_t lru_now(std::int64_t now_ms) noexcept {
  return static_cast<std::uint32_t>(now_ms / kLruStepMs) & kMask;
}
std::int64_t lru_idle_ms(std::uint32_t bits, std::int64_t now_ms) noexcept;

std::uint32_t lfu_new(std::int64_t now_ms) noexcept;
// With this counter, as of now.
std::uint32_t lfu_with(std::int64_t now_ms, std::uint8_t counter) noexcept;
// The counter after decay, without counting an access.
std::uint32_t lfu_frequency(std::uint32_t bits, std::int64_t now_ms,
                            const EvictionSettings& settings) noexcept;
// The bits after one more access.
std::uint32_t lfu_touched(std::uint32_t bits, std::int64_t now_ms, const EvictionSettings& settings,
                          base::Rng& rng) noexcept;

}  // namespace access_bits

class Evictor {
 public:
  // Deletes one key that the policy lets go. False: there is none.
  bool evict_one(Keyspace& keyspace);

 private:
  static constexpr std::size_t kPool = 16;
  struct Candidate {
    std::uint64_t hash;
    std::uint64_t score;  // the higher, the sooner it goes
    unsigned database;
  };
  void fill_pool(Keyspace& keyspace);
  void offer(const Candidate& candidate) noexcept;
  bool evict_from_pool(Keyspace& keyspace);
  bool evict_random(Keyspace& keyspace, bool volatile_only);
  bool evict_soonest(Keyspace& keyspace);

  std::array<Candidate, kPool> pool_;  // by score, ascending
  std::size_t pooled_ = 0;
};

}  // namespace miniredis::keyspace
