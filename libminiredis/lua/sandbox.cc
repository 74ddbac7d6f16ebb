#include "lua/sandbox.h"

#include <cstdint>
#include <cstring>
#include <new>

#include "lua/libraries.h"
#include "lua/state.h"

namespace miniredis::lua {
namespace {

// Keys in the registry and in metatables: their addresses are what counts.
const char kReal = 0;     // in the metatable of a stand-in: the table it stands for
const char kGlobals = 0;  // in the registry: the real globals
const char kRandom = 0;   // in the registry: the state of math.random()

constexpr char kReadOnly[] = "Attempt to modify a readonly table";

void* key(const char& mark) noexcept {
  return const_cast<char*>(&mark);
}

// Pushes the table that the value at `index` stands for; pushes nothing when it is no stand-in.
bool push_real(lua_State* state, int index) {
  if (lua_type(state, index) != LUA_TTABLE || lua_getmetatable(state, index) == 0) return false;
  lua_pushlightuserdata(state, key(kReal));
  lua_rawget(state, -2);
  lua_remove(state, -2);
  if (lua_istable(state, -1)) return true;
  lua_pop(state, 1);
  return false;
}

void refuse_stand_in(lua_State* state, int index) {
  if (!push_real(state, index)) return;
  lua_pushliteral(state, "Attempt to modify a readonly table");
  lua_error(state);
}

int refuse_write(lua_State* state) {
  return luaL_error(state, kReadOnly);
}

int miss_global(lua_State* state) {
  const char* name = lua_tostring(state, 2);
  return luaL_error(state, "Script attempted to access nonexistent global variable '%s'",
                    name == nullptr ? "?" : name);
}

// Puts a stand-in for the table on top of the stack in its place.
void stand_in(lua_State* state) {
  lua_newtable(state);
  lua_createtable(state, 0, 4);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, refuse_write);
  lua_setfield(state, -2, "__newindex");
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_pushlightuserdata(state, key(kReal));
  lua_pushvalue(state, -4);
  lua_rawset(state, -3);
  lua_setmetatable(state, -2);
  lua_replace(state, -2);
}

int next_pair(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 2);
  if (push_real(state, 1)) lua_replace(state, 1);
  if (lua_next(state, 1) != 0) return 2;
  lua_pushnil(state);
  return 1;
}

// A stand-in's is nobody's business.
int get_metatable(lua_State* state) {
  luaL_checkany(state, 1);
  if (push_real(state, 1) || lua_getmetatable(state, 1) == 0) {
    lua_pushnil(state);
    return 1;
  }
  luaL_getmetafield(state, 1, "__metatable");
  return 1;
}

int push_pairs(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_pushcfunction(state, next_pair);
  lua_pushvalue(state, 1);
  lua_pushnil(state);
  return 3;
}

int raw_get(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_checkany(state, 2);
  lua_settop(state, 2);
  if (push_real(state, 1)) lua_replace(state, 1);
  lua_rawget(state, 1);
  return 1;
}

// Calls the function that the upvalue keeps, unless its first argument is a stand-in.
int guarded(lua_State* state) {
  refuse_stand_in(state, 1);
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, LUA_MULTRET);
  return lua_gettop(state);
}

// An error of redis.call() is a table; who catches it is given its text, as ever.
int protected_call(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushboolean(state, 1);
  lua_insert(state, 1);
  if (lua_pcall(state, lua_gettop(state) - 2, LUA_MULTRET, 0) == 0) return lua_gettop(state);
  if (lua_istable(state, -1)) {
    lua_pushliteral(state, "err");
    lua_rawget(state, -2);
    if (lua_isstring(state, -1))
      lua_replace(state, -2);
    else
      lua_pop(state, 1);
  }
  lua_pushboolean(state, 0);
  lua_replace(state, 1);
  return 2;
}

// Compiled code is never checked when it is loaded: it could read and write anywhere.
int load_text(lua_State* state, Bytes text, const char* name) {
  if (!text.empty() && text[0] == LUA_SIGNATURE[0]) {
    lua_pushnil(state);
    lua_pushliteral(state, "compiled code is not allowed, only text");
    return 2;
  }
  if (luaL_loadbuffer(state, text.data(), text.size(), name) == 0) return 1;
  lua_pushnil(state);
  lua_insert(state, -2);
  return 2;
}

int load_string(lua_State* state) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, 1, &size);
  const char* name = luaL_optstring(state, 2, text);
  return load_text(state, {text, size}, name);
}

// load(): the pieces that the function returns, put together first.
int load_pieces(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  const char* name = luaL_optstring(state, 2, "=(load)");
  lua_settop(state, 2);
  luaL_Buffer whole;
  luaL_buffinit(state, &whole);
  for (;;) {
    lua_pushvalue(state, 1);
    lua_call(state, 0, 1);
    if (lua_isnil(state, -1)) break;
    if (!lua_isstring(state, -1)) return luaL_error(state, "reader function must return a string");
    if (lua_objlen(state, -1) == 0) break;
    luaL_addvalue(&whole);
  }
  lua_pop(state, 1);
  luaL_pushresult(&whole);
  return load_text(state, bytes_at(state, -1), name);
}

// lrand48(3) of POSIX, so that scripts draw what they draw from Redis.
struct Random {
  std::uint64_t state = 0x1234abcd330e;  // as where nobody has seeded it
  void seed(std::uint32_t with) noexcept { state = std::uint64_t{with} << 16 | 0x330e; }
  std::uint32_t next() noexcept {
    state = (state * 0x5deece66d + 0xb) & ((std::uint64_t{1} << 48) - 1);
    return static_cast<std::uint32_t>(state >> 17);
  }
};

Random* random_of(lua_State* state) noexcept {
  lua_pushlightuserdata(state, key(kRandom));
  lua_rawget(state, LUA_REGISTRYINDEX);
  auto* random = static_cast<Random*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return random;
}

int draw_number(lua_State* state) {
  constexpr double kMost = 2147483647.0;
  const double r = (random_of(state)->next() % 2147483647U) / kMost;
  const int arguments = lua_gettop(state);
  if (arguments == 0) {
    lua_pushnumber(state, r);
    return 1;
  }
  if (arguments > 2) return luaL_error(state, "wrong number of arguments");
  const double low = arguments == 1 ? 1 : luaL_checknumber(state, 1);
  const double high = luaL_checknumber(state, arguments);
  luaL_argcheck(state, low <= high, arguments, "interval is empty");
  lua_pushnumber(state, static_cast<double>(static_cast<std::int64_t>(r * (high - low + 1))) + low);
  return 1;
}

int seed_random(lua_State* state) {
  const auto seed = static_cast<std::int64_t>(luaL_checknumber(state, 1));
  random_of(state)->seed(static_cast<std::uint32_t>(seed));
  return 0;
}

void set_field(lua_State* state, const char* name, lua_CFunction function) {
  lua_pushcfunction(state, function);
  lua_setfield(state, -2, name);
}

// Wraps the function of the table on top so that it refuses stand-ins.
void guard_field(lua_State* state, const char* name) {
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, guarded, 1);
  lua_setfield(state, -2, name);
}

void open(lua_State* state, const char* name, lua_CFunction library) {
  lua_pushcfunction(state, library);
  lua_pushstring(state, name);
  lua_call(state, 1, 0);
}

}  // namespace

void open_sandbox(lua_State* state) {
  open(state, "", luaopen_base);
  open(state, LUA_TABLIBNAME, luaopen_table);
  open(state, LUA_STRLIBNAME, luaopen_string);
  open(state, LUA_MATHLIBNAME, luaopen_math);
  lua_pushvalue(state, LUA_GLOBALSINDEX);
  for (const char* name : {"dofile", "loadfile", "print", "newproxy", "getfenv", "setfenv"}) {
    lua_pushnil(state);
    lua_setfield(state, -2, name);
  }
  set_field(state, "getmetatable", get_metatable);
  set_field(state, "load", load_pieces);
  set_field(state, "loadstring", load_string);
  set_field(state, "next", next_pair);
  set_field(state, "pairs", push_pairs);
  set_field(state, "pcall", protected_call);
  set_field(state, "rawget", raw_get);
  guard_field(state, "rawset");
  guard_field(state, "setmetatable");
  push_bit(state);
  lua_setfield(state, -2, "bit");
  push_struct(state);
  lua_setfield(state, -2, "struct");
  push_json(state);
  lua_setfield(state, -2, "cjson");
  push_msgpack(state);
  lua_setfield(state, -2, "cmsgpack");
  lua_getfield(state, -1, LUA_TABLIBNAME);
  for (const char* name : {"insert", "remove", "sort"}) guard_field(state, name);
  lua_pop(state, 1);
  lua_getfield(state, -1, LUA_MATHLIBNAME);
  set_field(state, "random", draw_number);
  set_field(state, "randomseed", seed_random);
  lua_pop(state, 1);
  lua_pushlightuserdata(state, key(kRandom));
  new (lua_newuserdata(state, sizeof(Random))) Random{};
  lua_rawset(state, LUA_REGISTRYINDEX);
  lua_pushlightuserdata(state, key(kGlobals));
  lua_insert(state, -2);
  lua_rawset(state, LUA_REGISTRYINDEX);
}

void close_sandbox(lua_State* state) {
  push_globals(state);
  for (const char* name :
       {"string", "table", "math", "coroutine", "bit", "struct", "cjson", "cmsgpack", "redis"}) {
    lua_getfield(state, -1, name);
    stand_in(state);
    lua_setfield(state, -2, name);
  }
  // The strings' metatable: what getmetatable("") gives is a stand-in for a copy.
  lua_pushliteral(state, "");
  lua_getmetatable(state, -1);
  lua_newtable(state);
  lua_getfield(state, -4, "string");
  lua_setfield(state, -2, "__index");
  stand_in(state);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 2);
  // A global that is not there is an error.
  lua_createtable(state, 0, 2);
  set_field(state, "__index", miss_global);
  lua_setmetatable(state, -2);
  lua_pushvalue(state, -1);
  stand_in(state);
  lua_pushvalue(state, -1);
  lua_setfield(state, -3, "_G");
  lua_replace(state, LUA_GLOBALSINDEX);
  lua_pop(state, 1);
}

void push_globals(lua_State* state) {
  lua_pushlightuserdata(state, key(kGlobals));
  lua_rawget(state, LUA_REGISTRYINDEX);
}

}  // namespace miniredis::lua
