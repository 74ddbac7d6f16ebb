// mredis node create|list|get|update|history|start|stop|restart|delete|exec
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "control.h"
#include "reply_json.h"
#include "reply_printer.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

std::string password_of(const ParsedFlags& flags) {
  if (flags.has("password") && flags.has("password-file")) {
    throw UsageError("--password and --password-file exclude each other");
  }
  const auto path = flags.text("password-file");
  if (!path) return flags.text("password").value_or("");
  std::ifstream file;
  if (*path != "-") file.open(*path);
  std::string password;
  if (!std::getline(*path == "-" ? std::cin : file, password) || password.empty()) {
    throw UsageError("cannot read a password from " + *path);
  }
  return password;
}

Json port_of(const ParsedFlags& flags) {
  const std::string port = flags.text("port").value_or("auto");
  if (port == "auto") return true;
  if (port == "none") return false;
  return *flags.number("port", 1, 65535);
}

// What both a new node and a change may say.
Json node_wishes(const ParsedFlags& flags) {
  Json body = Json::object();
  if (const auto memory = flags.text("memory")) body["memory"] = *memory;
  if (const auto policy = flags.text("policy")) body["eviction_policy"] = *policy;
  if (const std::string password = password_of(flags); !password.empty()) {
    body["password"] = password;
  }
  if (const auto clients = flags.number("max-clients", 1, 1'000'000)) {
    body["max_clients"] = *clients;
  }
  if (const auto shard = flags.number("shard", 0, 255)) body["shard"] = *shard;
  return body;
}

int create_node(const ControlCall& call) {
  if (!call.flags.has("tenant")) throw UsageError("node create needs --tenant");
  Json body = node_wishes(call.flags);
  body["tenant"] = *call.flags.text("tenant");
  body["name"] = call.flags.words()[0];
  body["port"] = port_of(call.flags);
  print_object(call.http.create("/v1/nodes", body), call.json);
  return kExitOk;
}

int update_node(const ControlCall& call) {
  Json body = node_wishes(call.flags);
  if (const auto name = call.flags.text("name")) body["name"] = *name;
  if (call.flags.has("port")) body["port"] = port_of(call.flags);
  if (body.empty()) throw UsageError("node update needs a flag that says what to change");
  print_object(call.http.request("PATCH", path_of(call, "nodes"), body), call.json);
  return kExitOk;
}

int list_nodes(const ControlCall& call) {
  return print_list(call, with_query(call, "/v1/nodes", {"tenant", "state"}),
                    {{"NAME", "name"},
                     {"TENANT", "tenant"},
                     {"STATE", "state"},
                     {"PORT", "port"},
                     {"LIMIT", "memory_limit_bytes"},
                     {"EVICTION", "eviction_policy"},
                     {"ID", "id"}});
}

int node_history(const ControlCall& call) {
  return print_list(
      call, path_of(call, "nodes") + "/history",
      {{"AT", "at"}, {"FROM", "from"}, {"TO", "to"}, {"CAUSE", "cause"}, {"BY", "actor"}});
}

int get_node(const ControlCall& call) {
  print_object(call.http.request("GET", path_of(call, "nodes")), call.json);
  return kExitOk;
}

int change_state(const ControlCall& call, const char* action) {
  const Json node = call.http.request("POST", path_of(call, "nodes") + "/" + action);
  if (call.json) {
    std::cout << node.dump(2) << "\n";
  } else {
    std::cout << member_text(node, "name") << ": " << member_text(node, "state") << "\n";
  }
  return kExitOk;
}

int delete_node(const ControlCall& call) {
  confirm(call.flags, "Node " + call.flags.words()[0] + " will be deleted with all its data.");
  call.http.request("DELETE", path_of(call, "nodes"));
  if (!call.json) std::cout << call.flags.words()[0] << ": deleted\n";
  return kExitOk;
}

int execute(const ControlCall& call) {
  const std::vector<std::string>& words = call.flags.words();
  Json command = Json::array();
  for (std::size_t i = 1; i < words.size(); ++i) command.push_back(argument_to_json(words[i]));
  Json body = {{"command", std::move(command)}};
  if (const auto database = call.flags.number("db", 0, 15)) body["database"] = *database;
  const Json answer = call.http.request("POST", path_of(call, "nodes") + "/execute", body);
  if (!answer.is_object() || !answer.contains("reply")) {
    throw RefusedError("the daemon's answer holds no reply");
  }
  const Json& reply = answer["reply"];
  const Value value = value_from_json(reply);
  if (call.json) {
    std::cout << reply.dump() << "\n";
  } else {
    // JSON does not tell a status from a string, so a reply that is one string is shown bare.
    const bool drawn = isatty(STDOUT_FILENO) != 0 && value.kind() != Value::Kind::kString;
    std::cout << print_reply(value, drawn ? ReplyFormat::kDrawn : ReplyFormat::kRaw);
  }
  return value.is_error() ? kExitErrorReply : kExitOk;
}

std::vector<Flag> wish_flags(std::initializer_list<Flag> own) {
  std::vector<Flag> flags(own);
  flags.insert(
      flags.end(),
      {{"", "memory", "SIZE", "memory limit, e.g. 40mb"},
       {"", "policy", "POLICY", "what is evicted at the limit: noeviction, allkeys-lru, ..."},
       {"", "password", "PASSWORD", "password of its clients"},
       {"", "password-file", "FILE", "file with that password; - reads it from the input"},
       {"", "port", "PORT", "a port of its own: auto, none, or a number (auto)"},
       {"", "max-clients", "N", "connections at once"},
       {"", "shard", "N", "shard to pin it to"}});
  return flags;
}

}  // namespace

const std::vector<ControlAction>& node_actions() {
  static const std::vector<ControlAction> actions = {
      {"create", "NAME --tenant TENANT", "create a node and start it", 1, 1, kAnywhere,
       wish_flags({{"", "tenant", "TENANT", "tenant that owns it (required)"}}), create_node},
      {"list",
       "",
       "all nodes",
       0,
       0,
       kAnywhere,
       {{"", "tenant", "TENANT", "of this tenant only"},
        {"", "state", "STATE", "in this state only: running, stopped, failed, ..."}},
       list_nodes},
      {"get", "NODE", "one node, by its name or id", 1, 1, kAnywhere, {}, get_node},
      {"update", "NODE", "change it: all that is said, or nothing", 1, 1, kAnywhere,
       wish_flags({{"", "name", "NAME", "another name"}}), update_node},
      {"history", "NODE", "its changes of state", 1, 1, kAnywhere, {}, node_history},
      {"start",
       "NODE",
       "open its endpoints",
       1,
       1,
       kAnywhere,
       {},
       [](const ControlCall& call) { return change_state(call, "start"); }},
      {"stop",
       "NODE",
       "close its endpoints; its data stays in memory",
       1,
       1,
       kAnywhere,
       {},
       [](const ControlCall& call) { return change_state(call, "stop"); }},
      {"restart",
       "NODE",
       "stop and start it",
       1,
       1,
       kAnywhere,
       {},
       [](const ControlCall& call) { return change_state(call, "restart"); }},
      {"delete",
       "NODE",
       "delete it with its data",
       1,
       1,
       kAnywhere,
       {{"y", "yes", "", "do not ask"}},
       delete_node},
      {"exec",
       "NODE COMMAND ARGS...",
       "run a Redis command on it; flags stand before NODE",
       2,
       static_cast<std::size_t>(-1),
       FlagTable::Words::kLast,
       {{"n", "db", "N", "database (0)"}},
       execute},
      {"top",
       "",
       "watch the nodes; q leaves",
       0,
       0,
       kAnywhere,
       {{"", "once", "", "print one table and end"},
        {"", "tenant", "TENANT", "of this tenant only"}},
       run_top},
  };
  return actions;
}

}  // namespace miniredis::mredis
