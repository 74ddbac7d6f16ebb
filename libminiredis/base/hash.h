// Keyed 64-bit hash of bytes for in-memory tables. Not for files and not for secrets: the key is
// random per process, so that clients cannot choose colliding keys. All 64 bits are usable.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace miniredis::base {

struct HashKey {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

// A key from the system's random source.
HashKey random_hash_key();

std::uint64_t hash_bytes(Bytes bytes, const HashKey& key) noexcept;

// A bijective mix of a 64-bit number.
std::uint64_t mix64(std::uint64_t x) noexcept;

}  // namespace miniredis::base
