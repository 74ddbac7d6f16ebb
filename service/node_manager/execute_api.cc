// /v1/nodes/{id}/execute: commands as JSON arrays, replies as typed JSON.
#include "common/secure_bytes.h"
#include "node_manager/api.h"
#include "node_manager/json_reply.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostCommands = 10'000;

using Command = std::vector<std::string>;

std::string argument_of(const Json& value, const std::string& place) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  if (value.is_object() && value.size() == 1 && value.contains("base64") &&
      value["base64"].is_string()) {
    auto bytes = from_base64(value["base64"].get_ref<const std::string&>());
    if (bytes) return std::move(*bytes);
    throw invalid_value(place, "text that is not base64", "base64 with its padding");
  }
  throw invalid_value(place, shown(value), "a string, a number or {\"base64\":\"...\"}");
}

Command command_of(const Json& value, const std::string& place) {
  if (!value.is_array() || value.empty()) {
    throw invalid_value(place, value.is_array() ? "an empty array" : shown(value),
                        "an array of a command's name and arguments");
  }
  Command command;
  command.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    command.push_back(argument_of(value[i], place + "[" + std::to_string(i) + "]"));
  }
  return command;
}

std::vector<std::string_view> views_of(const Command& command) {
  return {command.begin(), command.end()};
}

struct ExecuteRequest {
  std::vector<Command> commands;
  bool single = false;
  unsigned database = 0;
  BulkEncoding encoding = BulkEncoding::kText;
};

ExecuteRequest parse_execute(const HttpRequest& http) {
  const Json body = parse_body(http);
  Fields fields(body);
  ExecuteRequest request;
  const Json* one = fields.find("command");
  const Json* many = fields.find("commands");
  request.database = static_cast<unsigned>(fields.integer("database", 0, 15).value_or(0));
  const std::string encoding = fields.text("encoding").value_or("text");
  fields.finish();
  if ((one == nullptr) == (many == nullptr)) {
    throw invalid_value("command", one == nullptr ? "nothing" : "together with commands",
                        "one of command and commands");
  }
  if (encoding != "text" && encoding != "base64") {
    throw invalid_value("encoding", shown(encoding), "text or base64");
  }
  if (encoding == "base64") request.encoding = BulkEncoding::kBase64;
  request.single = one != nullptr;
  if (request.single) {
    request.commands.push_back(command_of(*one, "command"));
    return request;
  }
  if (!many->is_array() || many->empty() || many->size() > kMostCommands) {
    throw invalid_value(
        "commands", many->is_array() ? std::to_string(many->size()) + " commands" : shown(*many),
        "an array of 1 to " + std::to_string(kMostCommands) + " commands");
  }
  for (std::size_t i = 0; i < many->size(); ++i) {
    request.commands.push_back(command_of((*many)[i], "commands[" + std::to_string(i) + "]"));
  }
  return request;
}

HttpReply execute(ApiContext& context, const ApiRequest& request) {
  const ExecuteRequest work = parse_execute(request.http);
  const NodePointer record = context.manager.index().find(request.path[0]);
  if (record == nullptr) {
    throw Problem{problem_kinds::kNotFound, "there is no node '" + request.path[0] + "'", ""};
  }
  if (record->state() != NodeState::kRunning) {
    throw Problem{problem_kinds::kWrongState,
                  std::string("the node is ") + to_string(record->state()), ""};
  }
  if (work.single && work.database == 0) {
    const Value reply = record->node->execute(views_of(work.commands.front()));
    return json_answer({{"reply", to_json(reply, work.encoding)}});
  }
  // Several commands are one client's: SELECT and MULTI reach from one to the next.
  auto session = record->node->open_session(work.database);
  if (!session) throw problem_of(failure_from(session.error()));
  Json replies = Json::array();
  for (const Command& command : work.commands) {
    replies.push_back(to_json(session->execute(views_of(command)), work.encoding));
  }
  if (work.single) return json_answer({{"reply", std::move(replies[0])}});
  return json_answer({{"replies", std::move(replies)}});
}

}  // namespace

void add_execute_route(Router& router, ApiContext& context) {
  router.add({"POST", "/v1/nodes/{id}/execute",
              [&context](const ApiRequest& request) { return execute(context, request); }});
}

}  // namespace miniredis::service
