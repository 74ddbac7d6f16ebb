// /v1/tenants
#include <charconv>
#include <limits>

#include "backend/backend.h"
#include "backend/idempotency.h"
#include "common/names.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

using metadata::Plan;
using metadata::Tenant;
using metadata::TenantState;
using metadata::Transaction;

constexpr const char* kDefaultPlan = "standard";
constexpr std::size_t kMostDisplayBytes = 200;
constexpr std::int64_t kDefaultGraceSeconds = 7LL * 24 * 3600;
constexpr std::int64_t kMostGraceSeconds = 90LL * 24 * 3600;

Json tenant_json(const Tenant& tenant, const metadata::NodeTotals& totals) {
  return {{"name", tenant.name},
          {"display_name", tenant.display_name},
          {"plan", tenant.plan},
          {"state", metadata::to_string(tenant.state)},
          {"nodes", totals.nodes},
          {"memory_promised_bytes", totals.memory_limit_bytes},
          {"created_at", format_time(tenant.created_at_ms)},
          {"updated_at", format_time(tenant.updated_at_ms)},
          {"purge_at", tenant.purge_at_ms ? Json(format_time(*tenant.purge_at_ms)) : Json()},
          {"version", tenant.version}};
}

HttpReply tenant_answer(const Tenant& tenant, const metadata::NodeTotals& totals,
                        int status = 200) {
  HttpReply reply = json_answer(tenant_json(tenant, totals), status);
  reply.headers.emplace_back("ETag", etag_of(tenant.version));
  return reply;
}

Outcome<metadata::NodeTotals> totals_of(Transaction& transaction, const std::string& tenant) {
  metadata::NodeFilter filter;
  filter.tenant = tenant;
  return metadata::node_totals(transaction, filter);
}

std::string name_of(Fields& fields) {
  std::string name = fields.required_text("name");
  if (!is_name(name)) throw invalid_value("name", shown(name), kAllowedNames);
  return name;
}

std::optional<std::string> display_name_of(Fields& fields) {
  auto text = fields.text("display_name");
  if (text && text->size() > kMostDisplayBytes) {
    throw invalid_value("display_name", std::to_string(text->size()) + " bytes",
                        "at most " + std::to_string(kMostDisplayBytes) + " bytes");
  }
  return text;
}

Outcome<Plan> existing_plan(Transaction& transaction, const std::string& name) {
  auto plan = metadata::find_plan(transaction, name);
  if (!plan) return plan.failure();
  if (plan->has_value()) return std::move(**plan);
  return Failure{FailureKind::kInvalidValue, "there is no plan '" + name + "'", "plan"};
}

HttpReply create_tenant(BackendContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  Tenant tenant;
  tenant.plan = fields.text("plan").value_or(kDefaultPlan);
  tenant.display_name = display_name_of(fields).value_or("");
  (void)fields.has("name");
  fields.finish();
  tenant.name = name_of(fields);
  tenant.created_at_ms = tenant.updated_at_ms = now_unix_ms();
  std::optional<Plan> plan;
  HttpReply reply = make_once(context, request, [&](Transaction& transaction) -> Outcome<Made> {
    auto found = existing_plan(transaction, tenant.plan);
    if (!found) return found.failure();
    plan = *found;
    if (auto made = metadata::insert_tenant(transaction, tenant); !made) {
      Failure failure = made.failure();
      if (failure.kind == FailureKind::kNameTaken) {
        failure = {failure.kind, "there is a tenant '" + tenant.name + "' already", "name"};
      }
      return failure;
    }
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "tenant.create", tenant.name, "tenant/" + tenant.name,
                                 {{"plan", tenant.plan}}));
    if (!noted) return noted.failure();
    HttpReply answer = tenant_answer(tenant, {}, 201);
    answer.headers.emplace_back("Location", "/v1/tenants/" + tenant.name);
    return Made{std::move(answer), ""};
  });
  if (plan) (void)push_tenant(context, tenant, *plan);
  return reply;
}

HttpReply list_tenants(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 't');
  metadata::TenantFilter filter;
  filter.plan = query_value(request, "plan");
  if (request.query.contains("state")) {
    filter.state = metadata::tenant_state_from(query_value(request, "state"));
    if (!filter.state) {
      throw invalid_value("state", "'" + query_value(request, "state") + "'",
                          "active, suspended or deleting");
    }
  }
  const std::string& own = request.principal().tenant;
  using Row = std::pair<Tenant, metadata::NodeTotals>;
  auto rows = transact(context, [&](Transaction& transaction) -> Outcome<std::vector<Row>> {
    std::vector<Tenant> tenants;
    if (own.empty()) {
      auto found = metadata::list_tenants(transaction, filter, list.after, list.limit + 1);
      if (!found) return found.failure();
      tenants = std::move(*found);
    } else {
      auto found = metadata::find_tenant(transaction, own);
      if (!found) return found.failure();
      if (found->has_value()) tenants.push_back(**found);
    }
    std::vector<Row> result;
    for (Tenant& tenant : tenants) {
      auto totals = totals_of(transaction, tenant.name);
      if (!totals) return totals.failure();
      result.emplace_back(std::move(tenant), *totals);
    }
    return result;
  });
  return page_answer(
      std::move(rows), list.limit,
      [](const Row& row) { return tenant_json(row.first, row.second); },
      [](const Row& row) { return "t" + row.first.name; });
}

HttpReply get_tenant(BackendContext& context, const ApiRequest& request) {
  const Tenant tenant = visible_tenant(context, request, request.path[0]);
  return tenant_answer(tenant, transact(context, [&](Transaction& transaction) {
                         return totals_of(transaction, tenant.name);
                       }));
}

// Summed over the hosts; one that cannot be asked makes the sum unknown.
HttpReply tenant_metrics(BackendContext& context, const ApiRequest& request) {
  const Tenant tenant = visible_tenant(context, request, request.path[0]);
  const metadata::NodeTotals totals = transact(
      context, [&](Transaction& transaction) { return totals_of(transaction, tenant.name); });
  Json sums = {{"memory_used_bytes", 0},
               {"connections", 0},
               {"quota_waits", 0},
               {"quota_wait_ms", 0},
               {"throttled", 0}};
  for (const BackendHost& host : context.hosts) {
    const HttpReply reply =
        ask_host(host, "GET", "/v1/tenants/" + percent_encoded(tenant.name), "", &request);
    if (reply.status == 404) continue;
    const Json figures = Json::parse(reply.body, nullptr, false);
    if (reply.status != 200 || !figures.is_object()) {
      throw Problem{problem_kinds::kUnavailable, "host '" + host.name + "' gives no figures", ""};
    }
    for (auto& [name, sum] : sums.items()) {
      sum = sum.get<std::uint64_t>() + figures.value(name, std::uint64_t{0});
    }
  }
  sums["tenant"] = tenant.name;
  sums["at"] = format_time(now_unix_ms());
  sums["nodes"] = totals.nodes;
  sums["memory_promised_bytes"] = totals.memory_limit_bytes;
  return json_answer(sums);
}

// Reads the tenant, has `change` change it, writes it and the audit entry down, tells the hosts.
template <typename Change>
HttpReply edit_tenant(BackendContext& context, const ApiRequest& request, const std::string& action,
                      int status, Change&& change) {
  const std::string& name = request.path[0];
  (void)visible_tenant(context, request, name);
  const auto expected = expected_version(request.http);
  struct Edited {
    Tenant tenant;
    Plan plan;
    metadata::NodeTotals totals;
  };
  const Edited edited = transact(context, [&](Transaction& transaction) -> Outcome<Edited> {
    auto found = metadata::lock_tenant(transaction, name);
    if (!found) return found.failure();
    if (!found->has_value()) {
      return Failure{FailureKind::kNotFound, "there is no tenant '" + name + "'", ""};
    }
    const Tenant before = **found;
    if (expected && *expected != before.version) {
      return Failure{FailureKind::kVersionMismatch,
                     "the tenant's version is " + std::to_string(before.version), ""};
    }
    Tenant next = before;
    Json detail = Json::object();
    if (Outcome<void> done = change(transaction, next, detail); !done) return done.failure();
    auto plan = existing_plan(transaction, next.plan);
    if (!plan) return plan.failure();
    auto totals = totals_of(transaction, name);
    if (!totals) return totals.failure();
    if (next == before) return Edited{before, *plan, *totals};
    next.updated_at_ms = now_unix_ms();
    auto written = metadata::update_tenant(transaction, next);
    if (!written) return written.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, action, name, "tenant/" + name, detail));
    if (!noted) return noted.failure();
    return Edited{*written, *plan, *totals};
  });
  (void)push_tenant(context, edited.tenant, edited.plan);
  context.credentials_changed();
  return tenant_answer(edited.tenant, edited.totals, status);
}

HttpReply update_tenant(BackendContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  const auto display_name = display_name_of(fields);
  const auto plan = fields.text("plan");
  fields.finish();
  if (plan && !request.principal().may(Scope::kPlatform)) {
    throw Problem{problem_kinds::kForbidden, "plan: the scope 'platform' is needed", "plan"};
  }
  return edit_tenant(context, request, "tenant.update", 200,
                     [&](Transaction&, Tenant& tenant, Json& detail) -> Outcome<void> {
                       if (display_name) {
                         tenant.display_name = *display_name;
                         detail["display_name"] = *display_name;
                       }
                       if (plan) {
                         detail["plan"] = {{"from", tenant.plan}, {"to", *plan}};
                         tenant.plan = *plan;
                       }
                       return {};
                     });
}

std::int64_t grace_of(const ApiRequest& request) {
  if (!request.query.contains("grace_seconds")) return kDefaultGraceSeconds;
  const std::string text = query_value(request, "grace_seconds");
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, seconds);
  if (failure != std::errc() || rest != end || seconds < 0 || seconds > kMostGraceSeconds) {
    throw invalid_value("grace_seconds", "'" + text + "'",
                        "an integer from 0 to " + std::to_string(kMostGraceSeconds));
  }
  return seconds;
}

HttpReply delete_tenant(BackendContext& context, const ApiRequest& request) {
  const std::int64_t grace = grace_of(request);
  HttpReply reply = edit_tenant(context, request, "tenant.delete", 202,
                                [&](Transaction&, Tenant& tenant, Json& detail) -> Outcome<void> {
                                  tenant.state = TenantState::kDeleting;
                                  tenant.purge_at_ms =
                                      now_unix_ms() + static_cast<std::uint64_t>(grace) * 1000;
                                  detail["grace_seconds"] = grace;
                                  return {};
                                });
  context.wake_reconciler();
  return reply;
}

void check_empty(const ApiRequest& request) {
  if (request.http.body.empty()) return;
  const Json body = parse_body(request.http);
  Fields(body).finish();
}

HttpReply suspend_tenant(BackendContext& context, const ApiRequest& request) {
  check_empty(request);
  return edit_tenant(context, request, "tenant.suspend", 200,
                     [](Transaction&, Tenant& tenant, Json&) -> Outcome<void> {
                       if (tenant.state == TenantState::kDeleting) {
                         return Failure{FailureKind::kWrongState,
                                        "the tenant is being deleted; resume it first", ""};
                       }
                       tenant.state = TenantState::kSuspended;
                       return {};
                     });
}

HttpReply resume_tenant(BackendContext& context, const ApiRequest& request) {
  check_empty(request);
  return edit_tenant(context, request, "tenant.resume", 200,
                     [](Transaction&, Tenant& tenant, Json&) -> Outcome<void> {
                       if (tenant.purge_at_ms && *tenant.purge_at_ms <= now_unix_ms()) {
                         return Failure{FailureKind::kWrongState, "the grace time has passed", ""};
                       }
                       tenant.state = TenantState::kActive;
                       tenant.purge_at_ms.reset();
                       return {};
                     });
}

}  // namespace

void add_tenant_routes(Router& router, BackendContext& context) {
  constexpr Owner kOwner = Owner::kBackend;
  add_route(router, kOwner, "createTenant", over(context, create_tenant));
  add_route(router, kOwner, "listTenants", over(context, list_tenants));
  add_route(router, kOwner, "getTenant", over(context, get_tenant));
  add_route(router, kOwner, "getTenantMetrics", over(context, tenant_metrics));
  add_route(router, kOwner, "updateTenant", over(context, update_tenant));
  add_route(router, kOwner, "deleteTenant", over(context, delete_tenant));
  add_route(router, kOwner, "suspendTenant", over(context, suspend_tenant));
  add_route(router, kOwner, "resumeTenant", over(context, resume_tenant));
}

}  // namespace miniredis::service
