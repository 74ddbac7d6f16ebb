#include "gateway/key_set.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "signing_key.h"

namespace miniredis::service {
namespace {

using namespace std::chrono_literals;

struct KeySetFixture {
  KeySetFixture() { options.url = "http://auth/keys"; }

  KeySet make() {
    return {options,
            [this](const std::string& url) -> Outcome<std::string> {
              CHECK(url == options.url);
              ++fetches;
              if (broken) return Failure{FailureKind::kUnavailable, "auth: no connection", ""};
              return answer;
            },
            [this](std::function<void()> work) {
              if (at_once) {
                work();
              } else {
                later.push_back(std::move(work));
              }
            },
            [this] { return now; }};
  }
  static bool is_there(KeySet& keys, const std::string& id) {
    const auto found = keys.find(id, SignatureAlgorithm::kEdDsa);
    return std::holds_alternative<std::shared_ptr<const PublicKey>>(found);
  }
  static KeySet::Miss miss(KeySet& keys, const std::string& id) {
    const auto found = keys.find(id, SignatureAlgorithm::kEdDsa);
    REQUIRE(std::holds_alternative<KeySet::Miss>(found));
    return std::get<KeySet::Miss>(found);
  }
  void run_later() {
    for (auto& work : std::exchange(later, {})) work();
  }

  KeySetOptions options{.first_wait = 0ms};
  nlohmann::json a = SigningKey::ed25519("a").jwk();
  nlohmann::json b = SigningKey::ed25519("b").jwk();
  std::string answer = key_set_of({a});
  int fetches = 0;
  bool broken = false;
  bool at_once = true;
  std::vector<std::function<void()>> later;
  SteadyTime now{1h};
};

}  // namespace

TEST_CASE_FIXTURE(KeySetFixture, "the set is fetched once and used until it is old") {
  KeySet keys = make();
  CHECK(keys.figures().keys == 0);
  for (int i = 0; i < 100; ++i) CHECK(is_there(keys, "a"));
  CHECK(fetches == 1);
  const auto other_algorithm = keys.find("a", SignatureAlgorithm::kRs256);
  CHECK(std::get<KeySet::Miss>(other_algorithm) == KeySet::Miss::kUnknownKey);
  now += 10min - 1ms;
  CHECK(is_there(keys, "a"));
  CHECK(keys.figures().age_ms == 599'999);
  CHECK(fetches == 1);
  now += 1ms;
  CHECK(is_there(keys, "a"));
  CHECK(fetches == 2);
  CHECK(keys.figures().age_ms == 0);
}

TEST_CASE_FIXTURE(KeySetFixture,
                  "a set past its age is used while the next is fetched, by one only") {
  KeySet keys = make();
  REQUIRE(is_there(keys, "a"));
  at_once = false;
  now += 11min;
  answer = key_set_of({b});
  for (int i = 0; i < 50; ++i) CHECK(is_there(keys, "a"));
  now += 1h;
  CHECK(is_there(keys, "a"));
  CHECK(later.size() == 1);
  CHECK(miss(keys, "b") == KeySet::Miss::kPending);
  run_later();
  CHECK(is_there(keys, "b"));
  CHECK(miss(keys, "a") == KeySet::Miss::kPending);  // the last try was an hour ago
  run_later();
  CHECK(miss(keys, "a") == KeySet::Miss::kUnknownKey);
  CHECK(fetches == 3);
}

TEST_CASE_FIXTURE(KeySetFixture, "an unknown key is looked for, but not by every request") {
  KeySet keys = make();
  REQUIRE(is_there(keys, "a"));
  for (int i = 0; i < 1000; ++i) {
    CHECK(miss(keys, "made up " + std::to_string(i)) == KeySet::Miss::kUnknownKey);
  }
  CHECK(fetches == 1);
  now += 10s;
  for (int i = 0; i < 1000; ++i) {
    CHECK(miss(keys, "made up " + std::to_string(i)) == KeySet::Miss::kUnknownKey);
  }
  CHECK(fetches == 2);
  answer = key_set_of({a, b});
  now += 10s;
  CHECK(is_there(keys, "b"));
  CHECK(is_there(keys, "a"));
  CHECK(fetches == 3);
}

TEST_CASE_FIXTURE(KeySetFixture, "the last good set outlives failures for a day") {
  KeySet keys = make();
  REQUIRE(is_there(keys, "a"));
  SUBCASE("nobody answers") {
    broken = true;
  }
  SUBCASE("nonsense answers") {
    answer = "<html>";
  }
  SUBCASE("no usable key answers") {
    answer = "{\"keys\":[]}";
  }
  now += 10min;
  CHECK(is_there(keys, "a"));
  CHECK_FALSE(keys.figures().last_failure.empty());
  CHECK(fetches == 2);
  now += 9s;
  CHECK(is_there(keys, "a"));
  CHECK(fetches == 2);
  now += 1s;
  CHECK(is_there(keys, "a"));
  CHECK(fetches == 3);
  now += 24h - 11min;
  CHECK(is_there(keys, "a"));
  now += 10min;
  CHECK(miss(keys, "a") == KeySet::Miss::kUnavailable);
  broken = false;
  answer = key_set_of({a});
  now += 1s;
  CHECK(is_there(keys, "a"));
  CHECK(keys.figures().last_failure.empty());
}

TEST_CASE_FIXTURE(KeySetFixture, "without a set, tries are a second apart") {
  broken = true;
  KeySet keys = make();
  for (int i = 0; i < 100; ++i) CHECK(miss(keys, "a") == KeySet::Miss::kUnavailable);
  CHECK(fetches == 1);
  now += 1s;
  broken = false;
  CHECK(is_there(keys, "a"));
}

TEST_CASE_FIXTURE(KeySetFixture,
                  "a fetch that throws, or cannot be started, is a failure and no more") {
  bool refuse = false;
  KeySet keys(
      options, [](const std::string&) -> Outcome<std::string> { throw std::bad_alloc(); },
      [&](const std::function<void()>& work) {
        if (refuse) throw std::runtime_error("no thread");
        work();
      },
      [this] { return now; });
  CHECK(miss(keys, "a") == KeySet::Miss::kUnavailable);
  CHECK_FALSE(keys.figures().last_failure.empty());
  refuse = true;
  now += 1s;
  CHECK(miss(keys, "a") == KeySet::Miss::kUnavailable);
  CHECK(keys.figures().last_failure == "no thread");
  CHECK(keys.figures().fetches == 2);
}

TEST_CASE_FIXTURE(KeySetFixture, "the first callers wait together for the first set") {
  options.first_wait = 10s;
  std::atomic<int> asked{0};
  std::atomic<bool> release{false};
  std::vector<std::thread> workers;
  KeySet keys(
      options,
      [&](const std::string&) -> Outcome<std::string> {
        ++asked;
        while (!release) std::this_thread::yield();
        return answer;
      },
      [&](std::function<void()> work) { workers.emplace_back(std::move(work)); },
      [this] { return now; });
  std::atomic<int> good{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] { good += is_there(keys, "a") ? 1 : 0; });
  }
  while (asked == 0) std::this_thread::yield();
  release = true;
  for (auto& caller : callers) caller.join();
  for (auto& worker : workers) worker.join();
  CHECK(good == 4);
  CHECK(asked == 1);
}

TEST_CASE_FIXTURE(KeySetFixture, "a fetch may end after its key set") {
  at_once = false;
  {
    KeySet keys = make();
    CHECK(miss(keys, "a") == KeySet::Miss::kUnavailable);
  }
  run_later();
  CHECK(fetches == 1);
}

}  // namespace miniredis::service
