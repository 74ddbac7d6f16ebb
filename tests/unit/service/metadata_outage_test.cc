// Databases that go away and come back: files locked by other processes, servers that end or hang.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "metadata_database.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Another process that has the file for writing until it is let go.
class Locker {
 public:
  explicit Locker(const std::string& url) {
    REQUIRE(pipe(locked_.data()) == 0);
    REQUIRE(pipe(let_go_.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) {
      char byte = 0;
      REQUIRE(read(locked_[0], &byte, 1) == 1);
      return;
    }
    auto database = Database::open({.url = url, .connections = 1});
    const bool held = database.ok() && (*database)
                                           ->transact([&](Transaction& tx) -> Outcome<void> {
                                             auto tenant = lock_tenant(tx, "acme");
                                             if (!tenant) return tenant.failure();
                                             char byte = 'x';
                                             if (write(locked_[1], &byte, 1) != 1) _exit(2);
                                             if (read(let_go_[0], &byte, 1) != 1) _exit(2);
                                             return {};
                                           })
                                           .ok();
    _exit(held ? 0 : 1);
  }
  ~Locker() {
    if (pid_ > 0) let_go();
    for (const int fd : {locked_[0], locked_[1], let_go_[0], let_go_[1]}) close(fd);
  }
  bool let_go() {
    const char byte = 'x';
    int status = 1;
    const bool told = write(let_go_[1], &byte, 1) == 1;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return told && status == 0;
  }
  void die() {
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
  std::array<int, 2> locked_{};
  std::array<int, 2> let_go_{};
};

TEST_CASE("a file that another process is writing: unavailable in time, and read all the while") {
  const Place place(Engine::kSqlite);
  const auto database = open_migrated(place, 300);
  fill(*database);
  for (const bool killed : {false, true}) {
    CAPTURE(killed);
    Locker locker(place.url());
    const auto begun = steady_clock::now();
    CHECK(kind_of(ask(*database, upsert_host, a_host("new"))) == FailureKind::kUnavailable);
    const auto waited = steady_clock::now() - begun;
    CHECK(waited >= milliseconds(250));
    CHECK(waited < milliseconds(4'000));
    CHECK(ask(*database, find_tenant, std::string("acme")).value().has_value());
    CHECK(database->reachable(300));
    if (killed) {
      locker.die();
    } else {
      CHECK(locker.let_go());
    }
    CHECK(ask(*database, upsert_host, a_host("new")).ok());
  }
}

TEST_CASE("several processes migrate a file at once") {
  const Place place(Engine::kSqlite);
  std::vector<pid_t> children;
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto database = Database::open({.url = place.url(), .timeout_ms = 20'000});
      _exit(database.ok() && (*database)->migrate().ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(place.open()->migrate().value() == 0);
}

TEST_CASE("a process that is killed in mid-work leaves nothing half made") {
  const Place place(Engine::kSqlite);
  fill(*open_migrated(place));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto database = Database::open({.url = place.url()});
    if (!database.ok()) _exit(2);
    (void)(*database)->transact([](Transaction& tx) -> Outcome<void> {
      if (auto done = insert_node(tx, a_node("0002", "acme")); !done) _exit(2);
      raise(SIGKILL);
      return {};
    });
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  const auto database = place.open();
  CHECK_FALSE(ask(*database, find_node, std::string("0002")).value().has_value());
  CHECK(ask(*database, insert_node, a_node("0002", "acme")).ok());
}

// The program that starts and ends the server; empty when nobody gave one.
std::string control() {
  return environment("MINIREDIS_TEST_POSTGRESQL_CONTROL");
}
void control(const std::string& action) {
  REQUIRE(std::system((control() + " " + action).c_str()) == 0);
}

pid_t backend_of(Transaction& transaction) {
  return static_cast<pid_t>(std::stol(
      transaction.select("SELECT pg_backend_pid()", 1, {}).value().at(0).at(0).value_or("0")));
}

TEST_CASE("PostgreSQL ends and comes back: unavailable, then as before") {
  if (control().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place, 1'000);
  fill(*database);
  for (const char* end : {"stop", "kill"}) {
    CAPTURE(end);
    // Several open connections, all of which break.
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        (void)database->transact(
            [](Transaction& tx) { return tx.select("SELECT pg_sleep(0.1)", 1, {}); });
      });
    }
    for (auto& thread : threads) thread.join();
    control(end);
    const auto begun = steady_clock::now();
    CHECK(kind_of(ask(*database, find_tenant, std::string("acme"))) == FailureKind::kUnavailable);
    CHECK(kind_of(ask(*database, upsert_host, a_host("new"))) == FailureKind::kUnavailable);
    CHECK_FALSE(database->reachable(200));
    CHECK(kind_of(Database::open({.url = place.url(), .timeout_ms = 500})) ==
          FailureKind::kUnavailable);
    CHECK(steady_clock::now() - begun < std::chrono::seconds(5));
    control("start");
    CHECK(database->reachable(5'000));
    for (int i = 0; i < 8; ++i) {
      CHECK(ask(*database, find_tenant, std::string("acme")).value().has_value());
    }
    CHECK(ask(*database, upsert_host, a_host("new")).ok());
  }
}

TEST_CASE("PostgreSQL ends within a transaction: nothing of it is kept") {
  if (control().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place, 2'000);
  fill(*database);
  const auto done = database->transact([&](Transaction& tx) -> Outcome<void> {
    if (auto made = insert_node(tx, a_node("0002", "acme")); !made) return made.failure();
    control("kill");
    return insert_node(tx, a_node("0003", "acme"));
  });
  CHECK(kind_of(done) == FailureKind::kUnavailable);
  control("start");
  CHECK_FALSE(ask(*database, find_node, std::string("0002")).value().has_value());
  CHECK_FALSE(ask(*database, find_node, std::string("0003")).value().has_value());
  // And when it ends before the commit.
  const auto uncommitted = database->transact([&](Transaction& tx) -> Outcome<void> {
    if (auto made = insert_node(tx, a_node("0002", "acme")); !made) return made.failure();
    control("kill");
    return {};
  });
  CHECK(kind_of(uncommitted) == FailureKind::kUnavailable);
  control("start");
  CHECK_FALSE(ask(*database, find_node, std::string("0002")).value().has_value());
}

TEST_CASE("a connection that is terminated in a transaction, and one that is while idle") {
  if (postgresql_url().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place, 2'000, 1);
  const auto other = place.open();
  fill(*database);
  const auto terminate = [&](pid_t backend) {
    REQUIRE(other
                ->transact([&](Transaction& tx) {
                  return tx.select("SELECT pg_terminate_backend(:pid, 5000)", 1,
                                   {static_cast<std::uint64_t>(backend)});
                })
                .ok());
  };
  pid_t backend = 0;
  const auto done = database->transact([&](Transaction& tx) -> Outcome<void> {
    backend = backend_of(tx);
    if (auto made = insert_node(tx, a_node("0002", "acme")); !made) return made.failure();
    terminate(backend);
    return insert_node(tx, a_node("0003", "acme"));
  });
  CHECK(kind_of(done) == FailureKind::kUnavailable);
  CHECK_FALSE(ask(*database, find_node, std::string("0002")).value().has_value());
  pid_t now = 0;
  REQUIRE(database
              ->transact([&](Transaction& tx) -> Outcome<void> {
                now = backend_of(tx);
                return {};
              })
              .ok());
  CHECK(now != backend);
  terminate(now);
  CHECK(ask(*database, find_tenant, std::string("acme")).ok());
}

TEST_CASE("a server that hangs is given up in time") {
  if (control().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place, 500, 1);
  fill(*database);
  pid_t backend = 0;
  auto begun = steady_clock::now();
  const auto done = database->transact([&](Transaction& tx) -> Outcome<std::optional<Tenant>> {
    backend = backend_of(tx);
    REQUIRE(kill(backend, SIGSTOP) == 0);
    begun = steady_clock::now();
    return find_tenant(tx, "acme");
  });
  CHECK(kind_of(done) == FailureKind::kUnavailable);
  CHECK(steady_clock::now() - begun < milliseconds(6'000));
  // Another backend is as good as ever.
  CHECK(ask(*database, find_tenant, std::string("acme")).value().has_value());
  kill(backend, SIGCONT);

  // The idle connection's backend hangs: found out by asking for a sign of life.
  REQUIRE(database
              ->transact([&](Transaction& tx) -> Outcome<void> {
                backend = backend_of(tx);
                return {};
              })
              .ok());
  REQUIRE(kill(backend, SIGSTOP) == 0);
  begun = steady_clock::now();
  CHECK_FALSE(database->reachable(300));
  CHECK(steady_clock::now() - begun < milliseconds(4'000));
  kill(backend, SIGCONT);
  CHECK(database->reachable(2'000));

  // The server itself hangs: the system still takes connections for it, and nobody answers them.
  const auto server = static_cast<pid_t>(std::stol(
      database
          ->transact([](Transaction& tx) {
            return tx.select("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", 1, {});
          })
          .value()
          .at(0)
          .at(0)
          .value_or("0")));
  REQUIRE(server > 1);
  REQUIRE(kill(server, SIGSTOP) == 0);
  begun = steady_clock::now();
  CHECK(kind_of(Database::open({.url = place.url(), .timeout_ms = 400})) ==
        FailureKind::kUnavailable);
  CHECK(steady_clock::now() - begun < milliseconds(4'000));
  kill(server, SIGCONT);
  CHECK(place.open()->reachable(2'000));
}

}  // namespace
}  // namespace miniredis::service::metadata
