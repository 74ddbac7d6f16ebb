// /v1/nodes, but for execute and metrics.
#include <algorithm>
#include <charconv>
#include <limits>

#include "common/units.h"
#include "node_manager/api.h"

namespace miniredis::service {
namespace {

constexpr auto kLeastMemory = static_cast<std::int64_t>(kMinNodeMemoryBytes);
constexpr std::int64_t kMostMemory = 1LL << 48;
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
      {"shard", record.node ? Json(record.node->shard()) : Json()},
      {"config", std::move(config)},
      {"created_at", format_time(definition.created_at_ms)},
      {"password_set", !definition.password.empty()},
  };
  if (!record.trouble.empty()) json["reason"] = record.trouble;
  return json;
}

std::optional<std::uint64_t> memory_of(Fields& fields) {
  const auto by_text = fields.bytes("memory", kLeastMemory, kMostMemory);
  const auto by_number = fields.bytes("memory_limit_bytes", kLeastMemory, kMostMemory);
  if (by_text && by_number) {
    throw invalid_value("memory", "together with memory_limit_bytes", "one of the two");
  }
  const auto memory = by_text ? by_text : by_number;
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

HttpReply create_node(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  NewNode node;
  const bool named = fields.has("name");
  const bool owned = fields.has("tenant");
  const auto memory = memory_of(fields);
  const auto policy = policy_of(fields);
  const auto password = fields.text("password");
  const auto max_clients = fields.integer("max_clients", 1, kMostClients);
  node.port = port_of(fields).value_or(PortWish{PortWish::Kind::kAny});
  node.options.shard = shard_of(fields).value_or(-1);
  node.options.config = config_of(fields);
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
  HttpReply reply = json_answer(node_json(context, *made), 201);
  reply.headers.emplace_back("Location", "/v1/nodes/" + made->definition.id);
  return reply;
}

HttpReply list_nodes(ApiContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'n');
  std::uint64_t after = 0;
  const char* end = list.after.data() + list.after.size();
  const auto [rest, failure] = std::from_chars(list.after.data(), end, after, 16);
  if (!list.after.empty() && (failure != std::errc() || rest != end)) {
    throw invalid_value("cursor", "'n" + list.after + "'",
                        "the next_cursor of an earlier answer of this list");
  }
  const std::string state = query_value(request, "state");
  constexpr const char* kStates[] = {"creating", "running", "stopped", "failed", "deleting"};
  if (request.query.contains("state") && std::ranges::find(kStates, state) == std::end(kStates)) {
    throw invalid_value("state", "'" + state + "'",
                        "creating, running, stopped, failed or deleting");
  }
  const auto page = context.manager.index().page(
      after, list.limit, query_value(request, "tenant"), [&](const NodeRecord& record) {
        return state.empty() || state == to_string(record.state());
      });
  Json items = Json::array();
  for (const NodePointer& record : page.items) items.push_back(node_json(context, *record));
  std::string next;
  if (page.more) {
    std::array<char, 17> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(),
                                       page.items.back()->definition.sequence, 16);
    next = "n" + std::string(digits.data(), written.ptr);
  }
  return json_answer(list_envelope(std::move(items), page.more, next));
}

HttpReply get_node(ApiContext& context, const ApiRequest& request) {
  const NodePointer record = context.manager.index().find(request.path[0]);
  if (record == nullptr) {
    throw Problem{problem_kinds::kNotFound, "there is no node '" + request.path[0] + "'", ""};
  }
  return json_answer(node_json(context, *record));
}

HttpReply change_node(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  NodeChange change;
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
  fields.finish();
  return json_answer(
      node_json(context, *value_or_throw(context.manager.change_node(request.path[0], change))));
}

HttpReply remove_node(ApiContext& context, const ApiRequest& request) {
  value_or_throw(context.manager.remove_node(request.path[0]));
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

using Action = Outcome<NodePointer> (NodeManager::*)(const std::string&);

// start, stop and restart take no body, or an empty object.
HttpReply act(ApiContext& context, const ApiRequest& request, Action action) {
  if (!request.http.body.empty()) {
    const Json body = parse_body(request.http);
    Fields(body).finish();
  }
  return json_answer(
      node_json(context, *value_or_throw((context.manager.*action)(request.path[0]))));
}

}  // namespace

void add_node_routes(Router& router, ApiContext& context) {
  const auto bound = [&context](HttpReply (*handler)(ApiContext&, const ApiRequest&)) {
    return [&context, handler](const ApiRequest& request) { return handler(context, request); };
  };
  const auto acting = [&context](Action action) {
    return [&context, action](const ApiRequest& request) { return act(context, request, action); };
  };
  router.add({"POST", "/v1/nodes", bound(create_node)});
  router.add({.method = "GET",
              .pattern = "/v1/nodes",
              .handler = bound(list_nodes),
              .query = {"limit", "cursor", "tenant", "state"}});
  router.add({"GET", "/v1/nodes/{id}", bound(get_node)});
  router.add({"PATCH", "/v1/nodes/{id}", bound(change_node)});
  router.add({"DELETE", "/v1/nodes/{id}", bound(remove_node)});
  router.add({"POST", "/v1/nodes/{id}/start", acting(&NodeManager::start_node)});
  router.add({"POST", "/v1/nodes/{id}/stop", acting(&NodeManager::stop_node)});
  router.add({"POST", "/v1/nodes/{id}/restart", acting(&NodeManager::restart_node)});
}

}  // namespace miniredis::service
