// Which words of a command hold a password: MONITOR and SLOWLOG show others in their place.
#pragma once

#include "miniredis/engine.h"

namespace miniredis::engine {

// `words` has the command's name first. O(place).
bool is_secret(Arguments words, std::size_t place) noexcept;

}  // namespace miniredis::engine
