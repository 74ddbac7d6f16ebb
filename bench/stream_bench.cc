// Streams alone: adding, reading ranges, and delivering and acknowledging, at several sizes.
#include <benchmark/benchmark.h>

#include "types/stream.h"

namespace miniredis::types {
namespace {

constexpr StreamId kFirst{1'700'000'000'000, 0};
constexpr Bytes kWords[] = {"sensor", "s1234", "value", "20.51"};

struct Filled {
  explicit Filled(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) add();
  }
  ~Filled() {
    Object object = stream.object();
    while (object.data != nullptr && !Stream::destroy_some(environment, object, 1000)) {
    }
  }
  // Ten entries a millisecond.
  void add() {
    stream.append({kFirst.ms + added / 10, added % 10}, kWords);
    ++added;
  }
  StreamId random_id() { return {kFirst.ms + rng.below(added / 10), rng.below(10)}; }

  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{1};
  Environment environment{account, key, rng};
  Stream stream{environment, {}};
  std::uint64_t added = 0;
};

void append(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto step : state) filled.add();
  state.counters["bytes/entry"] =
      static_cast<double>(filled.account.used()) / static_cast<double>(filled.added);
}
BENCHMARK(append)->Arg(0)->Arg(1'000'000);

void append_and_trim(benchmark::State& state) {
  Filled filled(1000);
  for (auto step : state) {
    filled.add();
    filled.stream.trim_to_length(1000, state.range(0) != 0, 0);
  }
}
BENCHMARK(append_and_trim)->Arg(0)->Arg(1);

void read_ten(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto step : state) {
    StreamWalk walk(filled.stream, filled.random_id(), StreamId::greatest(), StreamWalk::kForward);
    StreamEntry entry;
    for (int i = 0; i < 10 && walk.next(entry); ++i) {
      entry.each_pair([](Bytes name, Bytes value) {
        benchmark::DoNotOptimize(name);
        benchmark::DoNotOptimize(value);
      });
    }
  }
}
BENCHMARK(read_ten)->Arg(1'000)->Arg(1'000'000);

void deliver_and_acknowledge(benchmark::State& state) {
  Filled filled(10);
  StreamGroup* group = filled.stream.add_group("workers", {}, 0);
  StreamConsumer* consumer = group->add_consumer(filled.account, "alice", 0);
  std::uint64_t next = 0;
  for (; next < static_cast<std::uint64_t>(state.range(0)); ++next) {
    group->deliver(filled.account, {next, 0}, *consumer, 0);
  }
  state.counters["bytes/pending"] =
      static_cast<double>(filled.account.used()) / static_cast<double>(next);
  for (auto step : state) {
    group->deliver(filled.account, {next, 0}, *consumer, 0);
    group->acknowledge(filled.account, {next - static_cast<std::uint64_t>(state.range(0)), 0});
    ++next;
  }
}
BENCHMARK(deliver_and_acknowledge)->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace miniredis::types
