// A host without threads on a clock that the test owns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "engine/host.h"

namespace miniredis::engine {

class FakeClock final : public base::Clock {
 public:
  std::int64_t unix_us() const noexcept override { return us; }
  std::uint64_t monotonic_ns() const noexcept override {
    mono += tick_ns;
    return mono;
  }
  void advance(std::int64_t ms) {
    us += ms * 1000;
    mono += static_cast<std::uint64_t>(ms) * 1'000'000;
  }
  std::int64_t us = 1'700'000'000'000'000;
  mutable std::uint64_t mono = 1'000'000'000;
  std::uint64_t tick_ns = 100;  // time goes on by itself, or budgets would never be spent
};

struct TestClient : ClientOwner {
  explicit TestClient(NodeRuntime& client_node) : node(client_node), client(*this) {
    const std::lock_guard guard(node.lock);
    node.begin_batch();
    client.authenticated = true;
    attached = !node.attach(client).has_value();
  }
  ~TestClient() override {
    if (client.node == nullptr) return;  // let go by its node, which holds the lock
    const std::lock_guard guard(node.lock);
    if (client.node != nullptr) client.node->detach(client);
  }
  void wake() override { ++wakes; }
  void resume() override { ++resumes; }

  Outcome send(const std::vector<std::string>& words) {
    const std::lock_guard guard(node.lock);
    node.begin_batch();
    const std::vector<std::string_view> views(words.begin(), words.end());
    const Outcome outcome = dispatch(node, client, views);
    client.settle_buffers();
    node.schedule();
    return outcome;
  }
  std::string take() {
    std::string out(client.out.view());
    client.out.reset();
    return out;
  }
  std::string run(const std::vector<std::string>& words) {
    send(words);
    return take();
  }

  NodeRuntime& node;
  Client client;
  bool attached = false;
  int wakes = 0;
  int resumes = 0;
};

struct Fixture {
  Fixture() {
    EngineOptions options;
    options.shards = 2;
    options.background_threads = false;
    host = std::make_shared<Host>(options, clock);
    tenant = host->create_tenant({.name = "acme"}).value();
    node = make("cache");
  }
  ~Fixture() { host->shut_down(); }
  std::shared_ptr<NodeRuntime> make(const std::string& name, std::uint64_t limit = 40 << 20) {
    NodeOptions options;
    options.name = name;
    options.memory_limit_bytes = limit;
    return host->create_node(tenant, options).value();
  }

  FakeClock clock;
  std::shared_ptr<Host> host;
  std::shared_ptr<TenantRecord> tenant;
  std::shared_ptr<NodeRuntime> node;
};

}  // namespace miniredis::engine
