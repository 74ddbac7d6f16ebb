// Databases for tests of the data layer: one of each engine, with its schema, gone with the test.
//
// SQLite is always there. PostgreSQL is when MINIREDIS_TEST_POSTGRESQL has the URL of a server on
// which tests may do as they like; tests/service/test_metadata.py starts one.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/log.h"
#include "metadata/database.h"
#include "metadata/queries.h"
#include "metadata/transaction.h"
#include "temporary_directory.h"

namespace miniredis::service::metadata {

inline std::string environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

inline std::string postgresql_url() {
  return environment("MINIREDIS_TEST_POSTGRESQL");
}

inline std::vector<Engine> engines() {
  std::vector<Engine> all = {Engine::kSqlite};
  if (!postgresql_url().empty()) all.push_back(Engine::kPostgresql);
  return all;
}

// Runs a test once for each engine there is.
template <typename Test>
void on_each_engine(Test&& test) {
  for (const Engine engine : engines()) {
    CAPTURE(engine == Engine::kSqlite);
    test(engine);
  }
}

// Runs one statement by itself.
inline Outcome<std::size_t> execute(Database& database, const std::string& sql,
                                    const Values& values = {}) {
  return database.transact(
      [&](Transaction& transaction) { return transaction.change(sql, values); });
}

// A place for one database: a file, or a schema of its own on the server.
class Place {
 public:
  explicit Place(Engine engine) {
    log::configure(environment("MINIREDIS_TEST_LOG").empty() ? "off" : "debug",
                   "text");  // half of what is tested here is logged as a failure
    if (engine == Engine::kSqlite) {
      url_ = "sqlite://" + directory_.file("main.db");
      return;
    }
    static std::atomic<unsigned> made = 0;
    const std::string schema = "test_" + std::to_string(getpid()) + "_" + std::to_string(++made);
    auto server = Database::open({.url = postgresql_url(), .connections = 1});
    REQUIRE(server.ok());
    REQUIRE(execute(**server, "CREATE SCHEMA " + schema).ok());
    url_ = postgresql_url() + (postgresql_url().find('?') == std::string::npos ? "?" : "&") +
           "options=-csearch_path%3D" + schema;
  }

  const std::string& url() const { return url_; }
  std::string file() const { return directory_.file("main.db"); }
  const TemporaryDirectory& directory() const { return directory_; }

  std::unique_ptr<Database> open(std::uint32_t timeout_ms = 5'000, unsigned connections = 4) const {
    auto database =
        Database::open({.url = url_, .connections = connections, .timeout_ms = timeout_ms});
    REQUIRE(database.ok());
    return std::move(*database);
  }

 private:
  TemporaryDirectory directory_;
  std::string url_;
};

inline std::unique_ptr<Database> open_migrated(const Place& place, std::uint32_t timeout_ms = 5'000,
                                               unsigned connections = 4) {
  auto database = place.open(timeout_ms, connections);
  REQUIRE(database->migrate().ok());
  return database;
}

// Asks one query in a transaction of its own.
template <typename Query, typename... Arguments>
auto ask(Database& database, Query query, const Arguments&... arguments) {
  return database.transact(
      [&](Transaction& transaction) { return query(transaction, arguments...); });
}

// What kind of failure it is; the test fails when there is none.
template <typename T>
FailureKind kind_of(const Outcome<T>& outcome) {
  REQUIRE_FALSE(outcome.ok());
  return outcome.failure().kind;
}

inline Plan a_plan(const std::string& name) {
  return {name, 1U << 30, 10, 1'000, 50'000, 1U << 20, 1'700'000'000'000, 1'700'000'000'001, 1};
}

inline Tenant a_tenant(const std::string& name, const std::string& plan = "standard") {
  return {name, "Tenant " + name, plan, TenantState::kActive, std::nullopt, 10, 11, 1};
}

inline Host a_host(const std::string& name = "host-1") {
  return {name, "http://127.0.0.1:7000", 20, 21};
}

inline NodeRow a_node(const std::string& id, const std::string& tenant,
                      const std::string& host = "host-1") {
  return {id, tenant, "node-" + id, host, NodeRowState::kReady, 40U << 20, 30, 31, 1};
}

inline ApiKey an_api_key(const std::string& id, const std::string& tenant) {
  return {id,         tenant, "key " + id,  std::string(64, 'a'), {"nodes:read", "nodes:write"},
          "user:ada", 40,     std::nullopt, std::nullopt,         std::nullopt};
}

inline NodeToken a_node_token(const std::string& id, const std::string& node,
                              const std::string& tenant) {
  return {id,         node, tenant,    "token " + id, std::string(64, 'b'), true,
          "user:ada", 50,   9'000'000, std::nullopt,  std::nullopt};
}

inline AuditEntry an_audit_entry(const std::string& tenant, std::uint64_t at_ms) {
  return {0, at_ms, "user:ada", "127.0.0.1", "request-1", tenant, "node.create", "node/1", "{}"};
}

inline IdempotentAnswer an_answer(const std::string& principal, const std::string& key) {
  return {principal, key, "fingerprint", "", 0, "", "", 60};
}

// The plan, host, tenants "acme" and "beta", and node "0001" of acme that most tests need.
inline void fill(Database& database) {
  REQUIRE(ask(database, insert_tenant, a_tenant("acme")).ok());
  REQUIRE(ask(database, insert_tenant, a_tenant("beta")).ok());
  REQUIRE(ask(database, upsert_host, a_host()).ok());
  REQUIRE(ask(database, insert_node, a_node("0001", "acme")).ok());
}

}  // namespace miniredis::service::metadata
