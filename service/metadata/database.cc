#include "metadata/database.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/log.h"
#include "common/secure_bytes.h"
#include "metadata/database_impl.h"
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
  while (true) {
    auto lease = impl_->pool.take(deadline);
    if (!lease) return false;
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if ((*lease)->answers(std::max(left, milliseconds(1)))) return true;
    if (lease->fresh() || (*lease)->usable()) return false;
  }
}

Engine Database::engine() const {
  return impl_->engine;
}
std::string Database::shown_url() const {
  return impl_->shown_url;
}

}  // namespace miniredis::service::metadata
