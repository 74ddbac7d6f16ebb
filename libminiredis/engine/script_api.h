// What scripts call `redis`: https://redis.io/docs/latest/develop/interact/programmability/lua-api/
#pragma once

#include "lua/state.h"

namespace miniredis::engine {

// Pushes the table.
void push_redis(lua_State* state);

}  // namespace miniredis::engine
