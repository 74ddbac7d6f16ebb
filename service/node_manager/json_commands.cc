#include "node_manager/json_commands.h"

#include <charconv>

#include "common/secure_bytes.h"

namespace miniredis::service {
namespace {

std::string argument_of(const Json& value, const std::string& place) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  if (value.is_object() && value.size() == 1 && value.contains("base64") &&
      value["base64"].is_string()) {
    auto bytes = from_base64(value["base64"].get_ref<const std::string&>());
    if (bytes) return std::move(*bytes);
    throw invalid_value(place, "text that is not base64", "base64 with its padding");
  }
  throw invalid_value(place, shown(value), "a string, a number or {\"base64\":\"...\"}");
}

}  // namespace

CommandWords command_of(const Json& value, const std::string& place) {
  if (!value.is_array() || value.empty()) {
    throw invalid_value(place, value.is_array() ? "an empty array" : shown(value),
                        "an array of a command's name and arguments");
  }
  CommandWords command;
  command.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    command.push_back(argument_of(value[i], place + "[" + std::to_string(i) + "]"));
  }
  return command;
}

unsigned parse_database(const std::string& text) {
  if (text.empty()) return 0;
  unsigned number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || rest != text.data() + text.size() || number > 15) {
    throw invalid_value("database", "'" + text + "'", "an integer from 0 to 15");
  }
  return number;
}

}  // namespace miniredis::service
