// /v1/nodes, but for execute and metrics.
#include <algorithm>
#include <charconv>
#include <limits>

#include "common/units.h"
#include "node_manager/api.h"

namespace miniredis::service {
namespace {

constexpr auto kLeastMemory = static_cast<std::int64_t>(kMinNodeMemoryBytes);
constexpr std::int64_t kMostClients = 1'000'000;
constexpr const char* kPolicies =
    "noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, "
    "volatile-random, volatile-ttl";

std::string host_of(const Configuration& configuration) {
  return configuration.advertised_host.empty() ? configuration.bind : configuration.advertised_host;
}

Json router_json(const NodeManager& manager, const std::string& user) {
  const int port = manager.server().router_port();
  const int tls_port = manager.server().router_tls_port();
  if (port < 0 && tls_port < 0) return nullptr;
  return {{"port", port < 0 ? Json() : Json(port)},
          {"tls_port", tls_port < 0 ? Json() : Json(tls_port)},
          {"user", user}};
}

}  // namespace

std::optional<Quota> quota_of(Fields& fields) {
  const Json* value = fields.find("quota");
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) throw invalid_value("quota", shown(*value), "an object");
  Fields inside(*value);
  Quota quota;
  quota.ops_per_second =
      static_cast<std::uint64_t>(inside.integer("ops_per_second", 0, 1'000'000'000).value_or(0));
  quota.bytes_per_second = static_cast<std::uint64_t>(
      inside.bytes("bytes_per_second", 0, 1'000'000'000'000).value_or(0));
  if (const auto wait = inside.integer("max_wait_ms", 0, 60'000)) {
    quota.max_wait_ms = static_cast<std::uint32_t>(*wait);
  }
  inside.finish();
  return quota;
}

Json quota_json(const Quota& quota) {
  return {{"ops_per_second", quota.ops_per_second},
          {"bytes_per_second", quota.bytes_per_second},
          {"max_wait_ms", quota.max_wait_ms}};
}

namespace {

Json node_json(const ApiContext& context, const NodeRecord& record) {
  const NodeDefinition& definition = record.definition;
  NodeOptions options;
  options.memory_limit_bytes = definition.memory_limit_bytes;
  options.eviction_policy = definition.eviction_policy;
  options.max_clients = definition.max_clients;
  // The living node has the last word: CONFIG SET changes it without the daemon.
  if (record.node) options = record.node->options();
  Json config = Json::object();
  for (const auto& [name, value] : definition.config) config[name] = value;
  Json json = {
      {"id", definition.id},
      {"name", definition.name},
      {"tenant", definition.tenant},
      {"state", to_string(record.state())},
      {"host", host_of(context.configuration)},
      {"port", definition.port ? Json(*definition.port) : Json()},
      {"router", router_json(context.manager, definition.name)},
      {"memory_limit_bytes", options.memory_limit_bytes},
      {"eviction_policy", to_string(options.eviction_policy)},
      {"max_clients", options.max_clients},
      {"quota", quota_json(definition.quota)},
      {"shard", record.node ? Json(record.node->shard()) : Json()},
      {"config", std::move(config)},
      {"created_at", format_time(definition.created_at_ms)},
      {"version", definition.version},
      {"password_set", !definition.password.empty()},
  };
  if (!record.trouble.empty()) json["reason"] = record.trouble;
  return json;
}

std::optional<std::uint64_t> memory_of(Fields& fields) {
  const auto memory = fields.memory_limit(kLeastMemory, kMostMemory);
  if (!memory) return std::nullopt;
  return static_cast<std::uint64_t>(*memory);
}

std::optional<EvictionPolicy> policy_of(Fields& fields) {
  const auto name = fields.text("eviction_policy");
  if (!name) return std::nullopt;
  const auto policy = eviction_policy_from(*name);
  if (!policy)
    throw invalid_value("eviction_policy", shown(*name), std::string("one of ") + kPolicies);
  return policy;
}

std::optional<PortWish> port_of(Fields& fields) {
  const Json* value = fields.find("port");
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) {
    return PortWish{value->get<bool>() ? PortWish::Kind::kAny : PortWish::Kind::kNone};
  }
  const bool fits = value->is_number_integer() && *value >= 1 && *value <= 65535;
  if (!fits) throw invalid_value("port", shown(*value), "true, false or a port of the range");
  return PortWish{PortWish::Kind::kThis, value->get<std::uint16_t>()};
}

std::vector<std::pair<std::string, std::string>> config_of(Fields& fields) {
  std::vector<std::pair<std::string, std::string>> config;
  const Json* value = fields.find("config");
  if (value == nullptr) return config;
  if (!value->is_object()) throw invalid_value("config", shown(*value), "an object");
  for (const auto& [key, setting] : value->items()) {
    std::string name = key;
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    std::string text;
    if (setting.is_string()) {
      text = setting.get<std::string>();
    } else if (setting.is_boolean()) {
      text = setting.get<bool>() ? "yes" : "no";
    } else if (setting.is_number()) {
      text = setting.dump();
    } else {
      throw invalid_value("config." + key, shown(setting), "a string, a number or true or false");
    }
    config.emplace_back(std::move(name), std::move(text));
  }
  return config;
}

std::optional<int> shard_of(Fields& fields) {
  const auto shard = fields.integer("shard", -1, 255);
  if (!shard) return std::nullopt;
  return static_cast<int>(*shard);
}

HttpReply node_answer(const ApiContext& context, const NodeRecord& record, int status = 200) {
  HttpReply reply = json_answer(node_json(context, record), status);
  reply.headers.emplace_back("ETag", etag_of(record.definition.version));
  return reply;
}

HttpReply create_node(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  NewNode node;
  node.id = fields.text("id").value_or("");
  if (!node.id.empty() && (node.id.size() != 16 ||
                           node.id.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    throw invalid_value("id", "'" + node.id.substr(0, 64) + "'", "16 hex digits");
  }
  const bool named = fields.has("name");
  const bool owned = fields.has("tenant");
  const auto memory = memory_of(fields);
  const auto policy = policy_of(fields);
  const auto password = fields.text("password");
  const auto max_clients = fields.integer("max_clients", 1, kMostClients);
  node.port = port_of(fields).value_or(PortWish{PortWish::Kind::kAny});
  node.options.shard = shard_of(fields).value_or(-1);
  node.options.config = config_of(fields);
  node.options.quota = quota_of(fields).value_or(Quota{});
  fields.finish();
  const auto required = [](const char* name) {
    return invalid_value(name, "nothing", "a string; the field is required");
  };
  if (!owned) throw required("tenant");
  if (!named) throw required("name");
  node.tenant = fields.required_text("tenant");
  node.options.name = fields.required_text("name");
  const Configuration& defaults = context.configuration;
  node.options.memory_limit_bytes =
      memory.value_or(static_cast<std::uint64_t>(defaults.default_node_memory));
  node.options.eviction_policy =
      policy ? *policy : eviction_policy_from(defaults.default_eviction_policy).value();
  node.options.password = password.value_or("");
  if (max_clients) node.options.max_clients = static_cast<std::uint32_t>(*max_clients);
  const NodePointer made = value_or_throw(context.manager.create_node(node));
  HttpReply reply = node_answer(context, *made, 201);
  reply.headers.emplace_back("Location", "/v1/nodes/" + made->definition.id);
  return reply;
}

HttpReply list_nodes(ApiContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'n');
  const std::uint64_t after = sequence_after(list);
  const std::string state = query_value(request, "state");
  constexpr const char* kStates[] = {"creating", "running", "stopped", "failed", "deleting"};
  if (request.query.contains("state") && std::ranges::find(kStates, state) == std::end(kStates)) {
    throw invalid_value("state", "'" + state + "'",
                        "creating, running, stopped, failed or deleting");
  }
  const auto tenant = listed_tenant(request);
  if (!tenant) return json_answer(list_envelope(Json::array(), false, ""));
  const std::string& only = request.principal().node;
  const auto page =
      context.manager.index().page(after, list.limit, *tenant, [&](const NodeRecord& record) {
        return (state.empty() || state == to_string(record.state())) &&
               (only.empty() || only == record.definition.id);
      });
  Json items = Json::array();
  for (const NodePointer& record : page.items) items.push_back(node_json(context, *record));
  return json_answer(list_envelope(std::move(items), page.more, cursor_after(page)));
}

HttpReply get_node(ApiContext& context, const ApiRequest& request) {
  return node_answer(context, *visible_node(context, request));
}

HttpReply change_node(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  NodeChange change;
  change.expected_version = expected_version(request.http);
  change.name = fields.text("name");
  change.memory_limit_bytes = memory_of(fields);
  change.eviction_policy = policy_of(fields);
  if (const auto clients = fields.integer("max_clients", 1, kMostClients)) {
    change.max_clients = static_cast<std::uint32_t>(*clients);
  }
  const Json* password = fields.find("password");
  change.password =
      password != nullptr && password->is_null() ? std::string() : fields.text("password");
  change.port = port_of(fields);
  change.shard = shard_of(fields);
  change.config = config_of(fields);
  change.quota = quota_of(fields);
  fields.finish();
  (void)visible_node(context, request);
  return node_answer(context,
                     *value_or_throw(context.manager.change_node(request.path[0], change)));
}

HttpReply remove_node(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = visible_node(context, request);
  value_or_throw(context.manager.remove_node(request.path[0], expected_version(request.http)));
  context.cpu_shares.forget(record->definition.id);
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

using Action = Outcome<NodePointer> (NodeManager::*)(const std::string&, NodeManager::Version);

// start, stop and restart take no body, or an empty object.
HttpReply act(ApiContext& context, const ApiRequest& request, Action action) {
  if (!request.http.body.empty()) {
    const Json body = parse_body(request.http);
    Fields(body).finish();
  }
  (void)visible_node(context, request);
  return node_answer(context, *value_or_throw((context.manager.*action)(
                                  request.path[0], expected_version(request.http))));
}

}  // namespace

std::uint64_t sequence_after(const ListRequest& list) {
  std::uint64_t after = 0;
  const char* end = list.after.data() + list.after.size();
  const auto [rest, failure] = std::from_chars(list.after.data(), end, after, 16);
  if (!list.after.empty() && (failure != std::errc() || rest != end)) {
    throw invalid_value("cursor", "'n" + list.after + "'",
                        "the next_cursor of an earlier answer of this list");
  }
  return after;
}

std::string cursor_after(const Page<NodePointer>& page) {
  if (!page.more) return "";
  std::array<char, 17> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(),
                                     page.items.back()->definition.sequence, 16);
  return "n" + std::string(digits.data(), written.ptr);
}

NodePointer visible_node(const ApiContext& context, const ApiRequest& request) {
  NodePointer record = context.manager.index().find(request.path[0]);
  const Principal& principal = request.principal();
  const bool visible = record != nullptr && principal.sees(record->definition.tenant) &&
                       (principal.node.empty() || principal.node == record->definition.id);
  if (visible) return record;
  throw Problem{problem_kinds::kNotFound, "there is no node '" + request.path[0] + "'", ""};
}

NodePointer running_node(const ApiContext& context, const ApiRequest& request) {
  NodePointer record = visible_node(context, request);
  if (record->state() == NodeState::kRunning) return record;
  throw Problem{problem_kinds::kWrongState,
                std::string("the node is ") + to_string(record->state()), ""};
}

PatientSession session_of(ApiContext& context, const NodeRecord& record, unsigned database,
                          unsigned protocol) {
  auto session = record.node->open_session(database, protocol);
  if (!session) throw problem_of(failure_from(session.error()));
  return {std::move(*session), context.seats, record.definition.tenant};
}

Session lasting_session_of(ApiContext& context, const NodeRecord& record) {
  std::optional<Session> session = session_of(context, record, 0).release();
  if (session) return *std::move(session);
  throw Problem{problem_kinds::kNodeBusy, "the node is paused or at work on a long command", ""};
}

std::optional<std::string> listed_tenant(const ApiRequest& request) {
  const std::string& own = request.principal().tenant;
  std::string asked = query_value(request, "tenant");
  if (own.empty() || asked == own) return asked;
  if (asked.empty()) return own;
  return std::nullopt;
}

void add_node_routes(Router& router, ApiContext& context) {
  constexpr Owner kOwner = Owner::kNodeManager;
  const auto acting = [&context](Action action) {
    return [&context, action](const ApiRequest& request) { return act(context, request, action); };
  };
  add_route(router, kOwner, "listNodes", with(context, list_nodes));
  add_route(router, kOwner, "getNode", with(context, get_node));
  add_route(router, kOwner, "hostCreateNode", with(context, create_node));
  add_route(router, kOwner, "hostUpdateNode", with(context, change_node));
  add_route(router, kOwner, "hostDeleteNode", with(context, remove_node));
  add_route(router, kOwner, "hostStartNode", acting(&NodeManager::start_node));
  add_route(router, kOwner, "hostStopNode", acting(&NodeManager::stop_node));
  add_route(router, kOwner, "hostRestartNode", acting(&NodeManager::restart_node));
}

}  // namespace miniredis::service
