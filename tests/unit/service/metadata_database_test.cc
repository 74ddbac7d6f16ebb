// Opening, migrating and transactions of the control plane's database, on each engine there is.
#include "metadata_database.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <stdexcept>
#include <thread>

#include "metadata/migrations.h"

namespace miniredis::service::metadata {
namespace {

FailureKind refusal_of(const DatabaseOptions& options) {
  const auto database = Database::open(options);
  REQUIRE_FALSE(database.ok());
  return database.failure().kind;
}

unsigned newest_version() {
  return migrations().back().version;
}

TEST_CASE("open: what makes no sense is refused") {
  for (const char* url : {"", "main.db", "sqlite://main.db", "sqlite:///", "sqlite:///tmp/",
                          "mysql://localhost/x", "postgresql://host:notaport/x",
                          "postgresql://h/x?nosuchoption=1", "sqlite:///tmp/a\"b.db"}) {
    CAPTURE(url);
    CHECK(refusal_of({.url = url}) == FailureKind::kInvalidValue);
  }
  CHECK(refusal_of({.url = "sqlite://:memory:", .connections = 0}) == FailureKind::kInvalidValue);
  CHECK(refusal_of({.url = "sqlite://:memory:", .connections = 65}) == FailureKind::kInvalidValue);
  CHECK(refusal_of({.url = "sqlite://:memory:", .timeout_ms = 0}) == FailureKind::kInvalidValue);
}

TEST_CASE("open: a file of SQLite needs its directory, and is nobody else's to read") {
  const TemporaryDirectory directory;
  const auto missing = Database::open({.url = "sqlite://" + directory.file("none/main.db")});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.failure().kind == FailureKind::kStorageFailed);
  CHECK(missing.failure().detail.find("none/main.db") != std::string::npos);
  log::configure("off", "text");
  directory.write("text.db", std::string(8'192, 'x'));
  CHECK(refusal_of({.url = "sqlite://" + directory.file("text.db")}) == FailureKind::kInternal);

  const Place place(Engine::kSqlite);
  const auto database = open_migrated(place);
  for (const char* name : {"main.db", "main.db-wal", "main.db-shm"}) {
    CAPTURE(name);
    struct stat status {};
    REQUIRE(stat(place.directory().file(name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  const auto setting = [&](const std::string& name) {
    return database->transact([&](Transaction& tx) { return tx.select("PRAGMA " + name, 1, {}); })
        .value()
        .at(0)
        .at(0)
        .value_or("");
  };
  CHECK(setting("journal_mode") == "wal");
  CHECK(setting("foreign_keys") == "1");
  CHECK(setting("synchronous") == "2");
}

TEST_CASE("open: a database in memory is one, however many ask") {
  auto opened = Database::open({.url = "sqlite://:memory:", .connections = 8});
  REQUIRE(opened.ok());
  Database& shared = **opened;
  REQUIRE(shared.migrate().ok());
  std::vector<std::thread> threads;
  std::atomic<int> made = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      if (ask(shared, insert_tenant, a_tenant("t" + std::to_string(i))).ok()) ++made;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(made == 8);
  CHECK(ask(shared, list_tenants, TenantFilter{}, std::string(), std::size_t{99}).value().size() ==
        8);
  CHECK(shared.shown_url() == "sqlite://:memory:");
  CHECK(shared.reachable(100));
}

TEST_CASE("the shown URL has no password, wherever it stood") {
  if (postgresql_url().empty()) return;
  auto opened = Database::open({.url = postgresql_url() + "?password=not-a-secret"});
  REQUIRE(opened.ok());
  CHECK((*opened)->shown_url().find("secret") == std::string::npos);
  CHECK((*opened)->shown_url().starts_with("postgresql://miniredis@127.0.0.1:"));
  CHECK((*opened)->engine() == Engine::kPostgresql);
}

TEST_CASE("migrate: once, and no more when it is done") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = place.open();
    CHECK(database->schema_version().value() == 0);
    CHECK(database->migrate().value() == newest_version());
    CHECK(database->schema_version().value() == newest_version());
    CHECK(database->migrate().value() == 0);
    CHECK(place.open()->migrate().value() == 0);
  });
}

TEST_CASE("migrate: a newer schema, and one that was made otherwise, are left alone") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    REQUIRE(execute(*database,
                    "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
                    " VALUES (9999, 'later', '', '')")
                .ok());
    CHECK(kind_of(database->migrate()) == FailureKind::kWrongState);
    CHECK(database->schema_version().value() == 9999);
    REQUIRE(execute(*database, "DELETE FROM schema_migrations WHERE version = 9999").ok());
    CHECK(database->migrate().value() == 0);
    REQUIRE(execute(*database, "UPDATE schema_migrations SET checksum = :other WHERE version = 2",
                    {std::string(64, '0')})
                .ok());
    CHECK(kind_of(database->migrate()) == FailureKind::kWrongState);
  });
}

TEST_CASE("migrate: one that fails leaves nothing of itself") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = place.open();
    // The second migration makes it after others, which must be gone again.
    REQUIRE(execute(*database, "CREATE TABLE nodes (id TEXT)").ok());
    CHECK(kind_of(database->migrate()) == FailureKind::kInternal);
    CHECK(database->schema_version().value() == 1);
    REQUIRE(execute(*database, "DROP TABLE nodes").ok());
    CHECK(database->migrate().value() == newest_version() - 1);
  });
}

TEST_CASE("migrate: several at once apply each migration once") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    std::vector<std::thread> threads;
    std::atomic<unsigned> applied = 0;
    std::atomic<int> failed = 0;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        auto database =
            Database::open({.url = place.url(), .connections = 1, .timeout_ms = 20'000});
        if (!database.ok()) {
          ++failed;
          return;
        }
        auto done = (*database)->migrate();
        if (done.ok()) {
          applied += *done;
        } else {
          ++failed;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(applied == newest_version());
    CHECK(place.open()->schema_version().value() == newest_version());
  });
}

TEST_CASE("transact: what fails or throws leaves nothing behind") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    const auto refused = database->transact([](Transaction& tx) -> Outcome<int> {
      if (auto done = insert_tenant(tx, a_tenant("acme")); !done) return done.failure();
      return Failure{FailureKind::kLimitReached, "no", "plan"};
    });
    CHECK(kind_of(refused) == FailureKind::kLimitReached);
    CHECK(refused.failure().field == "plan");
    CHECK_THROWS_AS((void)database->transact([](Transaction& tx) -> Outcome<void> {
      if (auto done = insert_tenant(tx, a_tenant("acme")); !done) return done.failure();
      throw std::runtime_error("mid-work");
    }),
                    std::runtime_error);
    CHECK_FALSE(ask(*database, find_tenant, std::string("acme")).value().has_value());
    CHECK(database
              ->transact([](Transaction& tx) -> Outcome<int> {
                if (auto done = insert_tenant(tx, a_tenant("acme")); !done) return done.failure();
                return 7;
              })
              .value() == 7);
    CHECK(ask(*database, find_tenant, std::string("acme")).value().has_value());
  });
}

TEST_CASE("transact: a refusal that is overlooked is not committed") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place);
    REQUIRE(ask(*database, insert_tenant, a_tenant("acme")).ok());
    const auto done = database->transact([](Transaction& tx) -> Outcome<int> {
      CHECK(insert_tenant(tx, a_tenant("beta")).ok());
      CHECK(kind_of(insert_tenant(tx, a_tenant("acme"))) == FailureKind::kNameTaken);
      CHECK(kind_of(find_tenant(tx, "beta")) == FailureKind::kNameTaken);
      return 1;
    });
    CHECK(kind_of(done) == FailureKind::kNameTaken);
    CHECK_FALSE(ask(*database, find_tenant, std::string("beta")).value().has_value());
  });
}

TEST_CASE("transact: all connections in use is unavailable, in time") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 200, 1);
    const auto begun = std::chrono::steady_clock::now();
    const auto outer = database->transact([&](Transaction&) -> Outcome<int> {
      CHECK(database->reachable(1'000));
      CHECK(kind_of(ask(*database, find_tenant, std::string("acme"))) == FailureKind::kUnavailable);
      return 1;
    });
    CHECK(outer.ok());
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(3));
  });
}

TEST_CASE("a full disk is said to be one, and the change is undone") {
  const Place place(Engine::kSqlite);
  const auto database = open_migrated(place, 5'000, 1);
  const auto most_pages = [&](const std::string& pages) {
    return database
        ->transact(
            [&](Transaction& tx) { return tx.select("PRAGMA max_page_count = " + pages, 1, {}); })
        .ok();
  };
  REQUIRE(most_pages("1"));  // it does not shrink below what is there
  const auto grow = [&] {
    return database->transact([](Transaction& tx) -> Outcome<void> {
      for (int i = 0; i < 200; ++i) {
        IdempotentAnswer answer = an_answer("p", std::to_string(i));
        answer.body = std::string(4'096, 'x');
        if (auto done = begin_idempotent(tx, answer); !done) return done.failure();
      }
      return {};
    });
  };
  CHECK(kind_of(grow()) == FailureKind::kStorageFull);
  CHECK(ask(*database, open_idempotent, std::uint64_t{99}, std::size_t{9}).value().empty());
  REQUIRE(most_pages("100000"));
  CHECK(grow().ok());
}

TEST_CASE("PostgreSQL's refusals by their codes") {
  if (postgresql_url().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place);
  const std::pair<const char*, FailureKind> codes[] = {
      {"53100", FailureKind::kStorageFull}, {"53300", FailureKind::kUnavailable},
      {"57014", FailureKind::kUnavailable}, {"55P03", FailureKind::kUnavailable},
      {"25006", FailureKind::kUnavailable}, {"54000", FailureKind::kInvalidValue},
      {"XX000", FailureKind::kInternal},    {"42P01", FailureKind::kInternal},
      {"57P01", FailureKind::kUnavailable}, {"40001", FailureKind::kUnavailable},
      {"40P01", FailureKind::kUnavailable}, {"0A000", FailureKind::kUnavailable}};
  for (const auto& [code, kind] : codes) {
    CAPTURE(code);
    int attempts = 0;
    const auto done = database->transact([&](Transaction& tx) {
      ++attempts;
      return tx.change(std::string("DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''") + code +
                           "'', MESSAGE = ''a secret''; END'",
                       {});
    });
    CHECK(kind_of(done) == kind);
    CHECK(done.failure().detail.find("secret") == std::string::npos);
    const std::string_view text(code);
    const bool tried_again = text == "40001" || text == "40P01" || text == "0A000";
    CHECK(attempts == (tried_again ? 8 : 1));
    CHECK(ask(*database, find_tenant, std::string("acme")).ok());
  }
}

}  // namespace
}  // namespace miniredis::service::metadata
