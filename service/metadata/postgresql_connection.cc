#include "metadata/postgresql_connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "common/log.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The server ends a statement after the time-out; only when it does not come to that, we do.
constexpr milliseconds kGrace{1'000};
// Holding locks and asking nothing: longer than any work of ours takes between two statements.
constexpr const char* kIdleTimeoutMs = "60000";
// "mrds" and the number of our advisory lock.
constexpr std::uint64_t kMigrationLock = 0x6d72'6473'0000'0001;

// SOCI takes blanks, quotes and a lone "=" in a connection string for its own, and leaves a URL
// alone that has parameters and none of those.
std::string percent_encoded(const std::string& value) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string shown(const std::map<std::string, std::string>& given) {
  const auto value = [&](const char* key) {
    const auto found = given.find(key);
    return found == given.end() ? std::string() : found->second;
  };
  std::string url = "postgresql://";
  if (!value("user").empty()) url += value("user") + "@";
  const bool socket = value("host").starts_with('/');
  if (!socket) url += value("host");
  if (!value("port").empty()) url += ":" + value("port");
  url += "/" + value("dbname");
  if (socket) url += "?host=" + value("host");
  return url;
}

// libpq itself finds out only when it connects. Several hosts have several ports.
bool are_ports(const std::string& text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    unsigned port = 0;
    const auto [rest, error] = std::from_chars(at, end, port);
    if (error != std::errc() || port < 1 || port > 65'535 || (rest != end && *rest != ',')) {
      return false;
    }
    at = rest == end ? end : rest + 1;
  }
  return true;
}

bool is_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Classes and codes: appendix A of PostgreSQL's manual.
Trouble trouble_of(std::string_view code) {
  if (code == "23505") return Trouble::kUnique;
  if (code == "23503" || code == "23001") return Trouble::kForeignKey;
  if (code == "53100") return Trouble::kFull;
  if (code.starts_with("54") || code == "22001") return Trouble::kTooLong;
  // Serialization, deadlock; a prepared statement that is gone or fits the schema no longer.
  if (is_of(code, {"40001", "40P01", "26000", "0A000"})) return Trouble::kLost;
  // Lost connections, full servers, time-outs, servers that are ending, starting or only standing
  // by.
  if (code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") ||
      is_of(code, {"55P03", "57014", "25P03", "25006"})) {
    return Trouble::kUnavailable;
  }
  return Trouble::kOther;
}

class PostgresqlConnection final : public Connection {
 public:
  PostgresqlConnection(const std::string& full_url, milliseconds timeout,
                       std::shared_ptr<Watchdog> watchdog)
      : Connection(soci::postgresql, full_url),
        native_(static_cast<soci::postgresql_session_backend*>(session_.get_backend())->conn_),
        timeout_(timeout),
        watchdog_(std::move(watchdog)),
        watch_(*watchdog_, PQsocket(native_)) {
    // Without the detail, which quotes rows.
    PQsetErrorVerbosity(native_, PQERRORS_TERSE);
    PQsetNoticeProcessor(
        native_, [](void*, const char*) {}, nullptr);
  }

  bool speaks_utf8() const {
    const char* encoding = PQparameterStatus(native_, "server_encoding");
    return encoding != nullptr && std::string_view(encoding) == "UTF8";
  }

  void configure() {
    const std::string timeout_ms = std::to_string(timeout_.count());
    select(
        "SELECT set_config('lock_timeout', :lock, false),"
        " set_config('statement_timeout', :statement, false),"
        " set_config('idle_in_transaction_session_timeout', :idle, false)",
        3, {timeout_ms, timeout_ms, kIdleTimeoutMs});
  }

  void begin(Deadline deadline, bool) override {
    run_guarded("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", deadline);
  }
  void commit() override {
    run_script("COMMIT");
    patient_ = false;
  }
  void roll_back() noexcept override {
    patient_ = false;
    if (PQstatus(native_) != CONNECTION_OK || PQtransactionStatus(native_) == PQTRANS_IDLE) return;
    try {
      run_script("ROLLBACK");
    } catch (const EngineError&) {
      broken_ = true;
    }
  }
  void run_script(const char* sql) override { run_guarded(sql, statement_deadline()); }
  void lock_migrations() override {
    select("SELECT pg_advisory_xact_lock(:lock)", 1, {kMigrationLock});
    // What follows may take its time. Until the transaction ends.
    select("SELECT set_config('statement_timeout', '0', true)", 1, {});
    patient_ = true;
  }
  bool usable() const override {
    return !broken_ && PQstatus(native_) == CONNECTION_OK &&
           PQtransactionStatus(native_) == PQTRANS_IDLE;
  }
  bool answers(milliseconds timeout) override {
    try {
      run_guarded("SELECT 1", steady_clock::now() + timeout);
      return true;
    } catch (const EngineError& error) {
      log::warning("database does not answer", {{"code", error.code}, {"text", error.text}});
      return false;
    }
  }

 private:
  EngineError explained(const soci::soci_error& error) override {
    const auto* own = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    return error_of(own == nullptr ? "" : own->sqlstate(), error.get_error_message());
  }

  EngineError error_of(const std::string& code, std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const bool lost = PQstatus(native_) != CONNECTION_OK;
    const Trouble trouble = lost ? Trouble::kUnavailable : trouble_of(code);
    // The server says first that it ends a connection, and then does.
    if (lost || code.starts_with("08") || code.starts_with("57P") ||
        is_of(code, {"25P03", "26000", "0A000"})) {
      broken_ = true;
    }
    return {trouble, code, std::move(text)};
  }

  void run_guarded(const char* sql, Deadline deadline) {
    watch_.start(deadline);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(native_, sql), &PQclear);
    watch_.stop();
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw error_of(code == nullptr ? "" : code, PQerrorMessage(native_));
  }

  Deadline statement_deadline() const {
    if (patient_) return Deadline::max();
    return steady_clock::now() + timeout_ + kGrace;
  }
  void about_to_wait() override { watch_.start(statement_deadline()); }
  void waited() override { watch_.stop(); }

  PGconn* native_;
  const milliseconds timeout_;
  const std::shared_ptr<Watchdog> watchdog_;
  Watchdog::Watch watch_;
  bool broken_ = false;
  bool patient_ = false;
};

// Connects and hangs up again. SOCI connects with PQconnectdb, which counts its time-out in seconds
// and from two up; this tells to the millisecond whether there is anyone to connect to.
std::string cannot_connect(const std::string& full_url, Deadline deadline) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> trial(PQconnectStart(full_url.c_str()),
                                                           &PQfinish);
  if (!trial) return "no memory";
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (PQstatus(trial.get()) != CONNECTION_BAD) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return "timed out";
    const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd socket{PQsocket(trial.get()), events, 0};
    const int ready = ::poll(&socket, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready == 0) continue;
    wanted = PQconnectPoll(trial.get());
    if (wanted == PGRES_POLLING_OK) return "";
    if (wanted == PGRES_POLLING_FAILED) break;
  }
  return PQerrorMessage(trial.get());
}

}  // namespace

Outcome<PostgresqlAddress> parse_postgresql_url(const std::string& url) {
  const Failure wrong{FailureKind::kInvalidValue,
                      "the URL of a database is postgresql://user:password@host:port/name", "url"};
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &error), &PQconninfoFree);
  // Its words may quote the password.
  if (error != nullptr) PQfreemem(error);
  if (!options || url.find('\0') != std::string::npos) return wrong;
  std::map<std::string, std::string> given;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) given[option->keyword] = option->val;
  }
  if (given.contains("port") && !are_ports(given["port"])) return wrong;
  const std::string shown_url = shown(given);
  given.emplace("application_name", "miniredisd");
  given.emplace("connect_timeout", "5");
  // A machine that is gone is noticed while nothing is asked, too.
  given.emplace("keepalives_idle", "30");
  given.emplace("keepalives_interval", "10");
  given.emplace("keepalives_count", "3");
  given["client_encoding"] = "UTF8";
  std::string full_url = "postgresql:///";
  for (const auto& [key, value] : given) {
    full_url += (full_url.ends_with('/') ? "?" : "&") + key + "=" + percent_encoded(value);
  }
  return PostgresqlAddress{full_url, shown_url};
}

Outcome<std::unique_ptr<Connection>> open_postgresql(const PostgresqlAddress& address,
                                                     milliseconds timeout,
                                                     std::shared_ptr<Watchdog> watchdog,
                                                     Deadline deadline) {
  std::string text = cannot_connect(address.full_url, deadline);
  if (text.empty()) {
    try {
      auto connection =
          std::make_unique<PostgresqlConnection>(address.full_url, timeout, std::move(watchdog));
      if (!connection->speaks_utf8()) {
        return Failure{FailureKind::kInvalidValue, "the database's encoding must be UTF8", "url"};
      }
      connection->configure();
      return std::unique_ptr<Connection>(std::move(connection));
    } catch (const soci::soci_error& error) {
      text = error.get_error_message();
    } catch (const EngineError& error) {
      text = error.text;
    }
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  log::warning("database cannot be reached", {{"url", address.shown_url}, {"text", text}});
  return Failure{FailureKind::kUnavailable, "the database cannot be reached", ""};
}

}  // namespace miniredis::service::metadata
