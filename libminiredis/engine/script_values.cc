#include "engine/script_values.h"

#include <string>

namespace miniredis::engine {
namespace {

using Kind = Value::Kind;

void push_field_table(lua_State* state, const char* field, Bytes text) {
  lua_createtable(state, 0, 1);
  lua::push_bytes(state, text);
  lua_setfield(state, -2, field);
}

// Of as many items as the reply says: they are there already, so nothing is promised for them.
void push_array(lua_State* state, ReplyReader& reader, std::size_t count, bool resp3,
                ScriptTask& task) {
  lua_createtable(state, static_cast<int>(count), 0);
  for (std::size_t i = 1; i <= count; ++i) {
    push_reply(state, reader, resp3, task);
    lua_rawseti(state, -2, static_cast<int>(i));
  }
}

void push_map(lua_State* state, ReplyReader& reader, std::size_t pairs, ScriptTask& task) {
  lua_createtable(state, 0, 1);
  lua_createtable(state, 0, static_cast<int>(pairs));
  for (std::size_t i = 0; i < pairs; ++i) {
    push_reply(state, reader, true, task);
    push_reply(state, reader, true, task);
    lua_rawset(state, -3);
  }
  lua_setfield(state, -2, "map");
}

void push_set(lua_State* state, ReplyReader& reader, std::size_t count, ScriptTask& task) {
  lua_createtable(state, 0, 1);
  lua_createtable(state, 0, static_cast<int>(count));
  for (std::size_t i = 0; i < count; ++i) {
    push_reply(state, reader, true, task);
    lua_pushboolean(state, 1);
    lua_rawset(state, -3);
  }
  lua_setfield(state, -2, "set");
}

void push_verbatim(lua_State* state, Bytes text) {
  lua_createtable(state, 0, 1);
  lua_createtable(state, 0, 2);
  // The reader shows the text behind "txt:".
  lua_pushlstring(state, text.data() - 4, 3);
  lua_setfield(state, -2, "format");
  lua::push_bytes(state, text);
  lua_setfield(state, -2, "string");
  lua_setfield(state, -2, "verbatim_string");
}

// Pushes the field of the table on top if it is of the type; otherwise nothing.
bool push_field(lua_State* state, const char* field, int type) {
  lua_pushstring(state, field);
  lua_rawget(state, -2);
  if (lua_type(state, -1) == type) return true;
  lua_pop(state, 1);
  return false;
}

std::string one_line(Bytes text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return line;
}

// Writes a value inside another.
void write_inner(lua_State* state, resp::Writer& reply, ScriptTask& task) {
  if (lua_checkstack(state, 6) == 0) {
    lua_pushliteral(state, "reached lua stack limit");
    lua_error(state);
  }
  write_value(state, reply, task);
}

void write_array(lua_State* state, resp::Writer& reply, ScriptTask& task) {
  int count = 0;
  for (;; ++count) {
    lua_rawgeti(state, -1, count + 1);
    const bool end = lua_isnil(state, -1);
    lua_pop(state, 1);
    if (end) break;
    if (count % 256 == 0) task.pass_turn();
  }
  reply.array(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(state, -1, i);
    write_inner(state, reply, task);
  }
}

std::size_t count_pairs(lua_State* state) {
  std::size_t count = 0;
  for (lua_pushnil(state); lua_next(state, -2) != 0; lua_pop(state, 1)) ++count;
  return count;
}

// A map, or a set: then without the values. The table is on top.
void write_pairs(lua_State* state, resp::Writer& reply, ScriptTask& task, bool with_values) {
  const std::size_t count = count_pairs(state);
  if (with_values)
    reply.map(count);
  else
    reply.set(count);
  for (lua_pushnil(state); lua_next(state, -2) != 0;) {
    if (!with_values) lua_pop(state, 1);
    lua_pushvalue(state, with_values ? -2 : -1);
    write_inner(state, reply, task);
    if (with_values) write_inner(state, reply, task);
  }
}

// A table that stands for one of the replies that Lua has no value for; false: it is an array.
bool write_marked(lua_State* state, resp::Writer& reply, ScriptTask& task) {
  if (push_field(state, "err", LUA_TSTRING)) {
    reply.error(one_line(lua::bytes_at(state, -1)));
    task.note_failure();
  } else if (push_field(state, "ok", LUA_TSTRING)) {
    reply.status(one_line(lua::bytes_at(state, -1)));
  } else if (push_field(state, "double", LUA_TNUMBER)) {
    reply.real(lua_tonumber(state, -1));
  } else if (push_field(state, "map", LUA_TTABLE)) {
    write_pairs(state, reply, task, true);
  } else if (push_field(state, "set", LUA_TTABLE)) {
    write_pairs(state, reply, task, false);
  } else if (push_field(state, "big_number", LUA_TSTRING)) {
    const std::string digits = one_line(lua::bytes_at(state, -1));
    if (reply.resp3()) {
      reply.buffer().append("(");
      reply.buffer().append(digits);
      reply.buffer().append("\r\n");
    } else {
      reply.bulk(digits);
    }
  } else if (push_field(state, "verbatim_string", LUA_TTABLE)) {
    const bool has_format = push_field(state, "format", LUA_TSTRING);
    std::string format(has_format ? lua::bytes_at(state, -1) : Bytes("txt"));
    if (has_format) lua_pop(state, 1);
    format.resize(3, ' ');
    if (push_field(state, "string", LUA_TSTRING)) {
      reply.verbatim(format, lua::bytes_at(state, -1));
      lua_pop(state, 1);
    } else {
      reply.null();
    }
  } else {
    return false;
  }
  lua_pop(state, 1);
  return true;
}

}  // namespace

void push_error_table(lua_State* state, Bytes line) {
  push_field_table(state, "err", line);
}

void push_reply(lua_State* state, ReplyReader& reader, bool resp3, ScriptTask& task) {
  task.pass_turn_sometimes();
  luaL_checkstack(state, 6, "too deep");
  const std::optional<ReplyItem> item = reader.next();
  if (!item) {
    lua_pushnil(state);
    return;
  }
  switch (item->kind) {
    case Kind::kNil:
      if (resp3)
        lua_pushnil(state);
      else
        lua_pushboolean(state, 0);
      return;
    case Kind::kBoolean:
      lua_pushboolean(state, item->integer != 0 ? 1 : 0);
      return;
    case Kind::kInteger:
      lua_pushnumber(state, static_cast<double>(item->integer));
      return;
    case Kind::kDouble:
      lua_createtable(state, 0, 1);
      lua_pushnumber(state, item->real);
      lua_setfield(state, -2, "double");
      return;
    case Kind::kString:
      lua::push_bytes(state, item->text);
      return;
    case Kind::kStatus:
      push_field_table(state, "ok", item->text);
      return;
    case Kind::kError:
      push_field_table(state, "err", item->text);
      return;
    case Kind::kVerbatim:
      push_verbatim(state, item->text);
      return;
    case Kind::kBigNumber:
      push_field_table(state, "big_number", item->text);
      return;
    case Kind::kMap:
      push_map(state, reader, item->count, task);
      return;
    case Kind::kSet:
      push_set(state, reader, item->count, task);
      return;
    case Kind::kArray:
    case Kind::kPush:
      push_array(state, reader, item->count, resp3, task);
      return;
  }
}

void write_value(lua_State* state, resp::Writer& reply, ScriptTask& task) {
  task.pass_turn_sometimes();
  task.check_reply(reply.buffer().size());
  switch (lua_type(state, -1)) {
    case LUA_TSTRING:
      reply.bulk(lua::bytes_at(state, -1));
      break;
    case LUA_TNUMBER:
      reply.integer(task.truncate(lua_tonumber(state, -1)));
      break;
    case LUA_TBOOLEAN:
      if (task.resp3())
        reply.boolean(lua_toboolean(state, -1) != 0);
      else if (lua_toboolean(state, -1) != 0)
        reply.integer(1);
      else
        reply.null();
      break;
    case LUA_TTABLE:
      if (!write_marked(state, reply, task)) write_array(state, reply, task);
      break;
    default:
      reply.null();
  }
  lua_pop(state, 1);
}

}  // namespace miniredis::engine
