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
        const HttpReply reply =
            ask_host(host, "PUT", "/v1/tenants/" + percent_encoded(tenant.name), body.dump());
        all = all && reply.status == 200;
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
    if (auto done = adopt_from(host); !done) return done;
  }
  return {};
}

// Nodes that were made without the backend, or before there was one.
Outcome<void> Reconciler::adopt_from(const BackendHost& host) {
  std::string cursor;
  while (true) {
    const HttpReply reply = ask_host(
        host, "GET", "/v1/nodes?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor), "");
    if (reply.status != 200) {
      log::warning("a host could not be asked for its nodes",
                   {{"host", host.name}, {"status", std::to_string(reply.status)}});
      return {};
    }
    const Json page = Json::parse(reply.body, nullptr, false);
    if (!page.is_object() || !page.contains("items")) return {};
    const auto done = context_.database.transact([&](Transaction& transaction) -> Outcome<void> {
      for (const Json& node : page["items"]) {
        NodeRow row;
        row.id = node.value("id", "");
        row.name = node.value("name", "");
        row.tenant = node.value("tenant", "");
        row.memory_limit_bytes = node.value("memory_limit_bytes", std::uint64_t{0});
        auto known = metadata::find_node(transaction, row.id);
        if (!known) return known.failure();
        if (known->has_value()) continue;
        row.host = host.name;
        row.state = NodeRowState::kReady;
        row.created_at_ms = row.updated_at_ms = now_unix_ms();
        auto owner = metadata::find_tenant(transaction, row.tenant);
        if (!owner) return owner.failure();
        if (!owner->has_value()) {
          metadata::Tenant tenant;
          tenant.name = row.tenant;
          tenant.plan = "standard";
          tenant.created_at_ms = tenant.updated_at_ms = now_unix_ms();
          if (auto made = metadata::insert_tenant(transaction, tenant); !made) return made;
        }
        if (auto made = metadata::insert_node(transaction, row); !made) return made;
        auto noted = metadata::insert_node_event(
            transaction, node_event(row, "", node.value("state", "running"), "adopted", "system"));
        if (!noted) return noted;
      }
      return {};
    });
    if (!done) return done;
    if (!page.contains("next_cursor") || !page["next_cursor"].is_string()) return {};
    cursor = page["next_cursor"].get<std::string>();
  }
}

}  // namespace miniredis::service
