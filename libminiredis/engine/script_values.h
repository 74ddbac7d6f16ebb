// Values of Lua to replies and back, as Redis documents it:
// https://redis.io/docs/latest/develop/interact/programmability/lua-api/#data-type-conversion
#pragma once

#include "engine/script_task.h"
#include "lua/state.h"
#include "miniredis/reply.h"
#include "resp/writer.h"

namespace miniredis::engine {

// Pushes the next reply that the reader stands at. `resp3`: as redis.setresp(3) asks for.
void push_reply(lua_State* state, ReplyReader& reader, bool resp3, ScriptTask& task);

// Writes the value on top of the stack, and pops it. Fails as Lua does when the value is nested too
// deep or the reply becomes larger than the node may be.
void write_value(lua_State* state, resp::Writer& reply, ScriptTask& task);

// Pushes {err = line}.
void push_error_table(lua_State* state, Bytes line);

}  // namespace miniredis::engine
