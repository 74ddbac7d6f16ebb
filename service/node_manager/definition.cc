#include "node_manager/definition.h"

#include <stdexcept>

#include "common/json.h"

namespace miniredis::service {
namespace {

// Thrown and caught in this file only.
struct BadRecord : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Takes the members of an object one by one; what is left over at the end is an error.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {
    if (!object.is_object()) throw BadRecord("an object is expected, not " + object.dump());
  }

  std::string text(const char* name) {
    const Json& value = take(name);
    if (!value.is_string()) throw BadRecord(std::string("`") + name + "` is not a string");
    return value.get<std::string>();
  }

  template <typename Number>
  Number number(const char* name) {
    const Json& value = take(name);
    const auto out_of_range = [&] {
      return BadRecord(std::string("`") + name + "` is out of range: " + value.dump());
    };
    if (!value.is_number_integer()) throw out_of_range();
    if (value.is_number_unsigned()) {
      const auto wide = value.get<std::uint64_t>();
      if (!std::in_range<Number>(wide)) throw out_of_range();
      return static_cast<Number>(wide);
    }
    const auto wide = value.get<std::int64_t>();
    if (!std::in_range<Number>(wide)) throw out_of_range();
    return static_cast<Number>(wide);
  }

  bool flag(const char* name) {
    const Json& value = take(name);
    if (!value.is_boolean()) throw BadRecord(std::string("`") + name + "` is not true or false");
    return value.get<bool>();
  }

  const Json& take(const char* name) {
    const auto member = object_.find(name);
    if (member == object_.end()) throw BadRecord(std::string("`") + name + "` is missing");
    ++taken_;
    return *member;
  }

  // Members that came with later versions of the format may be missing.
  bool has(const char* name) const { return object_.contains(name); }

  void finish(std::initializer_list<std::string_view> known) const {
    if (taken_ == object_.size()) return;
    for (const auto& [name, value] : object_.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw BadRecord("`" + name + "` is unknown");
      }
    }
  }

 private:
  const Json& object_;
  std::size_t taken_ = 0;
};

Quota quota_from(const Json& object) {
  Members members(object);
  Quota quota;
  quota.ops_per_second = members.number<std::uint64_t>("ops_per_second");
  quota.bytes_per_second = members.number<std::uint64_t>("bytes_per_second");
  quota.max_wait_ms = members.number<std::uint32_t>("max_wait_ms");
  members.finish({"ops_per_second", "bytes_per_second", "max_wait_ms"});
  return quota;
}

Json json_of(const Quota& quota) {
  return {{"ops_per_second", quota.ops_per_second},
          {"bytes_per_second", quota.bytes_per_second},
          {"max_wait_ms", quota.max_wait_ms}};
}

TenantDefinition tenant_from(const Json& object) {
  Members members(object);
  TenantDefinition tenant;
  tenant.name = members.text("name");
  tenant.memory_limit_bytes = members.number<std::uint64_t>("memory_limit_bytes");
  tenant.max_nodes = members.number<std::uint32_t>("max_nodes");
  tenant.created_at_ms = members.number<std::uint64_t>("created_at_ms");
  if (members.has("suspended")) tenant.suspended = members.flag("suspended");
  if (members.has("quota")) tenant.quota = quota_from(members.take("quota"));
  if (members.has("max_connections")) {
    tenant.max_connections = members.number<std::uint32_t>("max_connections");
  }
  members.finish({"name", "memory_limit_bytes", "max_nodes", "created_at_ms", "suspended", "quota",
                  "max_connections"});
  return tenant;
}

NodeDefinition node_from(const Json& object) {
  Members members(object);
  NodeDefinition node;
  node.id = members.text("id");
  if (node.id.size() != 16 || node.id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw BadRecord("`id` is not 16 hex digits");
  }
  node.sequence = members.number<std::uint64_t>("sequence");
  node.tenant = members.text("tenant");
  node.name = members.text("name");
  node.memory_limit_bytes = members.number<std::uint64_t>("memory_limit_bytes");
  const auto policy = eviction_policy_from(members.text("eviction_policy"));
  if (!policy) throw BadRecord("`eviction_policy` is not one of the eight policies");
  node.eviction_policy = *policy;
  node.max_clients = members.number<std::uint32_t>("max_clients");
  node.password = members.text("password");
  if (!members.take("port").is_null()) {
    const auto port = Members(object).number<std::uint16_t>("port");
    if (port == 0) throw BadRecord("`port` is out of range: 0");
    node.port = port;
  }
  node.shard = members.number<int>("shard");
  const Json& config = members.take("config");
  if (!config.is_object()) throw BadRecord("`config` is not an object");
  for (const auto& [name, value] : config.items()) {
    if (!value.is_string()) throw BadRecord("`config." + name + "` is not a string");
    node.config.emplace_back(name, value.get<std::string>());
  }
  node.stopped = members.flag("stopped");
  node.created_at_ms = members.number<std::uint64_t>("created_at_ms");
  if (members.has("quota")) node.quota = quota_from(members.take("quota"));
  if (members.has("version")) node.version = members.number<std::uint64_t>("version");
  members.finish({"id", "sequence", "tenant", "name", "memory_limit_bytes", "eviction_policy",
                  "max_clients", "password", "port", "shard", "config", "stopped", "created_at_ms",
                  "version", "quota"});
  return node;
}

Json json_of(const TenantDefinition& tenant) {
  return {{"tenant",
           {{"name", tenant.name},
            {"memory_limit_bytes", tenant.memory_limit_bytes},
            {"max_nodes", tenant.max_nodes},
            {"created_at_ms", tenant.created_at_ms},
            {"quota", json_of(tenant.quota)},
            {"max_connections", tenant.max_connections},
            {"suspended", tenant.suspended}}}};
}

Json json_of(const NodeDefinition& node) {
  Json config = Json::object();
  for (const auto& [name, value] : node.config) config[name] = value;
  return {{"node",
           {{"id", node.id},
            {"sequence", node.sequence},
            {"tenant", node.tenant},
            {"name", node.name},
            {"memory_limit_bytes", node.memory_limit_bytes},
            {"eviction_policy", to_string(node.eviction_policy)},
            {"max_clients", node.max_clients},
            {"password", node.password},
            {"port", node.port ? Json(*node.port) : Json()},
            {"shard", node.shard},
            {"config", std::move(config)},
            {"stopped", node.stopped},
            {"created_at_ms", node.created_at_ms},
            {"quota", json_of(node.quota)},
            {"version", node.version}}}};
}

Json json_of(const TenantRemoved& removed) {
  return {{"tenant_removed", removed.name}};
}
Json json_of(const NodeRemoved& removed) {
  return {{"node_removed", removed.id}};
}

DefinitionRecord record_from(const Json& document) {
  if (!document.is_object() || document.size() != 1) {
    throw BadRecord("a record is an object with one member");
  }
  const std::string& kind = document.begin().key();
  const Json& content = document.begin().value();
  if (kind == "tenant") return tenant_from(content);
  if (kind == "node") return node_from(content);
  Members members(document);
  if (kind == "tenant_removed") return TenantRemoved{members.text("tenant_removed")};
  if (kind == "node_removed") return NodeRemoved{members.text("node_removed")};
  throw BadRecord("`" + kind + "` is no kind of record");
}

}  // namespace

std::string encode(const DefinitionRecord& record) {
  return std::visit([](const auto& content) { return json_of(content).dump(); }, record);
}

std::variant<DefinitionRecord, std::string> decode(const std::string& line) {
  try {
    return record_from(Json::parse(line));
  } catch (const Json::parse_error& failure) {
    return "not JSON, at byte " + std::to_string(failure.byte) + " of the line";
  } catch (const std::exception& failure) {
    return std::string(failure.what());
  }
}

}  // namespace miniredis::service
