// /v1/stream and /v1/nodes/{node}/stream
#include <charconv>

#include "node_manager/api.h"

namespace miniredis::service {
namespace {

std::set<std::string> topics_of(const ApiRequest& request, bool one_node) {
  const auto entry = request.query.find("topics");
  if (entry == request.query.end()) return {"metrics", "state"};
  std::set<std::string> topics;
  std::string_view rest = entry->second;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string topic(rest.substr(0, comma));
    const bool known = topic == "metrics" || topic == "state" || (topic == "monitor" && one_node);
    if (!known) {
      throw invalid_value(
          "topics", "'" + topic + "'",
          one_node ? "metrics, state and monitor, with commas" : "metrics and state, with commas");
    }
    topics.insert(topic);
    if (comma == std::string_view::npos) return topics;
    rest.remove_prefix(comma + 1);
  }
}

std::chrono::milliseconds interval_of(const ApiRequest& request) {
  const auto entry = request.query.find("interval_ms");
  if (entry == request.query.end()) return std::chrono::seconds(1);
  const std::string& text = entry->second;
  unsigned number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || rest != text.data() + text.size() || number < 100 ||
      number > 60'000) {
    throw invalid_value("interval_ms", "'" + text + "'", "an integer from 100 to 60000");
  }
  return std::chrono::milliseconds(number);
}

std::unique_ptr<StreamHandler> stream_nodes(ApiContext& context, const ApiRequest& request,
                                            const std::shared_ptr<StreamSink>& sink) {
  NodeStreams::Wish wish;
  wish.topics = topics_of(request, false);
  wish.interval = interval_of(request);
  const auto tenant = listed_tenant(request);
  if (!tenant || !request.principal().node.empty()) {
    throw Problem{problem_kinds::kNotFound, "there is no such tenant", "tenant"};
  }
  wish.tenant = *tenant;
  return context.streams->open(wish, sink, std::nullopt);
}

std::unique_ptr<StreamHandler> stream_node(ApiContext& context, const ApiRequest& request,
                                           const std::shared_ptr<StreamSink>& sink) {
  NodeStreams::Wish wish;
  wish.topics = topics_of(request, true);
  wish.interval = interval_of(request);
  const NodePointer record = visible_node(context, request);
  wish.node = record->definition.id;
  std::optional<Session> session;
  if (wish.topics.contains("monitor")) {
    if (!request.principal().may(Scope::kCommandsWrite)) {
      throw Problem{problem_kinds::kForbidden, "monitor needs the scope 'commands:write'",
                    "topics"};
    }
    session = lasting_session_of(context, *running_node(context, request));
  }
  return context.streams->open(wish, sink, std::move(session));
}

}  // namespace

void add_stream_routes(Router& router, ApiContext& context) {
  const auto over = [&context](auto function) {
    return
        [&context, function](const ApiRequest& request, const std::shared_ptr<StreamSink>& sink) {
          return function(context, request, sink);
        };
  };
  add_stream(router, Owner::kNodeManager, "streamNodes", over(stream_nodes));
  add_stream(router, Owner::kNodeManager, "streamNode", over(stream_node));
}

}  // namespace miniredis::service
