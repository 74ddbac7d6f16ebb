#include "types/ordered_tree.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"

namespace miniredis::types {
namespace {

using Tree = OrderedTree<std::uint64_t, std::uint64_t>;
using Model = std::map<std::uint64_t, std::uint64_t>;

void compare(const Tree& tree, const Model& model) {
  REQUIRE(tree.size() == model.size());
  auto at = tree.first();
  for (const auto& [key, value] : model) {
    REQUIRE(at);
    REQUIRE(at.key() == key);
    REQUIRE(at.value() == value);
    at.step_forward();
  }
  REQUIRE(!at);
  at = tree.last();
  for (auto expected = model.rbegin(); expected != model.rend(); ++expected) {
    REQUIRE(at.key() == expected->first);
    at.step_back();
  }
  REQUIRE(!at);
}

void look_up(const Tree& tree, const Model& model, std::uint64_t key) {
  const auto above = model.lower_bound(key);
  const auto ceiling = tree.ceiling(key);
  REQUIRE(static_cast<bool>(ceiling) == (above != model.end()));
  if (ceiling) REQUIRE(ceiling.key() == above->first);
  const auto behind = model.upper_bound(key);
  const auto floor = tree.floor(key);
  REQUIRE(static_cast<bool>(floor) == (behind != model.begin()));
  if (floor) REQUIRE(floor.key() == std::prev(behind)->first);
  REQUIRE(static_cast<bool>(tree.find(key)) == (model.count(key) == 1));
}

// `grow`, of 10: how many of the changes are insertions.
void change(memory::Account& account, base::Rng& rng, Tree& tree, Model& model, unsigned grow,
            std::uint64_t keys) {
  // Often at the end or from the front, as streams do.
  const std::uint64_t place = rng.below(4);
  std::uint64_t key = rng.below(keys);
  if (rng.below(10) < grow) {
    if (place == 0 && !model.empty()) key = model.rbegin()->first + 1;
    const bool fresh = model.emplace(key, key * 3).second;
    REQUIRE(tree.insert(account, key, key * 3) == fresh);
    return;
  }
  if (place < 2 && !model.empty()) key = model.begin()->first;
  if (place == 2 && !model.empty()) {
    const auto near = model.lower_bound(key);
    key = near == model.end() ? model.rbegin()->first : near->first;
  }
  REQUIRE(tree.erase(account, key) == (model.erase(key) == 1));
}

TEST_CASE("random changes agree with a map, and leave no byte") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    memory::Account account(nullptr, 0);
    base::Rng rng(seed);
    Tree tree;
    Model model;
    const std::uint64_t keys = seed % 2 == 0 ? 500 : 100'000;
    for (int phase = 0; phase < 6; ++phase) {
      const unsigned grow = phase % 2 == 0 ? 8 : 2;
      for (int step = 0; step < 8'000; ++step) {
        change(account, rng, tree, model, grow, keys);
        if (step % 16 == 0) look_up(tree, model, rng.below(keys + 10));
      }
      compare(tree, model);
      CHECK(tree.allocated_bytes() == account.used());
    }
    tree.clear(account);
    CHECK(tree.empty());
    CHECK(account.used() == 0);
  }
}

TEST_CASE("appending fills pages, and taking from the front frees them") {
  memory::Account account(nullptr, 0);
  Tree tree;
  constexpr std::uint64_t kCount = 200'000;
  for (std::uint64_t i = 0; i < kCount; ++i) REQUIRE(tree.insert(account, i, i));
  CHECK(static_cast<double>(account.used()) / kCount < 17.0);
  for (std::uint64_t i = 0; i < kCount - 10; ++i) REQUIRE(tree.erase(account, i));
  CHECK(account.used() <= 1024);
  std::uint64_t next = kCount - 10;
  while (!tree.empty()) {
    tree.take_leaf(account, [&](const Tree::Slot& slot) { CHECK(slot.key == next++); });
  }
  CHECK(next == kCount);
  CHECK(account.used() == 0);
}

TEST_CASE("keys may be views into what their values point to") {
  memory::Account account(nullptr, 0);
  base::Rng rng(3);
  OrderedTree<Bytes, std::string*> tree;
  std::set<std::string> model;
  for (int step = 0; step < 30'000; ++step) {
    const std::string name = "consumer-" + std::to_string(rng.below(3000));
    if (rng.below(2) == 0) {
      if (!model.insert(name).second) continue;
      auto* owned = new std::string(name);
      REQUIRE(tree.insert(account, *owned, owned));
    } else if (model.erase(name) == 1) {
      std::string* const owned = tree.find(name).value();
      REQUIRE(tree.erase(account, *owned));
      delete owned;
    } else {
      REQUIRE(!tree.find(name));
    }
  }
  auto at = tree.first();
  for (const std::string& name : model) {
    REQUIRE(at.key() == name);
    at.step_forward();
  }
  while (!tree.empty()) tree.take_leaf(account, [](const auto& slot) { delete slot.value; });
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
