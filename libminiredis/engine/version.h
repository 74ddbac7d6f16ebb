// Which versions the engine says it has.
#pragma once

#include "base/bytes.h"

namespace miniredis::engine {

inline constexpr Bytes kVersion = "0.1.0";
// The Redis whose behaviour nodes show.
inline constexpr Bytes kRedisVersion = "7.2.4";

}  // namespace miniredis::engine
