// The vocabulary for raw bytes. A Bytes is a view: it owns nothing and lives as long as its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace miniredis {

using Bytes = std::string_view;

namespace base {

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
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

}  // namespace base
}  // namespace miniredis
