// /redis/{node}: commands over REST as Upstash's clients send them.
//
//   POST /redis/cache            ["SET","k","v"]                -> {"result":"OK"}
//   POST /redis/cache/set/k      v                              -> the body is the last argument
//   GET  /redis/cache/set/k/v?EX=100                            -> the query adds arguments
//   POST /redis/cache/pipeline   [["SET","k","v"],["GET","k"]]  -> [{"result":"OK"},{"result":"v"}]
//   POST /redis/cache/multi-exec the same, as one transaction
//
// An error of a command is {"error":"..."} with status 400, or with Retry-After: 429 for THROTTLED,
// 503 for BUSY.
// With the header `Upstash-Encoding: base64` strings of results are base64, but for OK.
#include <charconv>

#include "common/secure_bytes.h"
#include "node_manager/api.h"
#include "node_manager/json_commands.h"
#include "node_manager/json_reply.h"

namespace miniredis::service {
namespace {

bool wants_base64(const ApiRequest& request) {
  return equals_ignoring_case(request.http.header("Upstash-Encoding"), "base64");
}

Json rest_value(const Value& value, bool base64);

Json rest_items(const Value& value, bool base64) {
  Json array = Json::array();
  for (const Value& item : value.items()) array.push_back(rest_value(item, base64));
  return array;
}

// As RESP2 says it: doubles are strings, maps are flat, what is not text becomes replacement
// characters unless base64 is asked for.
Json rest_value(const Value& value, bool base64) {
  switch (value.kind()) {
    case Value::Kind::kNil:
      return nullptr;
    case Value::Kind::kBoolean:
    case Value::Kind::kInteger:
      return value.as_integer();
    case Value::Kind::kDouble: {
      const std::string text = to_string(value);
      const std::string digits = text.starts_with("(double) ") ? text.substr(9) : text;
      return base64 ? Json(to_base64(digits)) : Json(digits);
    }
    case Value::Kind::kStatus:
      return base64 && value.text() != "OK" ? to_base64(value.text()) : value.text();
    case Value::Kind::kString:
    case Value::Kind::kVerbatim:
    case Value::Kind::kBigNumber:
      return base64 ? to_base64(value.text()) : value.text();
    case Value::Kind::kError:
      return value.text();
    default:
      return rest_items(value, base64);
  }
}

Json rest_reply(const Value& value, bool base64) {
  if (value.is_error()) return {{"error", value.text()}};
  return {{"result", rest_value(value, base64)}};
}

// Whole seconds, rounded up, out of "THROTTLED ...; try again in 1200 ms".
std::string retry_after(std::string_view error) {
  const std::size_t unit = error.rfind(" ms");
  const std::size_t number = error.rfind(' ', unit == std::string_view::npos ? unit : unit - 1);
  std::uint64_t ms = 0;
  if (number != std::string_view::npos) {
    std::from_chars(error.data() + number + 1, error.data() + error.size(), ms);
  }
  return std::to_string(ms / 1000 + (ms % 1000 != 0 || ms == 0 ? 1 : 0));
}

HttpReply rest_answer(const Value& value, bool base64) {
  if (!value.is_error()) return json_answer(rest_reply(value, base64));
  const bool throttled = value.text().starts_with("THROTTLED ");
  const bool busy = value.text().starts_with("BUSY ");
  HttpReply reply = json_answer(rest_reply(value, base64), throttled ? 429 : busy ? 503 : 400);
  if (throttled) reply.headers.emplace_back("Retry-After", retry_after(value.text()));
  if (busy) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

constexpr unsigned kRepliesOf = 2;  // RESP2 shapes, as Upstash's clients know them

Value run_one(ApiContext& context, const ApiRequest& request, const CommandWords& words) {
  const NodePointer record = running_node(context, request);
  if (!request.principal().may(Scope::kCommandsWrite) && !is_for_readers(words)) {
    return not_for_readers(words);
  }
  PatientSession session = session_of(context, *record, 0, kRepliesOf);
  return run(session, words);
}

// Segments of the path, the pairs of the query, the body: in this order they are a command's words.
CommandWords words_of(const ApiRequest& request) {
  CommandWords words(request.path.begin() + 1, request.path.end());
  // "/redis/cache/" names no command; a later segment may be an empty argument.
  if (words.size() == 1 && words.front().empty()) words.clear();
  const std::size_t question = request.http.target.find('?');
  if (question != std::string::npos) {
    auto pairs = query_pairs(std::string_view(request.http.target).substr(question + 1));
    if (!pairs) throw Problem{problem_kinds::kBadRequest, "an escape in the query is broken", ""};
    for (auto& [name, value] : *pairs) {
      words.push_back(std::move(name));
      if (!value.empty()) words.push_back(std::move(value));
    }
  }
  return words;
}

Json parse_array(const HttpRequest& http) {
  HttpRequest wrapped;
  wrapped.body = "{\"commands\":" + http.body + "}";
  Json body = parse_body(wrapped);
  Json& commands = body["commands"];
  if (!commands.is_array() || body.size() != 1) {
    throw Problem{problem_kinds::kMalformedJson, "the body must be one JSON array", ""};
  }
  return std::move(commands);
}

HttpReply rest_command(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = running_node(context, request);
  CommandWords words = words_of(request);
  if (words.empty()) {
    words = command_of(parse_array(request.http), "command");
  } else if (!request.http.body.empty()) {
    words.push_back(request.http.body);
  }
  return rest_answer(run_one(context, request, words), wants_base64(request));
}

HttpReply rest_command_in_path(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = running_node(context, request);
  const CommandWords words = words_of(request);
  if (words.empty()) {
    throw Problem{problem_kinds::kBadRequest, "the path names no command, as in /get/key", ""};
  }
  return rest_answer(run_one(context, request, words), wants_base64(request));
}

std::vector<CommandWords> commands_of(const ApiRequest& request) {
  const Json body = parse_array(request.http);
  if (body.empty() || body.size() > kMostCommands) {
    throw invalid_value("commands", std::to_string(body.size()) + " commands",
                        "an array of 1 to " + std::to_string(kMostCommands) + " commands");
  }
  std::vector<CommandWords> commands;
  for (std::size_t i = 0; i < body.size(); ++i) {
    commands.push_back(command_of(body[i], "commands[" + std::to_string(i) + "]"));
  }
  return commands;
}

HttpReply rest_pipeline(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = running_node(context, request);
  const bool reads_only = !request.principal().may(Scope::kCommandsWrite);
  PatientSession session = session_of(context, *record, 0, kRepliesOf);
  Json replies = Json::array();
  for (const CommandWords& words : commands_of(request)) {
    const Value reply =
        reads_only && !is_for_readers(words) ? not_for_readers(words) : run(session, words);
    replies.push_back(rest_reply(reply, wants_base64(request)));
  }
  return json_answer(replies);
}

// A transaction that cannot be queued whole is not run at all.
HttpReply rest_transaction(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = running_node(context, request);
  const std::vector<CommandWords> commands = commands_of(request);
  PatientSession session = session_of(context, *record, 0, kRepliesOf);
  (void)session.execute({"MULTI"});
  for (const CommandWords& words : commands) {
    const bool refused = !request.principal().may(Scope::kCommandsWrite) && !is_for_readers(words);
    const Value queued = refused ? not_for_readers(words) : session.execute(words);
    if (!queued.is_error()) continue;
    (void)session.execute({"DISCARD"});
    return rest_answer(queued, false);
  }
  const Value done = session.execute({"EXEC"});
  if (done.is_error()) return rest_answer(done, false);
  Json replies = Json::array();
  for (const Value& reply : done.items()) {
    replies.push_back(rest_reply(reply, wants_base64(request)));
  }
  return json_answer(replies);
}

// The words of a message with commas between them, as Upstash's clients take them apart.
std::string line_of(const Value& push) {
  if (!push.is_aggregate()) return push.text();
  if (push.items().size() == 1) return "\"" + push.items()[0].text() + "\"";
  std::string line;
  for (const Value& item : push.items()) {
    if (!line.empty()) line += ',';
    line += item.kind() == Value::Kind::kInteger ? std::to_string(item.as_integer()) : item.text();
  }
  return line;
}

// What a session is pushed, as events.
class PushStream : public StreamHandler {
 public:
  PushStream(PushPump& pump, Session session, const std::shared_ptr<StreamSink>& sink,
             const CommandWords& words)
      : follower_(pump.follow(
            std::move(session),
            {[sink](const Value& push) { sink->send(line_of(push)); },
             [sink] { sink->close(close_codes::kNormal, "the node closed the client"); }})) {
    const Value reply = follower_->execute(words);
    if (reply.is_error()) throw Problem{problem_kinds::kInvalidValue, reply.text(), ""};
    if (reply.kind() == Value::Kind::kStatus) sink->send("\"" + reply.text() + "\"");
    if (reply.is_aggregate()) sink->send(line_of(reply));
  }
  void message(std::string) override {}

 private:
  std::unique_ptr<PushPump::Follower> follower_;
};

StreamOpener pushes_of(ApiContext& context, const char* command) {
  return [&context, command](const ApiRequest& request, const std::shared_ptr<StreamSink>& sink) {
    const NodePointer record = running_node(context, request);
    CommandWords words{command};
    if (request.path.size() > 1) words.push_back(request.path[1]);
    return std::make_unique<PushStream>(*context.pump, lasting_session_of(context, *record), sink,
                                        words);
  };
}

}  // namespace

void add_rest_routes(Router& router, ApiContext& context) {
  constexpr Owner kOwner = Owner::kNodeManager;
  add_route(router, kOwner, "restPipeline", with(context, rest_pipeline));
  add_route(router, kOwner, "restTransaction", with(context, rest_transaction));
  add_stream(router, kOwner, "restSubscribe", pushes_of(context, "SUBSCRIBE"));
  add_stream(router, kOwner, "restSubscribePost", pushes_of(context, "SUBSCRIBE"));
  add_stream(router, kOwner, "restSubscribePattern", pushes_of(context, "PSUBSCRIBE"));
  add_stream(router, kOwner, "restSubscribePatternPost", pushes_of(context, "PSUBSCRIBE"));
  add_stream(router, kOwner, "restMonitor", pushes_of(context, "MONITOR"));
  add_stream(router, kOwner, "restMonitorPost", pushes_of(context, "MONITOR"));
  add_route(router, kOwner, "restCommand", with(context, rest_command));
  add_route(router, kOwner, "restCommandInPath", with(context, rest_command_in_path));
}

}  // namespace miniredis::service
