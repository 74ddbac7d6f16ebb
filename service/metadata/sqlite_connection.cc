#include "metadata/sqlite_connection.h"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "common/files.h"
#include "common/log.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// With a result's details in its upper bits.
constexpr int primary(int result) {
  return result & 0xff;
}

Trouble trouble_of(int result) {
  switch (result) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Trouble::kUnique;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return Trouble::kForeignKey;
    default:
      break;
  }
  switch (primary(result)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::kLost;
    case SQLITE_FULL:
      return Trouble::kFull;
    case SQLITE_TOOBIG:
      return Trouble::kTooLong;
    case SQLITE_CANTOPEN:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return Trouble::kUnavailable;
    default:
      return Trouble::kOther;
  }
}

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const std::string& path)
      // SOCI takes what is in quotes as it stands; open_sqlite has refused quotes in it.
      : Connection(soci::sqlite3, "dbname=\"" + path + "\""),
        native_(static_cast<soci::sqlite3_session_backend*>(session_.get_backend())->conn_) {
    sqlite_api::sqlite3_extended_result_codes(native_, 1);
  }

  void configure(Deadline deadline) {
    wait_until(deadline);
    // FULL: a change that was acknowledged outlives a power cut. NORMAL would lose the last ones.
    run_script(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
        "PRAGMA journal_size_limit = 16777216;");
    // Changing the mode fails at once when another process does the same, whatever the time-out.
    while (true) {
      try {
        run_script("PRAGMA journal_mode = WAL;");
        return;
      } catch (const EngineError& error) {
        if (error.trouble != Trouble::kLost || steady_clock::now() >= deadline) throw;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  void begin(Deadline deadline, bool exclusive) override {
    wait_until(deadline);
    run_script(exclusive ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void commit() override { run_script("COMMIT"); }
  void roll_back() noexcept override {
    // A statement that found the file locked is still under way, for it could be tried again; it
    // would keep what it has read so far, and be in the way of the next transaction.
    for (auto* statement = sqlite_api::sqlite3_next_stmt(native_, nullptr); statement != nullptr;
         statement = sqlite_api::sqlite3_next_stmt(native_, statement)) {
      if (sqlite_api::sqlite3_stmt_busy(statement) != 0) sqlite_api::sqlite3_reset(statement);
    }
    // Some errors have rolled back already.
    if (sqlite_api::sqlite3_get_autocommit(native_) == 0) {
      sqlite_api::sqlite3_exec(native_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
  void run_script(const char* sql) override {
    const int result = sqlite_api::sqlite3_exec(native_, sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) throw error_of(result, sqlite_api::sqlite3_errmsg(native_));
  }
  // That begin() was exclusive is enough.
  void lock_migrations() override {}
  bool usable() const override { return sqlite_api::sqlite3_get_autocommit(native_) != 0; }
  bool answers(milliseconds timeout) override {
    wait_until(steady_clock::now() + timeout);
    try {
      run_script("SELECT count(*) FROM sqlite_schema");
      return true;
    } catch (const EngineError& error) {
      log::warning("database does not answer", {{"code", error.code}, {"text", error.text}});
      return false;
    }
  }

 private:
  EngineError explained(const soci::soci_error& error) override {
    const auto* own = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    return error_of(own != nullptr ? own->result() : SQLITE_ERROR, error.get_error_message());
  }
  static EngineError error_of(int result, std::string text) {
    return {trouble_of(result), std::to_string(result), std::move(text)};
  }
  void wait_until(Deadline deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    sqlite_api::sqlite3_busy_timeout(
        native_, static_cast<int>(std::clamp<long long>(left, 1, std::numeric_limits<int>::max())));
  }

  sqlite_api::sqlite3* native_;
};

// SQLite itself would make the file readable for everyone, and its companions take its mode over.
Outcome<void> make_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return storage_failure("cannot open the database", path, errno);
  return {};
}

}  // namespace

Outcome<std::unique_ptr<Connection>> open_sqlite(const std::string& path, Deadline deadline) {
  const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
    return c == '"' || static_cast<unsigned char>(c) < ' ';
  });
  if (!plain) {
    return Failure{FailureKind::kInvalidValue, "a database's path holds no quotes", "url"};
  }
  if (path != ":memory:") {
    if (auto made = make_file(path); !made) return made.failure();
  }
  try {
    auto connection = std::make_unique<SqliteConnection>(path);
    connection->configure(deadline);
    return std::unique_ptr<Connection>(std::move(connection));
  } catch (const soci::soci_error& error) {
    log::error("database cannot be opened", {{"text", error.get_error_message()}});
  } catch (const EngineError& error) {
    log::error("database cannot be opened", {{"code", error.code}, {"text", error.text}});
    if (error.trouble == Trouble::kOther) {
      return Failure{FailureKind::kInternal, "the file is no database of SQLite: " + path, ""};
    }
  }
  return Failure{FailureKind::kUnavailable, "the database cannot be opened", ""};
}

}  // namespace miniredis::service::metadata
