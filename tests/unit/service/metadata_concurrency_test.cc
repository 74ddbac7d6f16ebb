// Several at once on the control plane's database: who wins, who waits, who is run again.
#include <doctest/doctest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "metadata_database.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::milliseconds;

constexpr int kThreads = 6;

// Runs `work(i)` in as many threads, begun together.
template <typename Work>
void at_once(int threads, Work&& work) {
  std::latch ready(threads);
  std::vector<std::thread> running;
  running.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      ready.arrive_and_wait();
      work(i);
    });
  }
  for (auto& thread : running) thread.join();
}

TEST_CASE("of those who take an idempotency key at once, one gets it") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 20'000, kThreads);
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> took = 0;
      std::atomic<int> saw = 0;
      at_once(kThreads, [&](int) {
        const auto key = std::to_string(round);
        auto done = ask(*database, begin_idempotent, an_answer("p", key));
        if (done.ok()) ++(done->has_value() ? saw : took);
      });
      CHECK(took == 1);
      CHECK(saw == kThreads - 1);
    }
  });
}

TEST_CASE("a key that is freed and taken again has one holder at any time") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 20'000, kThreads);
    std::atomic<int> holders = 0;
    std::atomic<int> most = 0;
    std::atomic<int> failed = 0;
    std::atomic<int> taken = 0;
    at_once(kThreads, [&](int) {
      for (int i = 0; i < 30; ++i) {
        auto begun = ask(*database, begin_idempotent, an_answer("p", "k"));
        if (!begun.ok()) ++failed;
        if (!begun.ok() || begun->has_value()) continue;
        ++taken;
        most = std::max(most.load(), ++holders);
        --holders;
        if (!ask(*database, drop_idempotent, std::string("p"), std::string("k")).ok()) ++failed;
      }
    });
    CHECK(failed == 0);
    CHECK(most == 1);
    CHECK(taken >= kThreads);
  });
}

TEST_CASE("versions: of changes to one version, one is made") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 20'000, kThreads);
    REQUIRE(ask(*database, insert_tenant, a_tenant("acme")).ok());
    constexpr int kEach = 10;
    std::atomic<int> lost = 0;
    std::atomic<int> odd = 0;
    at_once(kThreads, [&](int i) {
      for (int made = 0; made < kEach;) {
        auto tenant = ask(*database, find_tenant, std::string("acme"));
        if (!tenant.ok()) {
          ++odd;
          return;
        }
        Tenant next = **tenant;
        next.display_name = std::to_string(i) + "/" + std::to_string(made);
        const auto done = ask(*database, update_tenant, next);
        if (done.ok()) {
          ++made;
        } else if (done.failure().kind == FailureKind::kWrongState) {
          ++lost;
        } else {
          ++odd;
          return;
        }
      }
    });
    CHECK(odd == 0);
    CHECK(ask(*database, find_tenant, std::string("acme")).value()->version ==
          1 + kThreads * kEach);
  });
}

TEST_CASE("a tenant that is locked keeps its plan, however many make nodes at once") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    // Twice, as two processes would have it.
    const auto first = open_migrated(place, 20'000, 3);
    const auto second = open_migrated(place, 20'000, 3);
    fill(*first);
    constexpr std::uint64_t kMost = 10;
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> odd = 0;
    at_once(kThreads, [&](int thread) {
      for (int i = 0; i < 6; ++i) {
        const auto done =
            (thread % 2 == 0 ? first : second)->transact([&](Transaction& tx) -> Outcome<void> {
              auto tenant = lock_tenant(tx, "beta");
              if (!tenant) return tenant.failure();
              auto totals = node_totals(tx, {.tenant = "beta", .host = "", .state = {}});
              if (!totals) return totals.failure();
              if (totals->nodes >= kMost) return Failure{FailureKind::kLimitReached, "", ""};
              return insert_node(tx,
                                 a_node(std::to_string(thread) + "-" + std::to_string(i), "beta"));
            });
        if (done.ok()) {
          ++made;
        } else {
          ++(done.failure().kind == FailureKind::kLimitReached ? refused : odd);
        }
      }
    });
    CHECK(made == kMost);
    CHECK(refused == kThreads * 6 - static_cast<int>(kMost));
    CHECK(odd == 0);
  });
}

TEST_CASE("what a locked tenant holds off, and what it does not") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 20'000, 8);
    fill(*database);
    REQUIRE(ask(*database, insert_node, a_node("0002", "acme")).ok());
    REQUIRE(ask(*database, insert_node, a_node("0003", "beta")).ok());
    std::vector<std::thread> others;
    std::atomic<int> done = 0;
    std::atomic<int> failed = 0;
    const auto start = [&](auto work) {
      others.emplace_back([&, work] {
        if (!database->transact(work).ok()) ++failed;
        ++done;
      });
    };
    const auto locked = database->transact([&](Transaction& tx) -> Outcome<void> {
      if (auto tenant = lock_tenant(tx, "acme"); !tenant) return tenant.failure();
      if (others.empty()) {
        start([](Transaction& other) { return insert_node(other, a_node("0009", "acme")); });
        start([](Transaction& other) { return update_node(other, a_node("0001", "acme")); });
        start([](Transaction& other) { return delete_node(other, "0002"); });
        start([](Transaction& other) { return update_tenant(other, a_tenant("acme")); });
      }
      std::this_thread::sleep_for(milliseconds(300));
      CHECK(done == 0);
      CHECK(ask(*database, find_tenant, std::string("acme")).ok());
      if (engine == Engine::kPostgresql) {
        CHECK(ask(*database, delete_node, std::string("0003")).ok());
      }
      return {};
    });
    CHECK(locked.ok());
    for (auto& thread : others) thread.join();
    CHECK(failed == 0);
    CHECK(done == 4);
  });
}

TEST_CASE("work that lost against others is run again") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto database = open_migrated(place, 20'000, kThreads);
    REQUIRE(ask(*database, insert_tenant, a_tenant("acme")).ok());
    // Reads first and writes afterwards: SQLite refuses the write when another wrote in between.
    std::atomic<int> attempts = 0;
    std::atomic<int> failed = 0;
    at_once(kThreads, [&](int) {
      for (int i = 0; i < 10; ++i) {
        const auto done = database->transact([&](Transaction& tx) -> Outcome<Tenant> {
          ++attempts;
          auto tenant =
              engine == Engine::kSqlite ? find_tenant(tx, "acme") : lock_tenant(tx, "acme");
          if (!tenant) return tenant.failure();
          return update_tenant(tx, **tenant);
        });
        if (!done.ok()) ++failed;
      }
    });
    CHECK(failed == 0);
    CHECK(attempts >= kThreads * 10);
    CHECK(ask(*database, find_tenant, std::string("acme")).value()->version == 1 + kThreads * 10);
  });
}

TEST_CASE("of two that wait for each other, one is run again and both succeed") {
  if (postgresql_url().empty()) return;
  const Place place(Engine::kPostgresql);
  const auto database = open_migrated(place, 20'000);
  fill(*database);
  std::latch both_have_one(2);
  std::atomic<int> attempts = 0;
  std::atomic<int> succeeded = 0;
  at_once(2, [&](int i) {
    bool first = true;
    const auto done = database->transact([&](Transaction& tx) -> Outcome<void> {
      ++attempts;
      if (auto one = lock_tenant(tx, i == 0 ? "acme" : "beta"); !one) return one.failure();
      if (std::exchange(first, false)) both_have_one.arrive_and_wait();
      if (auto two = lock_tenant(tx, i == 0 ? "beta" : "acme"); !two) return two.failure();
      return {};
    });
    if (done.ok()) ++succeeded;
  });
  CHECK(succeeded == 2);
  CHECK(attempts >= 3);
}

TEST_CASE("a lock that is held for too long is unavailable, in time") {
  on_each_engine([](Engine engine) {
    const Place place(engine);
    const auto holder = open_migrated(place);
    fill(*holder);
    const auto waiting = place.open(300);
    const auto held = holder->transact([&](Transaction& tx) -> Outcome<void> {
      if (auto tenant = lock_tenant(tx, "acme"); !tenant) return tenant.failure();
      const auto begun = std::chrono::steady_clock::now();
      CHECK(kind_of(ask(*waiting, lock_tenant, std::string("acme"))) == FailureKind::kUnavailable);
      const auto waited = std::chrono::steady_clock::now() - begun;
      CHECK(waited >= milliseconds(250));
      CHECK(waited < milliseconds(1'500));
      // Reading goes on.
      CHECK(ask(*waiting, find_tenant, std::string("acme")).ok());
      return {};
    });
    CHECK(held.ok());
    CHECK(ask(*waiting, lock_tenant, std::string("acme")).ok());
  });
}

}  // namespace
}  // namespace miniredis::service::metadata
