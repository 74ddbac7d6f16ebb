// Rows of text in columns, and figures in forms that people read.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace miniredis::mredis {

using Row = std::vector<std::string>;

// Columns two spaces apart; those whose every cell begins with a digit are set to the right. An
// empty `head` is left out. Control characters in cells are shown as '?'.
std::string draw_table(const Row& head, const std::vector<Row>& rows);

// "512B", "40.0M", "1.5G": 1024 to the unit.
std::string bytes_text(double bytes);
// "950", "12.3k", "4.5M": 1000 to the unit.
std::string count_text(double count);

// A JSON member as a cell; "-" for null. Members named ..._bytes are shown as sizes.
std::string shown(const std::string& name, const nlohmann::ordered_json& value);
// The same for a member of `object`, "-" where there is none.
std::string member_text(const nlohmann::ordered_json& object, const char* name);
// A number of `object`, or 0.
double member_number(const nlohmann::ordered_json& object, const char* name);

}  // namespace miniredis::mredis
