#include "metadata/queries.h"
#include "metadata/row_change.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

const Failure kNoSuchPlan{FailureKind::kNotFound, "the plan does not exist", "plan"};

}  // namespace

template <>
struct Columns<Tenant> {
  static constexpr const char* names =
      "name, display_name, plan, state, purge_at_ms, created_at_ms, updated_at_ms, version";
  static constexpr std::size_t count = 8;
  static Tenant read(RowReader& row) {
    Tenant tenant;
    tenant.name = row.text();
    tenant.display_name = row.text();
    tenant.plan = row.text();
    const auto state = tenant_state_from(row.text());
    if (!state) row.reject();
    tenant.state = state.value_or(TenantState::kActive);
    tenant.purge_at_ms = row.maybe_number();
    tenant.created_at_ms = row.number();
    tenant.updated_at_ms = row.number();
    tenant.version = row.number();
    return tenant;
  }
};

Outcome<void> insert_tenant(Transaction& transaction, const Tenant& tenant) {
  auto done = transaction.change(
      std::string("INSERT INTO tenants (") + Columns<Tenant>::names +
          ") VALUES (:name, :display_name, :plan, :state, :purge_at_ms, :created_at_ms,"
          " :updated_at_ms, :version)",
      {tenant.name, tenant.display_name, tenant.plan, to_string(tenant.state), tenant.purge_at_ms,
       tenant.created_at_ms, tenant.updated_at_ms, tenant.version},
      {.taken = "a tenant with this name exists already", .foreign = kNoSuchPlan});
  if (!done) return done.failure();
  return {};
}

Outcome<Tenant> update_tenant(Transaction& transaction, const Tenant& tenant) {
  auto changed = transaction.change(
      "UPDATE tenants SET display_name = :display_name, plan = :plan, state = :state,"
      " purge_at_ms = :purge_at_ms, created_at_ms = :created_at_ms,"
      " updated_at_ms = :updated_at_ms, version = :next_version"
      " WHERE name = :name AND version = :version",
      {tenant.display_name, tenant.plan, to_string(tenant.state), tenant.purge_at_ms,
       tenant.created_at_ms, tenant.updated_at_ms, tenant.version + 1, tenant.name, tenant.version},
      {.taken = "", .foreign = kNoSuchPlan});
  return updated(transaction, std::move(changed), tenant,
                 "SELECT 1 FROM tenants WHERE name = :name", tenant.name, "the tenant");
}

Outcome<void> delete_tenant(Transaction& transaction, const std::string& name) {
  auto changed = transaction.change(
      "DELETE FROM tenants WHERE name = :name", {name},
      {.taken = "", .foreign = Failure{FailureKind::kWrongState, "the tenant has nodes", ""}});
  if (!changed) return changed.failure();
  if (*changed == 0) return missing("the tenant");
  return {};
}

Outcome<std::optional<Tenant>> find_tenant(Transaction& transaction, const std::string& name) {
  return select_record<Tenant>(transaction, "FROM tenants WHERE name = :name", {name});
}

Outcome<std::optional<Tenant>> lock_tenant(Transaction& transaction, const std::string& name) {
  if (transaction.engine() == Engine::kPostgresql) {
    return select_record<Tenant>(transaction, "FROM tenants WHERE name = :name FOR UPDATE", {name});
  }
  // A write that changes nothing takes SQLite's one right to write, whether the tenant is there or
  // not.
  auto locked =
      transaction.change("UPDATE tenants SET version = version WHERE name = :name", {name});
  if (!locked) return locked.failure();
  return find_tenant(transaction, name);
}

Outcome<std::vector<Tenant>> list_tenants(Transaction& transaction, const TenantFilter& filter,
                                          const std::string& after, std::size_t limit) {
  Conditions where;
  if (filter.state) where.add("state = :state", to_string(*filter.state));
  if (!filter.plan.empty()) where.add("plan = :plan", filter.plan);
  if (!after.empty()) where.add("name > :after", after);
  return select_records<Tenant>(transaction,
                                "FROM tenants " + where.sql() + " ORDER BY name LIMIT :most",
                                where.values_and_limit(limit));
}

Outcome<std::vector<Tenant>> tenants_to_purge(Transaction& transaction, std::uint64_t now_ms,
                                              std::size_t limit) {
  Conditions where;
  where.add("state = :state", to_string(TenantState::kDeleting));
  where.add("purge_at_ms <= :now", now_ms);
  return select_records<Tenant>(
      transaction, "FROM tenants " + where.sql() + " ORDER BY purge_at_ms, name LIMIT :most",
      where.values_and_limit(limit));
}

}  // namespace miniredis::service::metadata
