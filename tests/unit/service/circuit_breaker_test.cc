#include "gateway/circuit_breaker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace miniredis::service {
namespace {

using namespace std::chrono_literals;

struct BreakerFixture {
  std::atomic<std::int64_t> now_ms{1'000'000};
  CircuitBreaker breaker{{}, [this] { return SteadyTime(std::chrono::milliseconds(now_ms)); }};

  void pass(std::chrono::milliseconds time) { now_ms += time.count(); }
  CircuitState state() const { return breaker.figures().state; }
  bool let_through(bool good) {
    auto permit = breaker.enter();
    if (permit && good) permit->succeeded();
    if (permit && !good) permit->failed();
    return permit.has_value();
  }
  void break_it() {
    for (int i = 0; i < 5; ++i) REQUIRE(let_through(false));
    REQUIRE(state() == CircuitState::kOpen);
  }
};

}  // namespace

TEST_CASE_FIXTURE(BreakerFixture, "failures in a row open it, and only in a row") {
  for (int i = 0; i < 4; ++i) CHECK(let_through(false));
  CHECK(breaker.figures().failures_in_a_row == 4);
  CHECK(let_through(true));
  for (int i = 0; i < 4; ++i) CHECK(let_through(false));
  CHECK(state() == CircuitState::kClosed);
  CHECK(let_through(false));
  CHECK(state() == CircuitState::kOpen);
  CHECK_FALSE(let_through(true));
  const auto figures = breaker.figures();
  CHECK(figures.opened == 1);
  CHECK(figures.refused == 1);
  CHECK(figures.retry_after_ms == 1000);
  CHECK(std::string(to_string(figures.state)) == "open");
}

TEST_CASE_FIXTURE(BreakerFixture, "the share of failures in a window opens it too") {
  for (int i = 0; i < 9; ++i) {
    CHECK(let_through(false));
    CHECK(let_through(true));
  }
  CHECK(let_through(true));
  CHECK(breaker.figures().window_requests == 19);
  SUBCASE("half of twenty") {
    CHECK(let_through(false));
    CHECK(state() == CircuitState::kOpen);
  }
  SUBCASE("but not when the window is over") {
    pass(10s);
    CHECK(breaker.figures().window_requests == 0);
    CHECK(let_through(false));
    CHECK(state() == CircuitState::kClosed);
  }
  SUBCASE("nor when the share is smaller") {
    CHECK(let_through(true));
    CHECK(let_through(true));
    CHECK(let_through(false));
    CHECK(state() == CircuitState::kClosed);
  }
}

TEST_CASE_FIXTURE(BreakerFixture, "one probe at a time decides") {
  break_it();
  pass(999ms);
  CHECK_FALSE(breaker.enter().has_value());
  pass(1ms);
  auto probe = breaker.enter();
  REQUIRE(probe.has_value());
  CHECK(state() == CircuitState::kHalfOpen);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(breaker.enter().has_value());
  SUBCASE("a good one closes") {
    probe->succeeded();
    CHECK(state() == CircuitState::kClosed);
    CHECK(let_through(true));
  }
  SUBCASE("a bad one opens for twice as long") {
    probe->failed();
    CHECK(state() == CircuitState::kOpen);
    CHECK(breaker.figures().retry_after_ms == 2000);
  }
  SUBCASE("one without a result lets the next be the probe") {
    probe.reset();
    CHECK(state() == CircuitState::kOpen);
    CHECK(breaker.figures().retry_after_ms == 0);
    CHECK(let_through(true));
    CHECK(state() == CircuitState::kClosed);
  }
  SUBCASE("one that never ends is given up, and no longer counts") {
    pass(30s);
    auto second = breaker.enter();
    REQUIRE(second.has_value());
    probe->failed();
    CHECK(state() == CircuitState::kHalfOpen);
    second->succeeded();
    CHECK(state() == CircuitState::kClosed);
  }
}

TEST_CASE_FIXTURE(BreakerFixture,
                  "the time doubles up to its cap and begins anew after a success") {
  break_it();
  for (const std::int64_t wait : {1000, 2000, 4000, 8000, 16'000, 30'000, 30'000}) {
    CHECK(breaker.figures().retry_after_ms == static_cast<std::uint64_t>(wait));
    pass(std::chrono::milliseconds(wait - 1));
    CHECK_FALSE(let_through(false));
    pass(1ms);
    CHECK(let_through(false));
  }
  CHECK(breaker.figures().opened == 8);
  pass(30s);
  CHECK(let_through(true));
  break_it();
  CHECK(breaker.figures().retry_after_ms == 1000);
}

TEST_CASE_FIXTURE(BreakerFixture, "what began before a change does not count after it") {
  std::vector<CircuitBreaker::Permit> old;
  for (int i = 0; i < 6; ++i) old.push_back(std::move(*breaker.enter()));
  break_it();
  old[0].succeeded();
  CHECK(state() == CircuitState::kOpen);
  pass(1s);
  auto probe = breaker.enter();
  old[1].succeeded();
  old[2].failed();
  CHECK(state() == CircuitState::kHalfOpen);
  probe->succeeded();
  probe->failed();  // has ended before
  for (auto& permit : old) permit.failed();
  CHECK(state() == CircuitState::kClosed);
  CHECK(breaker.figures().window_requests == 0);
}

TEST_CASE_FIXTURE(BreakerFixture, "threads never get two probes") {
  // A thread that is held up must not have its probe given up by the others' clock.
  CircuitBreaker patient({.probe_time = 24h},
                         [this] { return SteadyTime(std::chrono::milliseconds(now_ms)); });
  for (int i = 0; i < 5; ++i) patient.enter()->failed();
  std::atomic<int> probes{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(static_cast<unsigned>(thread));
      for (int i = 0; i < 500; ++i) {
        pass(100ms);
        auto permit = patient.enter();
        if (!permit) continue;
        if (++probes > 1) most = 2;
        --probes;
        permit->failed();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most == 0);
  CHECK(patient.figures().state == CircuitState::kOpen);
}

}  // namespace miniredis::service
