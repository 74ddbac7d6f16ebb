// redis.register_function(), by which the code of a library says what its functions are.
#pragma once

#include "lua/state.h"

namespace miniredis::engine {

// What the table `redis` of libraries has besides that of scripts; ends with a null.
const luaL_Reg* registration_functions() noexcept;

}  // namespace miniredis::engine
