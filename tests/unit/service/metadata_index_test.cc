// That no page of a list reads more than its rows: what the engines say they do with 10,000 of
// them.
#include <doctest/doctest.h>

#include <functional>

#include "metadata_database.h"

namespace miniredis::service::metadata {
namespace {

using std::uint64_t;

constexpr std::size_t kPage = 100;
// What PostgreSQL may read on the way to a page: it may find sorting a few rows, or dropping those
// of twenty hosts but one, cheaper than following the narrowest index.
constexpr long kMostRead = 2'500;

// 10,000 rows in each table: 20 of each tenant, 500 of each host.
void fill_tables(Database& database) {
  const std::string numbers =
      " WITH RECURSIVE n(i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM n WHERE i < 109999) ";
  const std::string statements[] = {
      "INSERT INTO plans" + numbers + "SELECT 'p' || i, 0, 0, 0, 0, 0, 1, 1, 1 FROM n",
      "INSERT INTO hosts" + numbers + "SELECT 'h' || i, '', 1, 1 FROM n",
      "INSERT INTO tenants" + numbers +
          "SELECT 't' || i, '', 'p' || (100000 + i % 500),"
          " CASE WHEN i % 7 = 0 THEN 'deleting' ELSE 'active' END,"
          " CASE WHEN i % 7 = 0 THEN i END, 1, 1, 1 FROM n",
      "INSERT INTO nodes" + numbers +
          "SELECT 'n' || i, 't' || (100000 + i % 500), 'name' || i, 'h' || (100000 + i % 20),"
          " CASE WHEN i % 7 = 0 THEN 'creating' ELSE 'ready' END, 1, 1, 1, 1 FROM n",
      "INSERT INTO api_keys" + numbers +
          "SELECT 'k' || i, CASE WHEN i % 500 > 0 THEN 't' || (100000 + i % 500) END, '', '', '[]',"
          " '', 1, NULL, NULL, NULL FROM n",
      "INSERT INTO node_tokens" + numbers +
          "SELECT 'x' || i, 'n' || (100000 + i % 500), 't100001', '', '', 0, '', 1, NULL, NULL, "
          "NULL"
          " FROM n",
      "INSERT INTO node_events (node, tenant, at_ms, from_state, to_state, cause, actor)" +
          numbers + "SELECT 'n' || (100000 + i % 500), 't', i, '', '', '', '' FROM n",
      "INSERT INTO audit_log (at_ms, actor, address, request_id, tenant, action, target, detail)" +
          numbers +
          "SELECT i, 'user' || i % 500, '', '', 't' || (100000 + i % 500), 'a' || i % 500,"
          " 'target' || i, '' FROM n",
      "INSERT INTO idempotent_answers" + numbers +
          "SELECT 'p', 'k' || i, '', '', CASE WHEN i % 10 = 0 THEN 0 ELSE 200 END, '', '', i"
          " FROM n"};
  for (const std::string& statement : statements) REQUIRE(execute(database, statement).ok());
  if (database.engine() == Engine::kPostgresql) {
    // What autovacuum does by itself, some time.
    REQUIRE(execute(database, "ANALYZE plans, hosts, tenants, nodes, api_keys, node_tokens").ok());
    REQUIRE(execute(database, "ANALYZE node_events, audit_log, idempotent_answers").ok());
  }
}

// Lines of an engine's account of how it answers the query.
std::vector<std::string> account_of(Transaction& transaction, const std::string& sql,
                                    const Values& values) {
  const bool sqlite = transaction.engine() == Engine::kSqlite;
  auto rows = sqlite ? transaction.select("EXPLAIN QUERY PLAN " + sql, 4, values)
                     : transaction.select("EXPLAIN (ANALYZE, TIMING OFF) " + sql, 1, values);
  REQUIRE(rows.ok());
  std::vector<std::string> lines;
  for (const Row& row : *rows) lines.push_back(row.back().value_or(""));
  return lines;
}

bool contains(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

// The number behind `label`; 0 when it is not there.
long number_behind(const std::string& line, std::string_view label) {
  const auto at = line.find(label);
  return at == std::string::npos ? 0 : std::stol(line.substr(at + label.size()));
}

// The last statement of `query`, asked with `values`, goes along an index.
void check_plan(Database& database, const std::string& name,
                const std::function<bool(Transaction&)>& query, const Values& values,
                bool may_sort = false) {
  CAPTURE(name);
  const auto done = database.transact([&](Transaction& tx) -> Outcome<void> {
    REQUIRE(query(tx));
    const std::string sql = tx.last_statement();
    for (const std::string& line : account_of(tx, sql, values)) {
      CAPTURE(line);
      if (tx.engine() == Engine::kSqlite) {
        // Without a filter the newest entries are the last ones of the table itself.
        const bool newest = sql.find("WHERE") == std::string::npos && contains(line, "audit_log");
        CHECK((!contains(line, "SCAN") || contains(line, "USING") || newest));
        if (!may_sort) CHECK_FALSE(contains(line, "TEMP B-TREE"));
      } else {
        CHECK_FALSE(contains(line, "Seq Scan"));
        CHECK(number_behind(line, "actual rows=") <= kMostRead);
        CHECK(number_behind(line, "Rows Removed by Filter: ") <= kMostRead);
      }
    }
    // Nothing is kept: the next query finds all rows.
    return Failure{FailureKind::kShuttingDown, "", ""};
  });
  CHECK(kind_of(done) == FailureKind::kShuttingDown);
}

TEST_CASE("pages of lists go along an index") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto opened = open_migrated(place, 60'000);
    Database& db = *opened;
    fill_tables(db);
    const std::size_t most = kPage;

    const auto tenants = [&](const TenantFilter& filter, const Values& values) {
      check_plan(
          db, "tenants",
          [&](Transaction& tx) { return list_tenants(tx, filter, "t105000", kPage).ok(); }, values);
    };
    tenants({}, {"t105000", most});
    tenants({.state = TenantState::kActive, .plan = ""}, {"active", "t105000", most});
    tenants({.state = TenantState::kDeleting, .plan = ""}, {"deleting", "t105000", most});
    tenants({.state = {}, .plan = "p100003"}, {"p100003", "t105000", most});
    tenants({.state = TenantState::kDeleting, .plan = "p100003"},
            {"deleting", "p100003", "t105000", most});
    check_plan(db, "tenants to purge",
               [](Transaction& tx) { return tenants_to_purge(tx, 105'000, kPage).ok(); },
               {"deleting", 105'000U, most});
    check_plan(db, "plans", [](Transaction& tx) { return list_plans(tx, "p105000", kPage).ok(); },
               {"p105000", most});
    check_plan(db, "hosts", [](Transaction& tx) { return list_hosts(tx, "h105000", kPage).ok(); },
               {"h105000", most});

    const auto nodes = [&](const NodeFilter& filter, const Values& values) {
      check_plan(
          db, "nodes",
          [&](Transaction& tx) { return list_nodes(tx, filter, "n105000", kPage).ok(); }, values);
    };
    nodes({}, {"n105000", most});
    nodes({.tenant = "t100003", .host = "", .state = {}}, {"t100003", "n105000", most});
    nodes({.tenant = "", .host = "h100003", .state = {}}, {"h100003", "n105000", most});
    nodes({.tenant = "", .host = "", .state = NodeRowState::kCreating},
          {"creating", "n105000", most});
    nodes({.tenant = "t100003", .host = "", .state = NodeRowState::kCreating},
          {"t100003", "creating", "n105000", most});
    nodes({.tenant = "", .host = "h100003", .state = NodeRowState::kCreating},
          {"h100003", "creating", "n105000", most});
    nodes({.tenant = "t100003", .host = "h100003", .state = {}},
          {"t100003", "h100003", "n105000", most});
    check_plan(db, "node by name", [](Transaction& tx) { return find_node(tx, "name105000").ok(); },
               {"name105000"});

    for (const std::string tenant : {"", "t100003"}) {
      Values values = {"k105000", most};
      if (!tenant.empty()) values.insert(values.begin(), Value(tenant));
      check_plan(
          db, "API keys",
          [&](Transaction& tx) { return list_api_keys(tx, tenant, "k105000", kPage).ok(); },
          values);
    }
    check_plan(
        db, "tokens of nodes",
        [](Transaction& tx) { return list_node_tokens(tx, "n100003", "x105000", kPage).ok(); },
        {"n100003", "x105000", most});
    check_plan(db, "history of nodes",
               [](Transaction& tx) { return list_node_events(tx, "n100003", 5'000, kPage).ok(); },
               {"n100003", 5'000U, most});

    const auto audit = [&](const AuditFilter& filter, uint64_t before, const Values& values,
                           bool may_sort = false) {
      check_plan(
          db, "audit log",
          [&](Transaction& tx) { return list_audit(tx, filter, before, kPage).ok(); }, values,
          may_sort);
    };
    AuditFilter filter;
    audit(filter, 0, {most});
    audit(filter, 5'000, {5'000U, most});
    filter.tenant = "t100003";
    audit(filter, 5'000, {"t100003", 5'000U, most});
    filter = {};
    filter.actor = "user3";
    audit(filter, 5'000, {"user3", 5'000U, most});
    filter = {};
    filter.action = "a3";
    audit(filter, 5'000, {"a3", 5'000U, most});
    filter = {};
    filter.target = "target104000";
    audit(filter, 0, {"target104000", most}, true);
    // Of a span of time all rows are looked at, and of the others none.
    filter = {};
    filter.from_ms = 101'000;
    filter.until_ms = 101'200;
    audit(filter, 0, {101'000U, 101'200U, most}, true);

    check_plan(db, "requests under way",
               [](Transaction& tx) { return open_idempotent(tx, 105'000, kPage).ok(); },
               {105'000U, most});
    if (engine == Engine::kSqlite) {
      // PostgreSQL rather reads a table of this size than look a hundred keys up in it.
      check_plan(db, "answers to forget",
                 [](Transaction& tx) { return purge_idempotent(tx, 105'000, kPage).ok(); },
                 {105'000U, most});
    }
  });
}

}  // namespace
}  // namespace miniredis::service::metadata
