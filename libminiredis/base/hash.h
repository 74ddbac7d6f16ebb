// Keyed 64-bit hash of bytes for in-memory tables. Not for files and not for secrets: the key is
// random per process, so that clients cannot choose colliding keys. All 64 bits are usable.
//
// It stands in the header because every command runs it: two multiplications for up to 16 bytes,
// one more for each further 16. The step is a 64 x 64 -> 128 bit product whose halves are xored,
// with the secret key on both factors.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace miniredis::base {

struct HashKey {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

// A key from the system's random source.
HashKey random_hash_key();

namespace hash_detail {

static_assert(std::endian::native == std::endian::little);

__extension__ using Wide = unsigned __int128;

inline std::uint64_t fold(std::uint64_t x, std::uint64_t y) noexcept {
  const Wide product = static_cast<Wide>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t load64(const char* p) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline std::uint64_t load32(const char* p) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// Odd, with 32 bits set, so that the last product spreads into both halves whatever the key is.
inline constexpr std::uint64_t kFinal = 0x9c3b'5e27'd16a'4f95;

// Folds all but the last 1..16 bytes of a text longer than 16 into one word.
std::uint64_t absorb_long(const char* p, std::size_t size, const HashKey& key) noexcept;

}  // namespace hash_detail

inline std::uint64_t hash_bytes(Bytes bytes, const HashKey& key) noexcept {
  using namespace hash_detail;
  const char* p = bytes.data();
  const std::size_t n = bytes.size();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  std::uint64_t seed = key.a;
  if (n > 16) [[unlikely]] {
    seed = absorb_long(p, n, key);
    head = load64(p + n - 16);
    tail = load64(p + n - 8);
  } else if (n >= 8) {
    head = load64(p);
    tail = load64(p + n - 8);
  } else if (n >= 4) {
    head = load32(p);
    tail = load32(p + n - 4);
  } else if (n > 0) {
    // First, middle and last byte: for 1..3 bytes that is all of them.
    head = static_cast<unsigned char>(p[0]) |
           static_cast<std::uint64_t>(static_cast<unsigned char>(p[n / 2])) << 8 |
           static_cast<std::uint64_t>(static_cast<unsigned char>(p[n - 1])) << 16;
  }
  // The length keeps apart texts whose overlapping loads agree.
  return fold(fold(head ^ seed, tail ^ key.b) ^ key.b, kFinal ^ n);
}

// A bijective mix of a 64-bit number (the finaliser of splitmix64: Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014).
inline std::uint64_t mix64(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58'476d'1ce4'e5b9;
  x = (x ^ (x >> 27)) * 0x94d0'49bb'1331'11eb;
  return x ^ (x >> 31);
}

}  // namespace miniredis::base
