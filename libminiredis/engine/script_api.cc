#include "engine/script_api.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/sha1.h"
#include "engine/acl.h"
#include "engine/dispatch.h"
#include "engine/monitor.h"
#include "engine/script_task.h"
#include "engine/script_values.h"
#include "engine/version.h"

namespace miniredis::engine {
namespace {

namespace wire = commands::wire;

// As dispatch() has it.
constexpr std::uint32_t kEvictionsPerWrite = 64;

constexpr Bytes kUnknown = "ERR Unknown Redis command called from script";
constexpr Bytes kArity = "ERR Wrong number of args calling Redis command from script";
constexpr Bytes kNotAllowed = "ERR This Redis command is not allowed from script";
constexpr Bytes kReadOnlyScript = "ERR Write commands are not allowed from read-only scripts.";

// The script that runs. None does while code is only compiled, which calls nothing.
ScriptTask& task_of(lua_State* state) {
  ScriptTask* const task = host_of(state).running;
  if (task == nullptr) luaL_error(state, "no script is running");
  return *task;  // NOLINT(*.UndefReturn): luaL_error() does not return
}

int fail_with(lua_State* state, Bytes line) {
  push_error_table(state, line);
  return lua_error(state);
}

// Turns the arguments into words, which live as long as they stand on the stack.
bool read_words(lua_State* state, std::vector<Bytes>& words) {
  const int count = lua_gettop(state);
  words.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    if (lua_type(state, i) == LUA_TNUMBER) {
      const double n = lua_tonumber(state, i);
      char digits[40];
      const int size = std::snprintf(digits, sizeof digits, "%.17g", n);
      lua_pushlstring(state, digits, static_cast<std::size_t>(size));
      lua_replace(state, i);
    } else if (lua_type(state, i) != LUA_TSTRING) {
      return false;
    }
    words.push_back(lua::bytes_at(state, i));
  }
  return true;
}

struct Found {
  const CommandEntry* entry = nullptr;
  Bytes error;
};

Found find_command(const ScriptTask& task, Arguments words) {
  const CommandTable& table = CommandTable::get();
  const CommandEntry* entry = table.find(words[0]);
  if (entry == nullptr) return {nullptr, kUnknown};
  if (entry->command->is_container() && (words.size() > 1 || entry->command->run == nullptr)) {
    if (words.size() == 1) return {nullptr, kArity};
    entry = table.find_subcommand(*entry, words[1]);
    if (entry == nullptr) return {nullptr, kUnknown};
  }
  const commands::Command& command = *entry->command;
  if (!command.takes(words.size())) return {nullptr, kArity};
  if (command.has(commands::kNoScript | commands::kNeedsClient)) return {nullptr, kNotAllowed};
  if (task.read_only() && command.has(commands::kWrite)) return {nullptr, kReadOnlyScript};
  return {entry, {}};
}

// A script that has begun to write may go a little over the limit, for half of one is worse than
// none; a limit that a loop could pass at will would be none either.
bool has_room(ScriptTask& task) {
  NodeRuntime& node = task.call().node;
  if (node.account.excess() == 0 || node.keyspace.make_room(kEvictionsPerWrite)) return true;
  const bool may_exceed = task.has_written() || task.program().flags.allow_oom;
  return may_exceed && node.account.excess() <= lua::State::kReserveBytes;
}

// Whether the rights of the script's caller do not suffice; `error` says why not.
bool refuse(const ScriptTask& task, const CommandEntry& entry, Arguments words,
            std::string& error) {
  const Client& client = task.host().client;
  if (client.user == nullptr) return false;
  const Verdict verdict = check_rights(*client.user, entry, words);
  if (verdict.allowed()) return false;
  note_denial(task.host().node, task.caller() != nullptr ? *task.caller() : client,
              RefusedIn::kScript, verdict, entry, words, client.user->name);
  error = "ERR ACL failure in script: " + denial_text(verdict, *client.user, entry, words, false);
  return true;
}

// Runs the command and leaves its reply in the task's buffer.
Bytes run_command(ScriptTask& task, Arguments words, std::string& scratch) {
  const Found found = find_command(task, words);
  if (found.entry == nullptr) return found.error;
  const commands::Command& command = *found.entry->command;
  NodeRuntime& node = task.call().node;
  if (!task.host().client.all_rights && refuse(task, *found.entry, words, scratch)) {
    return scratch;
  }
  if (command.has(commands::kDenyOom) && !has_room(task)) return wire::kOutOfMemory;
  if (command.has(commands::kWrite)) task.note_write();
  if (!node.monitors.empty() && !command.has(commands::kSkipMonitor | commands::kAdmin)) {
    feed_monitors(node, task.host().client, words);
  }
  task.replies().clear();
  task.call().reply.set_protocol(task.protocol());
  run_scripted(task.call(), *found.entry, words);
  return {};
}

int call_command(lua_State* state, bool fails) {
  ScriptTask& task = task_of(state);
  task.check_alive(state);
  if (lua_gettop(state) == 0) {
    push_error_table(state, "ERR Please specify at least one argument for this redis lib call");
    return fails ? lua_error(state) : 1;
  }
  bool failed = true;
  {
    std::vector<Bytes> words;
    std::string scratch;
    Bytes error = "ERR Lua redis lib command arguments must be strings or integers";
    if (read_words(state, words)) error = run_command(task, words, scratch);
    if (!error.empty()) {
      task.host().node.statistics.count_error(error);
      push_error_table(state, error);
    } else {
      const Bytes reply = task.replies().view();
      failed = !reply.empty() && reply[0] == '-';
      ReplyReader reader(reply);
      push_reply(state, reader, task.resp3(), task);
      if (task.replies().capacity() > (64U << 10)) task.replies().reset();
    }
  }
  task.check_alive(state);
  return failed && fails ? lua_error(state) : 1;
}

int redis_call(lua_State* state) {
  return call_command(state, true);
}
int redis_pcall(lua_State* state) {
  return call_command(state, false);
}

int sha1hex(lua_State* state) {
  if (lua_gettop(state) != 1) return fail_with(state, "ERR wrong number of arguments");
  std::size_t size = 0;
  const char* text = lua_tolstring(state, 1, &size);
  lua::push_bytes(state, base::sha1_hex(text == nullptr ? Bytes() : Bytes(text, size)));
  return 1;
}

int error_reply(lua_State* state) {
  if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TSTRING) {
    push_error_table(state, "ERR wrong number or type of arguments");
    return 1;
  }
  Bytes text = lua::bytes_at(state, 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  // A word alone is no code.
  const std::string prefix = text.find(' ') == Bytes::npos ? "ERR " : "";
  push_error_table(state, prefix + std::string(text));
  return 1;
}

int status_reply(lua_State* state) {
  if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TSTRING) {
    push_error_table(state, "ERR wrong number or type of arguments");
    return 1;
  }
  lua_createtable(state, 0, 1);
  lua_pushvalue(state, 1);
  lua_setfield(state, -2, "ok");
  return 1;
}

// A node has no log of its own that a script could write to: the arguments are checked, no more.
int log(lua_State* state) {
  if (lua_gettop(state) < 2) {
    return fail_with(state, "ERR redis.log() requires two arguments or more.");
  }
  if (lua_isnumber(state, 1) == 0) {
    return fail_with(state, "ERR First argument must be a number (log level).");
  }
  const double level = lua_tonumber(state, 1);
  if (!(level >= 0 && level <= 3)) return fail_with(state, "ERR Invalid debug level.");
  return 0;
}

int setresp(lua_State* state) {
  if (lua_gettop(state) != 1) {
    return fail_with(state, "ERR redis.setresp() requires one argument.");
  }
  const double version = lua_tonumber(state, 1);
  if (version != 2 && version != 3) {
    return fail_with(state, "ERR RESP version must be 2 or 3.");
  }
  task_of(state).set_protocol(version == 3 ? resp::Protocol::kResp3 : resp::Protocol::kResp2);
  return 0;
}

// Every command is its own effect here, as since Redis 7; what is set is only checked.
int set_repl(lua_State* state) {
  if (lua_gettop(state) != 1) {
    return fail_with(state, "ERR redis.set_repl() requires one argument.");
  }
  const double flags = lua_tonumber(state, 1);
  if (!(flags >= 0 && flags <= 3)) {
    return fail_with(state,
                     "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                     "REPL_NONE.");
  }
  return 0;
}

int replicate_commands(lua_State* state) {
  lua_pushboolean(state, 1);
  return 1;
}
int breakpoint(lua_State* state) {
  lua_pushboolean(state, 0);
  return 1;
}
int debug(lua_State*) {
  return 0;
}

// Whether the caller of the script may run a command.
int acl_check_cmd(lua_State* state) {
  if (lua_gettop(state) == 0) {
    return fail_with(state, "ERR Please specify at least one argument for this redis lib call");
  }
  bool is_known = false;
  bool is_allowed = false;
  {
    std::vector<Bytes> words;
    if (!read_words(state, words)) {
      words.clear();
      words.shrink_to_fit();
      return fail_with(state,
                       "ERR redis.acl_check_cmd() require all arguments to be strings or integers");
    }
    const CommandTable& table = CommandTable::get();
    const CommandEntry* entry = table.find(words[0]);
    if (entry != nullptr && entry->command->is_container() && words.size() > 1) {
      entry = table.find_subcommand(*entry, words[1]);
    }
    is_known = entry != nullptr;
    const Client& client = task_of(state).host().client;
    is_allowed = is_known && (client.all_rights || client.user == nullptr ||
                              check_rights(*client.user, *entry, words).allowed());
  }
  if (!is_known) {
    return fail_with(state, "ERR Invalid command passed to redis.acl_check_cmd()");
  }
  lua_pushboolean(state, is_allowed ? 1 : 0);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"call", redis_call},
                                   {"pcall", redis_pcall},
                                   {"sha1hex", sha1hex},
                                   {"error_reply", error_reply},
                                   {"status_reply", status_reply},
                                   {"log", log},
                                   {"setresp", setresp},
                                   {"set_repl", set_repl},
                                   {"replicate_commands", replicate_commands},
                                   {"breakpoint", breakpoint},
                                   {"debug", debug},
                                   {"acl_check_cmd", acl_check_cmd},
                                   {nullptr, nullptr}};

constexpr struct {
  const char* name;
  int value;
} kNumbers[] = {{"LOG_DEBUG", 0},    {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2},
                {"LOG_WARNING", 3},  {"REPL_NONE", 0},   {"REPL_AOF", 1},
                {"REPL_REPLICA", 2}, {"REPL_SLAVE", 2},  {"REPL_ALL", 3}};

// 7.2.4 as 0x00070204.
consteval int version_number(Bytes version) {
  int number = 0;
  int part = 0;
  for (const char c : version) {
    if (c != '.') {
      part = part * 10 + (c - '0');
    } else {
      number = (number | part) << 8;
      part = 0;
    }
  }
  return number | part;
}

}  // namespace

void push_redis(lua_State* state) {
  lua_newtable(state);
  luaL_register(state, nullptr, kFunctions);
  for (const auto& [name, value] : kNumbers) {
    lua_pushinteger(state, value);
    lua_setfield(state, -2, name);
  }
  lua::push_bytes(state, kRedisVersion);
  lua_setfield(state, -2, "REDIS_VERSION");
  lua_pushinteger(state, version_number(kRedisVersion));
  lua_setfield(state, -2, "REDIS_VERSION_NUM");
}

}  // namespace miniredis::engine
