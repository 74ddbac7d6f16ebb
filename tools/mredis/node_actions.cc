// mredis node create|list|get|start|stop|restart|delete|exec
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "control.h"
#include "reply_json.h"
#include "reply_printer.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

constexpr auto kAnywhere = FlagTable::Words::kAnywhere;

std::string node_path(const ControlCall& call) {
  return "/v1/nodes/" + url_quoted(call.flags.words()[0]);
}

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

int create_node(const ControlCall& call) {
  const ParsedFlags& flags = call.flags;
  if (!flags.has("tenant")) throw UsageError("node create needs --tenant");
  Json body = {{"tenant", *flags.text("tenant")}, {"name", flags.words()[0]}};
  if (const auto memory = flags.text("memory")) body["memory"] = *memory;
  if (const auto policy = flags.text("policy")) body["eviction_policy"] = *policy;
  if (const std::string password = password_of(flags); !password.empty()) {
    body["password"] = password;
  }
  if (const auto clients = flags.number("max-clients", 1, 1'000'000)) {
    body["max_clients"] = *clients;
  }
  if (const auto shard = flags.number("shard", 0, 255)) body["shard"] = *shard;
  body["port"] = port_of(flags);
  print_object(call.http.request("POST", "/v1/nodes", body), call.json);
  return kExitOk;
}

int list_nodes(const ControlCall& call) {
  std::string path = "/v1/nodes";
  char separator = '?';
  for (const char* filter : {"tenant", "state"}) {
    if (const auto value = call.flags.text(filter)) {
      path += separator + std::string(filter) + "=" + url_quoted(*value);
      separator = '&';
    }
  }
  const Json nodes = fetch_all(call.http, path);
  if (call.json) {
    std::cout << nodes.dump(2) << "\n";
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const Json& node : nodes) {
    rows.push_back({member_text(node, "name"), member_text(node, "tenant"),
                    member_text(node, "state"), member_text(node, "port"),
                    member_text(node, "memory_limit_bytes"), member_text(node, "eviction_policy"),
                    member_text(node, "id")});
  }
  std::cout << draw_table({"NAME", "TENANT", "STATE", "PORT", "LIMIT", "EVICTION", "ID"}, rows);
  return kExitOk;
}

int get_node(const ControlCall& call) {
  print_object(call.http.request("GET", node_path(call)), call.json);
  return kExitOk;
}

int change_state(const ControlCall& call, const char* action) {
  const Json node = call.http.request("POST", node_path(call) + "/" + action);
  if (call.json) {
    std::cout << node.dump(2) << "\n";
  } else {
    std::cout << member_text(node, "name") << ": " << member_text(node, "state") << "\n";
  }
  return kExitOk;
}

int delete_node(const ControlCall& call) {
  confirm(call.flags, "Node " + call.flags.words()[0] + " will be deleted with all its data.");
  call.http.request("DELETE", node_path(call));
  if (!call.json) std::cout << call.flags.words()[0] << ": deleted\n";
  return kExitOk;
}

int execute(const ControlCall& call) {
  const std::vector<std::string>& words = call.flags.words();
  Json command = Json::array();
  for (std::size_t i = 1; i < words.size(); ++i) command.push_back(argument_to_json(words[i]));
  Json body = {{"command", std::move(command)}};
  if (const auto database = call.flags.number("db", 0, 15)) body["database"] = *database;
  const Json answer = call.http.request("POST", node_path(call) + "/execute", body);
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

}  // namespace

const std::vector<ControlAction>& node_actions() {
  static const std::vector<ControlAction> actions = {
      {"create",
       "NAME --tenant TENANT",
       "create a node and start it",
       1,
       1,
       kAnywhere,
       {{"", "tenant", "TENANT", "tenant that owns it (required)"},
        {"", "memory", "SIZE", "memory limit, e.g. 40mb"},
        {"", "policy", "POLICY", "what is evicted at the limit: noeviction, allkeys-lru, ..."},
        {"", "password", "PASSWORD", "password of its clients"},
        {"", "password-file", "FILE", "file with that password; - reads it from the input"},
        {"", "port", "PORT", "a port of its own: auto (default), none, or a number"},
        {"", "max-clients", "N", "connections at once"},
        {"", "shard", "N", "shard to pin it to"}},
       create_node},
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
