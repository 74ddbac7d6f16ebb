#include "engine/scripts.h"

#include <algorithm>
#include <new>

#include "base/sha1.h"
#include "engine/node.h"
#include "lua/sandbox.h"

namespace miniredis::engine {
namespace {

// What a script costs in the two indexes, about.
constexpr std::int64_t kIndexBytes = 256;

struct Tables {
  Arguments keys;
  Arguments arguments;
};

void set_table(lua_State* state, const char* name, Arguments words) {
  lua_pushstring(state, name);
  push_words(state, words);
  lua_rawset(state, -3);
}

int set_tables(lua_State* state) {
  const Tables tables = *static_cast<Tables*>(lua_touserdata(state, 1));
  lua::push_globals(state);
  set_table(state, "KEYS", tables.keys);
  set_table(state, "ARGV", tables.arguments);
  return 0;
}

// Reads the words behind flags=; returns what is wrong with them.
std::string read_flags(Bytes names, ScriptFlags& flags) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    const Bytes name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    if (!name.empty() && !note_flag(name, flags)) {
      return "ERR Unexpected flag in script shebang: " + std::string(name);
    }
  }
  return {};
}

// Reads the first line of a body that begins with #!; returns what is wrong with it.
std::string read_shebang(Bytes body, ScriptFlags& flags) {
  const std::size_t end = body.find('\n');
  if (end == Bytes::npos) return "ERR Invalid script shebang";
  Bytes line = body.substr(0, end);
  const std::string engine = take_word(line);
  if (engine != "#!lua") return "ERR Unexpected engine in script shebang: " + engine;
  flags.declared = true;
  for (std::string word = take_word(line); !word.empty(); word = take_word(line)) {
    if (!word.starts_with("flags=")) return "ERR Unknown lua shebang option: " + word;
    std::string wrong = read_flags(Bytes(word).substr(6), flags);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

Scripts::Scripts(NodeRuntime& owner)
    : LuaHost(owner, nullptr, sizeof(Scripts)),
      scripts_(memory::AccountedAllocator<Script>(owner.account)) {}

Scripts::~Scripts() {
  node.account.charge(-kIndexBytes * static_cast<std::int64_t>(scripts_.size()));
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
  by_sha_.emplace(script.program.name, scripts_.begin());
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
  luaL_unref(state().get(), LUA_REGISTRYINDEX, script->program.function);
  by_sha_.erase(script->program.name);
  by_body_.erase(script->body);
  node.account.charge(-kIndexBytes);
  if (!script->loaded) --shown_;
  scripts_.erase(script);
}

bool Scripts::compile(Script& script, std::string& error) {
  Bytes text = script.body;
  if (text.starts_with("#!")) {
    error = read_shebang(text, script.program.flags);
    if (!error.empty()) return false;
    text.remove_prefix(text.find('\n'));  // the empty line that is left keeps the numbers right
  }
  script.program.function = LuaHost::compile(text, "@user_script", error);
  if (script.program.function != LUA_NOREF) return true;
  error.insert(0, "ERR Error compiling script (new function): ");
  return false;
}

bool Scripts::set_arguments(Arguments keys, Arguments arguments) {
  Tables tables{keys, arguments};
  const bool set = state().call_protected(&set_tables, &tables);
  lua_settop(state().get(), 0);
  return set;
}

Scripts& scripts_of(NodeRuntime& node) {
  if (node.scripts == nullptr) node.scripts = std::make_unique<Scripts>(node);
  return *node.scripts;
}

}  // namespace miniredis::engine
