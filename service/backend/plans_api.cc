// /v1/plans
#include "backend/backend.h"
#include "backend/idempotency.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

using metadata::Plan;
using metadata::Transaction;

constexpr std::int64_t kMostCount = 100'000'000;
constexpr std::int64_t kMostOps = 1'000'000'000;
constexpr std::int64_t kMostRate = 1'000'000'000'000;

Json plan_json(const Plan& plan) {
  return {{"name", plan.name},
          {"memory_bytes", plan.memory_bytes},
          {"max_nodes", plan.max_nodes},
          {"max_connections", plan.max_connections},
          {"ops_per_second", plan.ops_per_second},
          {"bytes_per_second", plan.bytes_per_second},
          {"created_at", format_time(plan.created_at_ms)},
          {"updated_at", format_time(plan.updated_at_ms)},
          {"version", plan.version}};
}

HttpReply plan_answer(const Plan& plan, int status = 200) {
  HttpReply reply = json_answer(plan_json(plan), status);
  reply.headers.emplace_back("ETag", etag_of(plan.version));
  return reply;
}

void read_figures(Fields& fields, Plan& plan) {
  if (const auto n = fields.bytes("memory_bytes", 0, kMostMemory)) {
    plan.memory_bytes = static_cast<std::uint64_t>(*n);
  }
  if (const auto n = fields.integer("max_nodes", 0, kMostCount)) {
    plan.max_nodes = static_cast<std::uint32_t>(*n);
  }
  if (const auto n = fields.integer("max_connections", 0, kMostCount)) {
    plan.max_connections = static_cast<std::uint32_t>(*n);
  }
  if (const auto n = fields.integer("ops_per_second", 0, kMostOps)) {
    plan.ops_per_second = static_cast<std::uint64_t>(*n);
  }
  if (const auto n = fields.bytes("bytes_per_second", 0, kMostRate)) {
    plan.bytes_per_second = static_cast<std::uint64_t>(*n);
  }
}

HttpReply create_plan(BackendContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  Fields fields(body);
  Plan plan;
  read_figures(fields, plan);
  (void)fields.has("name");
  fields.finish();
  plan.name = fields.required_text("name");
  if (plan.name.empty() || plan.name.size() > 64 ||
      plan.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    throw invalid_value("name", shown(plan.name), "1 to 64 characters out of a-z 0-9 -");
  }
  plan.created_at_ms = plan.updated_at_ms = now_unix_ms();
  return make_once(context, request, [&](Transaction& transaction) -> Outcome<Made> {
    if (auto made = metadata::insert_plan(transaction, plan); !made) return made.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "plan.create", "", "plan/" + plan.name, body));
    if (!noted) return noted.failure();
    HttpReply answer = plan_answer(plan, 201);
    answer.headers.emplace_back("Location", "/v1/plans/" + plan.name);
    return Made{std::move(answer), ""};
  });
}

HttpReply list_plans(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'p');
  auto rows = transact(context, [&](Transaction& transaction) {
    return metadata::list_plans(transaction, list.after, list.limit + 1);
  });
  return page_answer(std::move(rows), list.limit, plan_json,
                     [](const Plan& plan) { return "p" + plan.name; });
}

Outcome<Plan> existing(Transaction& transaction, const std::string& name) {
  auto plan = metadata::find_plan(transaction, name);
  if (!plan) return plan.failure();
  if (plan->has_value()) return std::move(**plan);
  return Failure{FailureKind::kNotFound, "there is no plan '" + name + "'", ""};
}

HttpReply get_plan(BackendContext& context, const ApiRequest& request) {
  return plan_answer(transact(
      context, [&](Transaction& transaction) { return existing(transaction, request.path[0]); }));
}

// Tells the hosts of every tenant that has the plan, page by page.
void push_tenants_of(BackendContext& context, const Plan& plan) {
  constexpr std::size_t kPage = 500;
  metadata::TenantFilter filter;
  filter.plan = plan.name;
  std::string after;
  while (true) {
    const auto tenants = transact(context, [&](Transaction& transaction) {
      return metadata::list_tenants(transaction, filter, after, kPage);
    });
    for (const metadata::Tenant& tenant : tenants) (void)push_tenant(context, tenant, plan);
    if (tenants.size() < kPage) return;
    after = tenants.back().name;
  }
}

HttpReply update_plan(BackendContext& context, const ApiRequest& request) {
  const Json body = parse_body(request.http);
  const auto expected = expected_version(request.http);
  Plan checked;
  Fields fields(body);
  read_figures(fields, checked);
  fields.finish();
  const Plan plan = transact(context, [&](Transaction& transaction) -> Outcome<Plan> {
    auto before = existing(transaction, request.path[0]);
    if (!before) return before.failure();
    if (expected && *expected != before->version) {
      return Failure{FailureKind::kVersionMismatch,
                     "the plan's version is " + std::to_string(before->version), ""};
    }
    Plan next = *before;
    Fields again(body);
    read_figures(again, next);
    if (next == *before) return next;
    next.updated_at_ms = now_unix_ms();
    auto written = metadata::update_plan(transaction, next);
    if (!written) return written.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "plan.update", "", "plan/" + next.name, body));
    if (!noted) return noted.failure();
    return *written;
  });
  push_tenants_of(context, plan);
  return plan_answer(plan);
}

HttpReply delete_plan(BackendContext& context, const ApiRequest& request) {
  transact(context, [&](Transaction& transaction) -> Outcome<bool> {
    auto before = existing(transaction, request.path[0]);
    if (!before) return before.failure();
    if (auto gone = metadata::delete_plan(transaction, request.path[0]); !gone) {
      return gone.failure();
    }
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "plan.delete", "", "plan/" + request.path[0]));
    if (!noted) return noted.failure();
    return true;
  });
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

}  // namespace

void add_plan_routes(Router& router, BackendContext& context) {
  constexpr Owner kOwner = Owner::kBackend;
  add_route(router, kOwner, "createPlan", over(context, create_plan));
  add_route(router, kOwner, "listPlans", over(context, list_plans));
  add_route(router, kOwner, "getPlan", over(context, get_plan));
  add_route(router, kOwner, "updatePlan", over(context, update_plan));
  add_route(router, kOwner, "deletePlan", over(context, delete_plan));
}

}  // namespace miniredis::service
