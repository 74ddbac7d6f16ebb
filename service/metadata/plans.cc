#include "metadata/queries.h"
#include "metadata/row_change.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {

template <>
struct Columns<Plan> {
  static constexpr const char* names =
      "name, memory_bytes, max_nodes, max_connections, ops_per_second, bytes_per_second,"
      " created_at_ms, updated_at_ms, version";
  static constexpr std::size_t count = 9;
  static Plan read(RowReader& row) {
    return {row.text(),   row.number(), row.small_number(), row.small_number(), row.number(),
            row.number(), row.number(), row.number(),       row.number()};
  }
};

Outcome<void> insert_plan(Transaction& transaction, const Plan& plan) {
  auto done = transaction.change(
      std::string("INSERT INTO plans (") + Columns<Plan>::names +
          ") VALUES (:name, :memory_bytes, :max_nodes, :max_connections, :ops_per_second,"
          " :bytes_per_second, :created_at_ms, :updated_at_ms, :version)",
      {plan.name, plan.memory_bytes, plan.max_nodes, plan.max_connections, plan.ops_per_second,
       plan.bytes_per_second, plan.created_at_ms, plan.updated_at_ms, plan.version},
      {.taken = "a plan with this name exists already", .foreign = {}});
  if (!done) return done.failure();
  return {};
}

Outcome<Plan> update_plan(Transaction& transaction, const Plan& plan) {
  auto changed = transaction.change(
      "UPDATE plans SET memory_bytes = :memory_bytes, max_nodes = :max_nodes,"
      " max_connections = :max_connections, ops_per_second = :ops_per_second,"
      " bytes_per_second = :bytes_per_second, created_at_ms = :created_at_ms,"
      " updated_at_ms = :updated_at_ms, version = :next_version"
      " WHERE name = :name AND version = :version",
      {plan.memory_bytes, plan.max_nodes, plan.max_connections, plan.ops_per_second,
       plan.bytes_per_second, plan.created_at_ms, plan.updated_at_ms, plan.version + 1, plan.name,
       plan.version});
  return updated(transaction, std::move(changed), plan, "SELECT 1 FROM plans WHERE name = :name",
                 plan.name, "the plan");
}

Outcome<void> delete_plan(Transaction& transaction, const std::string& name) {
  auto changed = transaction.change(
      "DELETE FROM plans WHERE name = :name", {name},
      {.taken = "",
       .foreign = Failure{FailureKind::kWrongState, "there are tenants with this plan", ""}});
  if (!changed) return changed.failure();
  if (*changed == 0) return missing("the plan");
  return {};
}

Outcome<std::optional<Plan>> find_plan(Transaction& transaction, const std::string& name) {
  return select_record<Plan>(transaction, "FROM plans WHERE name = :name", {name});
}

Outcome<std::vector<Plan>> list_plans(Transaction& transaction, const std::string& after,
                                      std::size_t limit) {
  Conditions where;
  if (!after.empty()) where.add("name > :after", after);
  return select_records<Plan>(transaction,
                              "FROM plans " + where.sql() + " ORDER BY name LIMIT :most",
                              where.values_and_limit(limit));
}

}  // namespace miniredis::service::metadata
