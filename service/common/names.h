// What tenants and nodes may be called.
#pragma once

#include <algorithm>
#include <string_view>

namespace miniredis::service {

inline constexpr std::size_t kMostNameBytes = 64;
inline constexpr const char* kAllowedNames =
    "1 to 64 characters out of a-z A-Z 0-9 _ - . and not only dots";

// Dots alone would be legal for the engine, but no path segment of a URL can carry them.
constexpr bool is_name(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  return plain && !text.empty() && text.size() <= kMostNameBytes && text != "." && text != "..";
}

}  // namespace miniredis::service
