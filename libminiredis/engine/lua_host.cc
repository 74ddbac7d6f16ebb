#include "engine/lua_host.h"

#include <algorithm>
#include <new>

#include "engine/node.h"
#include "engine/script_api.h"
#include "engine/script_task.h"
#include "lua/sandbox.h"

namespace miniredis::engine {
namespace {

// Whom commands of scripts run for has nobody to be told.
class ScriptOwner final : public ClientOwner {
 public:
  void wake() override {}
  void resume() override {}
};

ScriptOwner& script_owner() noexcept {
  static ScriptOwner owner;
  return owner;
}

// Adds where the failure was to what failed; what is no table becomes one.
int describe_failure(lua_State* state) {
  lua_settop(state, 1);
  lua_Debug where;
  bool known = lua_getstack(state, 1, &where) != 0 && lua_getinfo(state, "Sl", &where) != 0;
  if (known && where.what[0] == 'C') {
    known = lua_getstack(state, 2, &where) != 0 && lua_getinfo(state, "Sl", &where) != 0;
  }
  if (!lua_istable(state, 1)) {
    const char* text = lua_tostring(state, 1);
    lua_pushfstring(state, "ERR %s", text == nullptr ? luaL_typename(state, 1) : text);
    lua_createtable(state, 0, 3);
    lua_insert(state, -2);
    lua_setfield(state, -2, "err");
    lua_replace(state, 1);
  }
  if (known) {
    lua_pushliteral(state, "source");
    lua_pushstring(state, where.source);
    lua_rawset(state, 1);
    lua_pushliteral(state, "line");
    lua_pushinteger(state, where.currentline);
    lua_rawset(state, 1);
  }
  return 1;
}

struct Compilation {
  Bytes text;
  const char* chunk_name;
  int function = LUA_NOREF;
};

int compile_text(lua_State* state) {
  Compilation& what = *static_cast<Compilation*>(lua_touserdata(state, 1));
  // What is compiled already could do anything: its instructions are not checked.
  if (!what.text.empty() && what.text[0] == LUA_SIGNATURE[0]) {
    return luaL_error(state, "compiled code is not allowed, only text");
  }
  if (luaL_loadbuffer(state, what.text.data(), what.text.size(), what.chunk_name) != 0) {
    return lua_error(state);
  }
  what.function = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

}  // namespace

LuaHost::LuaHost(NodeRuntime& owner, const luaL_Reg* functions, std::size_t owner_bytes)
    : node(owner),
      client(script_owner()),
      functions_(functions),
      owner_bytes_(static_cast<std::int64_t>(memory::block_size(owner_bytes))),
      state_(owner.account, this) {
  client.listed = false;
  client.authenticated = true;
  client.peer = "lua";
  node.attach(client);
  if (!state_.call_protected(&LuaHost::make_sandbox, this)) throw std::bad_alloc{};
  node.account.charge(owner_bytes_);
}

LuaHost::~LuaHost() {
  node.account.charge(-owner_bytes_);
}

int LuaHost::make_sandbox(lua_State* state) {
  LuaHost& host = *static_cast<LuaHost*>(lua_touserdata(state, 1));
  lua::open_sandbox(state);
  lua::push_globals(state);
  push_redis(state);
  if (host.functions_ != nullptr) luaL_register(state, nullptr, host.functions_);
  lua_setfield(state, -2, "redis");
  lua_pop(state, 1);
  lua::close_sandbox(state);
  lua_pushcfunction(state, describe_failure);
  host.error_handler_ = luaL_ref(state, LUA_REGISTRYINDEX);
  lua_pushcfunction(state, &ScriptTask::enter);
  host.entry_ = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

bool LuaHost::busy() const noexcept {
  return running != nullptr && running->busy();
}

void LuaHost::collect_garbage_if_full() noexcept {
  if (node.account.excess() == 0) return;
  lua_gc(state_.get(), LUA_GCCOLLECT, 0);
}

int LuaHost::compile(Bytes text, const char* chunk_name, std::string& error) {
  Compilation compilation{text, chunk_name};
  if (state_.call_protected(&compile_text, &compilation)) return compilation.function;
  lua_State* const state = state_.get();
  error = lua_isstring(state, -1) ? lua::bytes_at(state, -1) : Bytes("out of memory");
  lua_settop(state, 0);
  return LUA_NOREF;
}

LuaHost& host_of(lua_State* state) noexcept {
  return *static_cast<LuaHost*>(lua::state_of(state).owner());
}

void push_words(lua_State* state, Arguments words) {
  lua_createtable(state, static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    lua::push_bytes(state, words[i]);
    lua_rawseti(state, -2, static_cast<int>(i + 1));
  }
}

std::string take_word(Bytes& line) {
  const std::size_t start = line.find_first_not_of(' ');
  if (start == Bytes::npos) {
    line = {};
    return {};
  }
  const std::size_t end = std::min(line.find(' ', start), line.size());
  std::string word(line.substr(start, end - start));
  line.remove_prefix(end);
  return word;
}

bool note_flag(Bytes name, ScriptFlags& flags) noexcept {
  if (name == "no-writes") {
    flags.no_writes = true;
  } else if (name == "allow-oom") {
    flags.allow_oom = true;
  } else {
    return name == "allow-stale" || name == "no-cluster" || name == "allow-cross-slot-keys";
  }
  return true;
}

}  // namespace miniredis::engine
