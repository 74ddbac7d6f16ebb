#include "engine/scripts.h"

#include <algorithm>
#include <new>

#include "base/sha1.h"
#include "engine/node.h"
#include "engine/script_api.h"
#include "engine/script_task.h"
#include "lua/sandbox.h"

namespace miniredis::engine {
namespace {

// What a script costs in the two indexes, about.
constexpr std::int64_t kIndexBytes = 256;

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
  int function = LUA_NOREF;
};

int compile_text(lua_State* state) {
  Compilation& what = *static_cast<Compilation*>(lua_touserdata(state, 1));
  // What is compiled already could do anything: its instructions are not checked.
  if (!what.text.empty() && what.text[0] == LUA_SIGNATURE[0]) {
    return luaL_error(state, "compiled code is not allowed, only text");
  }
  if (luaL_loadbuffer(state, what.text.data(), what.text.size(), "@user_script") != 0) {
    return lua_error(state);
  }
  what.function = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

struct Tables {
  Arguments keys;
  Arguments arguments;
};

void set_table(lua_State* state, const char* name, Arguments words) {
  lua_createtable(state, static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    lua::push_bytes(state, words[i]);
    lua_rawseti(state, -2, static_cast<int>(i + 1));
  }
  lua_pushstring(state, name);
  lua_insert(state, -2);
  lua_rawset(state, -3);
}

int set_tables(lua_State* state) {
  const Tables tables = *static_cast<Tables*>(lua_touserdata(state, 1));
  lua::push_globals(state);
  set_table(state, "KEYS", tables.keys);
  set_table(state, "ARGV", tables.arguments);
  return 0;
}

std::string next_word(Bytes& line) {
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

// Reads the words behind flags=; returns what is wrong with them.
std::string read_flags(Bytes names, ScriptFlags& flags) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    const Bytes name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    if (name == "no-writes")
      flags.no_writes = true;
    else if (name == "allow-oom")
      flags.allow_oom = true;
    else if (name != "allow-stale" && name != "no-cluster" && name != "allow-cross-slot-keys" &&
             !name.empty())
      return "ERR Unexpected flag in script shebang: " + std::string(name);
  }
  return {};
}

// Reads the first line of a body that begins with #!; returns what is wrong with it.
std::string read_shebang(Bytes body, ScriptFlags& flags) {
  const std::size_t end = body.find('\n');
  if (end == Bytes::npos) return "ERR Invalid script shebang";
  Bytes line = body.substr(0, end);
  const std::string engine = next_word(line);
  if (engine != "#!lua") return "ERR Unexpected engine in script shebang: " + engine;
  flags.declared = true;
  for (std::string word = next_word(line); !word.empty(); word = next_word(line)) {
    if (!word.starts_with("flags=")) return "ERR Unknown lua shebang option: " + word;
    const std::string wrong = read_flags(Bytes(word).substr(6), flags);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

Scripts::Scripts(NodeRuntime& owner)
    : node(owner),
      client(script_owner()),
      state_(owner.account, this),
      scripts_(memory::AccountedAllocator<Script>(owner.account)) {
  node.account.charge(static_cast<std::int64_t>(memory::block_size(sizeof(Scripts))));
  client.listed = false;
  client.authenticated = true;
  client.peer = "lua";
  node.attach(client);
  if (!state_.call_protected(&Scripts::make_sandbox, this)) {
    node.account.charge(-static_cast<std::int64_t>(memory::block_size(sizeof(Scripts))));
    throw std::bad_alloc{};
  }
}

Scripts::~Scripts() {
  node.account.charge(-kIndexBytes * static_cast<std::int64_t>(scripts_.size()));
  node.account.charge(-static_cast<std::int64_t>(memory::block_size(sizeof(Scripts))));
}

int Scripts::make_sandbox(lua_State* state) {
  Scripts& scripts = *static_cast<Scripts*>(lua_touserdata(state, 1));
  lua::open_sandbox(state);
  lua::push_globals(state);
  push_redis(state);
  lua_setfield(state, -2, "redis");
  lua_pop(state, 1);
  lua::close_sandbox(state);
  lua_pushcfunction(state, describe_failure);
  scripts.error_handler_ = luaL_ref(state, LUA_REGISTRYINDEX);
  lua_pushcfunction(state, &ScriptTask::enter);
  scripts.entry_ = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

bool Scripts::busy() const noexcept {
  return running != nullptr && running->busy();
}

Script* Scripts::find(Bytes sha) {
  std::string name(sha);
  for (char& c : name) c = base::to_lower(c);
  const auto found = by_sha_.find(name);
  if (found == by_sha_.end()) return nullptr;
  scripts_.splice(scripts_.begin(), scripts_, found->second);
  return &*found->second;
}

Script* Scripts::learn(Bytes body, std::string& error) {
  const auto known = by_body_.find(body);
  if (known != by_body_.end()) {
    scripts_.splice(scripts_.begin(), scripts_, known->second);
    return &*known->second;
  }
  scripts_.emplace_front(node.account, body, base::sha1_hex(body));
  Script& script = scripts_.front();
  if (!compile(script, error)) {
    scripts_.pop_front();
    return nullptr;
  }
  node.account.charge(kIndexBytes);
  by_sha_.emplace(script.sha, scripts_.begin());
  by_body_.emplace(script.body, scripts_.begin());
  ++shown_;
  if (shown_ > kMostShown) {
    const auto oldest = std::find_if(scripts_.rbegin(), scripts_.rend(),
                                     [](const Script& each) { return !each.loaded; });
    forget(std::prev(oldest.base()));
  }
  return &script;
}

void Scripts::keep(Script& script) noexcept {
  if (!script.loaded) --shown_;
  script.loaded = true;
}

void Scripts::forget(List::iterator script) noexcept {
  luaL_unref(state_.get(), LUA_REGISTRYINDEX, script->function);
  by_sha_.erase(script->sha);
  by_body_.erase(script->body);
  node.account.charge(-kIndexBytes);
  if (!script->loaded) --shown_;
  scripts_.erase(script);
}

bool Scripts::compile(Script& script, std::string& error) {
  Bytes text = script.body;
  if (text.starts_with("#!")) {
    error = read_shebang(text, script.flags);
    if (!error.empty()) return false;
    text.remove_prefix(text.find('\n'));  // the empty line that is left keeps the numbers right
  }
  Compilation compilation{text};
  if (state_.call_protected(&compile_text, &compilation)) {
    script.function = compilation.function;
    return true;
  }
  lua_State* const state = state_.get();
  error = "ERR Error compiling script (new function): ";
  error += lua_isstring(state, -1) ? lua::bytes_at(state, -1) : Bytes("out of memory");
  lua_settop(state, 0);
  return false;
}

bool Scripts::set_arguments(Arguments keys, Arguments arguments) {
  Tables tables{keys, arguments};
  const bool set = state_.call_protected(&set_tables, &tables);
  lua_settop(state_.get(), 0);
  return set;
}

void Scripts::collect_garbage_if_full() noexcept {
  if (node.account.excess() == 0) return;
  lua_gc(state_.get(), LUA_GCCOLLECT, 0);
}

Scripts& scripts_of(NodeRuntime& node) {
  if (node.scripts == nullptr) node.scripts = std::make_unique<Scripts>(node);
  return *node.scripts;
}

}  // namespace miniredis::engine
