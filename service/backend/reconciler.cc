#include "backend/reconciler.h"

#include "common/log.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

using metadata::NodeRow;
using metadata::NodeRowState;
using metadata::Transaction;

constexpr std::size_t kPage = 200;
constexpr std::uint64_t kKeyLifeMs = 24ULL * 3600 * 1000;
constexpr auto kTellHostsEvery = std::chrono::minutes(5);

Outcome<std::vector<NodeRow>> rows_in(BackendContext& context, NodeRowState state,
                                      const std::string& tenant = "") {
  return context.database.transact([&](Transaction& transaction) {
    metadata::NodeFilter filter;
    filter.state = state;
    filter.tenant = tenant;
    return metadata::list_nodes(transaction, filter, "", kPage);
  });
}

}  // namespace

Reconciler::Reconciler(BackendContext& context, std::chrono::milliseconds interval)
    : context_(context), interval_(interval) {}

Reconciler::~Reconciler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// What a crash left is settled at once.
void Reconciler::start() {
  woken_ = true;
  thread_ = std::thread([this] { run(); });
}

void Reconciler::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Reconciler::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, interval_, [this] { return stopping_ || woken_; });
    if (stopping_) return;
    const bool asked = woken_;
    woken_ = false;
    lock.unlock();
    if (asked) told_hosts_at_ = {};
    try {
      round();
    } catch (const std::exception& failure) {
      log::error("the reconciler failed", {{"reason", failure.what()}});
    } catch (const Problem& problem) {
      log::warning("the reconciler will try again", {{"reason", problem.detail}});
    }
    lock.lock();
    // Whoever asked may ask again because of what is broken: not in a tight loop.
    changed_.wait_for(lock, std::chrono::milliseconds(200), [this] { return stopping_; });
  }
}

void Reconciler::round() {
  finish_creations();
  finish_deletions();
  purge_tenants();
  follow_hosts();
  tell_hosts();
  forget_old_keys();
}

// A row in the state creating that nobody works on: the host knows whether the node came to be.
void Reconciler::finish_creations() {
  auto rows = rows_in(context_, NodeRowState::kCreating);
  if (!rows) return;
  for (const NodeRow& row : *rows) {
    const auto claim = context_.under_way.claim(row.id);
    const BackendHost* host = context_.host(row.host);
    if (!claim || host == nullptr) continue;
    const HttpReply reply = ask_host(*host, "GET", "/v1/nodes/" + row.id, "");
    if (reply.status != 200 && reply.status != 404) continue;
    const bool whole = reply.status == 200;
    const auto done = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
      // The request may have ended while we asked.
      auto now = metadata::find_node(transaction, row.id);
      if (!now) return now.failure();
      if (!now->has_value() || (*now)->state != NodeRowState::kCreating) return {};
      auto open = metadata::open_idempotent(transaction, now_unix_ms() + 1, kPage);
      if (!open) return open.failure();
      for (metadata::IdempotentAnswer& answer : *open) {
        if (answer.target != row.id) continue;
        answer.status = 201;
        answer.headers = "{}";
        answer.body = reply.body;
        auto ended = whole ? metadata::finish_idempotent(transaction, answer)
                           : metadata::drop_idempotent(transaction, answer.principal, answer.key);
        if (!ended) return ended;
      }
      if (!whole) return metadata::delete_node(transaction, row.id);
      NodeRow ready = **now;
      ready.state = NodeRowState::kReady;
      auto written = metadata::update_node(transaction, ready);
      if (!written) return written.failure();
      return metadata::insert_node_event(
          transaction, node_event(row, "creating", "running", "recovered", "system"));
    });
    if (done) {
      log::info("a creation that was cut off is settled",
                {{"node", row.id}, {"outcome", whole ? "kept" : "nothing"}});
    }
  }
}

void Reconciler::finish_deletions() {
  auto rows = rows_in(context_, NodeRowState::kDeleting);
  if (!rows) return;
  for (const NodeRow& row : *rows) {
    const auto claim = context_.under_way.claim(row.id);
    const BackendHost* host = context_.host(row.host);
    if (!claim || host == nullptr) continue;
    const HttpReply reply = ask_host(*host, "DELETE", "/v1/nodes/" + row.id, "");
    if (reply.status != 204 && reply.status != 404) continue;
    (void)context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
      if (auto gone = metadata::delete_node(transaction, row.id); !gone) return gone;
      return metadata::insert_node_event(
          transaction, node_event(row, "deleting", "deleted", "recovered", "system"));
    });
  }
}

void Reconciler::purge_tenants() {
  auto tenants = context_.database.transact([&](Transaction& transaction) {
    return metadata::tenants_to_purge(transaction, now_unix_ms(), kPage);
  });
  if (!tenants) return;
  for (const metadata::Tenant& tenant : *tenants) {
    auto rows = rows_in(context_, NodeRowState::kReady, tenant.name);
    if (!rows) return;
    for (NodeRow row : *rows) {
      const auto claim = context_.under_way.claim(row.id);
      if (!claim) continue;
      row.state = NodeRowState::kDeleting;
      (void)context_.database.transact(
          [&](Transaction& transaction) { return metadata::update_node(transaction, row); });
    }
    finish_deletions();
    if (!forget_members(tenant.name)) continue;
    const auto gone = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
      if (auto deleted = metadata::delete_tenant(transaction, tenant.name); !deleted) {
        return deleted;
      }
      metadata::AuditEntry entry;
      entry.at_ms = now_unix_ms();
      entry.actor = "system";
      entry.tenant = tenant.name;
      entry.action = "tenant.purge";
      entry.target = "tenant/" + tenant.name;
      entry.detail = "{}";
      return metadata::insert_audit(transaction, entry);
    });
    if (!gone) continue;  // it still has nodes; the next round goes on
    for (const BackendHost& host : context_.hosts) {
      (void)ask_host(host, "DELETE",
                     "/v1/tenants/" + percent_encoded(tenant.name) + "?nodes=delete", "");
    }
    log::info("a tenant is deleted", {{"tenant", tenant.name}});
  }
}

// Who was in the tenant must have no role in the next one of its name. False: to be tried again.
bool Reconciler::forget_members(const std::string& tenant) {
  if (context_.auth == nullptr) return true;
  HttpRequest request;
  request.method = "DELETE";
  request.target = "/auth/v1/tenants/" + percent_encoded(tenant) + "/members";
  const HttpReply reply = context_.auth->call(request);
  if (reply.status == 204) {
    keeps_members_.erase(tenant);
    return true;
  }
  if (!keeps_members_.insert(tenant).second) return false;
  log::warning("the auth service has not forgotten a deleted tenant's members: the tenant stays",
               {{"tenant", tenant}, {"status", std::to_string(reply.status)}});
  return false;
}

// Hosts that could not be told of a tenant when it changed are told now.
void Reconciler::tell_hosts() {
  const auto now = std::chrono::steady_clock::now();
  if (told_hosts_at_ != std::chrono::steady_clock::time_point{} &&
      now - told_hosts_at_ < kTellHostsEvery) {
    return;
  }
  std::string after;
  bool all = true;
  while (true) {
    using Pair = std::pair<metadata::Tenant, metadata::Plan>;
    auto page =
        context_.database.transact([&](Transaction& transaction) -> Outcome<std::vector<Pair>> {
          auto tenants = metadata::list_tenants(transaction, {}, after, kPage);
          if (!tenants) return tenants.failure();
          std::vector<Pair> pairs;
          for (metadata::Tenant& tenant : *tenants) {
            auto plan = metadata::find_plan(transaction, tenant.plan);
            if (!plan) return plan.failure();
            pairs.emplace_back(std::move(tenant), plan->value_or(metadata::Plan{}));
          }
          return pairs;
        });
    if (!page) return;
    for (const auto& [tenant, plan] : *page) {
      const Json body = host_tenant_json(tenant, plan);
      for (const BackendHost& host : context_.hosts) {
        all = tell_host(host, tenant.name, body) && all;
      }
    }
    if (page->size() < kPage) break;
    after = page->back().first.name;
  }
  if (all) told_hosts_at_ = now;
}

void Reconciler::forget_old_keys() {
  const std::uint64_t now = now_unix_ms();
  (void)context_.database.transact([&](Transaction& transaction) {
    return metadata::purge_idempotent(transaction, now - std::min(now, kKeyLifeMs), kPage);
  });
}

Outcome<void> Reconciler::adopt() {
  for (const BackendHost& host : context_.hosts) {
    const auto noted = context_.database.transact([&](Transaction& transaction) {
      metadata::Host row;
      row.name = host.name;
      row.url = host.url;
      row.seen_at_ms = row.created_at_ms = now_unix_ms();
      return metadata::upsert_host(transaction, row);
    });
    if (!noted) return noted;
    if (auto done = compare_with(host); !done) return done;
  }
  return {};
}

// Nodes can be made and deleted at a host without the backend, as by an operator at its own port,
// or before there was a backend. Where the numbers agree nothing more is looked at.
void Reconciler::follow_hosts() {
  for (const BackendHost& host : context_.hosts) {
    const HttpReply reply = ask_host(host, "GET", "/v1/capacity", "");
    if (reply.status != 200) continue;
    const Json capacity = Json::parse(reply.body, nullptr, false);
    if (!capacity.is_object() || !capacity.value("nodes", Json()).is_number_unsigned()) continue;
    auto known = context_.database.transact([&](Transaction& transaction) {
      metadata::NodeFilter filter;
      filter.host = host.name;
      return metadata::node_totals(transaction, filter);
    });
    if (!known || known->nodes == capacity["nodes"].get<std::uint64_t>()) continue;
    (void)compare_with(host);
  }
}

Outcome<void> Reconciler::compare_with(const BackendHost& host) {
  std::set<std::string> seen;
  std::string cursor;
  while (true) {
    const HttpReply reply = ask_host(
        host, "GET", "/v1/nodes?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor), "");
    const Json page = Json::parse(reply.body, nullptr, false);
    if (reply.status != 200 || !page.is_object() || !page.contains("items")) {
      log::warning("a host could not be asked for its nodes",
                   {{"host", host.name}, {"status", std::to_string(reply.status)}});
      return {};
    }
    for (const Json& node : page["items"]) seen.insert(node.value("id", ""));
    if (auto done = take_in(host, page["items"]); !done) return done;
    if (!page.contains("next_cursor") || !page["next_cursor"].is_string()) break;
    cursor = page["next_cursor"].get<std::string>();
  }
  return let_go(host, seen);
}

// Those of the page that are in no row. A row is looked for first and the host is asked again after
// that: what is being deleted goes from its host before its row goes.
Outcome<void> Reconciler::take_in(const BackendHost& host, const Json& nodes) {
  std::vector<const Json*> unknown;
  const auto looked = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
    unknown.clear();
    for (const Json& node : nodes) {
      auto known = metadata::find_node(transaction, node.value("id", ""));
      if (!known) return known.failure();
      if (!known->has_value()) unknown.push_back(&node);
    }
    return {};
  });
  if (!looked) return looked;
  for (const Json* node : unknown) {
    NodeRow row;
    row.id = node->value("id", "");
    row.name = node->value("name", "");
    row.tenant = node->value("tenant", "");
    row.memory_limit_bytes = node->value("memory_limit_bytes", std::uint64_t{0});
    row.host = host.name;
    row.state = NodeRowState::kReady;
    row.created_at_ms = row.updated_at_ms = now_unix_ms();
    const auto claim = context_.under_way.claim(row.id);
    if (!claim || ask_host(host, "GET", "/v1/nodes/" + row.id, "").status != 200) continue;
    const auto made = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
      auto owner = metadata::find_tenant(transaction, row.tenant);
      if (!owner) return owner.failure();
      if (!owner->has_value()) {
        metadata::Tenant tenant;
        tenant.name = row.tenant;
        tenant.plan = "standard";
        tenant.created_at_ms = tenant.updated_at_ms = now_unix_ms();
        if (auto inserted = metadata::insert_tenant(transaction, tenant); !inserted) {
          return inserted;
        }
      }
      if (auto inserted = metadata::insert_node(transaction, row); !inserted) return inserted;
      return metadata::insert_node_event(
          transaction, node_event(row, "", node->value("state", "running"), "adopted", "system"));
    });
    if (!made && made.failure().kind == FailureKind::kUnavailable) return made;
    if (!made) {
      log::warning("a node of a host could not be taken in",
                   {{"node", row.id}, {"reason", made.failure().detail}});
    }
  }
  return {};
}

// Rows whose node is not among those that the host has.
Outcome<void> Reconciler::let_go(const BackendHost& host, const std::set<std::string>& seen) {
  std::string after;
  while (true) {
    auto rows = context_.database.transact([&](Transaction& transaction) {
      metadata::NodeFilter filter;
      filter.host = host.name;
      filter.state = NodeRowState::kReady;
      return metadata::list_nodes(transaction, filter, after, kPage);
    });
    if (!rows) return rows.failure();
    for (const NodeRow& row : *rows) {
      if (seen.contains(row.id)) continue;
      const auto claim = context_.under_way.claim(row.id);
      if (!claim || ask_host(host, "GET", "/v1/nodes/" + row.id, "").status != 404) continue;
      const auto gone = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
        if (auto deleted = metadata::delete_node(transaction, row.id); !deleted) return deleted;
        return metadata::insert_node_event(
            transaction, node_event(row, "", "deleted", "gone from its host", "system"));
      });
      if (!gone) return gone;
    }
    if (rows->size() < kPage) return {};
    after = rows->back().id;
  }
}

}  // namespace miniredis::service
