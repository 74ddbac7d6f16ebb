#include <map>
#include <string>

#include "common/log.h"
#include "common/secure_bytes.h"
#include "common/units.h"
#include "metadata/database_impl.h"
#include "metadata/migrations.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

struct Applied {
  unsigned version = 0;
  std::string checksum;
};

}  // namespace

template <>
struct Columns<Applied> {
  static constexpr const char* names = "version, checksum";
  static constexpr std::size_t count = 2;
  static Applied read(RowReader& row) { return {row.small_number(), row.text()}; }
};

namespace {

Outcome<std::vector<Applied>> applied_migrations(Transaction& transaction) {
  const bool sqlite = transaction.engine() == Engine::kSqlite;
  auto tables = transaction.select(
      sqlite ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'"
             : "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL",
      1, {});
  if (!tables) return tables.failure();
  if (tables->empty()) return std::vector<Applied>();
  return select_records<Applied>(transaction, "FROM schema_migrations ORDER BY version", {});
}

std::vector<Migration> migrations_for(Engine engine) {
  std::vector<Migration> wanted;
  for (const Migration& migration : migrations()) {
    if (migration.engine.value_or(engine) == engine) wanted.push_back(migration);
  }
  return wanted;
}

std::string checksum(const Migration& migration) {
  return to_hex(sha256(migration.sql));
}

// The first migration that is not there yet; nothing when all are.
Outcome<const Migration*> next_of(const std::vector<Migration>& wanted,
                                  const std::vector<Applied>& applied) {
  std::map<unsigned, const Migration*> open;
  for (const Migration& migration : wanted) open[migration.version] = &migration;
  for (const Applied& one : applied) {
    const auto known = open.find(one.version);
    if (known == open.end()) {
      return Failure{FailureKind::kWrongState,
                     "the database was made by a newer version of this program (migration " +
                         std::to_string(one.version) + ")",
                     ""};
    }
    if (checksum(*known->second) != one.checksum) {
      return Failure{FailureKind::kWrongState,
                     "migration " + std::to_string(one.version) +
                         " of the database is not the one that this program has",
                     ""};
    }
    open.erase(known);
  }
  return open.empty() ? nullptr : open.begin()->second;
}

// Whether a migration was applied: false when there was none left.
Outcome<bool> apply_next(Connection& connection, Engine engine) {
  connection.lock_migrations();
  connection.run_script(
      "CREATE TABLE IF NOT EXISTS schema_migrations ("
      "version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
      "applied_at TEXT NOT NULL)");
  Transaction transaction(connection, engine);
  auto applied = applied_migrations(transaction);
  if (!applied) return applied.failure();
  const auto wanted = migrations_for(engine);
  auto next = next_of(wanted, *applied);
  if (!next) return next.failure();
  if (*next == nullptr) return false;
  const Migration& migration = **next;
  // The text is a literal: a NUL is behind it.
  connection.run_script(migration.sql.data());
  auto noted = transaction.change(
      "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
      " VALUES (:version, :name, :checksum, :applied_at)",
      {migration.version, migration.name, checksum(migration), format_time(now_unix_ms())});
  if (!noted) return noted.failure();
  connection.commit();
  log::info("database migrated", {{"version", std::to_string(migration.version)},
                                  {"name", std::string(migration.name)}});
  return true;
}

}  // namespace

Outcome<unsigned> Database::migrate() {
  unsigned count = 0;
  while (true) {
    auto lease = impl_->begin(impl_->deadline(), true);
    if (!lease) return lease.failure();
    const RollBackAtEnd undo(**lease);
    try {
      auto applied = apply_next(**lease, impl_->engine);
      if (!applied) return applied.failure();
      if (!*applied) return count;
      ++count;
    } catch (const EngineError& error) {
      return failure_of(error, "a migration");
    }
  }
}

Outcome<unsigned> Database::schema_version() {
  return transact([](Transaction& transaction) -> Outcome<unsigned> {
    auto applied = applied_migrations(transaction);
    if (!applied) return applied.failure();
    return applied->empty() ? 0U : applied->back().version;
  });
}

}  // namespace miniredis::service::metadata
