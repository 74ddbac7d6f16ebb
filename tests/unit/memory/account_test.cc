#include "memory/account.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "memory/containers.h"

namespace miniredis::memory {
namespace {

TEST_CASE("block sizes are classes that hold what was asked for and never shrink with size") {
  std::size_t last = 0;
  for (std::size_t size = 1; size <= 5000; ++size) {
    const std::size_t block = block_size(size);
    CHECK(block >= size);
    CHECK(block >= last);
    last = block;
  }
}

TEST_CASE("a leaf counts blocks and charges exactly, and its peak stays") {
  Account leaf(nullptr, 0);
  void* a = leaf.allocate(100);
  void* b = leaf.allocate(3000);
  leaf.charge(50);
  CHECK(leaf.used() == block_size(100) + block_size(3000) + 50);
  const std::uint64_t peak = leaf.used();
  leaf.release(b, 3000);
  leaf.release(a, 100);
  leaf.charge(-50);
  CHECK(leaf.used() == 0);
  CHECK(leaf.peak() == peak);
  leaf.reset_peak();
  CHECK(leaf.peak() == 0);
}

TEST_CASE("levels above are at most a batch behind, exact after report(), and zero at the end") {
  Account engine(nullptr, 0);
  Account tenant(&engine, 0);
  {
    Account first(&tenant, 0);
    Account second(&tenant, 0);
    for (int i = 0; i < 1000; ++i) {
      first.charge(1000);
      const auto behind = static_cast<std::int64_t>(first.used() - tenant.used());
      CHECK(behind < Account::kBatchBytes);
    }
    second.charge(500);
    first.report();
    second.report();
    CHECK(tenant.used() == 1'000'500);
    CHECK(engine.used() == 1'000'500);
  }
  CHECK(tenant.used() == 0);
  CHECK(engine.used() == 0);
}

TEST_CASE("excess names the level that is over by most") {
  Account engine(nullptr, 10'000);
  Account tenant(&engine, 5'000);
  Account node(&tenant, 4'000);
  CHECK(node.excess() == 0);
  node.charge(4'500);
  CHECK(node.excess() == 500);
  CHECK(node.excess(1'000) == 1'500);
  node.set_limit(0);
  CHECK(node.excess() == 0);
  CHECK(node.excess(1'000) == 500);  // the tenant's
  Account sibling(&tenant, 0);
  sibling.charge(400);
  sibling.report();
  CHECK(node.excess(200) == 100);
  node.charge(-4'500);
}

TEST_CASE("containers give everything back") {
  Account account(nullptr, 0);
  {
    const AccountedAllocator<char> allocator(account);
    StringMap<Vector<int>> map(allocator);
    for (int i = 0; i < 100; ++i) {
      auto at = map.emplace(
          String("a key that is longer than sixteen bytes " + std::to_string(i), allocator),
          Vector<int>(allocator));
      at.first->second.resize(static_cast<std::size_t>(i));
    }
    CHECK(account.used() > 100 * 40);
    CHECK(map.find(std::string_view("nothing")) == map.end());
  }
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace miniredis::memory
