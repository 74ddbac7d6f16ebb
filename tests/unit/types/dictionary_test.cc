#include "types/dictionary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace miniredis::types {
namespace {

// A block with an eight-byte key, as aligned as the allocator makes them.
struct alignas(16) Item {
  std::uint64_t key;
};

struct ItemPolicy {
  static std::uint64_t hash(const Item& item, const base::HashKey& key) noexcept {
    return base::hash_bytes({reinterpret_cast<const char*>(&item.key), 8}, key);
  }
};

// Every hash shares its tag or its prefix with many others.
struct PoorPolicy {
  static std::uint64_t hash(const Item& item, const base::HashKey&) noexcept {
    return base::mix64(item.key) & 0xffff'0000'0000'0007;
  }
};

template <typename Policy>
class Model {
 public:
  explicit Model(std::uint64_t seed) : rng(seed) {}
  ~Model() { table.clear(); }

  std::uint64_t hash_of(std::uint64_t key) { return Policy::hash(Item{key}, hash_key); }
  std::uint64_t* find(std::uint64_t key) {
    return table.find(hash_of(key), [key](const Item& item) { return item.key == key; });
  }
  void insert(std::uint64_t key) {
    if (items.contains(key)) return;
    auto item = std::make_unique<Item>(Item{key});
    table.insert(hash_of(key), item.get());
    items.emplace(key, std::move(item));
  }
  void erase(std::uint64_t key) {
    std::uint64_t* slot = find(key);
    REQUIRE((slot != nullptr) == items.contains(key));
    if (slot == nullptr) return;
    table.erase(slot, hash_of(key));
    items.erase(key);
  }
  void check_all() {
    REQUIRE(table.size() == items.size());
    for (const auto& [key, item] : items) {
      std::uint64_t* slot = find(key);
      REQUIRE(slot != nullptr);
      REQUIRE(Dictionary<Item, Policy>::block_in(*slot) == item.get());
    }
  }

  base::Rng rng;
  base::HashKey hash_key{0x1234'5678'9abc'def1, 0xfeed'f00d'dead'beef};
  memory::Account account{nullptr, 0};
  Dictionary<Item, Policy> table{account, hash_key};
  std::unordered_map<std::uint64_t, std::unique_ptr<Item>> items;
};

template <typename Policy>
void grow_and_shrink_at_random(std::uint64_t seed, std::uint64_t keys, int steps) {
  Model<Policy> model(seed);
  for (int step = 0; step < steps; ++step) {
    const bool growing = step / (steps / 6) % 2 == 0;
    const std::uint64_t key = model.rng.below(keys);
    if (model.rng.below(10) < (growing ? 8U : 2U))
      model.insert(key);
    else
      model.erase(key);
    if (step % (steps / 12) == 0) model.check_all();
  }
  model.check_all();
  std::vector<std::uint64_t> left;
  for (const auto& [key, item] : model.items) left.push_back(key);
  for (const std::uint64_t key : left) model.erase(key);
  CHECK(model.table.empty());
  CHECK(model.account.used() == 0);
}

TEST_CASE("random inserts and erases agree with a model") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    grow_and_shrink_at_random<ItemPolicy>(seed, 20'000, 120'000);
    grow_and_shrink_at_random<ItemPolicy>(seed, 12, 6'000);
  }
}

TEST_CASE("hashes that collide in tag and prefix stay apart") {
  grow_and_shrink_at_random<PoorPolicy>(7, 3'000, 30'000);
}

TEST_CASE("a table keeps at most eleven and a half bytes a block when large") {
  Model<ItemPolicy> model(3);
  for (std::uint64_t key = 0; key < 200'000; ++key) {
    model.insert(key);
    if (key >= 50'000 && key % 10'000 == 0) {
      const double each = static_cast<double>(model.account.used()) / static_cast<double>(key + 1);
      CHECK(each < 11.5);
      CHECK(model.account.used() == model.table.table_bytes());
    }
  }
}

TEST_CASE("scan visits everything that stays, whatever comes and goes in between") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Model<ItemPolicy> model(seed);
    const std::uint64_t stable = 1 + model.rng.below(4'000);
    for (std::uint64_t key = 0; key < stable; ++key) model.insert(key);
    std::set<std::uint64_t> seen;
    std::uint64_t cursor = 0;
    int calls = 0;
    // The table grows in the first half of the walk and shrinks in the second, or the reverse.
    std::uint64_t next_extra = 1'000'000;
    const std::uint64_t burst = 1 + model.rng.below(60);
    std::vector<std::uint64_t> extras;
    do {
      cursor = model.table.scan(cursor, [&](const Item& item) { seen.insert(item.key); });
      REQUIRE(++calls < 1'000'000);
      const bool grow = (calls / 200 + static_cast<int>(seed)) % 2 == 0;
      for (std::uint64_t i = 0; i < burst; ++i) {
        if (grow && extras.size() < 30'000) {
          extras.push_back(next_extra);
          model.insert(next_extra++);
        } else if (!grow && !extras.empty()) {
          model.erase(extras.back());
          extras.pop_back();
        }
      }
    } while (cursor != 0);
    for (std::uint64_t key = 0; key < stable; ++key) REQUIRE(seen.contains(key));
  }
}

TEST_CASE("scan of a quiet table visits each block once") {
  Model<ItemPolicy> model(5);
  for (std::uint64_t key = 0; key < 10'000; ++key) model.insert(key);
  std::size_t visits = 0;
  std::uint64_t cursor = 0;
  do {
    cursor = model.table.scan(cursor, [&](const Item&) { ++visits; });
  } while (cursor != 0);
  CHECK(visits == 10'000);
}

TEST_CASE("any number is a harmless cursor") {
  Model<ItemPolicy> model(6);
  for (std::uint64_t key = 0; key < 5'000; ++key) model.insert(key);
  for (int i = 0; i < 100'000; ++i) {
    model.table.scan(model.rng.next() >> model.rng.below(64), [](const Item&) {});
  }
}

TEST_CASE("random draws every block with the same chance") {
  for (const std::uint64_t keys : {3ULL, 40ULL, 1'000ULL, 5'000ULL}) {
    Model<ItemPolicy> model(8);
    for (std::uint64_t key = 0; key < keys; ++key) model.insert(key);
    std::unordered_map<std::uint64_t, int> drawn;
    const int draws = static_cast<int>(keys) * 50;
    for (int i = 0; i < draws; ++i) ++drawn[model.table.random(model.rng)->key];
    double chi_square = 0;
    for (std::uint64_t key = 0; key < keys; ++key) {
      const double off = drawn[key] - 50.0;
      chi_square += off * off / 50.0;
    }
    // Mean keys - 1, standard deviation sqrt(2 * keys): five of them would be one in a million.
    const double freedom = static_cast<double>(keys - 1);
    CHECK(std::abs(chi_square - freedom) < 5 * std::sqrt(2 * freedom) + 5);
  }
}

TEST_CASE("a table is torn down in slices") {
  Model<ItemPolicy> model(9);
  for (std::uint64_t key = 0; key < 7'000; ++key) model.insert(key);
  std::set<const Item*> taken;
  std::size_t position = 0;
  while (!model.table.empty()) {
    const std::size_t before = taken.size();
    position = model.table.take_some(position, 100, [&](Item& item) { taken.insert(&item); });
    REQUIRE(taken.size() - before <= 100);
    REQUIRE(taken.size() > before);
  }
  CHECK(taken.size() == 7'000);
  CHECK(model.account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
