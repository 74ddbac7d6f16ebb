#include <algorithm>
#include <limits>

#include "metadata/queries.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {

template <>
struct Columns<NodeEvent> {
  static constexpr const char* names =
      "id, node, tenant, at_ms, from_state, to_state, cause, actor";
  static constexpr std::size_t count = 8;
  static NodeEvent read(RowReader& row) {
    return {row.number(), row.text(), row.text(), row.number(),
            row.text(),   row.text(), row.text(), row.text()};
  }
};

template <>
struct Columns<AuditEntry> {
  static constexpr const char* names =
      "id, at_ms, actor, address, request_id, tenant, action, target, detail";
  static constexpr std::size_t count = 9;
  static AuditEntry read(RowReader& row) {
    return {row.number(), row.number(), row.text(), row.text(), row.text(),
            row.text(),   row.text(),   row.text(), row.text()};
  }
};

Outcome<void> insert_node_event(Transaction& transaction, const NodeEvent& event) {
  auto done = transaction.change(
      "INSERT INTO node_events (node, tenant, at_ms, from_state, to_state, cause, actor)"
      " VALUES (:node, :tenant, :at_ms, :from_state, :to_state, :cause, :actor)",
      {event.node, event.tenant, event.at_ms, event.from_state, event.to_state, event.cause,
       event.actor});
  if (!done) return done.failure();
  return {};
}

Outcome<std::vector<NodeEvent>> list_node_events(Transaction& transaction, const std::string& node,
                                                 std::uint64_t before, std::size_t limit) {
  Conditions where;
  where.add("node = :node", node);
  if (before != 0) where.add("id < :before", before);
  return select_records<NodeEvent>(
      transaction, "FROM node_events " + where.sql() + " ORDER BY id DESC LIMIT :most",
      where.values_and_limit(limit));
}

Outcome<void> insert_audit(Transaction& transaction, const AuditEntry& entry) {
  auto done = transaction.change(
      "INSERT INTO audit_log (at_ms, actor, address, request_id, tenant, action, target, detail)"
      " VALUES (:at_ms, :actor, :address, :request_id, :tenant, :action, :target, :detail)",
      {entry.at_ms, entry.actor, entry.address, entry.request_id, entry.tenant, entry.action,
       entry.target, entry.detail});
  if (!done) return done.failure();
  return {};
}

Outcome<std::vector<AuditEntry>> list_audit(Transaction& transaction, const AuditFilter& filter,
                                            std::uint64_t before, std::size_t limit) {
  Conditions where;
  if (!filter.tenant.empty()) where.add("tenant = :tenant", filter.tenant);
  if (!filter.actor.empty()) where.add("actor = :actor", filter.actor);
  if (!filter.action.empty()) where.add("action = :action", filter.action);
  if (!filter.target.empty()) where.add("target = :target", filter.target);
  if (filter.from_ms != 0) where.add("at_ms >= :from_ms", filter.from_ms);
  if (filter.until_ms != 0) where.add("at_ms < :until_ms", filter.until_ms);
  if (before != 0) where.add("id < :before", before);
  return select_records<AuditEntry>(
      transaction, "FROM audit_log " + where.sql() + " ORDER BY id DESC LIMIT :most",
      where.values_and_limit(limit));
}

}  // namespace miniredis::service::metadata
