// Strings as arrays of bits, the highest bit of the first byte first: counting, finding, combining.
//
// All of it goes by words of 64 bits or more, on any alignment. No allocation, no state.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace miniredis::base {

// Bits that are set.
std::uint64_t count_bits(Bytes bytes) noexcept;

inline constexpr std::uint64_t kNoBit = UINT64_MAX;
// The number of the first bit that is `wanted`, counted from 0; kNoBit when there is none.
std::uint64_t find_bit(Bytes bytes, bool wanted) noexcept;

// into[i] = a[i] op b[i]. `into` is one of the operands or apart from both.
void and_bits(char* into, const char* a, const char* b, std::size_t size) noexcept;
void or_bits(char* into, const char* a, const char* b, std::size_t size) noexcept;
void xor_bits(char* into, const char* a, const char* b, std::size_t size) noexcept;
// into[i] = ~from[i], likewise.
void invert_bits(char* into, const char* from, std::size_t size) noexcept;

inline bool bit_at(Bytes bytes, std::uint64_t bit) noexcept {
  const auto byte = static_cast<unsigned char>(bytes[bit / 8]);
  return (byte >> (7 - bit % 8) & 1) != 0;
}

}  // namespace miniredis::base
