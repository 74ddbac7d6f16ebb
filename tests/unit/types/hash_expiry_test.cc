#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "types/hash.h"

namespace miniredis::types {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{7};
  Environment environment{account, key, rng, {}, kStart};

  void destroy(Object object) const {
    while (object.data != nullptr && !Hash::destroy_some(environment, object, 100)) {
    }
    CHECK(account.used() == 0);
  }
};

struct Field {
  std::string value;
  std::int64_t expiry;
};
using Model = std::map<std::string, Field>;

void forget_expired(Model& model, std::int64_t now) {
  std::erase_if(model, [now](const auto& entry) { return entry.second.expiry <= now; });
}

void check_alike(const Hash& hash, const Model& model) {
  std::map<std::string, std::string> seen;
  hash.each([&](Bytes field, Bytes value) { CHECK(seen.emplace(field, value).second); });
  CHECK(seen.size() == model.size());
  CHECK(hash.live_size() == model.size());
  CHECK(hash.size() >= model.size());
  for (const auto& [field, kept] : model) {
    CHECK(seen[field] == kept.value);
    CHECK(hash.expiry(field) == kept.expiry);
    CHECK(hash.next_expiry() <= kept.expiry);
  }
}

void change(Fixture& f, Hash& hash, Model& model, std::uint64_t fields, std::size_t value_bytes) {
  const std::string field = "field:" + std::to_string(f.rng.below(fields));
  const auto found = model.find(field);
  const bool there = found != model.end();
  switch (f.rng.below(8)) {
    case 0:
      REQUIRE(hash.erase(field) == there);
      model.erase(field);
      break;
    case 1:
    case 2:
    case 3:
      if (!there) break;
      found->second.expiry = f.rng.below(4) == 0 ? Hash::kNever
                                                 : f.environment.now_ms + 1 +
                                                       static_cast<std::int64_t>(f.rng.below(5000));
      hash.set_expiry(field, found->second.expiry);
      break;
    case 4: {
      const std::string value(f.rng.below(value_bytes + 1), 'k');
      const std::int64_t kept = there ? found->second.expiry : Hash::kNever;
      REQUIRE(hash.set(field, value, Hash::Lifetime::kKeep) != there);
      model[field] = {value, kept};
      break;
    }
    default: {
      const std::string value(f.rng.below(value_bytes + 1), 'v');
      REQUIRE(hash.set(field, value) != there);
      model[field] = {value, Hash::kNever};
    }
  }
}

void play(std::uint64_t seed, std::uint64_t fields, std::size_t value_bytes, int steps) {
  Fixture f;
  f.rng = base::Rng(seed);
  Object object;
  Model model;
  for (int step = 0; step < steps; ++step) {
    {
      Hash hash(f.environment, object);
      change(f, hash, model, fields, value_bytes);
      object = hash.object();
    }
    if (f.rng.below(3) == 0) {
      f.environment.now_ms += static_cast<std::int64_t>(f.rng.below(100));
      forget_expired(model, f.environment.now_ms);
    }
    Hash hash(f.environment, object);
    if (f.rng.below(10) == 0) hash.expire_some(f.rng.below(20));
    object = hash.object();
    if (step % 50 != 0) continue;
    check_alike(Hash(f.environment, object), model);
    if (!model.empty()) CHECK(model.contains(std::string(hash.random().field)));
    if (object.data == nullptr) continue;
    Object copy = Hash::clone(f.environment, object);
    check_alike(Hash(f.environment, copy), model);
    while (!Hash::destroy_some(f.environment, copy, 7)) {
    }
  }
  f.destroy(object);
}

TEST_CASE("fields that expire agree with a map in all forms, and leave no byte behind") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    play(seed, 20, 40, 5000);
    play(seed, 2000, 40, 10'000);
    play(seed, 30, 300, 5000);
  }
}

TEST_CASE("a hash becomes timed with its first expiry, and goes with its last field") {
  Fixture f;
  Hash hash(f.environment, {});
  hash.set("stays", "1");
  hash.set("goes", "2");
  CHECK(hash.next_expiry() == Hash::kNever);
  hash.set_expiry("stays", Hash::kNever);
  CHECK(std::string(Hash::encoding_of(hash.object())) == "listpack");
  hash.set_expiry("goes", kStart + 10);
  CHECK(std::string(Hash::encoding_of(hash.object())) == "listpackex");
  CHECK(hash.next_expiry() == kStart + 10);
  CHECK(hash.expire_some(100) == 0);
  f.environment.now_ms = kStart + 10;
  CHECK_FALSE(hash.get("goes"));
  CHECK_FALSE(hash.expiry("goes"));
  CHECK(hash.size() == 2);
  CHECK(hash.live_size() == 1);
  CHECK(hash.expire_some(100) == 1);
  CHECK(hash.next_expiry() == Hash::kNever);
  CHECK(hash.erase("stays"));
  CHECK(hash.object().data == nullptr);
  CHECK(f.account.used() == 0);
}

TEST_CASE("many fields that expire at once go in slices, each once, and are seen by nobody") {
  Fixture f;
  constexpr int kFields = 20'000;
  Hash hash(f.environment, {});
  for (int i = 0; i < kFields; ++i) {
    const std::string field = "f" + std::to_string(i);
    hash.set(field, "v");
    hash.set_expiry(field, kStart + 1 + i % 2);
  }
  hash.set("stays", "v");
  f.environment.now_ms = kStart + 1;
  CHECK(hash.live_size() == kFields / 2 + 1);
  std::size_t expired = 0;
  for (int i = 0; i < 100'000 && hash.next_expiry() <= f.environment.now_ms; ++i) {
    const std::size_t some = hash.expire_some(50);
    CHECK(some <= 50);
    expired += some;
  }
  CHECK(expired == kFields / 2);
  f.environment.now_ms = kStart + 2;
  CHECK(hash.live_size() == 1);
  CHECK(hash.random().field == "stays");
  f.destroy(hash.object());
}

TEST_CASE("changing one expiry again and again keeps the index small") {
  Fixture f;
  f.environment.limits.hash_max_packed_entries = 0;
  Hash hash(f.environment, {});
  hash.set("a", "v");
  for (int i = 1; i <= 100'000; ++i) hash.set_expiry("a", kStart + i * 7);
  CHECK(hash.expiry("a") == kStart + 700'000);
  CHECK(f.account.used() < 128 * 1024);
  f.destroy(hash.object());
}

TEST_CASE("what an expiry costs") {
  Fixture f;
  constexpr int kFields = 100'000;
  Hash hash(f.environment, {});
  for (int i = 0; i < kFields; ++i)
    hash.set("field:" + std::to_string(1'000'000 + i), "0123456789");
  const auto before = f.account.used();
  for (int i = 0; i < kFields; ++i) {
    hash.set_expiry("field:" + std::to_string(1'000'000 + i), kStart + 1000 + i);
  }
  CHECK(static_cast<double>(f.account.used() - before) / kFields < 40);
  f.destroy(hash.object());
}

}  // namespace
}  // namespace miniredis::types
