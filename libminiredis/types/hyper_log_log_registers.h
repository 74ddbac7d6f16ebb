// The registers of a dense HyperLogLog, eight at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "types/hyper_log_log.h"

namespace miniredis::types::hyper_log_log {

// Eight registers of 6 bits each, which six bytes hold, spread by halves to a byte each, the first
// one lowest. The two bytes before them are read too.
inline std::uint64_t unpack(const char* at) noexcept {
  std::uint64_t bits = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&bits, at - 2, 8);
    bits >>= 16;
  } else {
    for (int i = 5; i >= 0; --i) bits = bits << 8 | static_cast<unsigned char>(at[i]);
  }
  bits = (bits & 0xff'ffff) | (bits & 0xffff'ff00'0000) << 8;
  bits = (bits & 0x0000'0fff'0000'0fff) | (bits & 0x00ff'f000'00ff'f000) << 4;
  return (bits & 0x003f'003f'003f'003f) | (bits & 0x0fc0'0fc0'0fc0'0fc0) << 2;
}

// Calls visit(index of the first, eight registers) for all of a dense value.
template <typename Visit>
void visit_dense(Bytes value, Visit&& visit) {
  const char* at = value.data() + kHeaderBytes;
  for (std::size_t first = 0; first < kRegisters; first += 8, at += 6) visit(first, unpack(at));
}

// The larger one of each of eight bytes, none of which has its highest bit set.
inline std::uint64_t larger_of_each(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr std::uint64_t kHighest = 0x8080'8080'8080'8080;
  // The highest bit of a byte stays where a is not smaller; it is made a mask of the whole byte.
  const std::uint64_t kept = (((a | kHighest) - b) & kHighest) >> 7;
  const std::uint64_t mask = kept * 0xff;
  return (a & mask) | (b & ~mask);
}

}  // namespace miniredis::types::hyper_log_log
