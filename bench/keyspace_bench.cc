// Keys and values without protocol: what GET and SET cost below the command.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

#include "keyspace/read_scope.h"
#include "keyspace/write_scope.h"

namespace miniredis::keyspace {
namespace {

constexpr Event kSet{EventClass::kString, "set"};

struct Filled {
  explicit Filled(int count) {
    keyspace.set_now(1'700'000'000'000);
    for (int i = 0; i < count; ++i) put(i, Entry::kNoExpiry);
  }
  static std::string key_of(std::uint64_t i) {
    char key[17];
    std::snprintf(key, sizeof key, "key:%012llu", static_cast<unsigned long long>(i));
    return key;
  }
  void put(std::uint64_t i, std::int64_t expiry) {
    const std::string key = key_of(i);
    WriteScope scope(keyspace, 0);
    auto place = scope.find(key);
    scope.put(place, key, "0123456789abcdef0123456789abcdef", expiry, kSet);
  }
  base::HashKey hash_key{1, 2};
  base::Rng rng{1};
  memory::Account account{nullptr, 0};
  Keyspace keyspace{account, hash_key, rng};
};

void get(benchmark::State& state) {
  Filled filled(static_cast<int>(state.range(0)));
  base::Rng rng(2);
  for (auto step : state) {
    const std::string key = Filled::key_of(rng.below(static_cast<std::uint64_t>(state.range(0))));
    benchmark::DoNotOptimize(ReadScope(filled.keyspace, 0).find(key));
  }
  state.counters["bytes/key"] =
      static_cast<double>(filled.account.used()) / static_cast<double>(state.range(0));
}
BENCHMARK(get)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void overwrite(benchmark::State& state) {
  Filled filled(static_cast<int>(state.range(0)));
  base::Rng rng(2);
  for (auto step : state) {
    filled.put(rng.below(static_cast<std::uint64_t>(state.range(0))), Entry::kNoExpiry);
  }
}
BENCHMARK(overwrite)->Arg(100'000);

void overwrite_with_expiry(benchmark::State& state) {
  Filled filled(static_cast<int>(state.range(0)));
  base::Rng rng(2);
  std::int64_t n = 0;
  for (auto step : state) {
    filled.put(rng.below(static_cast<std::uint64_t>(state.range(0))),
               filled.keyspace.now_ms() + 60'000 + ++n % 1000);
    if (n % 100 == 0) filled.keyspace.work([] { return true; });
  }
}
BENCHMARK(overwrite_with_expiry)->Arg(100'000);

}  // namespace
}  // namespace miniredis::keyspace
