// Pseudo-random numbers: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
// generators", 2018), seeded by splitmix64. Fast and fair; not for secrets. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace miniredis::base {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) noexcept;
  std::uint64_t next() noexcept;
  // Uniform in [0, bound) without bias (Lemire, "Fast random integer generation in an interval",
  // 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  double unit() noexcept;  // uniform in [0, 1)

 private:
  std::uint64_t state_[4];
};

// Bytes from the system's random source, for secrets and seeds. Ends the program when it has none.
void fill_secure_random(void* out, std::size_t size);
// `bytes` random bytes as lower-case hex.
std::string secure_random_hex(std::size_t bytes);

}  // namespace miniredis::base
