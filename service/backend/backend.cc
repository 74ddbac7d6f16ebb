#include "backend/backend.h"

#include "common/log.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

// In whose name the backend itself asks a host.
PrincipalPointer system_principal() {
  static const PrincipalPointer system = [] {
    Principal principal;
    principal.actor = "system";
    principal.scopes = kAllScopes;
    return std::make_shared<const Principal>(std::move(principal));
  }();
  return system;
}

}  // namespace

WorkUnderWay::Claim::~Claim() {
  const std::lock_guard lock(work_.mutex_);
  work_.ids_.erase(id_);
}

std::unique_ptr<WorkUnderWay::Claim> WorkUnderWay::claim(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!ids_.insert(id).second) return nullptr;
  return std::make_unique<Claim>(*this, id);
}

const BackendHost* BackendContext::host(const std::string& name) const {
  for (const BackendHost& known : hosts) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

metadata::AuditEntry audit_entry(const ApiRequest& request, const std::string& action,
                                 const std::string& tenant, const std::string& target,
                                 const Json& detail) {
  metadata::AuditEntry entry;
  entry.at_ms = now_unix_ms();
  entry.actor = request.principal().actor;
  entry.address =
      request.principal().address.empty() ? request.http.peer : request.principal().address;
  entry.request_id = request.http.request_id;
  entry.tenant = tenant;
  entry.action = action;
  entry.target = target;
  entry.detail = detail.dump(-1, ' ', false, Json::error_handler_t::replace);
  return entry;
}

metadata::Tenant visible_tenant(BackendContext& context, const ApiRequest& request,
                                const std::string& name) {
  std::optional<metadata::Tenant> tenant;
  if (request.principal().sees(name)) {
    tenant = transact(context, [&](metadata::Transaction& transaction) {
      return metadata::find_tenant(transaction, name);
    });
  }
  if (tenant) return std::move(*tenant);
  throw Problem{problem_kinds::kNotFound, "there is no tenant '" + name + "'", ""};
}

metadata::NodeRow visible_row(BackendContext& context, const ApiRequest& request,
                              const std::string& id_or_name) {
  auto row = transact(context, [&](metadata::Transaction& transaction) {
    return metadata::find_node(transaction, id_or_name);
  });
  const Principal& principal = request.principal();
  if (row && principal.sees(row->tenant) && (principal.node.empty() || principal.node == row->id)) {
    return std::move(*row);
  }
  throw Problem{problem_kinds::kNotFound, "there is no node '" + id_or_name + "'", ""};
}

HttpReply ask_host(const BackendHost& host, const std::string& method, const std::string& target,
                   const std::string& body, const ApiRequest* on_behalf,
                   const std::string& if_match) {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.principal = system_principal();
  if (!body.empty()) request.content_type = "application/json";
  if (on_behalf != nullptr) request.request_id = on_behalf->http.request_id;
  if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
  return host.manager->call(request);
}

Json host_tenant_json(const metadata::Tenant& tenant, const metadata::Plan& plan) {
  return {{"memory_limit_bytes", plan.memory_bytes},
          {"max_nodes", 0},
          {"max_connections", plan.max_connections},
          {"quota",
           {{"ops_per_second", plan.ops_per_second}, {"bytes_per_second", plan.bytes_per_second}}},
          {"suspended", tenant.state != metadata::TenantState::kActive}};
}

bool tell_host(const BackendHost& host, const std::string& tenant, const Json& body) {
  return ask_host(host, "PUT", "/v1/tenants/" + percent_encoded(tenant), body.dump()).status == 200;
}

bool push_tenant(BackendContext& context, const metadata::Tenant& tenant,
                 const metadata::Plan& plan) {
  const Json body = host_tenant_json(tenant, plan);
  bool all = true;
  for (const BackendHost& host : context.hosts) {
    if (tell_host(host, tenant.name, body)) continue;
    log::warning("a host could not be told of a tenant",
                 {{"host", host.name}, {"tenant", tenant.name}});
    all = false;
  }
  if (!all) context.wake_reconciler();
  return all;
}

metadata::NodeEvent node_event(const metadata::NodeRow& row, const std::string& from,
                               const std::string& to, const std::string& cause,
                               const std::string& actor) {
  metadata::NodeEvent event;
  event.node = row.id;
  event.tenant = row.tenant;
  event.at_ms = now_unix_ms();
  event.from_state = from;
  event.to_state = to;
  event.cause = cause;
  event.actor = actor;
  return event;
}

}  // namespace miniredis::service
