// The libraries of functions of a node: FUNCTION and FCALL.
//
// They have a Lua state of their own, made at the first library and kept until FUNCTION FLUSH. A
// library's code runs once, when it is loaded: what it registers then are its functions. A library
// that turns out wrong leaves the others as they were.
// Threads: as the node.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/lua_host.h"

namespace miniredis::engine {

struct Library;

struct Function {
  ScriptProgram program;
  std::optional<std::string> description;
  std::vector<std::string> flags;  // as they were written
  Library* library = nullptr;
};

struct Library {
  std::string name;
  std::string code;
  std::list<Function> functions;  // in the order of their registration
};

// Functions are found whatever the case of their letters, as in Redis; libraries are not.
struct IgnoreCase {
  using is_transparent = void;
  bool operator()(Bytes a, Bytes b) const noexcept;
};

class Functions final : public LuaHost {
 public:
  explicit Functions(NodeRuntime& node);
  ~Functions();

  // Loads a library, in place of one of its name only if `replace`. Returns its name; else nothing,
  // and `error` says why.
  std::optional<std::string> load(Bytes code, bool replace, std::string& error);
  // False: there is none of that name.
  bool remove(Bytes library);

  const Function* find(Bytes name) const;
  const std::map<std::string, Library, std::less<>>& libraries() const noexcept {
    return libraries_;
  }
  std::size_t count() const noexcept { return by_name_.size(); }

  // The tables that a function is called with.
  bool set_arguments(Arguments keys, Arguments arguments) override;
  int push_arguments(lua_State* state) override;

  // Of redis.register_function(): the library that is being loaded; null when none is.
  Library* loading() noexcept { return loading_; }
  // What is wrong with adding it to the library that is being loaded; empty: it has been added.
  Bytes add(Function function);

 private:
  // What is wrong with a library's first line; `name` is what it gives.
  static std::string read_metadata(Bytes code, std::string& name);
  std::string run_code(Library& library, Bytes code);
  // Called by Lua once in some thousand instructions of a library's own code.
  static void end_late_load(lua_State* state, lua_Debug* where);
  std::string check_names(const Library& library, const Library* replaced) const;
  void release(const Library& library) noexcept;
  static std::int64_t bytes_of(const Library& library) noexcept;

  std::map<std::string, Library, std::less<>> libraries_;
  std::map<std::string, Function*, IgnoreCase> by_name_;
  Library* loading_ = nullptr;
  std::uint64_t load_deadline_ns_ = 0;
  int keys_ = LUA_NOREF;
  int arguments_ = LUA_NOREF;
};

// Makes the node's functions if there are none yet. Throws std::bad_alloc.
Functions& functions_of(NodeRuntime& node);

}  // namespace miniredis::engine
