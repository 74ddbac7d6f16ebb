// One client as CLIENT LIST shows it.
#pragma once

#include <string>

#include "engine/client.h"

namespace miniredis::engine {

// "id=3 addr=127.0.0.1:50312 ... lib-ver=", without a line end.
std::string client_line(const Client& client, std::int64_t now_ms);

}  // namespace miniredis::engine
