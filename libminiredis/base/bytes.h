// The vocabulary for raw bytes. A Bytes is a view: it owns nothing and lives as long as its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace miniredis {

using Bytes = std::string_view;

namespace base {

// a == b for the short texts of the hot path: most keys end before a call of memcmp would have
// begun.
inline bool equals(Bytes a, Bytes b) noexcept {
  const std::size_t n = a.size();
  if (n != b.size()) return false;
  if (n > 64) return std::memcmp(a.data(), b.data(), n) == 0;
  const auto differs = [&](std::size_t at) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    std::memcpy(&x, a.data() + at, 8);
    std::memcpy(&y, b.data() + at, 8);
    return x != y;
  };
  if (n < 8) {
    for (std::size_t i = 0; i < n; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  for (std::size_t at = 0; at + 8 < n; at += 8) {
    if (differs(at)) return false;
  }
  return !differs(n - 8);
}

// ASCII only; locale plays no part.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

constexpr bool equals_ignore_case(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

}  // namespace base
}  // namespace miniredis
