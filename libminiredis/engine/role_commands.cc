// What a node without replicas and without modules answers to those who ask for them: it is a
// master, and stays one.
#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

// ROLE, REPLICAOF, FAILOVER

void run_role(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);  // bytes that replicas were sent
  call.reply.array(0);
}
constexpr Command kRole = engine_plain_command<run_role>(
    "role",
    {"Returns the replication role: that of a master without replicas.", "2.8.12", "O(1)",
     Group::kServer, "ROLE", "1) \"master\"\n2) (integer) 0\n3) (empty array)"},
    kAnyTime | kFast | kOfOperators | kDangerous);

constexpr std::uint32_t kReplicaFlags = kNoScript | kStale | kAdmin | kDangerous;

constexpr Arg kHostAndPort[] = {string("host", nullptr), string("port", nullptr)};
constexpr Arg kNoOne[] = {flag("NO", nullptr), flag("ONE", nullptr)};
constexpr Arg kMasters[] = {block("host-port", kHostAndPort, nullptr),
                            block("no-one", kNoOne, nullptr)};
constexpr Arg kReplicaOfArgs[] = {one_of("args", kMasters)};

void run_replicaof(Context& context, Arguments words) {
  if (base::equals_ignore_case(words[0], "no") && base::equals_ignore_case(words[1], "one"))
    context.reply.ok();
  else
    context.fail("ERR a node cannot be a replica; allowed: NO ONE");
}
constexpr Command kReplicaOf =
    raw_command<kReplicaOfArgs>("replicaof",
                                {"Has the node be no replica, which it never is.", "5.0.0", "O(1)",
                                 Group::kServer, "REPLICAOF NO ONE", "OK"},
                                kReplicaFlags, run_replicaof);
constexpr Command kSlaveOf =
    raw_command<kReplicaOfArgs>("slaveof",
                                {"Has the node be no replica, which it never is.", "1.0.0", "O(1)",
                                 Group::kServer, "SLAVEOF NO ONE", "OK"},
                                kReplicaFlags, run_replicaof);

constexpr Arg kFailoverTarget[] = {string("host", nullptr), integer("port", nullptr),
                                   optional(flag("FORCE", nullptr))};
constexpr Arg kNodeFailoverArgs[] = {
    optional({"target", ArgKind::kBlock, nullptr, "TO", kFailoverTarget}),
    optional(flag("ABORT", nullptr)),
    optional(integer("milliseconds", nullptr, "TIMEOUT")),
};

// What is wrong with the words.
Bytes failover_error(Arguments words) {
  const auto is = [&](std::size_t at, Bytes word) {
    return base::equals_ignore_case(words[at], word);
  };
  if (words.size() == 1 && is(0, "abort")) return "ERR No failover in progress.";
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t more = words.size() - i - 1;
    if (is(i, "timeout") && more >= 1) {
      const auto timeout_ms = base::parse_int(words[++i]);
      if (!timeout_ms) return wire::kNotInteger;
      if (*timeout_ms <= 0) return "ERR FAILOVER timeout must be greater than 0";
    } else if (is(i, "to") && more >= 2) {
      i += 2;
      if (!base::parse_int(words[i])) return wire::kNotInteger;
    } else if (!is(i, "force")) {
      return wire::kSyntax;
    }
  }
  return "ERR FAILOVER requires connected replicas.";
}
void run_failover(Context& context, Arguments words) {
  context.fail(failover_error(words));
}
constexpr Command kNodeFailover = raw_command<kNodeFailoverArgs>(
    "failover",
    {"Makes a replica the master, of which a node has none.", "6.2.0", "O(1)", Group::kServer,
     "FAILOVER", "(error) ERR FAILOVER requires connected replicas."},
    kReplicaFlags, run_failover);

// MODULE

void run_module_list(Call& call) {
  call.reply.array(0);
}
constexpr Command kModuleList = engine_plain_command<run_module_list>(
    "module|list",
    {"Returns the modules of the server: a node has none.", "4.0.0", "O(1)", Group::kServer,
     "MODULE LIST", "(empty array)"},
    kNoScript | kAdmin | kDangerous);

void run_module_off(Context& context, Arguments) {
  context.fail(
      "ERR MODULE command not allowed: native code of a tenant would run in the process of all "
      "others");
}
constexpr const char* kNoModuleReply = "(error) ERR MODULE command not allowed: ...";

constexpr Arg kModuleLoadArgs[] = {string("path", nullptr),
                                   optional(multiple(string("arg", nullptr)))};
constexpr Command kModuleLoad =
    raw_command<kModuleLoadArgs>("module|load",
                                 {"Loads a module, which no node does.", "4.0.0", "O(1)",
                                  Group::kServer, "MODULE LOAD m.so", kNoModuleReply},
                                 kNoScript | kAdmin | kDangerous, run_module_off);
constexpr Arg kModuleConfig[] = {string("name", nullptr), string("value", nullptr)};
constexpr Arg kModuleLoadExArgs[] = {
    string("path", nullptr),
    optional(multiple({"configs", ArgKind::kBlock, nullptr, "CONFIG", kModuleConfig})),
    optional(multiple(string("args", nullptr, "ARGS"))),
};
constexpr Command kModuleLoadEx = raw_command<kModuleLoadExArgs>(
    "module|loadex",
    {"Loads a module with parameters, which no node does.", "7.0.0", "O(1)", Group::kServer,
     "MODULE LOADEX m.so CONFIG a b", kNoModuleReply},
    kNoScript | kAdmin | kDangerous, run_module_off);
constexpr Arg kModuleUnloadArgs[] = {string("name", nullptr)};
constexpr Command kModuleUnload =
    raw_command<kModuleUnloadArgs>("module|unload",
                                   {"Unloads a module, of which a node has none.", "4.0.0", "O(1)",
                                    Group::kServer, "MODULE UNLOAD m", kNoModuleReply},
                                   kNoScript | kAdmin | kDangerous, run_module_off);

constexpr const char* kModuleHelpLines[] = {
    "LIST",
    "    Return the modules of the node, which has none.",
    "LOAD <path> [<arg> ...]",
    "    Refused: nodes load no modules.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Refused: nodes load no modules.",
    "UNLOAD <name>",
    "    Refused: there is none to unload.",
};
constexpr Command kModuleHelp =
    help_command<kModuleHelpLines>("module|help", Group::kServer, "5.0.0");

constexpr const Command* kModuleSubcommands[] = {&kModuleHelp, &kModuleList, &kModuleLoad,
                                                 &kModuleLoadEx, &kModuleUnload};
constexpr Command kModule =
    container("module",
              {"A container for module commands: a node has no modules.", "4.0.0",
               "Depends on subcommand.", Group::kServer, "MODULE LIST", "(empty array)"},
              kModuleSubcommands);

}  // namespace

CommandGroup role_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kRole, &kReplicaOf, &kSlaveOf, &kNodeFailover,
                                                 &kModule};
  return kCommands;
}

}  // namespace miniredis::engine
