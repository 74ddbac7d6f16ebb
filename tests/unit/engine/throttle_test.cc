// Quotas on the clients of a node, on a clock that the test owns.
#include "engine/throttle.h"

#include <doctest/doctest.h>

#include "fixture.h"

namespace miniredis::engine {
namespace {

using Verdict = Throttle::Verdict;

void set_quota(NodeRuntime& node, const Quota& quota) {
  const std::lock_guard guard(node.lock);
  node.begin_batch();
  node.quota = quota;
  node.apply_quota();
  node.schedule();
}

// Shows a command as a connection does.
Verdict offer(TestClient& client, const std::vector<std::string>& words, std::size_t behind = 0) {
  NodeRuntime& node = client.node;
  const std::lock_guard guard(node.lock);
  node.begin_batch();
  const std::vector<std::string_view> views(words.begin(), words.end());
  Verdict verdict = Verdict::kRun;
  if (node.throttle != nullptr && node.throttle->admit(client.client, 1) == 0) {
    verdict = node.throttle->hold(client.client, views, 0, behind);
  }
  if (verdict == Verdict::kRun) dispatch(node, client.client, views);
  node.schedule();
  return verdict;
}

void finish(TestClient& client) {
  const std::lock_guard guard(client.node.lock);
  client.node.begin_batch();
  client.node.throttle->finish(client.client);
}

int run_until_held(TestClient& client, const std::vector<std::string>& words) {
  int ran = 0;
  while (ran < 100'000 && offer(client, words) == Verdict::kRun) ++ran;
  return ran;
}

struct QuotaFixture : Fixture {
  QuotaFixture() { clock.tick_ns = 0; }
  void advance(std::int64_t ms) {
    clock.advance(ms);
    host->run_pending_work(1000);
  }
};

TEST_CASE("without a quota there is no throttle, and it goes with the last one") {
  QuotaFixture f;
  const std::uint64_t before = f.node->account.used();
  CHECK(f.node->throttle == nullptr);
  set_quota(*f.node, {.ops_per_second = 5});
  CHECK(f.node->throttle != nullptr);
  CHECK(f.node->account.used() > before);
  set_quota(*f.node, {});
  CHECK(f.node->throttle == nullptr);
  CHECK(f.node->account.used() == before);
  f.host->set_tenant_quota(*f.tenant, {.bytes_per_second = 5});
  CHECK(f.node->throttle != nullptr);
  CHECK(f.make("later")->throttle != nullptr);
  f.host->set_tenant_quota(*f.tenant, {});
  CHECK(f.node->throttle == nullptr);
}

TEST_CASE("a command waits for its token, and its client is resumed when it has come") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 100});
  TestClient client(*f.node);
  CHECK(run_until_held(client, {"PING"}) == 100);
  CHECK(client.client.must_wait());
  CHECK(f.node->statistics.quota_waits == 1);
  f.advance(9);
  CHECK(client.resumes == 0);
  f.advance(1);
  CHECK(client.resumes == 1);
  CHECK_FALSE(client.client.must_wait());
  CHECK(f.node->statistics.quota_wait_ns == 10'000'000);
  CHECK(f.tenant->quota_wait_ns == 10'000'000);
  CHECK(offer(client, {"PING"}) == Verdict::kRun);
  CHECK(offer(client, {"PING"}) == Verdict::kWait);
  CHECK(f.node->statistics.throttled == 0);
}

TEST_CASE("those who wait come first, in the order in which they came") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 100});
  TestClient first(*f.node);
  TestClient second(*f.node);
  TestClient newcomer(*f.node);
  CHECK(run_until_held(first, {"PING"}) == 100);
  CHECK(offer(second, {"PING"}) == Verdict::kWait);
  f.advance(10);
  CHECK(first.resumes == 1);
  CHECK(second.resumes == 0);
  CHECK(offer(newcomer, {"PING"}) == Verdict::kWait);
  CHECK(offer(first, {"PING"}) == Verdict::kRun);
  f.advance(10);
  CHECK(second.resumes == 1);
  CHECK(newcomer.resumes == 0);
  CHECK(offer(second, {"PING"}) == Verdict::kRun);
  f.advance(10);
  CHECK(newcomer.resumes == 1);
}

TEST_CASE("what would wait too long is answered THROTTLED, unrun, with the time") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 10, .max_wait_ms = 250});
  TestClient one(*f.node);
  TestClient two(*f.node);
  TestClient three(*f.node);
  CHECK(run_until_held(one, {"INCR", "n"}) == 10);
  CHECK(offer(two, {"INCR", "n"}) == Verdict::kWait);
  three.take();
  CHECK(offer(three, {"INCR", "n"}) == Verdict::kRefused);
  CHECK(three.take() == "-THROTTLED node quota, 10 ops/s; try again in 300 ms\r\n");
  CHECK(f.node->statistics.throttled == 1);
  CHECK(f.tenant->throttled == 1);
  // Patience is counted from when the client began to wait, over all that it had sent.
  f.advance(100);
  CHECK(offer(one, {"INCR", "n"}) == Verdict::kRun);
  CHECK(offer(one, {"INCR", "n"}) == Verdict::kRefused);
  one.take();
  finish(one);
  f.advance(200);
  CHECK(offer(two, {"GET", "n"}) == Verdict::kRun);
  CHECK(two.take() == "$2\r\n11\r\n");
  // An unlucky client is no worse off afterwards.
  CHECK(offer(three, {"GET", "n"}) == Verdict::kRun);
}

TEST_CASE("without patience nothing waits") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 1, .max_wait_ms = 0});
  TestClient client(*f.node);
  CHECK(offer(client, {"PING"}) == Verdict::kRun);
  CHECK(offer(client, {"PING"}) == Verdict::kRefused);
  f.advance(1000);
  CHECK(offer(client, {"PING"}) == Verdict::kRun);
  CHECK(f.node->statistics.quota_waits == 0);
}

TEST_CASE("a node is entered and left however busy it is, and nothing counts before") {
  QuotaFixture f;
  TestClient(*f.node).run({"CONFIG", "SET", "requirepass", "secret"});
  set_quota(*f.node, {.ops_per_second = 3, .max_wait_ms = 0});
  TestClient stranger(*f.node);
  for (int i = 0; i < 50; ++i) CHECK(offer(stranger, {"GET", "k"}) == Verdict::kRun);
  CHECK(offer(stranger, {"AUTH", "secret"}) == Verdict::kRun);
  CHECK(run_until_held(stranger, {"PING"}) == 3);
  stranger.take();
  CHECK(offer(stranger, {"HELLO", "3"}) == Verdict::kRun);
  CHECK(offer(stranger, {"RESET"}) == Verdict::kRun);
  CHECK(offer(stranger, {"AUTH", "secret"}) == Verdict::kRun);
  // They are counted: two tokens are owed.
  f.advance(700);
  CHECK(offer(stranger, {"PING"}) == Verdict::kRefused);
  f.advance(300);
  CHECK(offer(stranger, {"PING"}) == Verdict::kRun);
  // However many there are, no more than a second's worth is.
  for (int i = 0; i < 50; ++i) CHECK(offer(stranger, {"HELLO", "2"}) == Verdict::kRun);
  f.advance(1400);
  CHECK(offer(stranger, {"PING"}) == Verdict::kRun);
}

TEST_CASE("a transaction runs whole or not at all") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 4, .max_wait_ms = 0});
  TestClient client(*f.node);
  CHECK(offer(client, {"MULTI"}) == Verdict::kRun);
  CHECK(offer(client, {"INCR", "n"}) == Verdict::kRun);
  CHECK(offer(client, {"INCR", "n"}) == Verdict::kRun);
  CHECK(offer(client, {"EXEC"}) == Verdict::kRun);
  CHECK(client.take().ends_with("*2\r\n:1\r\n:2\r\n"));
  SUBCASE("EXEC is refused") {
    f.advance(750);
    offer(client, {"MULTI"});
    offer(client, {"INCR", "n"});
    offer(client, {"INCR", "n"});
    client.take();
    CHECK(offer(client, {"EXEC"}) == Verdict::kRefused);
    CHECK(client.take() ==
          "-EXECABORT Transaction discarded because of: THROTTLED node quota, 4 ops/s; try again "
          "in 250 ms\r\n");
  }
  SUBCASE("one that is queued is refused") {
    f.advance(500);
    offer(client, {"MULTI"});
    offer(client, {"INCR", "n"});
    CHECK(offer(client, {"INCR", "n"}) == Verdict::kRefused);
    f.advance(1000);
    client.take();
    CHECK(offer(client, {"EXEC"}) == Verdict::kRun);
    CHECK(client.take().starts_with("-EXECABORT"));
  }
  CHECK_FALSE(client.client.in_transaction());
  f.advance(1000);
  CHECK(offer(client, {"GET", "n"}) == Verdict::kRun);
  CHECK(client.take() == "$1\r\n2\r\n");
}

TEST_CASE("bytes: a large reply goes out, and is waited for afterwards") {
  QuotaFixture f;
  set_quota(*f.node, {.bytes_per_second = 10'000, .max_wait_ms = 500});
  TestClient client(*f.node);
  client.run({"SET", "k", std::string(100'000, 'v')});
  CHECK(offer(client, {"GET", "k"}) == Verdict::kRun);
  // What has not been sent counts as spent.
  CHECK(offer(client, {"PING"}) == Verdict::kRefused);
  const std::string out = client.take();
  CHECK(out.find("-THROTTLED node quota, 10000 bytes/s; try again in 90") != std::string::npos);
  {
    const std::lock_guard guard(f.node->lock);
    f.node->throttle->spend_bytes(client.client, 100'000);
  }
  f.advance(8400);
  CHECK(offer(client, {"PING"}) == Verdict::kRefused);
  finish(client);
  f.advance(200);
  CHECK(offer(client, {"PING"}) == Verdict::kWait);
  f.advance(399);
  CHECK(client.resumes == 0);
  f.advance(2);
  CHECK(client.resumes == 1);
  client.take();
  CHECK(offer(client, {"PING"}) == Verdict::kRun);
}

TEST_CASE("a change of quota makes those who wait ask again") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 1, .max_wait_ms = 60'000});
  TestClient client(*f.node);
  CHECK(offer(client, {"PING"}) == Verdict::kRun);
  CHECK(offer(client, {"PING"}) == Verdict::kWait);
  SUBCASE("raised") {
    set_quota(*f.node, {.ops_per_second = 1000});
    CHECK(client.resumes == 1);
    CHECK(offer(client, {"PING"}) == Verdict::kWait);
    f.advance(1);
    CHECK(client.resumes == 2);
  }
  SUBCASE("removed") {
    set_quota(*f.node, {});
    CHECK(client.resumes == 1);
    CHECK(client.client.held == nullptr);
    CHECK(offer(client, {"PING"}) == Verdict::kRun);
  }
  SUBCASE("the tenant's") {
    f.host->set_tenant_quota(*f.tenant, {.ops_per_second = 7});
    CHECK(client.resumes == 1);
    CHECK(offer(client, {"PING"}) == Verdict::kWait);
  }
}

TEST_CASE("whoever goes away while waiting gives its tokens back") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 10, .max_wait_ms = 100});
  TestClient stays(*f.node);
  auto goes = std::make_unique<TestClient>(*f.node);
  CHECK(run_until_held(*goes, {"PING"}) == 10);
  CHECK(offer(stays, {"PING"}) == Verdict::kRefused);
  goes.reset();
  CHECK(offer(stays, {"PING"}) == Verdict::kWait);
  f.advance(100);
  CHECK(stays.resumes == 1);
}

TEST_CASE("a node that stops, moves or is removed lets go of those who wait") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 10});
  TestClient client(*f.node);
  run_until_held(client, {"PING"});
  SUBCASE("stopped and started") {
    REQUIRE(f.host->stop_node(*f.node).ok());
    CHECK(client.client.node == nullptr);
    CHECK(client.client.held == nullptr);
    REQUIRE(f.host->start_node(*f.node).ok());
    f.advance(1000);
    TestClient other(*f.node);
    CHECK(run_until_held(other, {"PING"}) == 10);
  }
  SUBCASE("moved") {
    REQUIRE(f.host->move_node(*f.node, 1 - f.node->shard.load()).ok());
    f.advance(100);
    CHECK(client.resumes == 1);
  }
  SUBCASE("removed") {
    REQUIRE(f.host->remove_node(*f.node).ok());
    CHECK(client.client.node == nullptr);
  }
}

TEST_CASE("nodes of a tenant share its quota, wherever they are") {
  QuotaFixture f;
  auto second = f.make("second");
  CHECK(second->shard != f.node->shard);
  f.host->set_tenant_quota(*f.tenant, {.ops_per_second = 100, .max_wait_ms = 15});
  TestClient one(*f.node);
  TestClient two(*second);
  CHECK(run_until_held(one, {"PING"}) == 100);
  CHECK(offer(two, {"PING"}) == Verdict::kRefused);
  CHECK(two.take() == "-THROTTLED tenant quota, 100 ops/s; try again in 20 ms\r\n");
  f.advance(10);
  CHECK(one.resumes == 1);
}

TEST_CASE("INFO shows what quotas did, and CONFIG RESETSTAT forgets it") {
  QuotaFixture f;
  set_quota(*f.node, {.ops_per_second = 10, .max_wait_ms = 100});
  TestClient client(*f.node);
  TestClient other(*f.node);
  run_until_held(client, {"PING"});
  CHECK(offer(other, {"PING"}) == Verdict::kRefused);
  f.advance(100);
  const std::string info = other.run({"INFO", "stats"});
  CHECK(info.find("\r\nthrottled_commands:1\r\n") != std::string::npos);
  CHECK(info.find("\r\nquota_waits:1\r\n") != std::string::npos);
  CHECK(info.find("\r\nquota_wait_ms:100\r\n") != std::string::npos);
  CHECK(other.run({"INFO", "errorstats"}).find("errorstat_THROTTLED:count=1") != std::string::npos);
  other.run({"CONFIG", "RESETSTAT"});
  CHECK(other.run({"INFO", "stats"}).find("\r\nthrottled_commands:0\r\n") != std::string::npos);
}

TEST_CASE("the connections of a tenant are counted over its nodes") {
  QuotaFixture f;
  auto second = f.make("second");
  f.tenant->max_connections = 2;
  TestClient one(*f.node);
  auto two = std::make_unique<TestClient>(*second);
  CHECK(two->attached);
  CHECK_FALSE(TestClient(*f.node).attached);
  CHECK(f.node->statistics.rejected_connections == 1);
  CHECK(f.tenant->connections == 2);
  REQUIRE(f.host->stop_node(*second).ok());
  CHECK(f.tenant->connections == 1);
  CHECK(TestClient(*f.node).attached);
  CHECK(f.tenant->connections == 1);
}

}  // namespace
}  // namespace miniredis::engine
