// The accounts against the allocator's own books, while nodes are filled and emptied at random.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "fixture.h"
#include "memory/allocator.h"

namespace miniredis::engine {
namespace {

// One random command out of those that make, change and take away keys.
std::vector<std::string> random_command(base::Rng& rng) {
  const std::string key = "key:" + std::to_string(rng.below(40'000));
  const auto value = [&](std::uint64_t most) { return std::string(1 + rng.below(most), 'v'); };
  switch (rng.below(12)) {
    case 0:
      return {"SET", key, value(5000)};
    case 1:
      return {"SET", key, value(64), "PX", std::to_string(1 + rng.below(100'000))};
    case 2:
      return {"INCR", "n:" + key};
    case 3:
      return {"APPEND", key, value(200)};
    case 4:
      return {"DEL", key, "n:" + key};
    case 5:
      return {"SETRANGE", key, std::to_string(rng.below(3000)), "x"};
    case 6:
      return {"EXPIRE", key, std::to_string(1 + rng.below(100))};
    case 7:
      return {"RENAME", key, key + ":renamed"};
    case 8:
      return {"COPY", key, key + ":copy", "DB", "1", "REPLACE"};
    default:
      return {"SET", key, value(100)};
  }
}

void work_off(NodeRuntime& node) {
  const std::lock_guard guard(node.lock);
  node.begin_batch();
  while (node.work(1'000'000'000)) {
  }
}

TEST_CASE("the sum of the accounts is within 3 % of what the allocator says") {
  if (memory::allocated_bytes() == 0) {
    MESSAGE("this allocator keeps no books");
    return;
  }
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    base::Rng rng(seed);
    Fixture fixture;
    std::vector<std::shared_ptr<NodeRuntime>> nodes;
    for (int i = 0; i < 4; ++i) {
      nodes.push_back(fixture.make("n" + std::to_string(i), std::uint64_t{1} << 30));
    }
    std::vector<std::unique_ptr<TestClient>> clients;
    for (const auto& node : nodes) clients.push_back(std::make_unique<TestClient>(*node));
    const auto accounted = [&] {
      std::uint64_t sum = 0;
      for (const auto& node : nodes) {
        const std::lock_guard guard(node->lock);
        sum += node->account.used();
      }
      return sum;
    };
    const std::uint64_t base_accounted = accounted();
    const std::uint64_t base_allocated = memory::allocated_bytes();

    double worst = 0;
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 25'000; ++i) {
        TestClient& client = *clients[rng.below(clients.size())];
        client.run(random_command(rng));
      }
      fixture.clock.advance(5000);
      if (round % 4 == 3) clients[rng.below(clients.size())]->run({"FLUSHALL", "ASYNC"});
      for (const auto& node : nodes) work_off(*node);

      const auto by_accounts = static_cast<double>(accounted() - base_accounted);
      const auto by_allocator = static_cast<double>(memory::allocated_bytes() - base_allocated);
      CAPTURE(round);
      REQUIRE(by_allocator > 1e6);
      const double off = std::abs(by_accounts - by_allocator) / by_allocator;
      worst = std::max(worst, off);
      CHECK(off < 0.03);
    }
    MESSAGE("worst difference: " << worst * 100 << " %");

    for (auto& client : clients) client->run({"FLUSHALL"});
    for (const auto& node : nodes) work_off(*node);
    // Counters and the like stay; what the keys took is given back to the last kilobyte.
    CHECK(accounted() - base_accounted < 4 * 4096);
    CHECK(static_cast<std::int64_t>(memory::allocated_bytes() - base_allocated) < 4 * 16'384);
  }
}

}  // namespace
}  // namespace miniredis::engine
