// SHA-1 (RFC 3174): names of scripts and digests of data, as Redis has them. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace miniredis::base {

using Sha1Digest = std::array<std::uint8_t, 20>;

Sha1Digest sha1(Bytes data) noexcept;
// 40 lower-case hex digits.
std::string hex_of(const Sha1Digest& digest);
inline std::string sha1_hex(Bytes data) {
  return hex_of(sha1(data));
}

}  // namespace miniredis::base
