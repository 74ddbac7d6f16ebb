// The one JSON type: objects keep the order in which their members were put in.
#pragma once

#include <nlohmann/json.hpp>

namespace miniredis::service {

using Json = nlohmann::ordered_json;

}  // namespace miniredis::service
