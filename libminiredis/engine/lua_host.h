// A Lua state of a node, whom its programs' commands run for, and the program that runs.
//
// A node has up to two: one of scripts (scripts.h), one of libraries (functions.h). What the states
// hold is the node's. Threads: as the node.
#pragma once

#include <cstdint>
#include <string>

#include "engine/client.h"
#include "lua/state.h"

namespace miniredis::engine {

class NodeRuntime;
class ScriptTask;

// What a program may do, and what it asks for.
struct ScriptFlags {
  bool declared = false;  // it has said what it does
  bool no_writes = false;
  bool allow_oom = false;
};

// What can be run.
struct ScriptProgram {
  std::string name;  // a script's SHA-1 in 40 hex digits, or a function's name
  int function = LUA_NOREF;
  ScriptFlags flags;
};

class LuaHost {
 public:
  // `functions` are added to the table `redis`. `owner_bytes` are charged to the node while this
  // lives. Throws std::bad_alloc.
  LuaHost(NodeRuntime& owner, const luaL_Reg* functions, std::size_t owner_bytes);
  LuaHost(const LuaHost&) = delete;
  LuaHost& operator=(const LuaHost&) = delete;

  // Hands keys and arguments to the next program; false: there is no memory for them.
  virtual bool set_arguments(Arguments keys, Arguments arguments) = 0;
  // Pushes what the program is called with; returns how many values that is.
  virtual int push_arguments(lua_State* state) = 0;

  // Gives back what programs have left behind, if the node is short of memory.
  void collect_garbage_if_full() noexcept;
  // Whether one runs for longer than busy-reply-threshold.
  bool busy() const noexcept;

  std::size_t lua_bytes() const noexcept { return state_.bytes(); }
  lua::State& state() noexcept { return state_; }
  int error_handler() const noexcept { return error_handler_; }
  int entry() const noexcept { return entry_; }

  NodeRuntime& node;
  Client client;
  ScriptTask* running = nullptr;

 protected:
  ~LuaHost();
  // Compiles text to a function, which is left in the registry; on failure LUA_NOREF, and `error`
  // says why.
  int compile(Bytes text, const char* chunk_name, std::string& error);

 private:
  static int make_sandbox(lua_State* state);

  const luaL_Reg* const functions_;
  const std::int64_t owner_bytes_;
  lua::State state_;
  int error_handler_ = LUA_NOREF;
  int entry_ = LUA_NOREF;
};

// The host that a state belongs to.
LuaHost& host_of(lua_State* state) noexcept;

// Pushes a table of these words.
void push_words(lua_State* state, Arguments words);

// The next of the words of a line that spaces part, taken off it; empty at the end.
std::string take_word(Bytes& line);
// Notes a flag by its name; false: there is none of that name.
bool note_flag(Bytes name, ScriptFlags& flags) noexcept;

}  // namespace miniredis::engine
