#include "table.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace miniredis::mredis {
namespace {

using Json = nlohmann::ordered_json;

std::string scaled(double value, double step, const char* const* units, int count) {
  int unit = 0;
  while (value >= step && unit < count - 1) {
    value /= step;
    ++unit;
  }
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, unit == 0 ? "%.0f%s" : "%.1f%s", value, units[unit]);
  return buffer;
}

std::string printable(std::string cell) {
  for (char& c : cell) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return cell;
}

// Columns on a terminal: of UTF-8, one for each byte that begins a character.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool is_figure(const std::string& cell) {
  return cell == "-" || (!cell.empty() && cell[0] >= '0' && cell[0] <= '9');
}

}  // namespace

std::string draw_table(const Row& head, const std::vector<Row>& rows) {
  std::vector<Row> all;
  if (!head.empty()) all.push_back(head);
  for (const Row& row : rows) {
    Row cells;
    for (const std::string& cell : row) cells.push_back(printable(cell));
    all.push_back(std::move(cells));
  }
  std::vector<std::size_t> widths;
  std::vector<bool> figures;
  for (std::size_t r = 0; r < all.size(); ++r) {
    widths.resize(std::max(widths.size(), all[r].size()), 0);
    figures.resize(widths.size(), !head.empty());
    for (std::size_t c = 0; c < all[r].size(); ++c) {
      widths[c] = std::max(widths[c], width_of(all[r][c]));
      if (r > 0 && !is_figure(all[r][c])) figures[c] = false;
    }
  }
  std::string out;
  for (const Row& row : all) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line.append("  ");
      const std::string pad(widths[c] - width_of(row[c]), ' ');
      line.append(figures[c] ? pad + row[c] : row[c] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.append(line).append("\n");
  }
  return out;
}

std::string bytes_text(double bytes) {
  static constexpr const char* kUnits[] = {"B", "K", "M", "G", "T", "P"};
  return scaled(bytes, 1024, kUnits, 6);
}

std::string count_text(double count) {
  static constexpr const char* kUnits[] = {"", "k", "M", "G"};
  return scaled(count, 1000, kUnits, 4);
}

std::string shown(const std::string& name, const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number() && name.ends_with("_bytes")) return bytes_text(value.get<double>());
  return value.dump();
}

std::string member_text(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return "-";
  return shown(name, object[name]);
}

double member_number(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_number()) return 0;
  return object[name].get<double>();
}

}  // namespace miniredis::mredis
