// What the two sides of a stream's bytes have in common.
#pragma once

#include <cstdint>

namespace miniredis::persistence::stream_format {

// Flags of an entry.
inline constexpr std::int64_t kDeleted = 1;
inline constexpr std::int64_t kSameNames = 2;  // as the node's

}  // namespace miniredis::persistence::stream_format
