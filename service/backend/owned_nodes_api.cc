// Changes of /v1/nodes, and /v1/nodes/{node}/history.
#include "backend/backend.h"
#include "backend/idempotency.h"
#include "backend/placement.h"
#include "common/log.h"
#include "common/secure_bytes.h"
#include "common/units.h"
#include "miniredis/options.h"

namespace miniredis::service {
namespace {

using metadata::NodeRow;
using metadata::NodeRowState;
using metadata::Plan;
using metadata::Tenant;
using metadata::Transaction;

constexpr auto kLeastMemory = static_cast<std::int64_t>(kMinNodeMemoryBytes);

struct Order {
  Json body;  // for the host, which checks what is not looked at here
  NodeRow row;
};

Order parse_order(const BackendContext& context, const ApiRequest& request) {
  Order order{parse_body(request.http), {}};
  if (order.body.contains("id")) {
    throw Problem{problem_kinds::kUnknownField, "ids are given by the backend", "id"};
  }
  Fields fields(order.body);
  const std::string& own = request.principal().tenant;
  auto tenant = fields.text("tenant");
  if (!tenant && !own.empty()) tenant = own;
  if (!tenant) tenant = fields.required_text("tenant");
  if (!request.principal().sees(*tenant)) {
    throw Problem{problem_kinds::kNotFound, "there is no tenant '" + *tenant + "'", "tenant"};
  }
  const std::int64_t memory = fields.memory_limit(kLeastMemory, kMostMemory)
                                  .value_or(context.configuration.default_node_memory);
  order.row.name = fields.required_text("name");
  order.row.tenant = *tenant;
  order.row.memory_limit_bytes = static_cast<std::uint64_t>(memory);
  order.row.id = to_hex(random_bytes(8));
  order.row.created_at_ms = order.row.updated_at_ms = now_unix_ms();
  order.body.erase("memory");
  order.body["tenant"] = *tenant;
  order.body["memory_limit_bytes"] = memory;
  order.body["id"] = order.row.id;
  return order;
}

// What the plan allows the tenant beyond what it has, or why not. `instead_of`: bytes that are
// given up for it.
Outcome<Plan> check_plan(Transaction& transaction, const std::string& name, std::uint64_t nodes,
                         std::uint64_t bytes, std::uint64_t instead_of) {
  auto tenant = metadata::lock_tenant(transaction, name);
  if (!tenant) return tenant.failure();
  if (!tenant->has_value()) {
    return Failure{FailureKind::kNotFound, "there is no tenant '" + name + "'", "tenant"};
  }
  if ((*tenant)->state != metadata::TenantState::kActive) {
    return Failure{FailureKind::kWrongState,
                   std::string("the tenant is ") + metadata::to_string((*tenant)->state), "tenant"};
  }
  auto plan = metadata::find_plan(transaction, (*tenant)->plan);
  if (!plan) return plan.failure();
  if (!plan->has_value()) {
    return Failure{FailureKind::kInternal, "the tenant's plan is gone", ""};
  }
  metadata::NodeFilter filter;
  filter.tenant = name;
  auto totals = metadata::node_totals(transaction, filter);
  if (!totals) return totals.failure();
  const Plan& allowed = **plan;
  if (allowed.max_nodes != 0 && totals->nodes + nodes > allowed.max_nodes) {
    return Failure{FailureKind::kLimitReached,
                   "the plan '" + allowed.name + "' allows " + std::to_string(allowed.max_nodes) +
                       " nodes, and there are " + std::to_string(totals->nodes),
                   "tenant"};
  }
  const std::uint64_t kept =
      totals->memory_limit_bytes - std::min(totals->memory_limit_bytes, instead_of);
  if (allowed.memory_bytes != 0 &&
      (kept > allowed.memory_bytes || bytes > allowed.memory_bytes - kept)) {
    return Failure{FailureKind::kLimitReached,
                   "the plan '" + allowed.name + "' allows " +
                       std::to_string(allowed.memory_bytes) + " bytes, of which " +
                       std::to_string(kept) + " are promised to other nodes",
                   "memory_limit_bytes"};
  }
  return std::move(**plan);
}

// The first half of a creation: key, row and history, or the answer that was given before.
struct Begun {
  std::optional<HttpReply> before;
  Plan plan;
  Tenant tenant;
};

Outcome<Begun> begin_creation(Transaction& transaction, const ApiRequest& request,
                              const metadata::IdempotentAnswer& wanted, const NodeRow& row) {
  Begun begun;
  auto before = begin(transaction, wanted);
  if (!before) return before.failure();
  if (before->has_value()) {
    begun.before = std::move(**before);
    return begun;
  }
  auto plan = check_plan(transaction, row.tenant, 1, row.memory_limit_bytes, 0);
  if (!plan) return plan.failure();
  begun.plan = std::move(*plan);
  auto tenant = metadata::find_tenant(transaction, row.tenant);
  if (!tenant) return tenant.failure();
  begun.tenant = **tenant;
  if (auto made = metadata::insert_node(transaction, row); !made) {
    if (made.failure().kind != FailureKind::kNameTaken) return made.failure();
    return Failure{FailureKind::kNameTaken, "there is a node '" + row.name + "' already", "name"};
  }
  const auto noted = metadata::insert_node_event(
      transaction, node_event(row, "", "creating", "create requested", request.principal().actor));
  if (!noted) return noted.failure();
  return begun;
}

Outcome<void> end_creation(Transaction& transaction, const ApiRequest& request,
                           const metadata::IdempotentAnswer& wanted, NodeRow row,
                           const HttpReply& reply) {
  row.state = NodeRowState::kReady;
  auto ready = metadata::update_node(transaction, row);
  if (!ready) return ready.failure();
  const std::string& actor = request.principal().actor;
  if (auto noted = metadata::insert_node_event(
          transaction, node_event(row, "creating", "running", "created", actor));
      !noted) {
    return noted;
  }
  const Json detail = {{"name", row.name}, {"memory_limit_bytes", row.memory_limit_bytes}};
  if (auto noted = metadata::insert_audit(
          transaction, audit_entry(request, "node.create", row.tenant, "node/" + row.id, detail));
      !noted) {
    return noted;
  }
  return finish(transaction, wanted, reply);
}

// The host refused: nothing of the node stays, and the key may be used again.
void drop_creation(BackendContext& context, const metadata::IdempotentAnswer& wanted,
                   const NodeRow& row) {
  const auto dropped = context.database.transact([&](Transaction& transaction) -> Outcome<void> {
    if (auto gone = metadata::delete_node(transaction, row.id); !gone) return gone;
    return metadata::drop_idempotent(transaction, wanted.principal, wanted.key);
  });
  // The reconciler finds the row and asks the host.
  if (!dropped) context.wake_reconciler();
}

HttpReply create_node(BackendContext& context, const ApiRequest& request) {
  metadata::IdempotentAnswer wanted = idempotent_request(request);
  Order order = parse_order(context, request);
  const BackendHost& host = place(context, order.row.memory_limit_bytes);
  order.row.host = host.name;
  wanted.target = order.row.id;
  const auto claim = context.under_way.claim(order.row.id);
  const Begun begun = transact(context, [&](Transaction& transaction) {
    return begin_creation(transaction, request, wanted, order.row);
  });
  if (begun.before) return *begun.before;
  if (!push_tenant(context, begun.tenant, begun.plan)) {
    drop_creation(context, wanted, order.row);
    throw Problem{problem_kinds::kUnavailable, "the host cannot be reached", ""};
  }
  HttpReply reply = ask_host(host, "POST", "/v1/nodes", order.body.dump(), &request);
  if (reply.status != 201) {
    // Without an answer it is not known whether the node is there: the reconciler will ask.
    if (reply.status >= 502 && reply.status <= 504) {
      context.wake_reconciler();
    } else {
      drop_creation(context, wanted, order.row);
    }
    return reply;
  }
  const auto ended = context.database.transact([&](Transaction& transaction) {
    return end_creation(transaction, request, wanted, order.row, reply);
  });
  if (!ended) {
    (void)ask_host(host, "DELETE", "/v1/nodes/" + order.row.id, "", &request);
    context.wake_reconciler();
    throw problem_of(ended.failure());
  }
  return reply;
}

const BackendHost& host_of(const BackendContext& context, const NodeRow& row) {
  if (const BackendHost* host = context.host(row.host)) return *host;
  throw Problem{problem_kinds::kUnavailable, "the node's host '" + row.host + "' is not known", ""};
}

NodeRow ready_row(BackendContext& context, const ApiRequest& request) {
  NodeRow row = visible_row(context, request, request.path[0]);
  if (row.state == NodeRowState::kReady) return row;
  throw Problem{problem_kinds::kWrongState,
                std::string("the node is ") + metadata::to_string(row.state), ""};
}

std::unique_ptr<WorkUnderWay::Claim> claim_row(BackendContext& context, const NodeRow& row) {
  auto claim = context.under_way.claim(row.id);
  if (claim) return claim;
  throw Problem{problem_kinds::kWrongState, "the node is being changed", ""};
}

// The rows of the whole change, written before the host is asked, so that nothing is done that was
// not noted; `refused` is noted after it when the host says no.
void note_refusal(BackendContext& context, const ApiRequest& request, const std::string& action,
                  const NodeRow& before, const NodeRow& after, int status) {
  const auto noted = context.database.transact([&](Transaction& transaction) -> Outcome<void> {
    NodeRow back = before;
    back.version = after.version;
    if (auto written = metadata::update_node(transaction, back); !written) {
      return written.failure();
    }
    return metadata::insert_audit(
        transaction, audit_entry(request, action + ".refused", before.tenant, "node/" + before.id,
                                 {{"status", status}}));
  });
  if (!noted) log::error("a refused change could not be noted", {{"node", before.id}});
}

HttpReply update_node(BackendContext& context, const ApiRequest& request) {
  const NodeRow row = ready_row(context, request);
  const auto claim = claim_row(context, row);
  const Json body = parse_body(request.http);
  Fields fields(body);
  const auto memory = fields.memory_limit(kLeastMemory, kMostMemory);
  const auto name = fields.text("name");
  // Names alone: a value may be a secret, wherever the caller put it.
  Json detail = {{"changed", Json::array()}};
  for (const auto& [field, value] : body.items()) detail["changed"].push_back(field);
  const NodeRow after = transact(context, [&](Transaction& transaction) -> Outcome<NodeRow> {
    NodeRow next = row;
    if (name) next.name = *name;
    if (memory) {
      next.memory_limit_bytes = static_cast<std::uint64_t>(*memory);
      if (next.memory_limit_bytes > row.memory_limit_bytes) {
        auto fits =
            check_plan(transaction, row.tenant, 0, next.memory_limit_bytes, row.memory_limit_bytes);
        if (!fits) return fits.failure();
      }
    }
    next.updated_at_ms = now_unix_ms();
    auto written = metadata::update_node(transaction, next);
    if (!written) return written.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, "node.update", row.tenant, "node/" + row.id, detail));
    if (!noted) return noted.failure();
    return *written;
  });
  HttpReply reply = ask_host(host_of(context, row), "PATCH", "/v1/nodes/" + row.id, body.dump(),
                             &request, std::string(request.http.header("If-Match")));
  if (reply.status != 200) note_refusal(context, request, "node.update", row, after, reply.status);
  return reply;
}

// Deletes at the host and then the row. For requests and for what a crash left.
HttpReply finish_deletion(BackendContext& context, const BackendHost& host, const NodeRow& row,
                          const ApiRequest& request, const std::string& if_match) {
  const HttpReply reply = ask_host(host, "DELETE", "/v1/nodes/" + row.id, "", &request, if_match);
  if (reply.status != 204 && reply.status != 404) return reply;
  transact(context, [&](Transaction& transaction) -> Outcome<bool> {
    const std::string& actor = request.principal().actor;
    if (auto gone = metadata::delete_node(transaction, row.id); !gone) return gone.failure();
    auto noted = metadata::insert_node_event(
        transaction, node_event(row, "deleting", "deleted", "delete requested", actor));
    if (!noted) return noted.failure();
    return true;
  });
  return {.status = 204, .content_type = "", .body = "", .headers = {}};
}

HttpReply delete_node(BackendContext& context, const ApiRequest& request) {
  NodeRow row = visible_row(context, request, request.path[0]);
  const auto claim = claim_row(context, row);
  const NodeRow before = row;
  row = transact(context, [&](Transaction& transaction) -> Outcome<NodeRow> {
    NodeRow next = row;
    next.state = NodeRowState::kDeleting;
    next.updated_at_ms = now_unix_ms();
    auto written = metadata::update_node(transaction, next);
    if (!written) return written.failure();
    auto noted = metadata::insert_audit(
        transaction,
        audit_entry(request, "node.delete", row.tenant, "node/" + row.id, {{"name", row.name}}));
    if (!noted) return noted.failure();
    return *written;
  });
  HttpReply reply = finish_deletion(context, host_of(context, row), row, request,
                                    std::string(request.http.header("If-Match")));
  if (reply.status == 412) note_refusal(context, request, "node.delete", before, row, 412);
  if (reply.status >= 500) context.wake_reconciler();
  context.credentials_changed();
  return reply;
}

struct Action {
  const char* verb;  // of the path
  const char* name;  // in the audit log
  const char* from;
  const char* to;
};

HttpReply act(BackendContext& context, const ApiRequest& request, const Action& action) {
  if (!request.http.body.empty()) {
    const Json body = parse_body(request.http);
    Fields(body).finish();
  }
  const NodeRow row = ready_row(context, request);
  const auto claim = claim_row(context, row);
  const BackendHost& host = host_of(context, row);
  const std::string cause = std::string(action.verb) + " requested";
  const NodeRow after = transact(context, [&](Transaction& transaction) -> Outcome<NodeRow> {
    auto written = metadata::update_node(transaction, row);
    if (!written) return written.failure();
    auto noted = metadata::insert_audit(
        transaction, audit_entry(request, action.name, row.tenant, "node/" + row.id));
    if (!noted) return noted.failure();
    return *written;
  });
  HttpReply reply = ask_host(host, "POST", "/v1/nodes/" + row.id + "/" + action.verb, "", &request,
                             std::string(request.http.header("If-Match")));
  if (reply.status != 200) {
    note_refusal(context, request, action.name, row, after, reply.status);
    return reply;
  }
  const auto noted = context.database.transact([&](Transaction& transaction) {
    return metadata::insert_node_event(
        transaction, node_event(row, action.from, action.to, cause, request.principal().actor));
  });
  if (!noted) log::error("a node's change of state could not be noted", {{"node", row.id}});
  return reply;
}

HttpReply list_history(BackendContext& context, const ApiRequest& request) {
  const ListRequest list = parse_list_request(request, 'e');
  const std::uint64_t before = number_after(list);
  const auto row = transact(context, [&](Transaction& transaction) {
    return metadata::find_node(transaction, request.path[0]);
  });
  // The history of a node that is gone is found by its id.
  const std::string id = row ? row->id : request.path[0];
  auto events = transact(context, [&](Transaction& transaction) {
    return metadata::list_node_events(transaction, id, before, list.limit + 1);
  });
  const bool hidden = events.empty() || !request.principal().sees(events.front().tenant) ||
                      (!request.principal().node.empty() && request.principal().node != id);
  if (hidden && before == 0) {
    throw Problem{problem_kinds::kNotFound, "there is no node '" + request.path[0] + "'", ""};
  }
  if (hidden) events.clear();
  return page_answer(
      std::move(events), list.limit,
      [](const metadata::NodeEvent& event) -> Json {
        return {{"id", event.id},
                {"node", event.node},
                {"tenant", event.tenant},
                {"at", format_time(event.at_ms)},
                {"from", event.from_state.empty() ? Json() : Json(event.from_state)},
                {"to", event.to_state},
                {"cause", event.cause},
                {"actor", event.actor}};
      },
      [](const metadata::NodeEvent& event) { return "e" + std::to_string(event.id); });
}

}  // namespace

void add_owned_node_routes(Router& router, BackendContext& context) {
  constexpr Owner kOwner = Owner::kBackend;
  const auto acting = [&context](const Action& action) {
    return [&context, action](const ApiRequest& request) { return act(context, request, action); };
  };
  add_route(router, kOwner, "createNode", over(context, create_node));
  add_route(router, kOwner, "updateNode", over(context, update_node));
  add_route(router, kOwner, "deleteNode", over(context, delete_node));
  add_route(router, kOwner, "startNode", acting({"start", "node.start", "stopped", "running"}));
  add_route(router, kOwner, "stopNode", acting({"stop", "node.stop", "running", "stopped"}));
  add_route(router, kOwner, "restartNode",
            acting({"restart", "node.restart", "running", "running"}));
  add_route(router, kOwner, "listNodeHistory", over(context, list_history));
}

}  // namespace miniredis::service
