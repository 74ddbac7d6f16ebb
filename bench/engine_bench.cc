// A pipeline of requests from bytes to bytes, as a connection runs it, without a socket.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/dispatch.h"
#include "engine/host.h"
#include "resp/request_parser.h"

namespace miniredis::engine {
namespace {

constexpr std::uint64_t kKeys = 100'000;
constexpr std::size_t kPipeline = 16;

struct Silent final : ClientOwner {
  void wake() override {}
  void resume() override {}
};

class Session {
 public:
  Session() : host_(std::make_shared<Host>(options(), base::system_clock())), client_(owner_) {
    const auto tenant = host_->create_tenant({.name = "bench"}).value();
    node_ = host_->create_node(tenant, {.name = "bench", .memory_limit_bytes = 1 << 30}).value();
    const std::lock_guard guard(node_->lock);
    node_->begin_batch();
    client_.authenticated = true;
    static_cast<void>(node_->attach(client_));
  }
  ~Session() {
    {
      const std::lock_guard guard(node_->lock);
      node_->detach(client_);
    }
    host_->shut_down();
  }

  // Runs requests that stand in `input` one behind another.
  void run(Bytes input) {
    const std::lock_guard guard(node_->lock);
    node_->begin_batch();
    Lookahead ahead;
    std::size_t count = 0;
    while (!input.empty() && count < kPipeline) {
      parser_.parse(input, {});
      input.remove_prefix(parser_.consumed());
      parser_.swap_arguments(batch_[count]);
      look_ahead(*node_, client_.database, ahead, batch_[count]);
      ++count;
    }
    fetch_ahead(*node_, client_.database, ahead);
    for (std::size_t i = 0; i < count; ++i) dispatch(*node_, client_, batch_[i]);
    client_.out.clear();
  }

 private:
  static EngineOptions options() {
    EngineOptions options;
    options.shards = 1;
    options.background_threads = false;
    return options;
  }
  std::shared_ptr<Host> host_;
  std::shared_ptr<NodeRuntime> node_;
  Silent owner_;
  Client client_;
  resp::RequestParser parser_;
  std::vector<Bytes> batch_[kPipeline];
};

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string request(const std::string& name, std::uint64_t key) {
  char text[17];
  std::snprintf(text, sizeof text, "key:%012llu", static_cast<unsigned long long>(key));
  if (name == "SET") return "*3\r\n" + bulk(name) + bulk(text) + bulk(std::string(32, 'x'));
  return "*2\r\n" + bulk(name) + bulk(text);
}

// Batches of random keys, so that the table and the entries are not in the nearest cache.
std::vector<std::string> batches(const std::string& name) {
  base::Rng rng(3);
  std::vector<std::string> all(4096);
  for (std::string& batch : all) {
    for (std::size_t i = 0; i < kPipeline; ++i) batch += request(name, rng.below(kKeys));
  }
  return all;
}

void pipeline_of_16(benchmark::State& state, const std::string& fill, const std::string& name) {
  Session session;
  for (std::uint64_t key = 0; key < kKeys; ++key) session.run(request(fill, key));
  const std::vector<std::string> all = batches(name);
  std::size_t next = 0;
  for (auto step : state) session.run(all[next++ % all.size()]);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kPipeline));
}
BENCHMARK_CAPTURE(pipeline_of_16, get, "SET", "GET");
BENCHMARK_CAPTURE(pipeline_of_16, set, "SET", "SET");
BENCHMARK_CAPTURE(pipeline_of_16, incr, "INCR", "INCR");

}  // namespace
}  // namespace miniredis::engine
