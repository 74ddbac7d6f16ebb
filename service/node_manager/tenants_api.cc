// /v1/tenants
#include <limits>

#include "common/units.h"
#include "node_manager/api.h"

namespace miniredis::service {
namespace {

constexpr std::int64_t kMostNodes = std::numeric_limits<std::uint32_t>::max();

Json tenant_json(const NodeManager& manager, const TenantDefinition& tenant) {
  const std::optional<Tenant> live = manager.engine().find_tenant(tenant.name);
  const TenantStats stats = live ? live->stats() : TenantStats{};
  return {{"name", tenant.name},
          {"memory_limit_bytes", tenant.memory_limit_bytes},
          {"max_nodes", tenant.max_nodes},
          {"suspended", tenant.suspended},
          {"quota", quota_json(tenant.quota)},
          {"max_connections", tenant.max_connections},
          {"nodes", manager.index().node_count(tenant.name)},
          {"memory_used_bytes", live ? live->memory_used_bytes() : 0},
          {"connections", stats.connections},
          {"quota_waits", stats.quota_waits},
          {"quota_wait_ms", stats.quota_wait_ms},
          {"throttled", stats.throttled},
          {"created_at", format_time(tenant.created_at_ms)}};
}

HttpReply create_tenant(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  TenantOptions options;
  const auto memory = fields.memory_limit(0, kMostMemory);
  const auto max_nodes = fields.integer("max_nodes", 0, kMostNodes);
  const bool named = fields.has("name");
  fields.finish();
  if (!named) throw invalid_value("name", "nothing", "a string; the field is required");
  options.name = fields.required_text("name");
  options.memory_limit_bytes = static_cast<std::uint64_t>(memory.value_or(0));
  options.max_nodes = static_cast<std::uint32_t>(max_nodes.value_or(0));
  const TenantDefinition tenant = value_or_throw(context.manager.create_tenant(options));
  HttpReply reply = json_answer(tenant_json(context.manager, tenant), 201);
  reply.headers.emplace_back("Location", "/v1/tenants/" + tenant.name);
  return reply;
}

HttpReply list_tenants(ApiContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 't');
  const auto page = context.manager.index().tenant_page(list.after, list.limit);
  Json items = Json::array();
  for (const TenantDefinition& tenant : page.items) {
    items.push_back(tenant_json(context.manager, tenant));
  }
  const std::string next = page.items.empty() ? "" : "t" + page.items.back().name;
  return json_answer(list_envelope(std::move(items), page.more, next));
}

HttpReply get_tenant(ApiContext& context, const ApiRequest& request) {
  const auto tenant = context.manager.index().find_tenant(request.path[0]);
  if (!tenant) {
    throw Problem{problem_kinds::kNotFound, "there is no tenant '" + request.path[0] + "'", ""};
  }
  return json_answer(tenant_json(context.manager, *tenant));
}

HttpReply change_tenant(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  TenantChange change;
  if (const auto memory = fields.memory_limit(0, kMostMemory)) {
    change.memory_limit_bytes = static_cast<std::uint64_t>(*memory);
  }
  if (const auto max_nodes = fields.integer("max_nodes", 0, kMostNodes)) {
    change.max_nodes = static_cast<std::uint32_t>(*max_nodes);
  }
  fields.finish();
  const auto tenant = value_or_throw(context.manager.change_tenant(request.path[0], change));
  return json_answer(tenant_json(context.manager, tenant));
}

HttpReply put_tenant(ApiContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  TenantWish wish;
  wish.name = request.path[0];
  wish.memory_limit_bytes =
      static_cast<std::uint64_t>(fields.memory_limit(0, kMostMemory).value_or(0));
  wish.max_nodes =
      static_cast<std::uint32_t>(fields.integer("max_nodes", 0, kMostNodes).value_or(0));
  wish.quota = quota_of(fields).value_or(Quota{});
  wish.max_connections =
      static_cast<std::uint32_t>(fields.integer("max_connections", 0, 100'000'000).value_or(0));
  wish.suspended = fields.boolean("suspended").value_or(false);
  fields.finish();
  return json_answer(
      tenant_json(context.manager, value_or_throw(context.manager.put_tenant(wish))));
}

HttpReply remove_tenant(ApiContext& context, const ApiRequest& request) {
  const std::string nodes = query_value(request, "nodes");
  if (!nodes.empty() && nodes != "delete")
    throw invalid_value("nodes", "'" + nodes + "'", "delete");
  value_or_throw(context.manager.remove_tenant(request.path[0], nodes == "delete"));
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

}  // namespace

void add_tenant_routes(Router& router, ApiContext& context) {
  constexpr Owner kOwner = Owner::kNodeManager;
  add_route(router, kOwner, "hostCreateTenant", with(context, create_tenant));
  add_route(router, kOwner, "hostListTenants", with(context, list_tenants));
  add_route(router, kOwner, "hostGetTenant", with(context, get_tenant));
  add_route(router, kOwner, "hostPutTenant", with(context, put_tenant));
  add_route(router, kOwner, "hostUpdateTenant", with(context, change_tenant));
  add_route(router, kOwner, "hostDeleteTenant", with(context, remove_tenant));
}

}  // namespace miniredis::service
