#include "gateway/rate_limiter.h"

#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>

namespace miniredis::service {
namespace {

using namespace std::chrono_literals;

struct LimiterFixture {
  std::atomic<std::int64_t> now_us{1'000'000'000};
  SteadyClock clock = [this] { return SteadyTime(std::chrono::microseconds(now_us.load())); };
  void pass(std::chrono::microseconds time) { now_us += time.count(); }
};

}  // namespace

TEST_CASE_FIXTURE(LimiterFixture, "a bucket gives its burst, then its rate") {
  RateLimiter limiter({}, clock);
  const RateLimit limit{.per_second = 10, .burst = 3};
  for (std::uint64_t left : {2, 1, 0}) {
    const RateDecision decision = limiter.take("a", limit);
    CHECK(decision.allowed);
    CHECK(decision.retry_after_ms == 0);
    CHECK(decision.limit == 3);
    CHECK(decision.remaining == left);
    CHECK(decision.reset_ms == (3 - left) * 100);
  }
  const RateDecision refused = limiter.take("a", limit);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.retry_after_ms == 100);
  CHECK(refused.remaining == 0);
  CHECK(refused.reset_ms == 300);
  CHECK(limiter.take("b", limit).allowed);
  pass(99'900us);
  CHECK(limiter.take("a", limit).retry_after_ms == 1);
  pass(100us);
  CHECK(limiter.take("a", limit).allowed);
  CHECK_FALSE(limiter.take("a", limit).allowed);
  pass(1h);
  CHECK(limiter.take("a", limit).remaining == 2);
}

TEST_CASE_FIXTURE(LimiterFixture, "refused requests cost nothing, and waiting as told is enough") {
  RateLimiter limiter({}, clock);
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const RateLimit limit{.per_second = 1 + static_cast<std::uint32_t>(random() % 5000),
                          .burst = 1 + static_cast<std::uint32_t>(random() % 50)};
    const std::string key = std::to_string(round);
    for (std::uint32_t i = 0; i < limit.burst; ++i) CHECK(limiter.take(key, limit).allowed);
    const std::uint64_t wait = limiter.take(key, limit).retry_after_ms;
    CHECK(wait > 0);
    for (int i = 0; i < 5; ++i) CHECK(limiter.take(key, limit).retry_after_ms == wait);
    pass(std::chrono::milliseconds(wait));
    CHECK(limiter.take(key, limit).allowed);
  }
}

TEST_CASE_FIXTURE(LimiterFixture, "over a long time no more than the rate gets through") {
  RateLimiter limiter({}, clock);
  const RateLimit limit{.per_second = 7, .burst = 5};
  std::mt19937 random(6);
  int allowed = 0;
  const std::int64_t start = now_us;
  while (now_us - start < 60'000'000) {
    allowed += limiter.take("a", limit).allowed ? 1 : 0;
    pass(std::chrono::microseconds(random() % 50'000));
  }
  CHECK(allowed <= 7 * 60 + 5 + 1);
  CHECK(allowed >= 7 * 60 - 1);
}

TEST_CASE_FIXTURE(LimiterFixture, "a new limit holds at once, and old debts are cut to it") {
  RateLimiter limiter({}, clock);
  const RateLimit slow{.per_second = 1, .burst = 100};
  for (int i = 0; i < 100; ++i) limiter.take("a", slow);
  const RateLimit fast{.per_second = 1000, .burst = 10};
  CHECK(limiter.take("a", fast).retry_after_ms == 1);
  pass(10ms);
  CHECK(limiter.take("a", fast).remaining == 9);
}

TEST_CASE_FIXTURE(LimiterFixture, "the extremes of a limit neither overflow nor divide by zero") {
  RateLimiter limiter({}, clock);
  const RateLimit slowest{.per_second = 1, .burst = 1'000'000};
  CHECK(limiter.take("a", slowest).remaining == 999'999);
  const RateLimit fastest{.per_second = 1'000'000, .burst = 1};
  CHECK(limiter.take("b", fastest).allowed);
  CHECK(limiter.take("b", fastest).retry_after_ms == 1);
  CHECK(check(slowest).ok());
  CHECK(check(fastest).ok());
  CHECK(check({.per_second = 0}).failure().field == "per_second");
  CHECK(check({.per_second = 1'000'001}).failure().field == "per_second");
  CHECK(check({.burst = 0}).failure().field == "burst");
}

TEST_CASE_FIXTURE(LimiterFixture, "the number of buckets is bounded, and those in use stay") {
  RateLimiter limiter({.max_buckets = 64, .shards = 1}, clock);
  const RateLimit limit{.per_second = 1, .burst = 1};
  CHECK(limiter.take("mine", limit).allowed);
  for (int i = 0; i < 10'000; ++i) {
    limiter.take("flood " + std::to_string(i), limit);
    CHECK_FALSE(limiter.take("mine", limit).allowed);
  }
  CHECK(limiter.buckets() == 64);
  for (int i = 0; i < 64; ++i) limiter.take("other " + std::to_string(i), limit);
  CHECK(limiter.take("mine", limit).allowed);
}

TEST_CASE_FIXTURE(LimiterFixture, "threads together get one burst") {
  RateLimiter limiter({.max_buckets = 100, .shards = 4}, clock);
  const RateLimit limit{.per_second = 1, .burst = 1000};
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        for (const char* key : {"a", "b", "c"}) allowed += limiter.take(key, limit).allowed ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(allowed == 3000);
}

TEST_CASE("headers say it in whole seconds") {
  RateDecision decision{.allowed = true, .limit = 100, .remaining = 7, .reset_ms = 1001};
  using Headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(headers_of(decision) == Headers{{"RateLimit-Limit", "100"},
                                        {"RateLimit-Remaining", "7"},
                                        {"RateLimit-Reset", "2"}});
  decision.allowed = false;
  decision.retry_after_ms = 1;
  CHECK(headers_of(decision).back() == std::pair<std::string, std::string>{"Retry-After", "1"});
}

TEST_CASE("addresses of one subscriber are one key") {
  CHECK(rate_limit_key_of("192.0.2.7") == "192.0.2.7");
  CHECK(rate_limit_key_of("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(rate_limit_key_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(rate_limit_key_of("2001:0DB8:1:2::1") == "2001:db8:1:2::/64");
  CHECK(rate_limit_key_of("::1") == "::/64");
  CHECK(rate_limit_key_of("fe80::1%eth0") == "fe80::/64");
  CHECK(rate_limit_key_of("") == "");
  CHECK(rate_limit_key_of("unix") == "unix");
  CHECK(rate_limit_key_of(std::string(5000, 'x')).size() == 64);
  CHECK(rate_limit_key_of(std::string("::1\0x", 5)) == "::/64");
}

}  // namespace miniredis::service
