// The name of a stream's entry: Unix time in ms when it was added, and a number among those of the
// same ms. Ordered; every entry's is greater than the one before it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/numbers.h"

namespace miniredis::types {

struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  static constexpr StreamId least() noexcept { return {0, 0}; }
  static constexpr StreamId greatest() noexcept { return {UINT64_MAX, UINT64_MAX}; }

  constexpr bool is_zero() const noexcept { return (ms | seq) == 0; }
  // The one behind it or before it; nothing at the end.
  constexpr std::optional<StreamId> next() const noexcept {
    if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
    if (ms != UINT64_MAX) return StreamId{ms + 1, 0};
    return std::nullopt;
  }
  constexpr std::optional<StreamId> previous() const noexcept {
    if (seq != 0) return StreamId{ms, seq - 1};
    if (ms != 0) return StreamId{ms - 1, UINT64_MAX};
    return std::nullopt;
  }

  friend constexpr bool operator==(const StreamId& a, const StreamId& b) noexcept {
    return a.ms == b.ms && a.seq == b.seq;
  }
  friend constexpr bool operator<(const StreamId& a, const StreamId& b) noexcept {
    return a.ms < b.ms || (a.ms == b.ms && a.seq < b.seq);
  }
  friend constexpr bool operator>(const StreamId& a, const StreamId& b) noexcept { return b < a; }
  friend constexpr bool operator<=(const StreamId& a, const StreamId& b) noexcept {
    return !(b < a);
  }
  friend constexpr bool operator>=(const StreamId& a, const StreamId& b) noexcept {
    return !(a < b);
  }

  static constexpr std::size_t kMostChars = 41;
  // Writes "ms-seq" and returns the count of characters.
  std::size_t format(char* out) const noexcept {
    std::size_t size = base::format_uint(ms, out);
    out[size++] = '-';
    return size + base::format_uint(seq, out + size);
  }
};

}  // namespace miniredis::types
