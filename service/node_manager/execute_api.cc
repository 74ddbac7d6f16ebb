// /v1/nodes/{id}/execute: commands as JSON arrays, replies as typed JSON.
#include "common/secure_bytes.h"
#include "node_manager/api.h"
#include "node_manager/json_commands.h"
#include "node_manager/json_reply.h"

namespace miniredis::service {
namespace {

struct ExecuteRequest {
  std::vector<CommandWords> commands;
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

// One that is over in microseconds needs no session.
std::optional<Value> try_at_once(const NodeRecord& record, const ExecuteRequest& work) {
  const CommandWords& words = work.commands.front();
  if (!work.single || work.database != 0 || may_wait(words)) return std::nullopt;
  return record.node->try_execute(std::vector<std::string_view>(words.begin(), words.end()));
}

HttpReply execute(ApiContext& context, const ApiRequest& request) {
  const ExecuteRequest work = parse_execute(request.http);
  const NodePointer record = running_node(context, request);
  const bool reads_only = !request.principal().may(Scope::kCommandsWrite);
  const bool refused = reads_only && !is_for_readers(work.commands.front());
  if (work.single && refused) {
    return json_answer({{"reply", to_json(not_for_readers(work.commands.front()), work.encoding)}});
  }
  if (const std::optional<Value> reply = try_at_once(*record, work)) {
    return json_answer({{"reply", to_json(*reply, work.encoding)}});
  }
  // Several commands are one client's: SELECT and MULTI reach from one to the next.
  PatientSession session = session_of(context, *record, work.database);
  Json replies = Json::array();
  for (const CommandWords& command : work.commands) {
    const Value reply =
        reads_only && !is_for_readers(command) ? not_for_readers(command) : run(session, command);
    replies.push_back(to_json(reply, work.encoding));
  }
  if (work.single) return json_answer({{"reply", std::move(replies[0])}});
  return json_answer({{"replies", std::move(replies)}});
}

}  // namespace

void add_execute_route(Router& router, ApiContext& context) {
  add_route(router, Owner::kNodeManager, "executeOnNode", with(context, execute));
}

}  // namespace miniredis::service
