// Commands that are too long for one go, and clients that wait.
#include <doctest/doctest.h>

#include <string>

#include "fixture.h"

namespace miniredis::engine {
namespace {

void fill(TestClient& client, int keys) {
  for (int i = 0; i < keys; ++i) client.run({"SET", "key:" + std::to_string(i), "v"});
}

TEST_CASE("KEYS goes on in slices, others wait, and the answer is that of one moment") {
  Fixture f;
  TestClient walker(*f.node);
  TestClient writer(*f.node);
  fill(walker, 20'000);
  f.clock.tick_ns = 50'000;  // a look at the clock every 32 windows: the budget is soon spent
  REQUIRE(walker.send({"KEYS", "*"}) == Outcome::kSuspended);
  CHECK(writer.send({"SET", "late", "v"}) == Outcome::kMustWait);
  CHECK(writer.take().empty());
  int slices = 0;
  while (f.node->long_run != nullptr) {
    const std::lock_guard guard(f.node->lock);
    f.node->step_long_run(1'000'000);
    REQUIRE(++slices < 1000);
  }
  CHECK(slices > 3);
  CHECK(walker.resumes == 1);
  CHECK(writer.resumes == 1);
  const std::string reply = walker.take();
  CHECK(reply.starts_with("*20000\r\n"));
  CHECK(std::count(reply.begin(), reply.end(), '$') == 20'000);
  CHECK(writer.run({"SET", "late", "v"}) == "+OK\r\n");
}

TEST_CASE("a client that goes away takes its long command with it") {
  Fixture f;
  TestClient waiter(*f.node);
  fill(waiter, 20'000);
  f.clock.tick_ns = 50'000;
  {
    TestClient walker(*f.node);
    REQUIRE(walker.send({"KEYS", "*"}) == Outcome::kSuspended);
    CHECK(waiter.send({"PING"}) == Outcome::kMustWait);
  }
  CHECK(f.node->long_run == nullptr);
  CHECK(waiter.resumes == 1);
  CHECK(waiter.run({"PING"}) == "+PONG\r\n");
}

TEST_CASE("EXEC goes on in slices, a long command inside it too") {
  Fixture f;
  TestClient client(*f.node);
  fill(client, 20'000);
  client.run({"MULTI"});
  client.run({"SET", "a", "1"});
  client.run({"KEYS", "*"});
  client.run({"GET", "a"});
  f.clock.tick_ns = 50'000;
  REQUIRE(client.send({"EXEC"}) == Outcome::kSuspended);
  while (f.node->long_run != nullptr) {
    const std::lock_guard guard(f.node->lock);
    f.node->step_long_run(1'000'000);
  }
  const std::string reply = client.take();
  CHECK(reply.starts_with("*3\r\n+OK\r\n*20001\r\n"));
  CHECK(reply.ends_with("$1\r\n1\r\n"));
}

TEST_CASE("CLIENT PAUSE holds commands up until its time is over") {
  Fixture f;
  TestClient client(*f.node);
  TestClient other(*f.node);
  CHECK(client.run({"CLIENT", "PAUSE", "100", "WRITE"}) == "+OK\r\n");
  CHECK(other.run({"GET", "a"}) == "$-1\r\n");
  CHECK(other.send({"SET", "a", "1"}) == Outcome::kMustWait);
  f.clock.advance(101);
  f.host->run_pending_work(1000);
  CHECK(other.resumes == 1);
  CHECK(other.run({"SET", "a", "1"}) == "+OK\r\n");
  client.run({"CLIENT", "PAUSE", "100000"});
  CHECK(other.send({"GET", "a"}) == Outcome::kMustWait);
}

TEST_CASE("CLIENT UNBLOCK ends the wait of a client of the same node, and of no other") {
  Fixture f;
  const auto other_node = f.make("other");
  TestClient client(*f.node);
  TestClient waiter(*f.node);
  TestClient stranger(*other_node);
  const std::string id = std::to_string(waiter.client.id);
  CHECK(client.run({"CLIENT", "UNBLOCK", id}) == ":0\r\n");
  for (const std::string reason : {"TIMEOUT", "ERROR"}) {
    REQUIRE(waiter.send({"BLPOP", "list", "0"}) == Outcome::kSuspended);
    CHECK(stranger.run({"CLIENT", "UNBLOCK", id, reason}) == ":0\r\n");
    CHECK(waiter.take().empty());
    CHECK(client.run({"CLIENT", "UNBLOCK", id, reason}) == ":1\r\n");
    CHECK(waiter.take() ==
          (reason == "ERROR" ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n" : "*-1\r\n"));
    CHECK(client.run({"CLIENT", "UNBLOCK", id, reason}) == ":0\r\n");
    CHECK(client.run({"RPUSH", "list", "a"}) == ":1\r\n");
    CHECK(waiter.take().empty());
    CHECK(waiter.run({"LPOP", "list"}) == "$1\r\na\r\n");
  }
  CHECK(waiter.resumes == 2);
}

TEST_CASE("output over the limit closes the client, not the node") {
  Fixture f;
  TestClient reader(*f.node);
  TestClient subscriber(*f.node);
  reader.run({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 100kb 0 0"});
  subscriber.run({"SUBSCRIBE", "c"});
  for (int i = 0; i < 100 && !subscriber.client.closing; ++i) {
    reader.run({"PUBLISH", "c", std::string(5'000, 'm')});
  }
  CHECK(subscriber.client.closing);
  CHECK(subscriber.wakes > 0);
  CHECK(reader.run({"PING"}) == "+PONG\r\n");
}

}  // namespace
}  // namespace miniredis::engine
