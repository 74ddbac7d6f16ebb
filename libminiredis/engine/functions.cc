#include "engine/functions.h"

#include <algorithm>

#include "engine/function_registration.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {

// What a library or a function costs beyond its texts, about.
constexpr std::int64_t kItemBytes = 256;
// How long a library's own code may take.
constexpr std::uint64_t kLoadNs = 500'000'000;
constexpr int kInstructionsPerLook = 10'000;

// Of functions' names too, as Redis has it.
constexpr Bytes kWrongName =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one "
    "character long";

bool is_name(Bytes text) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

int run_library(lua_State* state) {
  const int function = *static_cast<const int*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  lua_rawgeti(state, LUA_REGISTRYINDEX, function);
  lua_call(state, 0, 0);
  return 0;
}

// The text of an error on top of the stack, which may be a table of redis.error_reply()'s kind.
std::string error_at_top(lua_State* state) {
  if (lua_istable(state, -1)) {
    lua_pushliteral(state, "err");
    lua_rawget(state, -2);
    if (lua_isstring(state, -1)) return std::string(lua::bytes_at(state, -1));
  }
  return "ERR " +
         (lua_isstring(state, -1) ? std::string(lua::bytes_at(state, -1)) : "out of memory");
}

struct Tables {
  Arguments keys;
  Arguments arguments;
  int* keys_at;
  int* arguments_at;
};

int keep_tables(lua_State* state) {
  const Tables& tables = *static_cast<Tables*>(lua_touserdata(state, 1));
  push_words(state, tables.keys);
  *tables.keys_at = luaL_ref(state, LUA_REGISTRYINDEX);
  push_words(state, tables.arguments);
  *tables.arguments_at = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

}  // namespace

bool IgnoreCase::operator()(Bytes a, Bytes b) const noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return base::to_lower(x) < base::to_lower(y);
  });
}

Functions::Functions(NodeRuntime& owner)
    : LuaHost(owner, registration_functions(), sizeof(Functions)) {}

Functions::~Functions() {
  for (const auto& [name, library] : libraries_) node.account.charge(-bytes_of(library));
}

std::int64_t Functions::bytes_of(const Library& library) noexcept {
  const auto functions = static_cast<std::int64_t>(library.functions.size());
  return static_cast<std::int64_t>(library.code.size()) + kItemBytes * (1 + functions);
}

const Function* Functions::find(Bytes name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::string Functions::read_metadata(Bytes code, std::string& name) {
  if (!code.starts_with("#!")) return "ERR Missing library metadata";
  const std::size_t end = code.find('\n');
  if (end == Bytes::npos) return "ERR Invalid library metadata";
  Bytes line = code.substr(2, end - 2);
  const std::string engine = take_word(line);
  bool named = false;
  for (std::string word = take_word(line); !word.empty(); word = take_word(line)) {
    if (word.size() < 5 || !base::equals_ignore_case(Bytes(word).substr(0, 5), "name=")) {
      return "ERR Invalid metadata value given: " + word;
    }
    if (named) {
      return "ERR Invalid metadata value, name argument was given multiple times";
    }
    named = true;
    name = word.substr(5);
  }
  if (!named) return "ERR Library name was not given";
  if (!is_name(name)) return "ERR " + std::string(kWrongName);
  if (!base::equals_ignore_case(engine, "lua")) return "ERR Engine '" + engine + "' not found";
  return {};
}

std::string Functions::run_code(Library& library, Bytes code) {
  std::string error;
  const int function = compile(code, "@user_function", error);
  if (function == LUA_NOREF) return "ERR Error compiling function: " + error;
  lua_State* const lua = state().get();
  loading_ = &library;
  load_deadline_ns_ = node.clock().monotonic_ns() + kLoadNs;
  lua_sethook(lua, &Functions::end_late_load, LUA_MASKCOUNT, kInstructionsPerLook);
  int callback = function;
  const bool done = state().call_protected(&run_library, &callback);
  lua_sethook(lua, nullptr, 0, 0);
  loading_ = nullptr;
  if (!done) error = "ERR Error registering functions: " + error_at_top(lua);
  lua_settop(lua, 0);
  luaL_unref(lua, LUA_REGISTRYINDEX, function);
  if (done && library.functions.empty()) return "ERR No functions registered";
  return error;
}

void Functions::end_late_load(lua_State* state, lua_Debug*) {
  const auto& functions = static_cast<Functions&>(host_of(state));
  if (functions.node.clock().monotonic_ns() < functions.load_deadline_ns_) return;
  // From here on every instruction fails, so that no pcall() can hold it up.
  lua_sethook(state, &Functions::end_late_load, LUA_MASKCOUNT, 1);
  luaL_error(state, "FUNCTION LOAD timeout");
}

std::string Functions::check_names(const Library& library, const Library* replaced) const {
  for (const Function& function : library.functions) {
    const Function* other = find(function.program.name);
    if (other != nullptr && other->library != replaced) {
      return "ERR Function " + function.program.name + " already exists";
    }
  }
  return {};
}

std::optional<std::string> Functions::load(Bytes code, bool replace, std::string& error) {
  std::string name;
  error = read_metadata(code, name);
  if (!error.empty()) return std::nullopt;
  const auto old = libraries_.find(name);
  if (old != libraries_.end() && !replace) {
    error = "ERR Library '" + name + "' already exists";
    return std::nullopt;
  }
  Library fresh{name, std::string(code), {}};
  // The empty line that is left of the first one keeps the numbers right.
  error = run_code(fresh, code.substr(code.find('\n')));
  if (error.empty()) {
    error = check_names(fresh, old == libraries_.end() ? nullptr : &old->second);
  }
  if (!error.empty()) {
    release(fresh);
    return std::nullopt;
  }
  if (old != libraries_.end()) remove(name);
  node.account.charge(bytes_of(fresh));
  Library& kept = libraries_.emplace(name, std::move(fresh)).first->second;
  for (Function& function : kept.functions) {
    function.library = &kept;
    by_name_.emplace(function.program.name, &function);
  }
  return name;
}

bool Functions::remove(Bytes library) {
  const auto found = libraries_.find(library);
  if (found == libraries_.end()) return false;
  for (const Function& function : found->second.functions) by_name_.erase(function.program.name);
  release(found->second);
  node.account.charge(-bytes_of(found->second));
  libraries_.erase(found);
  return true;
}

// Lets Lua have the functions back.
void Functions::release(const Library& library) noexcept {
  for (const Function& function : library.functions) {
    luaL_unref(state().get(), LUA_REGISTRYINDEX, function.program.function);
  }
}

Bytes Functions::add(Function function) {
  if (!is_name(function.program.name)) {
    return kWrongName;
  }
  const auto& there = loading_->functions;
  const bool known = std::any_of(there.begin(), there.end(), [&](const Function& other) {
    return other.program.name == function.program.name;
  });
  if (known) return "Function already exists in the library";
  loading_->functions.push_back(std::move(function));
  return {};
}

bool Functions::set_arguments(Arguments keys, Arguments arguments) {
  Tables tables{keys, arguments, &keys_, &arguments_};
  const bool set = state().call_protected(&keep_tables, &tables);
  lua_settop(state().get(), 0);
  return set;
}

int Functions::push_arguments(lua_State* lua) {
  for (int* reference : {&keys_, &arguments_}) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, *reference);
    luaL_unref(lua, LUA_REGISTRYINDEX, *reference);
    *reference = LUA_NOREF;
  }
  return 2;
}

Functions& functions_of(NodeRuntime& node) {
  if (node.functions == nullptr) node.functions = std::make_unique<Functions>(node);
  return *node.functions;
}

}  // namespace miniredis::engine
