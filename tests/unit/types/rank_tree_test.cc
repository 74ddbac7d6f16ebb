#include "types/rank_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "base/rng.h"

namespace miniredis::types {
namespace {

struct Item {
  std::uint64_t id;
};
struct ById {
  static bool before(const Item& a, const Item& b) noexcept { return a.id < b.id; }
};
using Tree = RankTree<double, Item, ById>;

// The tree and a std::set side by side; items are numbered 0..count.
class Model {
 public:
  Model(std::uint64_t seed, std::size_t count) : rng(seed), items(count), keys(count), in(count) {
    for (std::size_t i = 0; i < count; ++i) items[i].id = i;
  }
  void insert(std::size_t i, double key) {
    if (in[i]) return;
    tree->insert(key, &items[i]);
    order.emplace(key, i);
    keys[i] = key;
    in[i] = true;
  }
  void erase(std::size_t i) {
    if (!in[i]) return;
    tree->erase(keys[i], items[i]);
    order.erase({keys[i], i});
    in[i] = false;
  }
  void change(std::size_t i, double key) {
    if (!in[i] || keys[i] == key) return;
    tree->change_key(keys[i], key, &items[i]);
    order.erase({keys[i], i});
    order.emplace(key, i);
    keys[i] = key;
  }
  void erase_run(std::size_t rank, std::size_t count) {
    auto first = std::next(order.begin(), static_cast<std::ptrdiff_t>(rank));
    tree->erase_run(rank, count, [&](Item& item) {
      REQUIRE(first->second == item.id);
      in[item.id] = false;
      first = order.erase(first);
    });
  }
  // Both ways from end to end, and the rank of every element.
  void check() {
    REQUIRE(tree->size() == order.size());
    if (order.empty()) {
      CHECK(tree->node_bytes() == 0);
      return;
    }
    auto cursor = tree->at(0);
    std::size_t rank = 0;
    for (const auto& [key, id] : order) {
      REQUIRE(cursor.valid());
      REQUIRE(cursor.key() == key);
      REQUIRE(cursor.item().id == id);
      REQUIRE(tree->count_before(Tree::BeforeItem{key, items[id]}) == rank);
      REQUIRE(tree->count_before(Tree::BehindItem{key, items[id]}) == rank + 1);
      cursor.next();
      ++rank;
    }
    REQUIRE(!cursor.valid());
    cursor = tree->at(order.size() - 1);
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      REQUIRE(cursor.valid());
      REQUIRE(cursor.item().id == at->second);
      cursor.previous();
    }
    REQUIRE(!cursor.valid());
  }
  void check_points(double key) {
    const auto below = order.lower_bound({key, 0});
    const auto above = order.lower_bound({key, SIZE_MAX});
    const auto distance = [&](auto end) {
      return static_cast<std::size_t>(std::distance(order.begin(), end));
    };
    REQUIRE(tree->count_before(Tree::BeforeKey{key}) == distance(below));
    REQUIRE(tree->count_before(Tree::BehindKey{key}) == distance(above));
  }

  base::Rng rng;
  memory::Account account{nullptr, 0};
  std::unique_ptr<Tree> tree = std::make_unique<Tree>(account);
  std::vector<Item> items;
  std::vector<double> keys;
  std::vector<char> in;
  std::set<std::pair<double, std::size_t>> order;
};

// `distinct` keys: few make many elements equal.
void random_changes(std::uint64_t seed, std::size_t count, std::uint64_t distinct, int steps) {
  Model model(seed, count);
  for (int step = 0; step < steps; ++step) {
    const bool growing = step / (steps / 8) % 2 == 0;
    const std::size_t i = model.rng.below(count);
    const auto key = static_cast<double>(model.rng.below(distinct));
    const std::uint64_t what = model.rng.below(100);
    if (what < (growing ? 70U : 15U))
      model.insert(i, key);
    else if (what < 85)
      model.erase(i);
    else if (what < 99)
      model.change(i, what < 92 ? key : model.keys[i] + (what % 2 == 0 ? 0.25 : -0.25));
    else if (!model.order.empty()) {
      const std::size_t rank = model.rng.below(model.order.size());
      const std::size_t most = std::min<std::size_t>(model.order.size() - rank, 200);
      model.erase_run(rank, model.rng.below(most + 1));
    }
    if (step % 64 == 0) model.check_points(key);
    if (step % (steps / 16) == 0) model.check();
  }
  model.check();
  model.erase_run(0, model.order.size());
  model.check();
  CHECK(model.account.used() == 0);
}

TEST_CASE("random changes agree with a model") {
  random_changes(1, 20'000, 1'000'000, 120'000);
  random_changes(2, 20'000, 50, 80'000);
  random_changes(3, 5'000, 1, 40'000);
  random_changes(4, 150, 40, 20'000);
  random_changes(5, 3, 2, 2'000);
}

TEST_CASE("inserts in order fill the nodes, either way") {
  for (const bool upwards : {true, false}) {
    Model model(1, 50'000);
    for (std::size_t i = 0; i < 50'000; ++i) {
      model.insert(i, upwards ? static_cast<double>(i) : -static_cast<double>(i));
    }
    model.check();
    CHECK(static_cast<double>(model.account.used()) / 50'000 < 17.5);
    // Taken out at one end and added at the other, as a queue does.
    for (std::size_t i = 0; i < 50'000; ++i) {
      model.erase(i);
      model.insert(
          i, upwards ? 50'000.0 + static_cast<double>(i) : -50'000.0 - static_cast<double>(i));
    }
    model.check();
    CHECK(static_cast<double>(model.account.used()) / 50'000 < 17.5);
    CHECK(model.account.used() == model.tree->node_bytes());
  }
}

TEST_CASE("random inserts fill leaves to more than 80 percent") {
  Model model(2, 100'000);
  for (std::size_t i = 0; i < 100'000; ++i) model.insert(i, model.rng.unit());
  CHECK(static_cast<double>(model.account.used()) / 100'000 < 21);
}

TEST_CASE("a tree that has lost nine tenths of its elements has given back most nodes") {
  Model model(3, 100'000);
  for (std::size_t i = 0; i < 100'000; ++i) model.insert(i, model.rng.unit());
  const auto full = model.account.used();
  for (std::size_t i = 0; i < 100'000; ++i) {
    if (i % 10 != 0) model.erase(i);
  }
  model.check();
  CHECK(model.account.used() < full / 4);
}

TEST_CASE("tearing down goes in slices and frees all") {
  Model model(4, 30'000);
  for (std::size_t i = 0; i < 30'000; ++i) model.insert(i, model.rng.unit());
  int slices = 0;
  auto before = model.account.used();
  while (model.tree->free_some(16)) {
    CHECK(model.account.used() < before);
    before = model.account.used();
    ++slices;
  }
  CHECK(slices > 20);
  CHECK(model.account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
