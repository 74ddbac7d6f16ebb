#include "engine/function_registration.h"

#include <string>

#include "engine/functions.h"
#include "engine/script_values.h"

namespace miniredis::engine {
namespace {

int fail(lua_State* state, const char* what) {
  push_error_table(state, "ERR " + std::string(what));
  return lua_error(state);
}

// What the arguments say, as it stands on the stack: a name, a function, and perhaps more. Nothing
// here owns anything, for errors of Lua are thrown past it.
struct Said {
  int name = 0;
  int callback = 0;
  int description = 0;
  int flags = 0;
};

const char* read_named(lua_State* state, Said& said) {
  lua_settop(state, 1);
  lua_settop(state, 5);  // name, callback, description, flags
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    if (lua_type(state, -2) != LUA_TSTRING) {
      return "named argument key given to redis.register_function is not a string";
    }
    const Bytes key = lua::bytes_at(state, -2);
    int place = 0;
    if (key == "function_name") {
      if (lua_isstring(state, -1) == 0) {
        return "function_name argument given to redis.register_function must be a string";
      }
      place = said.name = 2;
    } else if (key == "callback") {
      if (!lua_isfunction(state, -1)) {
        return "callback argument given to redis.register_function must be a function";
      }
      place = said.callback = 3;
    } else if (key == "description") {
      if (lua_isstring(state, -1) == 0) {
        return "description argument given to redis.register_function must be a string";
      }
      place = said.description = 4;
    } else if (key == "flags") {
      if (!lua_istable(state, -1)) {
        return "flags argument to redis.register_function must be a table representing function "
               "flags";
      }
      place = said.flags = 5;
    } else {
      return "unknown argument given to redis.register_function";
    }
    lua_replace(state, place);
  }
  if (said.name == 0) return "redis.register_function must get a function name argument";
  if (said.callback == 0) return "redis.register_function must get a callback argument";
  return nullptr;
}

const char* read_arguments(lua_State* state, Said& said) {
  const int count = lua_gettop(state);
  if (count < 1 || count > 2) return "wrong number of arguments to redis.register_function";
  if (count == 1) {
    if (lua_istable(state, 1)) return read_named(state, said);
    return "calling redis.register_function with a single argument is only applicable to Lua "
           "table (representing named arguments).";
  }
  if (lua_isstring(state, 1) == 0) {
    return "first argument to redis.register_function must be a string";
  }
  if (!lua_isfunction(state, 2)) {
    return "second argument to redis.register_function must be a function";
  }
  said.name = 1;
  said.callback = 2;
  return nullptr;
}

// Reads the flags from the table; false: one is unknown.
bool read_flags(lua_State* state, int table, Function& function) {
  for (int i = 1;; ++i) {
    lua_rawgeti(state, table, i);
    const bool ends = lua_isnil(state, -1);
    bool known = true;
    if (!ends) {
      known = lua_type(state, -1) == LUA_TSTRING &&
              note_flag(lua::bytes_at(state, -1), function.program.flags);
      if (known) function.flags.emplace_back(lua::bytes_at(state, -1));
    }
    lua_pop(state, 1);
    if (ends || !known) return known;
  }
}

// Adds what was said to the library that is being loaded; what is wrong with it, or null. The
// reference to the callback is made before, for that may fail.
const char* add(lua_State* state, Functions& functions, const Said& said, int callback) {
  Function function;
  function.program.name = lua::bytes_at(state, said.name);
  function.program.function = callback;
  function.program.flags.declared = true;
  if (said.description != 0) function.description = lua::bytes_at(state, said.description);
  if (said.flags != 0 && !read_flags(state, said.flags, function)) return "unknown flag given";
  const Bytes wrong = functions.add(std::move(function));
  return wrong.empty() ? nullptr : wrong.data();
}

int register_function(lua_State* state) {
  auto& functions = static_cast<Functions&>(host_of(state));
  Said said;
  const char* wrong = read_arguments(state, said);
  if (wrong != nullptr) return fail(state, wrong);
  if (functions.loading() == nullptr) {
    return fail(state, "redis.register_function can only be called on FUNCTION LOAD command");
  }
  lua_pushvalue(state, said.callback);
  const int callback = luaL_ref(state, LUA_REGISTRYINDEX);
  wrong = add(state, functions, said, callback);
  if (wrong == nullptr) return 0;
  luaL_unref(state, LUA_REGISTRYINDEX, callback);
  return fail(state, wrong);
}

constexpr luaL_Reg kFunctions[] = {{"register_function", register_function}, {nullptr, nullptr}};

}  // namespace

const luaL_Reg* registration_functions() noexcept {
  return kFunctions;
}

}  // namespace miniredis::engine
