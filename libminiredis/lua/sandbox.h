// What scripts may see of Lua, and nothing that they could change for one another.
//
// Stock Lua cannot make a table read-only, so scripts are given stand-ins: empty tables that look
// everything up in the real one and refuse to be written to. pairs(), next(), rawget() see through
// them; rawset(), setmetatable(), table.insert() and table.remove() refuse them.
// One thread at a time; inside a protected call, for all of it may fail.
#pragma once

#include <lua5.1/lua.hpp>

namespace miniredis::lua {

// Opens the libraries, takes away what leads out of the sandbox, and makes the globals: after it
// they may be added to with open_globals() until close_sandbox().
void open_sandbox(lua_State* state);
// Puts stand-ins before everything shared. What is compiled from then on sees these alone.
void close_sandbox(lua_State* state);
// Pushes the real table of globals.
void push_globals(lua_State* state);

}  // namespace miniredis::lua
