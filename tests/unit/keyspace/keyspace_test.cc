#include "keyspace/keyspace.h"

#include <doctest/doctest.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "fixture.h"

namespace miniredis::keyspace {
namespace {

struct Recorder : KeyspaceEvents {
  void on_event(EventClass, Bytes event, unsigned database, Bytes key) override {
    lines.push_back(std::string(event) + " " + std::to_string(database) + " " + std::string(key));
  }
  void on_ready(unsigned, Bytes) override {}
  void on_replaced(unsigned) override {}
  std::vector<std::string> lines;
};

TEST_CASE("random writes, expiries and moves agree with a model, and leave no byte behind") {
  struct Row {
    std::string value;
    std::int64_t expiry;
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Fixture f(seed);
    base::Rng rng(seed * 77);
    std::unordered_map<std::string, Row> model[2];
    const auto expire = [&] {
      for (auto& database : model) {
        std::erase_if(database, [&](const auto& pair) {
          return pair.second.expiry != Entry::kNoExpiry && pair.second.expiry <= f.now;
        });
      }
    };
    for (int step = 0; step < 30'000; ++step) {
      const auto database = static_cast<unsigned>(rng.below(2));
      const std::string key = "key:" + std::to_string(rng.below(3'000));
      const std::uint64_t action = rng.below(100);
      expire();
      if (action < 50) {
        const std::string value(rng.below(4) == 0 ? rng.below(900) : rng.below(40), 'v');
        const std::int64_t expiry = rng.below(3) == 0
                                        ? f.now + 1 + static_cast<std::int64_t>(rng.below(5'000))
                                        : Entry::kNoExpiry;
        f.set(key, value, expiry, database);
        model[database][key] = {value, expiry};
      } else if (action < 60) {
        CHECK(f.remove(key, database) == (model[database].erase(key) > 0));
      } else if (action < 70) {
        WriteScope scope(f.keyspace, database);
        auto place = scope.find(key);
        const auto at = model[database].find(key);
        REQUIRE(static_cast<bool>(place) == (at != model[database].end()));
        if (!place) continue;
        const std::int64_t expiry = rng.below(2) == 0 ? Entry::kNoExpiry : f.now + 3'000;
        scope.set_expiry(place, key, expiry, Fixture::kExpire);
        at->second.expiry = expiry;
      } else if (action < 78) {
        const std::string to = "key:" + std::to_string(rng.below(3'000));
        WriteScope scope(f.keyspace, database);
        WriteScope target(f.keyspace, 1 - database);
        auto place = scope.find(key);
        if (!place || target.find(to)) continue;
        place = scope.find(key);
        scope.move(place, key, 1 - database, to);
        model[1 - database][to] = model[database][key];
        model[database].erase(key);
      } else if (action < 98) {
        const auto at = model[database].find(key);
        const auto got = f.get(key, database);
        REQUIRE(got.has_value() == (at != model[database].end()));
        if (got) REQUIRE(*got == at->second.value);
      } else if (action == 98) {
        f.advance(static_cast<std::int64_t>(rng.below(400)));
        f.work();
      } else if (rng.below(40) == 0) {
        f.keyspace.swap(0, 1);
        std::swap(model[0], model[1]);
      }
    }
    expire();
    f.work();
    for (unsigned database = 0; database < 2; ++database) {
      CHECK(f.keyspace.size(database) == model[database].size());
      std::size_t with_expiry = 0;
      for (const auto& [key, row] : model[database]) {
        with_expiry += row.expiry != Entry::kNoExpiry ? 1 : 0;
        REQUIRE(f.get(key, database) == row.value);
      }
      CHECK(f.keyspace.with_expiry(database) == with_expiry);
    }
    f.keyspace.flush(0);
    f.keyspace.flush(1);
    f.work();
    CHECK(f.account.used() == 0);
  }
}

TEST_CASE("a key is gone the moment it expires, and its memory soon after") {
  Fixture f;
  Recorder recorder;
  f.keyspace.events = &recorder;
  f.keyspace.event_mask = ~0U;
  f.set("a", "1", f.now + 10);
  f.set("b", "1", f.now + 10);
  CHECK(f.keyspace.next_work().has_value());
  CHECK(*f.keyspace.next_work() <= f.now + 10);
  f.advance(9);
  CHECK(f.get("a") == "1");
  f.advance(1);
  CHECK_FALSE(f.get("a").has_value());
  CHECK(f.keyspace.size(0) == 1);
  f.work();
  CHECK(f.keyspace.size(0) == 0);
  CHECK(f.keyspace.stats.expired == 2);
  CHECK(std::count(recorder.lines.begin(), recorder.lines.end(), "expired 0 b") == 1);
  CHECK_FALSE(f.keyspace.next_work().has_value());
}

TEST_CASE("refreshing an expiry over and over keeps the index small") {
  Fixture f;
  for (int i = 0; i < 200'000; ++i) {
    f.set("session:" + std::to_string(i % 10), "x", f.now + 60'000);
    f.advance(1);
    if (i % 100 == 0) f.work();
  }
  f.work();
  CHECK(f.account.used() < 500'000);  // 200,000 records would be 3.2 MB
}

TEST_CASE("a flush shows an empty database at once and frees it in slices") {
  Fixture f;
  for (int i = 0; i < 20'000; ++i) f.set("k" + std::to_string(i), "v", f.now + 100'000);
  const std::uint64_t full = f.account.used();
  f.keyspace.flush(0);
  CHECK(f.keyspace.size(0) == 0);
  CHECK(f.keyspace.garbage_keys() == 20'000);
  CHECK(f.account.used() == full);
  CHECK(*f.keyspace.next_work() == 0);
  int asked = 0;
  CHECK(f.keyspace.work([&] { return asked++ < 3; }));
  CHECK(f.keyspace.garbage_keys() < 20'000);
  CHECK(f.keyspace.garbage_keys() > 10'000);
  f.work();
  CHECK(f.account.used() == 0);
}

TEST_CASE("a full node frees what was flushed before it evicts or refuses") {
  Fixture f;
  for (int i = 0; i < 20'000; ++i) f.set("k" + std::to_string(i), "v");
  f.account.set_limit(f.account.used() / 2);
  f.keyspace.flush(0);
  CHECK(f.keyspace.make_room(10));
  CHECK(f.keyspace.stats.evicted == 0);
}

TEST_CASE("a value that does not fit is refused before anything changes") {
  Fixture f;
  f.set("small", "1");
  f.account.set_limit(1 << 20);
  CHECK_THROWS_AS(f.set("big", std::string(2 << 20, 'x')), memory::OutOfMemory);
  CHECK_THROWS_AS(f.set("small", std::string(2 << 20, 'x')), memory::OutOfMemory);
  CHECK(f.get("small") == "1");
  CHECK_FALSE(f.get("big").has_value());
}

TEST_CASE("watchers are marked by what changes their keys, and by nothing else") {
  Fixture f;
  Watcher watcher;
  const auto marked_by = [&](auto&& action) {
    f.keyspace.watches().watch(watcher, 0, "w");
    action();
    const bool dirty = watcher.dirty();
    f.keyspace.watches().unwatch(watcher);
    return dirty;
  };
  CHECK(marked_by([&] { f.set("w", "1"); }));
  CHECK_FALSE(marked_by([&] { f.get("w"); }));
  CHECK_FALSE(marked_by([&] { f.set("other", "1"); }));
  CHECK_FALSE(marked_by([&] { f.set("w", "1", Entry::kNoExpiry, 1); }));
  CHECK(marked_by([&] { f.remove("w"); }));
  CHECK_FALSE(marked_by([&] { f.keyspace.flush(0); }));  // it was not there any more
  f.set("w", "1");
  CHECK(marked_by([&] { f.keyspace.flush(0); }));
  CHECK(marked_by([&] { f.keyspace.swap(0, 1); }));  // database 1 has it
  f.set("w", "1", f.now + 5);
  CHECK(marked_by([&] {
    f.advance(6);
    f.work();
  }));
}

TEST_CASE("hits and misses are counted, and a peek leaves no trace") {
  Fixture f;
  f.set("a", "1");
  f.get("a");
  f.get("b");
  ReadScope(f.keyspace, 0).peek("a");
  ReadScope(f.keyspace, 0).peek("b");
  CHECK(f.keyspace.stats.hits == 1);
  CHECK(f.keyspace.stats.misses == 1);
}

TEST_CASE("a million small keys take the bytes that the design asks for") {
  Fixture f;
  constexpr int kKeys = 200'000;
  const auto bytes_per_key = [&](auto&& value_of, std::int64_t expiry) {
    for (int i = 0; i < kKeys; ++i) {
      char key[17];
      std::snprintf(key, sizeof key, "key:%012d", i);
      f.set(key, value_of(i), expiry);
    }
    const double each = static_cast<double>(f.account.used()) / kKeys;
    f.keyspace.flush(0);
    f.work();
    return each;
  };
  CHECK(bytes_per_key([](int) { return std::string(32, 'v'); }, Entry::kNoExpiry) <= 80);
  CHECK(bytes_per_key([](int i) { return std::to_string(i); }, Entry::kNoExpiry) <= 48);
  CHECK(bytes_per_key([](int) { return std::string(32, 'v'); }, f.now + 1'000'000) <= 96);
}

}  // namespace
}  // namespace miniredis::keyspace
