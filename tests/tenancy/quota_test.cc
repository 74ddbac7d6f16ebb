// Quotas and log-in limits as clients on sockets meet them.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"
#include "miniredis/server.h"
#include "peer.h"

namespace {

using miniredis::Engine;
using miniredis::Node;
using miniredis::NodeOptions;
using miniredis::Quota;
using miniredis::Server;
using miniredis::Tenant;
using miniredis::Value;
using miniredis::test::Peer;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

struct World {
  explicit World(unsigned shards = 1, miniredis::ServerOptions options = {})
      : engine(checked(Engine::open({.shards = shards}))),
        server(checked(Server::start(engine, std::move(options)))),
        tenant(checked(engine.create_tenant({.name = "acme"}))),
        node(checked(tenant.create_node({.name = "cache", .shard = 0}))),
        port(checked(server.listen(node, 0))) {}
  ~World() { server.stop(0); }

  Engine engine;
  Server server;
  Tenant tenant;
  Node node;
  int port;
};

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Waits, for some seconds at most, until `holds()`.
template <typename Holds>
bool soon(const Holds& holds) {
  for (int i = 0; i < 500; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

TEST_CASE("a pipeline runs what there is room for, waits, and is then refused, in order") {
  World w;
  REQUIRE(w.node.set_quota({.ops_per_second = 100, .max_wait_ms = 300}).ok());
  Peer peer(w.port);
  const auto begun = Clock::now();
  peer.send(repeated("INCR n\r\n", 400));
  int ran = 0;
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string reply = peer.read();
    if (reply.starts_with("-THROTTLED node quota, 100 ops/s; try again in ")) {
      ++refused;
    } else {
      REQUIRE(reply == ":" + std::to_string(ran + 1));
      ++ran;
    }
  }
  const double took = seconds_since(begun);
  CHECK(ran >= 125);
  CHECK(ran <= 100 + static_cast<int>(took * 100) + 1);
  CHECK(took >= 0.28);
  CHECK(took < 5);
  CHECK(ran + refused == 400);
  const miniredis::NodeStats stats = w.node.stats();
  CHECK(stats.throttled == static_cast<std::uint64_t>(refused));
  CHECK(stats.quota_waits >= 25);
  CHECK(stats.quota_wait_ms >= 200);
  CHECK(w.tenant.stats().throttled == stats.throttled);
  CHECK(w.tenant.stats().connections == 1);
  std::this_thread::sleep_for(50ms);
  CHECK(peer.call("GET n") == std::to_string(ran));
}

TEST_CASE("with patience a quota is a brake and loses nothing") {
  World w;
  REQUIRE(w.node.set_quota({.ops_per_second = 2000, .max_wait_ms = 10'000}).ok());
  std::vector<std::unique_ptr<Peer>> peers;
  const auto begun = Clock::now();
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>(w.port));
    peers.back()->send(repeated("INCR n\r\n", 500));
  }
  for (auto& peer : peers) {
    for (int i = 0; i < 500; ++i) REQUIRE(peer->read().starts_with(":"));
  }
  const double took = seconds_since(begun);
  CHECK(w.node.stats().throttled == 0);
  CHECK(took > 0.95);  // 4,000 commands, 2,000 of them at once
  CHECK(took < 4);
}

TEST_CASE("while one waits, other connections and nodes of the shard go on") {
  World w;
  const Node other = checked(w.tenant.create_node({.name = "other", .shard = 0}));
  const int other_port = checked(w.server.listen(other, 0));
  REQUIRE(w.node.set_quota({.ops_per_second = 1, .max_wait_ms = 30'000}).ok());
  Peer waits(w.port);
  waits.send("PING\r\nPING\r\n");
  CHECK(waits.read() == "+PONG");
  CHECK_FALSE(waits.has_input(50));
  Peer neighbour(other_port);
  for (int i = 0; i < 200; ++i) REQUIRE(neighbour.call("PING") == "+PONG");
  CHECK_FALSE(waits.has_input(0));
  const std::uint64_t cpu_before = w.node.stats().cpu_ns;
  CHECK(waits.read() == "+PONG");
  CHECK(w.node.stats().cpu_ns - cpu_before < 100'000'000);
}

TEST_CASE("what happens to a node or a connection while it waits is noticed") {
  World w(2);
  REQUIRE(w.node.set_quota({.ops_per_second = 1, .max_wait_ms = 60'000}).ok());
  auto peer = std::make_unique<Peer>(w.port);
  peer->send(repeated("PING\r\n", 30));
  REQUIRE(peer->read() == "+PONG");
  REQUIRE_FALSE(peer->has_input(50));
  SUBCASE("its peer goes") {
    peer.reset();
    CHECK(soon([&] { return w.node.stats().clients == 0; }));
    CHECK(w.tenant.stats().connections == 0);
  }
  SUBCASE("the quota is removed") {
    REQUIRE(w.node.set_quota({}).ok());
    for (int i = 1; i < 30; ++i) REQUIRE(peer->read() == "+PONG");
  }
  SUBCASE("the quota is raised") {
    REQUIRE(w.node.set_quota({.ops_per_second = 500}).ok());
    for (int i = 1; i < 30; ++i) REQUIRE(peer->read() == "+PONG");
  }
  SUBCASE("the node moves") {
    REQUIRE(w.node.move_to_shard(1).ok());
    CHECK(peer->read() == "+PONG");
    CHECK(peer->read() == "+PONG");
  }
  SUBCASE("the node stops") {
    REQUIRE(w.node.stop().ok());
    CHECK(peer->read().empty());
    REQUIRE(w.node.start().ok());
    Peer again(w.port);
    std::this_thread::sleep_for(1100ms);
    CHECK(again.call("PING") == "+PONG");
  }
  SUBCASE("the node is removed") {
    REQUIRE(w.node.remove().ok());
    CHECK(peer->read().empty());
  }
  SUBCASE("it is killed") {
    Peer killer(w.port);
    REQUIRE(w.node.set_quota({.ops_per_second = 2, .max_wait_ms = 60'000}).ok());
    killer.send("CLIENT KILL TYPE normal\r\n");
    CHECK(killer.read() == ":1");
    for (int i = 0; i < 30 && !peer->read().empty(); ++i) {
    }
    CHECK(peer->read().empty());
  }
}

TEST_CASE("a transaction that has to wait runs whole") {
  World w;
  REQUIRE(w.node.set_quota({.ops_per_second = 20, .max_wait_ms = 10'000}).ok());
  Peer peer(w.port);
  peer.send(repeated("PING\r\n", 18) + "MULTI\r\n" + repeated("INCR n\r\n", 5) + "EXEC\r\n");
  for (int i = 0; i < 18; ++i) REQUIRE(peer.read() == "+PONG");
  CHECK(peer.read() == "+OK");
  for (int i = 0; i < 5; ++i) REQUIRE(peer.read() == "+QUEUED");
  CHECK(peer.read() == "*5");
  for (int i = 1; i <= 5; ++i) CHECK(peer.read() == ":" + std::to_string(i));
  CHECK(w.node.stats().quota_waits > 0);
}

TEST_CASE("a reply larger than a second's worth comes whole, and those after it wait") {
  World w;
  const std::string value(600'000, 'v');
  CHECK_FALSE(w.node.execute({"SET", "k", value}).is_error());
  REQUIRE(w.node.set_quota({.bytes_per_second = 500'000, .max_wait_ms = 5'000}).ok());
  Peer peer(w.port);
  const auto begun = Clock::now();
  CHECK(peer.call("GET k").size() == value.size());
  CHECK(seconds_since(begun) < 2);
  CHECK(peer.call("PING") == "+PONG");
  const double took = seconds_since(begun);
  CHECK(took > 0.19);
  CHECK(took < 4);
}

TEST_CASE("subscribers get their messages whole, and the node pays for them") {
  World w;
  REQUIRE(w.node.set_quota({.bytes_per_second = 100'000, .max_wait_ms = 0}).ok());
  Peer listener(w.port);
  CHECK(listener.call("SUBSCRIBE ch") == "*3");
  for (int i = 0; i < 3; ++i) listener.read();
  Peer speaker(w.port);
  const std::string message(90'000, 'm');
  speaker.send("*3\r\n$7\r\nPUBLISH\r\n$2\r\nch\r\n$90000\r\n" + message + "\r\n");
  CHECK(speaker.read() == ":1");
  CHECK(listener.read() == "*3");
  CHECK(listener.read() == "message");
  CHECK(listener.read() == "ch");
  CHECK((listener.read() == message));
  CHECK(soon(
      [&] { return speaker.call("PING").starts_with("-THROTTLED node quota, 100000 bytes"); }));
}

TEST_CASE("embedded callers are told at once, and the operator is never refused") {
  World w;
  REQUIRE(w.node.set_quota({.ops_per_second = 3, .max_wait_ms = 60'000}).ok());
  const auto begun = Clock::now();
  const std::vector<Value> replies =
      w.node.execute_batch(std::vector<std::vector<std::string>>(5, {"INCR", "n"}));
  CHECK(replies[2].as_integer() == 3);
  CHECK(replies[3].text().starts_with("THROTTLED node quota, 3 ops/s; try again in "));
  CHECK(replies[4].is_error());
  auto session = checked(w.node.open_session());
  CHECK(session.execute({"PING"}).text().starts_with("THROTTLED"));
  CHECK(w.node.set_config("timeout", "77").ok());
  CHECK(w.node.set_config("maxmemory-policy", "allkeys-lru").ok());
  CHECK(seconds_since(begun) < 5);  // a minute may be waited by who can wait
  CHECK(w.node.stats().throttled == 3);
  CHECK(soon([&] { return w.node.execute({"GET", "n"}).text() == "3"; }));
}

TEST_CASE("quotas can be read, and what is out of range is refused and named") {
  const Engine engine = checked(Engine::open({.shards = 1}));
  const Quota quota{.ops_per_second = 7, .bytes_per_second = 8, .max_wait_ms = 9};
  const Tenant tenant =
      checked(engine.create_tenant({.name = "acme", .quota = quota, .max_connections = 1}));
  CHECK(tenant.options().quota == quota);
  CHECK(tenant.options().max_connections == 1);
  NodeOptions options{.name = "cache", .quota = quota};
  const Node node = checked(tenant.create_node(options));
  CHECK(node.options().quota == quota);
  CHECK(node.set_quota({.max_wait_ms = 60'001}).error().detail.find("0 (no wait) to 60000") !=
        std::string::npos);
  CHECK(node.options().quota == quota);
  options.name = "second";
  options.quota.ops_per_second = UINT64_MAX;
  CHECK(tenant.create_node(options).error().code == miniredis::ErrorCode::kInvalidArgument);
  CHECK_FALSE(tenant.set_quota({.bytes_per_second = UINT64_MAX}).ok());
  CHECK_FALSE(tenant.set_max_connections(UINT32_MAX).ok());
  const auto first = checked(node.open_session());
  const auto refused = node.open_session();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == miniredis::ErrorCode::kLimitReached);
  CHECK(tenant.set_max_connections(2).ok());
  CHECK(node.open_session().ok());
}

TEST_CASE("the quota of a tenant holds over nodes of several shards") {
  World w(2);
  const Node other = checked(w.tenant.create_node({.name = "other", .shard = 1}));
  const int other_port = checked(w.server.listen(other, 0));
  constexpr int kRate = 2000;
  REQUIRE(w.tenant.set_quota({.ops_per_second = kRate, .max_wait_ms = 5000}).ok());
  const auto begun = Clock::now();
  std::atomic<int> ran = 0;
  {
    std::vector<std::jthread> threads;
    for (const int port : {w.port, other_port, w.port, other_port}) {
      threads.emplace_back([port, begun, &ran] {
        Peer peer(port);
        while (seconds_since(begun) < 2) {
          peer.send(repeated("PING\r\n", 20));
          for (int i = 0; i < 20; ++i) ran += peer.read() == "+PONG" ? 1 : 0;
        }
      });
    }
  }
  const double took = seconds_since(begun);
  CHECK(ran <= static_cast<int>((took + 1) * kRate) + 4);
  CHECK(ran >= static_cast<int>(2.6 * kRate));
  // Neither node starves beside the other.
  const double share = static_cast<double>(w.node.stats().commands) / ran;
  CHECK(share > 0.2);
  CHECK(share < 0.8);
}

TEST_CASE("failed log-ins are limited by address, on all endpoints") {
  World w(2, {.router_port = 0, .max_failed_logins_per_minute = 5});
  const Node locked =
      checked(w.tenant.create_node({.name = "locked", .password = "secret", .shard = 1}));
  const int locked_port = checked(w.server.listen(locked, 0));
  const std::string wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
  const std::string too_many = "-ERR too many failed log-ins from this address; try again in ";
  Peer router(w.server.router_port());
  CHECK(router.call("AUTH locked wrong") == wrong);
  CHECK(router.call("AUTH nowhere wrong") == wrong);
  CHECK(router.call("AUTH wrong") == wrong);
  Peer direct(locked_port);
  CHECK(direct.call("AUTH wrong") == wrong);
  CHECK(direct.call("HELLO 3 AUTH default wrong") == wrong);
  CHECK(direct.call("AUTH secret").starts_with(too_many));
  CHECK(direct.call("HELLO 3 AUTH default secret").starts_with(too_many));
  CHECK(direct.call("GET k").starts_with("-NOAUTH"));
  CHECK(router.call("AUTH locked secret").starts_with(too_many));
  CHECK(router.call("HELLO 3 AUTH locked secret").starts_with(too_many));
  // Others are not locked out.
  Peer elsewhere(w.server.router_port(), "127.0.0.2");
  CHECK(elsewhere.call("AUTH locked secret") == "+OK");
  CHECK(elsewhere.call("PING") == "+PONG");
  // Those who ask for no password, and embedded callers, come in anyway.
  CHECK(Peer(w.port).call("PING") == "+PONG");
}

TEST_CASE("quotas change, nodes move and vanish while connections wait") {
  World w(2);
  const Node node = checked(w.tenant.create_node({.name = "busy"}));
  const int port = checked(w.server.listen(node, 0));
  std::atomic<bool> stop = false;
  std::atomic<int> replies = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        while (!stop) {
          Peer peer(port);
          peer.send(repeated(i == 0 ? "GET k\r\n" : "INCR n\r\n", 50));
          for (int n = 0; n < 50 && !stop; ++n) {
            if (peer.read().empty()) break;
            ++replies;
            if (i == 3 && n == 20) break;
          }
        }
      });
    }
    std::mt19937 rng(1);
    const auto end = Clock::now() + 1500ms;
    while (Clock::now() < end) {
      const std::uint64_t ops = rng() % 3 == 0 ? 0 : 1 + rng() % 5000;
      const Quota quota{.ops_per_second = ops,
                        .bytes_per_second = rng() % 3 == 0 ? rng() % 100'000 : 0,
                        .max_wait_ms = static_cast<std::uint32_t>(rng() % 200)};
      CHECK((rng() % 2 == 0 ? node.set_quota(quota) : w.tenant.set_quota(quota)).ok());
      if (rng() % 4 == 0) CHECK(node.move_to_shard(static_cast<unsigned>(rng() % 2)).ok());
      node.execute({"SET", "k", "v"});
      std::this_thread::sleep_for(2ms);
    }
    stop = true;
    CHECK(node.set_quota({}).ok());
    CHECK(w.tenant.set_quota({}).ok());
  }
  CHECK(replies > 100);
  CHECK(soon([&] { return node.stats().clients == 0; }));
  CHECK(w.tenant.stats().connections == 0);
  CHECK(node.remove().ok());
}
