// The scripts of a node: its Lua state, the bodies that it was shown, and the one that runs.
//
// Made at the first script, and gone with SCRIPT FLUSH; all of its memory is the node's. Of bodies
// that only EVAL has shown the kMostShown used last are kept, as in Redis 7.4.
// Threads: as the node.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/client.h"
#include "lua/state.h"
#include "memory/containers.h"
#include "resp/buffer.h"

namespace miniredis::engine {

class NodeRuntime;
class ScriptTask;

// What a script says of itself in its first line: #!lua flags=no-writes,allow-oom
struct ScriptFlags {
  bool declared = false;  // it has such a line
  bool no_writes = false;
  bool allow_oom = false;
};

struct Script {
  Script(memory::Account& account, Bytes text, std::string name)
      : body(text, memory::AccountedAllocator<char>(account)), sha(std::move(name)) {}
  memory::String body;
  std::string sha;  // 40 hex digits
  int function = LUA_NOREF;
  ScriptFlags flags;
  bool loaded = false;  // by SCRIPT LOAD: kept until SCRIPT FLUSH
};

class Scripts {
 public:
  static constexpr std::size_t kMostShown = 500;

  explicit Scripts(NodeRuntime& node);
  ~Scripts();
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;

  // The script of this name, any case of letters; null: it was not shown.
  Script* find(Bytes sha);
  // The script of this body, compiled at first sight. Null: it is wrong, and `error` says why.
  Script* learn(Bytes body, std::string& error);

  // Keeps it however many others are shown.
  void keep(Script& script) noexcept;

  // Sets KEYS and ARGV; false: there is no memory for them.
  bool set_arguments(Arguments keys, Arguments arguments);
  // Gives back what scripts have left behind, if the node is short of memory.
  void collect_garbage_if_full() noexcept;

  // Of the script that runs.
  bool busy() const noexcept;  // for longer than busy-reply-threshold
  ScriptTask* running = nullptr;

  std::size_t count() const noexcept { return scripts_.size(); }
  std::size_t lua_bytes() const noexcept { return state_.bytes(); }

  NodeRuntime& node;
  Client client;  // whom commands of scripts run for

  lua::State& state() noexcept { return state_; }
  int error_handler() const noexcept { return error_handler_; }
  int entry() const noexcept { return entry_; }

 private:
  using List = memory::List<Script>;

  static int make_sandbox(lua_State* state);
  bool compile(Script& script, std::string& error);
  void forget(List::iterator script) noexcept;

  lua::State state_;
  List scripts_;  // the one used last in front
  std::unordered_map<std::string, List::iterator> by_sha_;
  std::unordered_map<std::string_view, List::iterator> by_body_;
  std::size_t shown_ = 0;  // those that are not loaded
  int error_handler_ = LUA_NOREF;
  int entry_ = LUA_NOREF;
};

// Makes the node's scripts if there are none yet. Throws std::bad_alloc.
Scripts& scripts_of(NodeRuntime& node);

}  // namespace miniredis::engine
