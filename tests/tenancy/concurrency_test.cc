// Many threads on many nodes through the public API, while nodes are made, moved, stopped, started,
// renamed and removed. What is checked by value is checked by counters that only one thread owns;
// the rest is for ThreadSanitizer.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"
#include "miniredis/server.h"

namespace {

using miniredis::Engine;
using miniredis::Node;
using miniredis::Server;
using miniredis::Session;
using miniredis::Tenant;
using miniredis::Value;

constexpr unsigned kShards = 3;
constexpr int kThreads = 4;
constexpr auto kDuration = std::chrono::milliseconds(1500);

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

std::vector<Node> make_nodes(const Tenant& tenant, int count) {
  std::vector<Node> nodes;
  for (int i = 0; i < count; ++i) {
    nodes.push_back(checked(tenant.create_node({.name = "node-" + std::to_string(i)})));
  }
  return nodes;
}

// Runs `body(thread number)` on threads again and again until the time is over.
template <typename Body>
void for_a_while(int threads, const Body& body) {
  const auto end = std::chrono::steady_clock::now() + kDuration;
  std::vector<std::jthread> running;
  for (int number = 0; number < threads; ++number) {
    running.emplace_back([&body, number, end] {
      std::mt19937 rng(static_cast<unsigned>(number) + 1);
      while (std::chrono::steady_clock::now() < end) body(number, rng);
    });
  }
}

}  // namespace

TEST_CASE("threads on the same nodes never lose an increment") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const std::vector<Node> nodes = make_nodes(tenant, 4);
  std::array<std::atomic<std::int64_t>, 4> done{};
  for_a_while(kThreads, [&](int, std::mt19937& rng) {
    const std::size_t which = rng() % nodes.size();
    if (nodes[which].execute({"INCR", "n"}).kind() == Value::Kind::kInteger) ++done[which];
  });
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    CHECK(nodes[i].execute({"GET", "n"}).text() == std::to_string(done[i].load()));
    CHECK(done[i] > 0);
  }
}

TEST_CASE("a node moves between shards while threads work on it") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node node = checked(tenant.create_node({.name = "mover"}));
  std::atomic<std::int64_t> done = 0;
  std::atomic<int> moves = 0;
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    if (number == 0) {
      if (node.move_to_shard(static_cast<unsigned>(rng() % kShards)).ok()) ++moves;
    } else if (!node.execute({"INCR", "n"}).is_error()) {
      ++done;
    }
  });
  CHECK(node.execute({"GET", "n"}).text() == std::to_string(done.load()));
  CHECK(moves > 10);
}

TEST_CASE("nodes stop and start under load; no accepted write is lost") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node node = checked(tenant.create_node({.name = "sleeper"}));
  std::atomic<std::int64_t> done = 0;
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    if (number == 0) {
      (void)(rng() % 2 == 0 ? node.stop() : node.start()).ok();
    } else if (node.execute({"INCR", "n"}).kind() == Value::Kind::kInteger) {
      ++done;
    }
  });
  (void)node.start().ok();
  const std::string expected = done == 0 ? "" : std::to_string(done.load());
  CHECK(node.execute({"GET", "n"}).text() == expected);
}

TEST_CASE("tenants and nodes come and go while others look and work") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    const std::string name = "t" + std::to_string(rng() % 4);
    switch (number) {
      case 0: {
        auto tenant = engine.create_tenant({.name = name});
        if (tenant.ok()) (void)tenant->create_node({.name = name + "-node"}).ok();
        break;
      }
      case 1:
        if (auto tenant = engine.find_tenant(name)) (void)tenant->remove().ok();
        break;
      case 2:
        for (const Node& node : engine.nodes()) {
          node.execute({"SET", "k", "v"});
          (void)node.rename(node.name() == name ? name + "-other" : name).ok();
          (void)node.stats();
          (void)node.set_memory_limit((1 + rng() % 8) << 20).ok();
        }
        break;
      default:
        (void)engine.stats();
        for (const Tenant& tenant : engine.tenants()) (void)tenant.memory_used_bytes();
        if (auto node = engine.find_node(name)) {
          (void)node->set_config("maxmemory-policy", "allkeys-lru").ok();
          (void)node->restart().ok();
        }
    }
  });
  for (const Tenant& tenant : engine.tenants()) CHECK(tenant.remove().ok());
  while (engine.run_pending_work()) {
  }
  CHECK(engine.stats().nodes == 0);
  CHECK(engine.nodes().empty());
}

TEST_CASE("sessions of many threads publish to each other") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node node = checked(tenant.create_node({.name = "hub"}));
  std::atomic<std::int64_t> delivered = 0;
  std::atomic<std::int64_t> received = 0;
  {
    std::vector<Session> listeners;
    for (int i = 0; i < 3; ++i) {
      listeners.push_back(checked(node.open_session()));
      listeners.back().on_push([] {});
      listeners.back().execute({"SUBSCRIBE", "ch"});
      listeners.back().take_pushes();
    }
    for_a_while(kThreads, [&](int number, std::mt19937&) {
      if (number < 3) {
        received += static_cast<std::int64_t>(
            listeners[static_cast<std::size_t>(number)].take_pushes().size());
      } else {
        delivered += node.execute({"PUBLISH", "ch", "x"}).as_integer();
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
    for (Session& listener : listeners) {
      received += static_cast<std::int64_t>(listener.take_pushes().size());
    }
  }
  CHECK(delivered > 0);
  CHECK(received == delivered);
}

TEST_CASE("expiry and lazy freeing run beside commands") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const std::vector<Node> nodes = make_nodes(tenant, 3);
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    const Node& node = nodes[rng() % nodes.size()];
    if (number == 0) {
      node.execute({"FLUSHALL", "ASYNC"});
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    } else {
      node.execute({"SET", std::to_string(rng() % 5000), "value", "PX", "3"});
    }
  });
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto keys = [&] {
    std::int64_t sum = 0;
    for (const Node& node : nodes) sum += node.execute({"DBSIZE"}).as_integer();
    return sum;
  };
  while (keys() > 0 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(keys() == 0);
}

TEST_CASE("long commands go on in slices on any thread, each as if it were alone") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  const Node node = checked(tenant.create_node({.name = "long"}));
  constexpr int kMembers = 30'000;
  for (int i = 0; i < kMembers; ++i) {
    const std::string member = "m" + std::to_string(i);
    REQUIRE_FALSE(node.execute({"SADD", "set", member}).is_error());
    REQUIRE_FALSE(node.execute({"ZADD", "zset", std::to_string(i % 7), member}).is_error());
  }
  std::atomic<int> wrong = 0;
  std::atomic<int> done = 0;
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    const auto expect = [&](const Value& value, std::int64_t size) {
      const std::int64_t got = value.kind() == Value::Kind::kInteger
                                   ? value.as_integer()
                                   : static_cast<std::int64_t>(value.items().size());
      if (value.is_error() || got != size) ++wrong;
      ++done;
    };
    switch (number) {
      case 0:
        (void)node.move_to_shard(static_cast<unsigned>(rng() % kShards)).ok();
        break;
      case 1:
        expect(node.execute({"SORT", "set", "ALPHA", "STORE", "sorted"}), kMembers);
        expect(node.execute({"SMEMBERS", "set"}), kMembers);
        break;
      case 2:
        expect(node.execute({"ZUNIONSTORE", "union", "2", "zset", "set"}), kMembers);
        expect(node.execute({"ZREMRANGEBYRANK", "union", "0", "19999"}), 20'000);
        break;
      default:
        expect(node.execute({"SADD", "other", std::to_string(rng() % 10)}).is_error()
                   ? Value()
                   : node.execute({"SCARD", "set"}),
               kMembers);
        break;
    }
  });
  CHECK(wrong == 0);
  CHECK(done > 3);
}

TEST_CASE("ports open and close while nodes move and vanish") {
  const Engine engine = checked(Engine::open({.shards = kShards}));
  Server server = checked(Server::start(engine, {.router_port = 0}));
  const Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  for_a_while(kThreads, [&](int number, std::mt19937& rng) {
    const std::string name = "n" + std::to_string(number);
    auto node = tenant.create_node({.name = name});
    if (!node.ok()) return;
    CHECK(server.listen(*node, 0).ok());
    (void)node->move_to_shard(static_cast<unsigned>(rng() % kShards)).ok();
    node->execute({"SET", "k", "v"});
    (void)node->stop().ok();
    (void)node->start().ok();
    if (rng() % 2 == 0) CHECK(server.unlisten(*node).ok());
    CHECK(node->remove().ok());
  });
  server.stop(100);
  CHECK(engine.nodes().empty());
}

TEST_CASE("an engine closes while handles are still used") {
  for (int round = 0; round < 10; ++round) {
    std::optional<Engine> engine = checked(Engine::open({.shards = 2}));
    const Tenant tenant = checked(engine->create_tenant({.name = "acme"}));
    const Node node = checked(tenant.create_node({.name = "node"}));
    std::atomic<bool> stop = false;
    std::jthread worker([&] {
      while (!stop) node.execute({"INCR", "n"});
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    engine.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop = true;
    worker.join();
    CHECK(node.execute({"PING"}).is_error());
  }
}
