#include <limits>

#include "metadata/queries.h"
#include "metadata/row_change.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

const Failure kNoSuchOwner{FailureKind::kNotFound, "the node's tenant or host does not exist", ""};
constexpr const char* kTaken = "a node with this name or id exists already";

Conditions matching(const NodeFilter& filter) {
  Conditions where;
  if (!filter.tenant.empty()) where.add("tenant = :tenant", filter.tenant);
  if (!filter.host.empty()) where.add("host = :host", filter.host);
  if (filter.state) where.add("state = :state", to_string(*filter.state));
  return where;
}

// Waits for whoever has the node's tenant locked. Inserting a node does so by its foreign key; in
// SQLite only one transaction writes anyway.
Outcome<void> respect_lock_of_tenant(Transaction& transaction, const std::string& id) {
  if (transaction.engine() == Engine::kSqlite) return {};
  auto rows = transaction.select(
      "SELECT 1 FROM tenants JOIN nodes ON nodes.tenant = tenants.name WHERE nodes.id = :id"
      " FOR KEY SHARE OF tenants",
      1, {id});
  if (!rows) return rows.failure();
  return {};
}

}  // namespace

template <>
struct Columns<NodeRow> {
  static constexpr const char* names =
      "id, tenant, name, host, state, memory_limit_bytes, created_at_ms, updated_at_ms, version";
  static constexpr std::size_t count = 9;
  static NodeRow read(RowReader& row) {
    NodeRow node;
    node.id = row.text();
    node.tenant = row.text();
    node.name = row.text();
    node.host = row.text();
    const auto state = node_row_state_from(row.text());
    if (!state) row.reject();
    node.state = state.value_or(NodeRowState::kCreating);
    node.memory_limit_bytes = row.number();
    node.created_at_ms = row.number();
    node.updated_at_ms = row.number();
    node.version = row.number();
    return node;
  }
};

namespace {

// Quotients and remainders by 2^32 are added up apart: sums of them stay in range whatever the
// limits are.
struct Sums {
  std::uint64_t nodes = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

}  // namespace

template <>
struct Columns<Sums> {
  static constexpr const char* names =
      "count(*), coalesce(sum(memory_limit_bytes / 4294967296), 0),"
      " coalesce(sum(memory_limit_bytes % 4294967296), 0)";
  static constexpr std::size_t count = 3;
  static Sums read(RowReader& row) { return {row.number(), row.number(), row.number()}; }
};

Outcome<void> insert_node(Transaction& transaction, const NodeRow& node) {
  auto done = transaction.change(
      std::string("INSERT INTO nodes (") + Columns<NodeRow>::names +
          ") VALUES (:id, :tenant, :name, :host, :state, :memory_limit_bytes, :created_at_ms,"
          " :updated_at_ms, :version)",
      {node.id, node.tenant, node.name, node.host, to_string(node.state), node.memory_limit_bytes,
       node.created_at_ms, node.updated_at_ms, node.version},
      {.taken = kTaken, .foreign = kNoSuchOwner});
  if (!done) return done.failure();
  return {};
}

Outcome<NodeRow> update_node(Transaction& transaction, const NodeRow& node) {
  if (auto free = respect_lock_of_tenant(transaction, node.id); !free) return free.failure();
  auto changed = transaction.change(
      "UPDATE nodes SET tenant = :tenant, name = :name, host = :host, state = :state,"
      " memory_limit_bytes = :memory_limit_bytes, created_at_ms = :created_at_ms,"
      " updated_at_ms = :updated_at_ms, version = :next_version"
      " WHERE id = :id AND version = :version",
      {node.tenant, node.name, node.host, to_string(node.state), node.memory_limit_bytes,
       node.created_at_ms, node.updated_at_ms, node.version + 1, node.id, node.version},
      {.taken = kTaken, .foreign = kNoSuchOwner});
  return updated(transaction, std::move(changed), node, "SELECT 1 FROM nodes WHERE id = :id",
                 node.id, "the node");
}

Outcome<void> delete_node(Transaction& transaction, const std::string& id) {
  if (auto free = respect_lock_of_tenant(transaction, id); !free) return free.failure();
  auto changed = transaction.change("DELETE FROM nodes WHERE id = :id", {id});
  if (!changed) return changed.failure();
  if (*changed == 0) return missing("the node");
  return {};
}

Outcome<std::optional<NodeRow>> find_node(Transaction& transaction, const std::string& id_or_name) {
  auto by_id = select_record<NodeRow>(transaction, "FROM nodes WHERE id = :id", {id_or_name});
  if (!by_id || by_id->has_value()) return by_id;
  return select_record<NodeRow>(transaction, "FROM nodes WHERE name = :name", {id_or_name});
}

Outcome<std::vector<NodeRow>> list_nodes(Transaction& transaction, const NodeFilter& filter,
                                         const std::string& after, std::size_t limit) {
  Conditions where = matching(filter);
  if (!after.empty()) where.add("id > :after", after);
  return select_records<NodeRow>(transaction,
                                 "FROM nodes " + where.sql() + " ORDER BY id LIMIT :most",
                                 where.values_and_limit(limit));
}

Outcome<NodeTotals> node_totals(Transaction& transaction, const NodeFilter& filter) {
  const Conditions where = matching(filter);
  auto found = select_record<Sums>(transaction, "FROM nodes " + where.sql(), where.values());
  if (!found) return found.failure();
  const Sums sums = found->value_or(Sums{});
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t high = sums.high + (sums.low >> 32);
  // More than can be said is more than any plan allows.
  const bool fits = high <= (kMost >> 32);
  return NodeTotals{sums.nodes, fits ? (high << 32) + (sums.low & 0xffff'ffff) : kMost};
}

}  // namespace miniredis::service::metadata
