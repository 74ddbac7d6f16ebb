// The libraries that Redis gives scripts beside Lua's own. Each pushes its table.
#pragma once

#include <lua5.1/lua.hpp>

namespace miniredis::lua {

void push_bit(lua_State* state);      // bit operations on 32-bit integers, as LuaBitOp has them
void push_struct(lua_State* state);   // packed binary data, as Ierusalimschy's struct has it
void push_json(lua_State* state);     // cjson
void push_msgpack(lua_State* state);  // cmsgpack

}  // namespace miniredis::lua
