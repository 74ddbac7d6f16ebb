// /v1/nodes/{node}/shell: a client of the node over a WebSocket.
//
//   -> {"id":1,"command":["SET","k","v"]}     or {"id":1,"line":"set k v"}
//   <- {"id":1,"reply":"OK"}
//   <- {"push":["message","news","hello"]}    when something comes by itself
//   <- {"id":1,"problem":{...}}               for what is no request; the client lives on
//
// A command may wait, so each shell has a thread of its own; requests are answered in turn.
#include <condition_variable>
#include <deque>
#include <thread>

#include "miniredis/commands.h"
#include "node_manager/api.h"
#include "node_manager/command_rules.h"
#include "node_manager/json_commands.h"
#include "node_manager/json_reply.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostWaitingRequests = 1000;

struct ShellRequest {
  Json id;
  CommandWords words;
};

ShellRequest parse_shell_request(const std::string& text) {
  HttpRequest envelope;
  envelope.body = text;
  const Json body = parse_body(envelope);
  Fields fields(body);
  ShellRequest request;
  if (const Json* id = fields.find("id")) request.id = *id;
  const Json* command = fields.find("command");
  const auto line = fields.text("line");
  fields.finish();
  if ((command == nullptr) == !line.has_value()) {
    throw invalid_value("command", command == nullptr ? "nothing" : "together with line",
                        "one of command and line");
  }
  if (command != nullptr) {
    request.words = command_of(*command, "command");
    return request;
  }
  auto words = split_command_line(*line);
  if (!words || words->empty()) {
    throw invalid_value("line", words ? "no words" : "a quote that is not closed",
                        "a command as redis-cli takes it");
  }
  request.words = std::move(*words);
  return request;
}

class Shell : public StreamHandler {
 public:
  Shell(Session session, std::shared_ptr<StreamSink> sink, bool reads_only)
      : session_(std::move(session)), sink_(std::move(sink)), reads_only_(reads_only) {
    session_.on_push([this] { wake(); });
    thread_ = std::thread([this] { run(); });
  }

  ~Shell() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    session_.close();  // a command that waits is ended
    thread_.join();
    session_.on_push(nullptr);
  }

  void message(std::string text) override {
    const std::lock_guard lock(mutex_);
    if (requests_.size() >= kMostWaitingRequests) {
      sink_->close(close_codes::kPolicyViolation, "too many requests wait for their answers");
      return;
    }
    requests_.push_back(std::move(text));
    changed_.notify_all();
  }

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    pushed_ = true;
    changed_.notify_all();
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return stopping_ || pushed_ || !requests_.empty(); });
      if (stopping_) return;
      pushed_ = false;
      std::deque<std::string> requests = std::move(requests_);
      requests_.clear();
      lock.unlock();
      for (const std::string& request : requests) answer(request);
      send_pushes();
      if (session_.closed()) sink_->close(close_codes::kNormal, "the node closed the client");
      lock.lock();
    }
  }

  void answer(const std::string& text) {
    Json id;
    try {
      const ShellRequest request = parse_shell_request(text);
      id = request.id;
      const Value reply = reads_only_ && !is_for_readers(request.words)
                              ? not_for_readers(request.words)
                              : session_.execute(std::vector<std::string_view>(
                                    request.words.begin(), request.words.end()));
      sink_->send(text_of({{"id", id}, {"reply", to_json(reply, BulkEncoding::kText)}}));
    } catch (const Problem& problem) {
      sink_->send(text_of({{"id", id}, {"problem", Json::parse(reply_of(problem).body)}}));
    }
    send_pushes();
  }

  void send_pushes() {
    for (const Value& push : session_.take_pushes()) {
      Json items = Json::array();
      for (const Value& item : push.items()) items.push_back(to_json(item, BulkEncoding::kText));
      sink_->send(text_of({{"push", std::move(items)}}));
    }
  }

  Session session_;
  std::shared_ptr<StreamSink> sink_;
  const bool reads_only_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> requests_;
  bool pushed_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

void add_shell_route(Router& router, ApiContext& context) {
  add_stream(router, Owner::kNodeManager, "openShell",
             [&context](const ApiRequest& request, const std::shared_ptr<StreamSink>& sink) {
               const unsigned database = parse_database(query_value(request, "database"));
               const NodePointer record = running_node(context, request);
               auto session = record->node->open_session(database);
               if (!session) throw problem_of(failure_from(session.error()));
               return std::make_unique<Shell>(std::move(*session), sink,
                                              !request.principal().may(Scope::kCommandsWrite));
             });
}

}  // namespace miniredis::service
