// Settings that hold a list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace miniredis::service {

// The parts between commas, without spaces around them; empty ones are left out.
inline std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view part = list.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return parts;
}

}  // namespace miniredis::service
