// Commands as JSON writes them: an array of a name and arguments, each a string, a number or
// {"base64":"..."}.
#pragma once

#include <string>

#include "http/json_request.h"
#include "node_manager/command_rules.h"

namespace miniredis::service {

// In one request.
inline constexpr std::size_t kMostCommands = 10'000;

// `place` names the value in errors. Throws Problem.
CommandWords command_of(const Json& value, const std::string& place);

// "0" to "15"; empty: 0. Throws Problem.
unsigned parse_database(const std::string& text);

}  // namespace miniredis::service
