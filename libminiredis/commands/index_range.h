// Ranges of indexes as LRANGE, LTRIM, GETRANGE and the ranges of sorted sets read them: from 0, or
// from -1 backwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace miniredis::commands {

struct IndexRange {
  std::size_t begin = 0;
  std::size_t count = 0;  // 0: nothing lies in the range
};

inline IndexRange index_range(std::int64_t start, std::int64_t stop, std::size_t size) noexcept {
  const auto length = static_cast<std::int64_t>(size);
  if (start < 0) start = std::max<std::int64_t>(start + length, 0);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop - start + 1)};
}

}  // namespace miniredis::commands
