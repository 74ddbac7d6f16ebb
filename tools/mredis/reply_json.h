// The daemon's JSON for arguments and replies (POST /v1/nodes/{id}/execute), there and back.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "miniredis/value.h"

namespace miniredis::mredis {

// A string; {"base64":"..."} when the bytes are not UTF-8.
nlohmann::ordered_json argument_to_json(const std::string& bytes);

// The reply that `json` stands for. A string is taken as kString: JSON does not tell it from a
// status.
Value value_from_json(const nlohmann::ordered_json& json);

}  // namespace miniredis::mredis
