#include "metadata/database.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/log.h"
#include "common/secure_bytes.h"
#include "metadata/database_impl.h"
#include "metadata/postgresql_connection.h"
#include "metadata/sqlite_connection.h"
#include "metadata/transaction.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned kMostConnections = 64;
constexpr std::uint32_t kMostTimeoutMs = 600'000;
constexpr unsigned kMostAttempts = 8;
constexpr std::string_view kSqlite = "sqlite://";

Failure wrong(std::string detail, std::string field) {
  return {FailureKind::kInvalidValue, std::move(detail), std::move(field)};
}

// Longer from one attempt to the next, and not the same for those that met.
milliseconds pause_before(unsigned attempt) {
  const auto random = static_cast<unsigned char>(random_bytes(1)[0]);
  const unsigned most = 4U << std::min(attempt, 6U);
  return milliseconds(1 + random * most / 256);
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Outcome<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  if (options.connections < 1 || options.connections > kMostConnections) {
    return wrong("connections must be 1..64", "connections");
  }
  if (options.timeout_ms < 1 || options.timeout_ms > kMostTimeoutMs) {
    return wrong("timeout_ms must be 1..600000", "timeout_ms");
  }
  const milliseconds timeout(options.timeout_ms);
  std::unique_ptr<Impl> impl;
  if (options.url.starts_with(kSqlite)) {
    const std::string path = options.url.substr(kSqlite.size());
    const bool in_memory = path == ":memory:";
    if (!in_memory && (!path.starts_with('/') || path.ends_with('/'))) {
      return wrong("a database of SQLite is sqlite:///absolute/path", "url");
    }
    // A second connection to :memory: would have a database of its own.
    impl = std::make_unique<Impl>(
        Engine::kSqlite, options.url, timeout, in_memory ? 1 : options.connections,
        [path](Deadline deadline) { return open_sqlite(path, deadline); });
  } else if (options.url.starts_with("postgresql://") || options.url.starts_with("postgres://")) {
    auto address = parse_postgresql_url(options.url);
    if (!address) return address.failure();
    impl = std::make_unique<Impl>(
        Engine::kPostgresql, address->shown_url, timeout, options.connections,
        [address = *address, timeout, watchdog = std::make_shared<Watchdog>()](Deadline deadline) {
          return open_postgresql(address, timeout, watchdog, deadline);
        });
  } else {
    return wrong("a database is sqlite:///absolute/path or postgresql://...", "url");
  }
  if (auto lease = impl->pool.take(impl->deadline()); !lease) return lease.failure();
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Outcome<Pool::Lease> Database::Impl::begin(Deadline deadline, bool exclusive) {
  while (true) {
    auto lease = pool.take(deadline);
    if (!lease) return lease.failure();
    try {
      (*lease)->begin(deadline, exclusive);
      return lease;
    } catch (const EngineError& error) {
      (*lease)->roll_back();
      // Each turn loses a connection that was idle, so this ends.
      if (lease->fresh() || (*lease)->usable()) return failure_of(error, "BEGIN");
    }
  }
}

Outcome<void> Database::run(const std::function<Outcome<void>(Transaction&)>& work) {
  const Deadline deadline = impl_->deadline();
  for (unsigned attempt = 1;; ++attempt) {
    // SQLite lets no transaction that has read begin to write after another one wrote: the next
    // attempt takes the right to write at once, and then nobody can be in its way.
    auto lease = impl_->begin(deadline, attempt > 1);
    if (!lease) return lease.failure();
    bool lost = false;
    Failure failure{FailureKind::kInternal, "", ""};
    {
      const RollBackAtEnd undo(**lease);
      Transaction transaction(**lease, impl_->engine);
      const Outcome<void> done = work(transaction);
      if (transaction.doom()) {
        lost = transaction.lost();
        failure = *transaction.doom();
      } else if (!done) {
        return done.failure();
      } else {
        try {
          (*lease)->commit();
          return {};
        } catch (const EngineError& error) {
          lost = error.trouble == Trouble::kLost;
          failure = failure_of(error, "COMMIT");
          if (error.trouble == Trouble::kUnavailable) {
            failure.detail = "the database went away while it committed; look whether it did";
          }
        }
      }
    }
    if (!lost) return failure;
    if (attempt >= kMostAttempts || steady_clock::now() >= deadline) {
      log::warning("database work gave way to others", {{"attempts", std::to_string(attempt)}});
      return failure;
    }
    std::this_thread::sleep_for(pause_before(attempt));
  }
}

bool Database::reachable(std::uint32_t timeout_ms) {
  const milliseconds timeout(std::clamp<std::uint32_t>(timeout_ms, 1, kMostTimeoutMs));
  const Deadline deadline = steady_clock::now() + timeout;
  const auto left = [&] {
    const auto rest = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return std::max(rest, milliseconds(1));
  };
  // One that broke while nobody used it says nothing of the database as it is now.
  while (auto lease = impl_->pool.take_idle()) {
    if ((*lease)->answers(left())) return true;
    if ((*lease)->usable()) return false;
  }
  // That all are at work is no reason to be called unreachable: this one is beside the pool.
  auto own = impl_->open(deadline);
  return own.ok() && (*own)->answers(left());
}

Engine Database::engine() const {
  return impl_->engine;
}
std::string Database::shown_url() const {
  return impl_->shown_url;
}

}  // namespace miniredis::service::metadata
