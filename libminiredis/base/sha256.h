// SHA-256 (FIPS 180-4) and a comparison whose time does not depend on the contents; for passwords.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace miniredis::base {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest sha256(Bytes data) noexcept;
// 64 digits, letters in lower case; and back, where others are refused.
std::string hex_of(const Sha256Digest& digest);
std::optional<Sha256Digest> sha256_from_hex(Bytes hex) noexcept;
bool equal_in_constant_time(const Sha256Digest& a, const Sha256Digest& b) noexcept;

}  // namespace miniredis::base
