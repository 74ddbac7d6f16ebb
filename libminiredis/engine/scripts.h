// The scripts of a node: their Lua state and the bodies that it was shown.
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

#include "engine/lua_host.h"
#include "memory/containers.h"

namespace miniredis::engine {

struct Script {
  Script(memory::Account& account, Bytes text, std::string sha)
      : body(text, memory::AccountedAllocator<char>(account)), program{std::move(sha)} {}
  memory::String body;
  ScriptProgram program;
  bool loaded = false;  // by SCRIPT LOAD: kept until SCRIPT FLUSH
};

class Scripts final : public LuaHost {
 public:
  static constexpr std::size_t kMostShown = 500;

  explicit Scripts(NodeRuntime& node);
  ~Scripts();

  // The script of this name, any case of letters; null: it was not shown.
  Script* find(Bytes sha);
  // The script of this body, compiled at first sight. Null: it is wrong, and `error` says why.
  Script* learn(Bytes body, std::string& error);

  // Keeps it however many others are shown.
  void keep(Script& script) noexcept;

  // As the globals KEYS and ARGV.
  bool set_arguments(Arguments keys, Arguments arguments) override;
  int push_arguments(lua_State*) override { return 0; }

  std::size_t count() const noexcept { return scripts_.size(); }

 private:
  using List = memory::List<Script>;

  bool compile(Script& script, std::string& error);
  void forget(List::iterator script) noexcept;

  List scripts_;  // the one used last in front
  std::unordered_map<std::string, List::iterator> by_sha_;
  std::unordered_map<std::string_view, List::iterator> by_body_;
  std::size_t shown_ = 0;  // those that are not loaded
};

// Makes the node's scripts if there are none yet. Throws std::bad_alloc.
Scripts& scripts_of(NodeRuntime& node);

}  // namespace miniredis::engine
