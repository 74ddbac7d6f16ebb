// The protocol alone: requests in, replies out.
#include <benchmark/benchmark.h>

#include <string>

#include "resp/request_parser.h"
#include "resp/writer.h"

namespace miniredis::resp {
namespace {

std::string request(std::initializer_list<Bytes> words) {
  Buffer out;
  Writer writer(out, Protocol::kResp2);
  writer.array(words.size());
  for (const Bytes word : words) writer.bulk(word);
  return std::string(out.view());
}

void parse_pipeline(benchmark::State& state) {
  std::string input;
  for (int i = 0; i < 16; ++i) {
    input += request({"SET", "key:000000012345", "0123456789abcdef0123456789abcdef"});
  }
  RequestParser parser;
  const RequestLimits limits;
  for (auto step : state) {
    Bytes rest = input;
    while (!rest.empty()) {
      benchmark::DoNotOptimize(parser.parse(rest, limits));
      rest.remove_prefix(parser.consumed());
    }
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(parse_pipeline);

void parse_in_pieces(benchmark::State& state) {
  const std::string input = request({"SET", "key", std::string(64 << 10, 'v')});
  const RequestLimits limits;
  for (auto step : state) {
    RequestParser parser;
    for (std::size_t seen = 0; seen < input.size();) {
      seen = std::min(seen + 1448, input.size());  // one segment of the network at a time
      benchmark::DoNotOptimize(parser.parse(Bytes(input).substr(0, seen), limits));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}
BENCHMARK(parse_in_pieces);

void write_bulk(benchmark::State& state) {
  Buffer out;
  Writer writer(out, Protocol::kResp2);
  for (auto step : state) {
    writer.bulk("0123456789abcdef0123456789abcdef");
    if (out.size() > (60U << 10)) out.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_bulk);

void write_integer(benchmark::State& state) {
  Buffer out;
  Writer writer(out, Protocol::kResp2);
  std::int64_t n = 0;
  for (auto step : state) {
    writer.integer(n += 7919);
    if (out.size() > (60U << 10)) out.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_integer);

}  // namespace
}  // namespace miniredis::resp
