// CRC-64 with the polynomial of D. Jones, as RDB files have it: reflected, no start value, nothing
// added at the end. crc64(0, "123456789") is 0xe9c6d914c4b8d9ca.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace miniredis::persistence {

// Goes on from the checksum of what came before; 0 at the start.
std::uint64_t crc64(std::uint64_t crc, Bytes bytes) noexcept;

}  // namespace miniredis::persistence
