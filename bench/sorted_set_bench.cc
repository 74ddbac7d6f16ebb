// Sorted sets of the large form alone: adding, changing scores, ranks and short ranges.
#include <benchmark/benchmark.h>

#include <string>

#include "types/sorted_set.h"

namespace miniredis::types {
namespace {

struct Filled {
  explicit Filled(std::size_t members) : count(members) {
    SortedSet set(environment, {});
    for (std::size_t i = 0; i < count; ++i) set.put(name(i), rng.unit() * 1e6);
    object = set.object();
  }
  ~Filled() {
    while (!SortedSet::destroy_some(environment, object, SIZE_MAX)) {
    }
  }
  static std::string name(std::size_t i) { return "member:" + std::to_string(1'000'000 + i); }
  std::string any() { return name(rng.below(count)); }

  std::size_t count;
  base::Rng rng{1};
  base::HashKey key{1, 2};
  memory::Account account{nullptr, 0};
  Environment environment{account, key, rng};
  Object object;
};

void add_all(benchmark::State& state) {
  for (auto step : state) {
    const Filled filled(static_cast<std::size_t>(state.range(0)));
    state.counters["bytes/member"] =
        static_cast<double>(filled.account.used()) / static_cast<double>(filled.count);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(add_all)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void change_score(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  SortedSet set(filled.environment, filled.object);
  for (auto step : state) set.put(filled.any(), filled.rng.unit() * 1e6);
}
BENCHMARK(change_score)->Arg(100'000)->Arg(1'000'000);

void rank_of_member(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  const SortedSet set(filled.environment, filled.object);
  for (auto step : state) benchmark::DoNotOptimize(set.rank(filled.any()));
}
BENCHMARK(rank_of_member)->Arg(100'000)->Arg(1'000'000);

void walk_ten(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  const SortedSet set(filled.environment, filled.object);
  for (auto step : state) {
    std::size_t bytes = 0;
    set.walk(filled.rng.below(filled.count - 10), 10, false,
             [&](Bytes member, double) { bytes += member.size(); });
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(walk_ten)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace miniredis::types
