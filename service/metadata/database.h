// The database of the control plane: SQLite in a file, or PostgreSQL by URL, behind one door.
//
//   auto database = Database::open({.url = "sqlite:///var/lib/miniredis/main.db"}).value();
//   database->migrate();
//   auto made = database->transact([&](Transaction& tx) -> Outcome<void> {
//     if (auto done = insert_tenant(tx, tenant); !done) return done;
//     return insert_audit(tx, entry);
//   });
//
// Owns a pool of connections. A connection that broke is replaced at its next use, so the database
// may come and go. Any thread may call; a call blocks while the database works.
//
// Errors: kUnavailable when the database cannot be reached, is locked for too long or ends in
// mid-work, with nothing of the transaction kept (only when a server goes away while it commits
// does nobody know: `detail` says so, look before trying again); kStorageFull when its disk is
// full; kNameTaken for a key that is there already; kInternal for anything else, with the text of
// the engine in the log and not in the failure, for it may quote data.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "common/failure.h"

namespace miniredis::service::metadata {

struct DatabaseOptions {
  // "sqlite:///absolute/path" (three slashes: the path's first is the third), "sqlite://:memory:"
  // for tests, or "postgresql://user:password@host:port/name?sslmode=...", as libpq takes it.
  std::string url;
  // 1..64. Of SQLite one writes at a time, whatever the number.
  unsigned connections = 4;
  // How long a call waits for a free connection, for a lock, or to connect, before kUnavailable.
  std::uint32_t timeout_ms = 5'000;
};

enum class Engine : std::uint8_t { kSqlite, kPostgresql };

// One transaction under way, on one connection, in the thread that began it.
class Transaction;

class Database {
 public:
  // Connects once, to see that it can be reached. kInvalidValue for a URL that makes no sense.
  static Outcome<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Applies the migrations that are not yet applied, each in a transaction of its own, and returns
  // how many there were. Several processes may call at once. kWrongState when the schema is newer
  // than this program, or when a migration that was applied reads otherwise by now.
  Outcome<unsigned> migrate();
  Outcome<unsigned> schema_version();

  // Runs `work` in a transaction: committed when it returns a value, rolled back when it returns a
  // failure. Work that lost against another transaction (serialization, a busy SQLite) is run
  // again, a few times; so it must change nothing but the database. Once the engine has refused a
  // statement, such as a name that is taken, nothing is committed, whatever `work` returns. Must
  // not be called within `work`: it would wait for a connection that the outer one may hold.
  template <typename Work>
  auto transact(Work&& work) -> std::invoke_result_t<Work&, Transaction&> {
    using Result = std::invoke_result_t<Work&, Transaction&>;
    Result result = Failure{FailureKind::kUnavailable, "the database was not asked", ""};
    const Outcome<void> done = run([&](Transaction& transaction) -> Outcome<void> {
      result = work(transaction);
      if (!result) return result.failure();
      return {};
    });
    if (!done) return done.failure();
    return result;
  }

  // Whether the database answers now. For health checks: waits for at most `timeout_ms`.
  bool reachable(std::uint32_t timeout_ms);

  Engine engine() const;
  // The URL without its password, for logs.
  std::string shown_url() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  Outcome<void> run(const std::function<Outcome<void>(Transaction&)>& work);
  std::unique_ptr<Impl> impl_;
};

}  // namespace miniredis::service::metadata
