#include "types/expiry_index.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace miniredis::types {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;

TEST_CASE("records come out when they are due, all of them, never early") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    base::Rng rng(seed);
    memory::Account account(nullptr, 0);
    ExpiryIndex index(account);
    std::multimap<std::int64_t, std::uint64_t> model;
    std::int64_t now = kStart;
    std::uint64_t next = 0;
    for (int round = 0; round < 400; ++round) {
      const std::uint64_t adds = rng.below(60);
      for (std::uint64_t i = 0; i < adds; ++i) {
        const std::int64_t delta = static_cast<std::int64_t>(rng.below(1ULL << rng.below(36)));
        const std::int64_t at = now + delta - (rng.below(20) == 0 ? 1000 : 0);
        index.add(at, next);
        model.emplace(at, next++);
      }
      now += static_cast<std::int64_t>(rng.below(1ULL << rng.below(30)));
      std::multiset<std::uint64_t> due;
      while (!model.empty() && model.begin()->first <= now) {
        due.insert(model.begin()->second);
        model.erase(model.begin());
      }
      while (index.next_due() && *index.next_due() <= now) {
        const auto record = index.take_due(now);
        if (!record) continue;
        REQUIRE(record->unix_ms <= now);
        const auto at = due.find(record->hash);
        REQUIRE(at != due.end());
        due.erase(at);
      }
      REQUIRE(due.empty());
      REQUIRE(index.size() == model.size());
      if (!model.empty()) REQUIRE(*index.next_due() <= model.begin()->first);
    }
    index.clear();
    CHECK(account.used() == 0);
  }
}

TEST_CASE("a sweep drops exactly the stale records") {
  memory::Account account(nullptr, 0);
  ExpiryIndex index(account);
  base::Rng rng(2);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    index.add(kStart + static_cast<std::int64_t>(rng.below(1'000'000'000)), i);
    if (i % 4 != 0) index.note_stale();
  }
  REQUIRE(index.wants_sweep());
  int slices = 0;
  while (index.wants_sweep()) {
    index.sweep(100, [](const ExpiryRecord& record) { return record.hash % 4 == 0; });
    REQUIRE(++slices < 1000);
  }
  index.sweep(100'000, [](const ExpiryRecord& record) { return record.hash % 4 == 0; });
  index.sweep(100'000, [](const ExpiryRecord& record) { return record.hash % 4 == 0; });
  CHECK(index.size() == 2'500);
}

TEST_CASE("random and soonest draw records that are there") {
  memory::Account account(nullptr, 0);
  ExpiryIndex index(account);
  base::Rng rng(3);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    index.add(kStart + 1 + static_cast<std::int64_t>(i * i), i);
  }
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 20'000; ++i) drawn.insert(index.random(rng).hash);
  CHECK(drawn.size() == 1000);
  // Nothing has been taken, so time stands at 0 and one step holds all records.
  static_cast<void>(index.take_due(kStart));
  while (index.next_due() && *index.next_due() <= kStart) static_cast<void>(index.take_due(kStart));
  for (int i = 0; i < 100; ++i) CHECK(index.soonest(rng).hash < 20);
}

TEST_CASE("a record takes sixteen bytes and little more") {
  memory::Account account(nullptr, 0);
  ExpiryIndex index(account);
  base::Rng rng(5);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    index.add(kStart + static_cast<std::int64_t>(rng.below(86'400'000)), i);
  }
  CHECK(static_cast<double>(account.used()) / 100'000 < 17);
}

}  // namespace
}  // namespace miniredis::types
