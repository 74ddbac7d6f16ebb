// The table alone: look-ups, inserts and scans at several sizes.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "types/dictionary.h"

namespace miniredis::types {
namespace {

struct alignas(16) Item {
  std::uint64_t key;
};
struct ItemPolicy {
  static std::uint64_t hash(const Item& item, const base::HashKey& key) noexcept {
    return base::hash_bytes({reinterpret_cast<const char*>(&item.key), 8}, key);
  }
};

struct Filled {
  explicit Filled(std::size_t count) : items(count) {
    for (std::size_t i = 0; i < count; ++i) {
      items[i].key = i;
      table.insert(ItemPolicy::hash(items[i], key), &items[i]);
    }
  }
  base::HashKey key{1, 2};
  memory::Account account{nullptr, 0};
  Dictionary<Item, ItemPolicy> table{account, key};
  std::vector<Item> items;
};

void find_present(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  base::Rng rng(1);
  for (auto step : state) {
    const Item wanted{rng.below(filled.items.size())};
    benchmark::DoNotOptimize(
        filled.table.find(ItemPolicy::hash(wanted, filled.key),
                          [&](const Item& item) { return item.key == wanted.key; }));
  }
  state.counters["bytes/key"] =
      static_cast<double>(filled.account.used()) / static_cast<double>(filled.items.size());
}
BENCHMARK(find_present)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void find_absent(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  base::Rng rng(1);
  for (auto step : state) {
    const Item wanted{rng.next() | std::uint64_t{1} << 63};
    benchmark::DoNotOptimize(
        filled.table.find(ItemPolicy::hash(wanted, filled.key),
                          [&](const Item& item) { return item.key == wanted.key; }));
  }
}
BENCHMARK(find_absent)->Arg(1'000)->Arg(1'000'000);

void insert_all(benchmark::State& state) {
  for (auto step : state) {
    Filled filled(static_cast<std::size_t>(state.range(0)));
    benchmark::DoNotOptimize(filled.table.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(insert_all)->Arg(1'000)->Arg(1'000'000);

void scan_all(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  for (auto step : state) {
    std::uint64_t cursor = 0;
    std::uint64_t seen = 0;
    do {
      cursor = filled.table.scan(cursor, [&](const Item&) { ++seen; });
    } while (cursor != 0);
    benchmark::DoNotOptimize(seen);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(scan_all)->Arg(100'000);

}  // namespace
}  // namespace miniredis::types
