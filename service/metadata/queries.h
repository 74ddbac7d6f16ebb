// What can be asked of the database and changed in it, resource by resource. Each is one or a few
// prepared statements in the given transaction; none commits. Lists go upward from `after` (empty
// or 0: from the start) and return at most `limit` rows; ask for one more than is shown to learn
// whether there are more.
//
// update_*: the row as given replaces the one with its key if that one's version is `row.version`;
// the new row's version is one higher and is returned. kWrongState when the version is another by
// now, kNotFound when the row is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/failure.h"
#include "metadata/database.h"
#include "metadata/records.h"

namespace miniredis::service::metadata {

// Plans.
Outcome<void> insert_plan(Transaction& transaction, const Plan& plan);
Outcome<Plan> update_plan(Transaction& transaction, const Plan& plan);
// kWrongState while tenants have it.
Outcome<void> delete_plan(Transaction& transaction, const std::string& name);
Outcome<std::optional<Plan>> find_plan(Transaction& transaction, const std::string& name);
Outcome<std::vector<Plan>> list_plans(Transaction& transaction, const std::string& after,
                                      std::size_t limit);

// Tenants.
Outcome<void> insert_tenant(Transaction& transaction, const Tenant& tenant);
Outcome<Tenant> update_tenant(Transaction& transaction, const Tenant& tenant);
// And its keys and tokens; kWrongState while it has nodes. History and audit stay.
Outcome<void> delete_tenant(Transaction& transaction, const std::string& name);
Outcome<std::optional<Tenant>> find_tenant(Transaction& transaction, const std::string& name);
// Like find_tenant, and no other transaction changes the tenant or its nodes before this one ends:
// for checks of plans.
Outcome<std::optional<Tenant>> lock_tenant(Transaction& transaction, const std::string& name);
struct TenantFilter {
  std::optional<TenantState> state;
  std::string plan;  // empty: any
};
Outcome<std::vector<Tenant>> list_tenants(Transaction& transaction, const TenantFilter& filter,
                                          const std::string& after, std::size_t limit);
// Those in kDeleting whose purge_at_ms is at most `now_ms`.
Outcome<std::vector<Tenant>> tenants_to_purge(Transaction& transaction, std::uint64_t now_ms,
                                              std::size_t limit);

// Hosts.
Outcome<void> upsert_host(Transaction& transaction, const Host& host);
Outcome<std::optional<Host>> find_host(Transaction& transaction, const std::string& name);
Outcome<std::vector<Host>> list_hosts(Transaction& transaction, const std::string& after,
                                      std::size_t limit);

// Nodes.
Outcome<void> insert_node(Transaction& transaction, const NodeRow& node);
Outcome<NodeRow> update_node(Transaction& transaction, const NodeRow& node);
// And its tokens. Its history stays.
Outcome<void> delete_node(Transaction& transaction, const std::string& id);
// By id, or by name.
Outcome<std::optional<NodeRow>> find_node(Transaction& transaction, const std::string& id_or_name);
struct NodeFilter {
  std::string tenant;  // empty: any
  std::string host;
  std::optional<NodeRowState> state;
};
// Ascending by id.
Outcome<std::vector<NodeRow>> list_nodes(Transaction& transaction, const NodeFilter& filter,
                                         const std::string& after, std::size_t limit);
struct NodeTotals {
  std::uint64_t nodes = 0;
  std::uint64_t memory_limit_bytes = 0;  // of all of them
};
Outcome<NodeTotals> node_totals(Transaction& transaction, const NodeFilter& filter);

// History of nodes. `event.id` is given by the database.
Outcome<void> insert_node_event(Transaction& transaction, const NodeEvent& event);
// Newest first, those with an id below `before` (0: all).
Outcome<std::vector<NodeEvent>> list_node_events(Transaction& transaction, const std::string& node,
                                                 std::uint64_t before, std::size_t limit);

// API keys.
Outcome<void> insert_api_key(Transaction& transaction, const ApiKey& key);
Outcome<std::optional<ApiKey>> find_api_key(Transaction& transaction, const std::string& id);
Outcome<std::vector<ApiKey>> list_api_keys(Transaction& transaction, const std::string& tenant,
                                           const std::string& after, std::size_t limit);
// Returns the key as it is then; revoking twice keeps the first time. kNotFound.
Outcome<ApiKey> revoke_api_key(Transaction& transaction, const std::string& id,
                               std::uint64_t at_ms);
// Only ever moves forward.
Outcome<void> touch_api_key(Transaction& transaction, const std::string& id, std::uint64_t at_ms);

// Tokens of nodes.
Outcome<void> insert_node_token(Transaction& transaction, const NodeToken& token);
Outcome<std::optional<NodeToken>> find_node_token(Transaction& transaction, const std::string& id);
Outcome<std::vector<NodeToken>> list_node_tokens(Transaction& transaction, const std::string& node,
                                                 const std::string& after, std::size_t limit);
Outcome<NodeToken> revoke_node_token(Transaction& transaction, const std::string& id,
                                     std::uint64_t at_ms);
Outcome<void> touch_node_token(Transaction& transaction, const std::string& id,
                               std::uint64_t at_ms);

// The audit log: rows are added and never changed.
Outcome<void> insert_audit(Transaction& transaction, const AuditEntry& entry);
struct AuditFilter {
  std::string tenant;  // empty in any: all
  std::string actor;
  std::string action;
  std::string target;
  std::uint64_t from_ms = 0;
  std::uint64_t until_ms = 0;  // exclusive; 0: no end
};
// Newest first, those with an id below `before` (0: all).
Outcome<std::vector<AuditEntry>> list_audit(Transaction& transaction, const AuditFilter& filter,
                                            std::uint64_t before, std::size_t limit);

// Answers that are replayed. Takes (principal, key) for a request that begins: nothing when it was
// free and is now taken, or the record that has it. Two at once: one of them takes it.
Outcome<std::optional<IdempotentAnswer>> begin_idempotent(Transaction& transaction,
                                                          const IdempotentAnswer& answer);
// Writes down status, headers, body and target.
Outcome<void> finish_idempotent(Transaction& transaction, const IdempotentAnswer& answer);
// Frees the key: the request failed in a way that may be tried again.
Outcome<void> drop_idempotent(Transaction& transaction, const std::string& principal,
                              const std::string& key);
// Those under way that began before `before_ms`, for whoever ends what a crash left.
Outcome<std::vector<IdempotentAnswer>> open_idempotent(Transaction& transaction,
                                                       std::uint64_t before_ms, std::size_t limit);
// Forgets finished ones that began before `before_ms`; returns how many. At most `limit`.
Outcome<std::size_t> purge_idempotent(Transaction& transaction, std::uint64_t before_ms,
                                      std::size_t limit);

}  // namespace miniredis::service::metadata
