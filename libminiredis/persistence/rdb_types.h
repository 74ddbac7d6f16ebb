// The bytes by which RDB tells in which form a value stands. See FORMAT.md.
#pragma once

#include <cstdint>

namespace miniredis::persistence {

// Of Redis 7.2; what 7.4 added (hashes whose fields expire) is marked with its own.
inline constexpr std::uint16_t kRdbVersion = 11;
inline constexpr std::uint16_t kRdbVersionOfTimedHashes = 12;

enum class RdbType : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kTextScores = 3,
  kHash = 4,
  kScores = 5,
  kZipmapHash = 9,
  kZiplistList = 10,
  kIntegerSet = 11,
  kZiplistScores = 12,
  kZiplistHash = 13,
  kZiplistChain = 14,
  kStream1 = 15,
  kListpackHash = 16,
  kListpackScores = 17,
  kListpackChain = 18,
  kStream2 = 19,
  kListpackSet = 20,
  kStream3 = 21,
  kTimedHash = 24,
  kListpackTimedHash = 25,
};

}  // namespace miniredis::persistence
