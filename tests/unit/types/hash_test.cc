#include "types/hash.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

namespace miniredis::types {
namespace {

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{7};
  Environment environment{account, key, rng};
};

using Model = std::map<std::string, std::string>;

Model contents(const Hash& hash) {
  Model out;
  hash.each([&](Bytes field, Bytes value) { CHECK(out.emplace(field, value).second); });
  return out;
}

std::string random_text(base::Rng& rng, std::size_t most) {
  std::string text(rng.below(most + 1), 'x');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

void change(Fixture& f, Object& object, Model& model, std::size_t fields, std::size_t most_value) {
  Hash hash(f.environment, object);
  const std::string field = "field:" + std::to_string(f.rng.below(fields));
  if (f.rng.below(3) == 0) {
    REQUIRE(hash.erase(field) == (model.erase(field) == 1));
  } else {
    const std::string value = random_text(f.rng, most_value);
    REQUIRE(hash.set(field, value) == !model.contains(field));
    model[field] = value;
  }
  const auto found = hash.get(field);
  REQUIRE(found.has_value() == model.contains(field));
  if (found) REQUIRE(*found == model[field]);
  REQUIRE(hash.size() == model.size());
  object = hash.object();
}

void play(std::uint64_t seed, std::size_t fields, std::size_t most_value, int steps) {
  Fixture f;
  f.rng = base::Rng(seed);
  Object object;
  Model model;
  for (int step = 0; step < steps; ++step) {
    change(f, object, model, fields, most_value);
    if (step % 100 != 0 || object.data == nullptr) continue;
    REQUIRE(contents(Hash(f.environment, object)) == model);
    CHECK(Hash::allocated_bytes(f.environment, object, 0) == f.account.used());
    Object copy = Hash::clone(f.environment, object);
    CHECK(contents(Hash(f.environment, copy)) == model);
    while (!Hash::destroy_some(f.environment, copy, 7)) {
    }
  }
  while (object.data != nullptr && !Hash::destroy_some(f.environment, object, 50)) {
  }
  CHECK(f.account.used() == 0);
}

TEST_CASE("random changes agree with a map in both forms, and leave no byte behind") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    play(seed, 20, 40, 4000);      // stays packed
    play(seed, 2000, 40, 10'000);  // grows out of it by its fields
    play(seed, 30, 300, 4000);     // grows out of it by its values
    play(seed, 30, 70'000, 600);   // wide blocks
  }
}

TEST_CASE("a hash changes its form at the limits") {
  Fixture f;
  f.environment.limits.hash_max_packed_entries = 3;
  f.environment.limits.hash_max_packed_value = 5;
  const auto encoding = [&](auto&& fill) {
    Hash hash(f.environment, {});
    fill(hash);
    Object object = hash.object();
    const std::string name = Hash::encoding_of(object);
    while (!Hash::destroy_some(f.environment, object, 100)) {
    }
    return name;
  };
  CHECK(encoding([](Hash& h) { h.set("a", "12345"); }) == "listpack");
  CHECK(encoding([](Hash& h) { h.set("a", "123456"); }) == "hashtable");
  CHECK(encoding([](Hash& h) { h.set("123456", "a"); }) == "hashtable");
  const auto fill = [](Hash& h, int n) {
    for (int i = 0; i < n; ++i) h.set(std::to_string(i), "v");
  };
  CHECK(encoding([&](Hash& h) { fill(h, 3); }) == "listpack");
  CHECK(encoding([&](Hash& h) { fill(h, 4); }) == "hashtable");
  CHECK(f.account.used() == 0);
}

TEST_CASE("a scan sees every field that is there throughout, and random fields are fair") {
  Fixture f;
  Hash hash(f.environment, {});
  for (int i = 0; i < 1000; ++i) hash.set("f" + std::to_string(i), "v");
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int next = 1000;
  do {
    cursor = hash.scan(cursor, [&](Bytes field, Bytes) { seen.emplace(field); });
    for (int i = 0; i < 20; ++i) hash.set("g" + std::to_string(next++), "v");
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) CHECK(seen.contains("f" + std::to_string(i)));

  Hash few(f.environment, {});
  for (int i = 0; i < 10; ++i) few.set(std::to_string(i), "v");
  std::map<std::string, int> drawn;
  for (int i = 0; i < 20'000; ++i) ++drawn[std::string(few.random().field)];
  CHECK(drawn.size() == 10);
  for (const auto& [field, times] : drawn) CHECK(std::abs(times - 2000) < 300);
  for (Object object : {hash.object(), few.object()}) {
    while (!Hash::destroy_some(f.environment, object, 100)) {
    }
  }
  CHECK(f.account.used() == 0);
}

TEST_CASE("what hashes cost") {
  Fixture f;
  constexpr int kFields = 200'000;
  Hash large(f.environment, {});
  char field[32];
  const std::string value(16, 'v');
  for (int i = 0; i < kFields; ++i) {
    std::snprintf(field, sizeof field, "field:%07d", i);
    large.set(field, value);
  }
  CHECK(static_cast<double>(f.account.used()) / kFields < 62);
  Object object = large.object();
  while (!Hash::destroy_some(f.environment, object, 1000)) {
  }
  Hash small(f.environment, {});
  for (int i = 0; i < 10; ++i) small.set("field:" + std::to_string(i), "value:12");
  CHECK(f.account.used() <= 192);
  object = small.object();
  CHECK(Hash::destroy_some(f.environment, object, 1000));
}

}  // namespace
}  // namespace miniredis::types
