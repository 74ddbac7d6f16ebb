// DEBUG: a node that sleeps, digests, RELOAD.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fixture.h"

namespace miniredis::engine {
namespace {

// One look of the shard at its nodes.
void work(Fixture& f) {
  while (f.host->run_pending_work(1000)) continue;
}

TEST_CASE("SLEEP stops the node, and nobody else") {
  Fixture f;
  const auto other = f.make("other");
  TestClient sleeper(*f.node);
  TestClient waiter(*f.node);
  TestClient neighbour(*other);
  REQUIRE(sleeper.send({"DEBUG", "SLEEP", "1.5"}) == Outcome::kSuspended);
  CHECK(waiter.send({"PING"}) == Outcome::kMustWait);
  CHECK(neighbour.run({"PING"}) == "+PONG\r\n");
  // The shard has nothing to do until the time is over, and knows when that is.
  work(f);
  CHECK(f.node->scheduled_ms.load() == f.clock.unix_ms() + 1500);
  f.clock.advance(1499);
  work(f);
  CHECK(sleeper.take().empty());
  CHECK(waiter.send({"PING"}) == Outcome::kMustWait);
  f.clock.advance(1);
  work(f);
  CHECK(sleeper.take() == "+OK\r\n");
  CHECK(sleeper.resumes == 1);
  CHECK(waiter.resumes == 1);
  CHECK(waiter.run({"PING"}) == "+PONG\r\n");
}

TEST_CASE("the slow log and the latency monitor count sleep as the command's, but not as work") {
  Fixture f;
  TestClient client(*f.node);
  client.run({"CONFIG", "SET", "latency-monitor-threshold", "100"});
  client.send({"DEBUG", "SLEEP", "0.3"});
  f.clock.advance(300);
  work(f);
  CHECK(client.take() == "+OK\r\n");
  REQUIRE(f.node->latency.events().contains("command"));
  CHECK(f.node->latency.events().find("command")->second.longest_ms == 300);
  CHECK(client.run({"SLOWLOG", "LEN"}) == ":1\r\n");
  CHECK(f.node->statistics.cpu_ns < 100'000'000);
}

TEST_CASE("a client that goes away ends its sleep") {
  Fixture f;
  TestClient waiter(*f.node);
  {
    TestClient sleeper(*f.node);
    REQUIRE(sleeper.send({"DEBUG", "SLEEP", "1000"}) == Outcome::kSuspended);
    CHECK(waiter.send({"PING"}) == Outcome::kMustWait);
  }
  CHECK(waiter.resumes == 1);
  CHECK(waiter.run({"PING"}) == "+PONG\r\n");
}

TEST_CASE("a node that sleeps can be stopped and removed") {
  Fixture f;
  TestClient sleeper(*f.node);
  REQUIRE(sleeper.send({"DEBUG", "SLEEP", "1000"}) == Outcome::kSuspended);
  CHECK(f.host->stop_node(*f.node).ok());
  CHECK(f.node->long_run == nullptr);
}

TEST_CASE("SLEEP in a transaction ends at once") {
  Fixture f;
  TestClient client(*f.node);
  client.run({"MULTI"});
  client.run({"SET", "k", "v"});
  client.run({"DEBUG", "SLEEP", "0.05"});
  client.run({"GET", "k"});
  CHECK(client.run({"EXEC"}) == "*3\r\n+OK\r\n+OK\r\n$1\r\nv\r\n");
}

TEST_CASE("without active expiry keys go when they are asked for") {
  Fixture f;
  TestClient client(*f.node);
  CHECK(client.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}) == "+OK\r\n");
  client.run({"SET", "k", "v", "PX", "10"});
  f.clock.advance(20);
  work(f);
  CHECK(client.run({"DBSIZE"}) == ":1\r\n");
  CHECK(client.run({"GET", "k"}) == "$-1\r\n");
  CHECK(client.run({"DBSIZE"}) == ":0\r\n");
  client.run({"SET", "k", "v", "PX", "10"});
  client.run({"DEBUG", "SET-ACTIVE-EXPIRE", "1"});
  f.clock.advance(20);
  work(f);
  CHECK(client.run({"DBSIZE"}) == ":0\r\n");
}

std::vector<std::vector<std::string>> calls_that_fill() {
  std::vector<std::vector<std::string>> calls = {
      {"SET", "s", "text"},
      {"SET", "n", "17", "EX", "1000"},
      {"RPUSH", "l", "a", "b", "c"},
      {"SADD", "set", "x", "y", "1"},
      {"SADD", "ints", "1", "2", "3"},
      {"ZADD", "z", "1.5", "a", "-inf", "b", "3", "c"},
      {"HSET", "h", "f", "v", "g", "w"},
      {"XADD", "x", "5-1", "f", "v", "g", "w"},
      {"XADD", "x", "6-0", "other", "v"},
      {"XGROUP", "CREATE", "x", "group", "0"},
      {"PFADD", "p", "a", "b", "c"},
      {"SELECT", "3"},
      {"SET", "elsewhere", "1"},
      {"SELECT", "0"},
  };
  for (int i = 0; i < 600; ++i) {
    const std::string n = std::to_string(i);
    calls.push_back({"ZADD", "large-z", n, "member:" + n});
    calls.push_back({"HSET", "large-h", "field:" + n, n});
    calls.push_back({"SADD", "large-set", "member:" + n});
    calls.push_back({"RPUSH", "large-l", std::string(100, 'x') + n});
  }
  return calls;
}

void fill(TestClient& client, bool backwards) {
  auto calls = calls_that_fill();
  if (backwards) {
    // The order of keys and of members without an order makes no difference.
    client.run({"SADD", "set", "1"});
    client.run({"HSET", "h", "g", "w"});
    client.run({"SADD", "ints", "3", "1"});
    client.run({"ZADD", "z", "9", "a"});
  }
  for (const auto& call : calls) REQUIRE_FALSE(client.run(call).starts_with("-"));
}

// Runs a command to its end, as the shard would.
std::string finish(Fixture& f, TestClient& client, const std::vector<std::string>& words) {
  if (client.send(words) == Outcome::kSuspended) work(f);
  return client.take();
}

TEST_CASE("nodes that hold the same have the same digest") {
  Fixture f;
  const auto other = f.make("other");
  TestClient a(*f.node);
  TestClient b(*other);
  CHECK(finish(f, a, {"DEBUG", "DIGEST"}) == "+" + std::string(40, '0') + "\r\n");
  fill(a, false);
  fill(b, true);
  const std::string digest = finish(f, a, {"DEBUG", "DIGEST"});
  CHECK(finish(f, b, {"DEBUG", "DIGEST"}) == digest);
  b.run({"APPEND", "s", "!"});
  CHECK(finish(f, b, {"DEBUG", "DIGEST"}) != digest);
  CHECK(finish(f, a, {"DEBUG", "DIGEST-VALUE", "l", "z"}) ==
        finish(f, b, {"DEBUG", "DIGEST-VALUE", "l", "z"}));
  CHECK(finish(f, a, {"DEBUG", "DIGEST-VALUE", "s"}) !=
        finish(f, b, {"DEBUG", "DIGEST-VALUE", "s"}));
}

TEST_CASE("RELOAD keeps all there is, in slices too") {
  for (const std::uint64_t tick_ns : {std::uint64_t{100}, std::uint64_t{20'000}}) {
    Fixture f;
    TestClient client(*f.node);
    fill(client, false);
    f.clock.tick_ns = tick_ns;
    const std::string before = finish(f, client, {"DEBUG", "DIGEST"});
    const std::string ttl = finish(f, client, {"PEXPIRETIME", "n"});
    const std::string groups = finish(f, client, {"XINFO", "GROUPS", "x"});
    CHECK(finish(f, client, {"DEBUG", "RELOAD"}) == "+OK\r\n");
    CHECK(finish(f, client, {"DEBUG", "DIGEST"}) == before);
    CHECK(finish(f, client, {"PEXPIRETIME", "n"}) == ttl);
    CHECK(finish(f, client, {"XINFO", "GROUPS", "x"}) == groups);
    CHECK(finish(f, client, {"OBJECT", "ENCODING", "large-z"}) == "$8\r\nskiplist\r\n");
  }
}

TEST_CASE("DUMP in slices has room for the compressor") {
  Fixture f;
  TestClient client(*f.node);
  for (int i = 0; i < 2000; ++i) {
    client.run({"RPUSH", "l", std::string(500, 'x') + std::to_string(i)});
  }
  f.clock.tick_ns = 20'000;
  const std::string reply = finish(f, client, {"DUMP", "l"});
  CHECK(reply.size() > 1000);
  CHECK(reply.size() < 500'000);
}

TEST_CASE("POPULATE stops at the node's limit") {
  Fixture f;
  const auto small = f.make("small", 2 << 20);
  TestClient client(*small);
  CHECK(finish(f, client, {"DEBUG", "POPULATE", "100000", "k", "100"}).starts_with("-OOM"));
  CHECK(small->account.used() < 3U << 20);
}

}  // namespace
}  // namespace miniredis::engine
