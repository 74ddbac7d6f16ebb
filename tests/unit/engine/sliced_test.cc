// Commands on large collections, run in slices: they answer and leave what they would in one go.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fixture.h"

namespace miniredis::engine {
namespace {

constexpr int kElements = 20'000;
using Words = std::vector<std::string>;

// Time goes on so fast that every look at the clock ends a slice.
constexpr std::uint64_t kBusy = 1'000'000;

void finish(NodeRuntime& node, int& slices) {
  while (node.long_run != nullptr) {
    const std::lock_guard guard(node.lock);
    node.step_long_run(1);
    REQUIRE(++slices < 100'000);
  }
}

struct Run {
  std::string reply;
  int slices = 0;
};

Run run(TestClient& client, const Words& words) {
  Run done;
  if (client.send(words) == Outcome::kSuspended) finish(client.node, done.slices);
  done.reply = client.take();
  return done;
}

// The lines of a reply in order: two nodes keep their tables in different ones.
Words lines_of(const std::string& reply) {
  Words lines;
  for (std::size_t at = 0; at < reply.size();) {
    const std::size_t end = reply.find("\r\n", at);
    lines.push_back(reply.substr(at, end - at));
    at = end + 2;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// `words` and for each number from 0 on what `more` appends, some hundred to a command.
template <typename More>
void add_all(TestClient& client, const Words& words, More&& more) {
  Words command = words;
  for (int i = 0; i < kElements; ++i) {
    more(command, i);
    if (i % 500 != 499) continue;
    REQUIRE(client.run(command)[0] != '-');
    command = words;
  }
}

void fill(TestClient& client) {
  const auto number = [](int i) { return std::to_string(i); };
  add_all(client, {"RPUSH", "list"}, [&](Words& w, int i) { w.push_back("e" + number(i % 7000)); });
  add_all(client, {"HSET", "hash"}, [&](Words& w, int i) {
    w.push_back("f" + number(i));
    w.push_back("v" + number(i));
  });
  add_all(client, {"SADD", "set"}, [&](Words& w, int i) { w.push_back("m" + number(i)); });
  add_all(client, {"SADD", "other"}, [&](Words& w, int i) { w.push_back("m" + number(i + 9000)); });
  add_all(client, {"ZADD", "zset"}, [&](Words& w, int i) {
    w.push_back(number(i % 100));
    w.push_back("m" + number(i));
  });
  add_all(client, {"ZADD", "other-places"}, [&](Words& w, int i) {
    w.push_back(number(i));
    w.push_back("m" + number(i));
  });
  for (int i = 0; i < kElements; ++i) client.run({"XADD", "stream", number(i + 1), "n", number(i)});
  client.run({"XGROUP", "CREATE", "stream", "group", "0"});
  client.run({"SETBIT", "bits", "136000000", "1"});
}

const Words kLong[] = {
    {"LRANGE", "list", "0", "-1"},
    {"LPOS", "list", "none"},
    {"LINSERT", "list", "AFTER", "e6999", "x"},
    {"LREM", "list", "0", "e5"},
    {"LREM", "list", "-2", "e6"},
    {"COPY", "list", "copied", "REPLACE"},
    {"LTRIM", "copied", "4000", "-6001"},
    {"LRANGE", "copied", "0", "-1"},
    {"LPOP", "copied", "9000"},
    {"COPY", "list", "copied", "REPLACE"},
    {"RPOP", "copied", "9000"},
    {"LMPOP", "1", "list", "LEFT", "COUNT", "10000"},
    {"HGETALL", "hash"},
    {"HKEYS", "hash"},
    {"HVALS", "hash"},
    {"HRANDFIELD", "hash", "30000", "WITHVALUES"},
    {"COPY", "hash", "copied", "REPLACE"},
    {"HGETALL", "copied"},
    {"SMEMBERS", "set"},
    {"SUNION", "set", "other"},
    {"SINTER", "set", "other"},
    {"SDIFF", "set", "other"},
    {"SINTERCARD", "2", "set", "other"},
    {"SUNIONSTORE", "stored", "set", "other"},
    {"SMEMBERS", "stored"},
    {"SINTERSTORE", "stored", "set", "other"},
    {"SMEMBERS", "stored"},
    {"SDIFFSTORE", "stored", "set", "other"},
    {"SMEMBERS", "stored"},
    {"SRANDMEMBER", "set", "30000"},
    {"COPY", "set", "copied", "REPLACE"},
    {"SPOP", "copied", "30000"},
    {"ZRANGE", "zset", "0", "-1", "WITHSCORES"},
    {"ZRANGE", "zset", "98", "(3", "BYSCORE", "REV"},
    {"ZRANGEBYSCORE", "zset", "-inf", "+inf"},
    {"ZRANGESTORE", "stored", "zset", "0", "-1"},
    {"ZRANGE", "stored", "0", "-1", "WITHSCORES"},
    {"ZUNION", "2", "zset", "set", "WITHSCORES"},
    {"ZINTERSTORE", "stored", "2", "zset", "other"},
    {"ZDIFFSTORE", "stored", "2", "zset", "other"},
    {"ZRANGE", "stored", "0", "-1"},
    {"COPY", "zset", "copied", "REPLACE"},
    {"ZREMRANGEBYRANK", "copied", "10", "9999"},
    {"ZRANGE", "copied", "0", "-1", "WITHSCORES"},
    {"ZPOPMAX", "copied", "9000"},
    {"ZPOPMIN", "zset", "9000"},
    {"ZREMRANGEBYSCORE", "zset", "50", "98"},
    {"ZRANGE", "zset", "0", "-1", "WITHSCORES"},
    {"SORT", "list", "ALPHA"},
    {"SORT", "set", "ALPHA", "LIMIT", "10", "100", "DESC"},
    {"SORT", "other", "BY", "none_*", "GET", "#", "STORE", "stored"},
    {"LRANGE", "stored", "0", "-1"},
    {"SORT_RO", "zset", "BY", "nosort", "DESC"},
    {"BITCOUNT", "bits"},
    {"BITCOUNT", "bits", "3", "-1", "BIT"},
    {"BITPOS", "bits", "1"},
    {"BITOP", "NOT", "bits", "bits"},
    {"BITCOUNT", "bits"},
    {"BITPOS", "bits", "0", "10", "-1"},
    {"BITOP", "XOR", "bits", "bits", "list-less", "bits"},
    {"BITCOUNT", "bits"},
    {"GEOSEARCH", "other-places", "FROMLONLAT", "-179.9", "-85", "BYRADIUS", "100", "km", "ASC"},
    {"GEORADIUS", "other-places", "-179.9", "-85", "100", "km", "STORE", "stored"},
    {"ZRANGE", "stored", "0", "-1"},
    {"XRANGE", "stream", "-", "+"},
    {"XREVRANGE", "stream", "+", "-"},
    {"XREAD", "STREAMS", "stream", "0"},
    {"XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">"},
    {"XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", "0"},
    {"XINFO", "STREAM", "stream", "FULL", "COUNT", "0"},
    {"XGROUP", "DELCONSUMER", "stream", "group", "alice"},
    {"XPENDING", "stream", "group"},
};
// What is long and answers in a few lines, or is not made of steps at all.
bool may_be_short(const Words& words) {
  static const Words names = {"XPENDING", "ZREMRANGEBYSCORE", "XINFO"};
  return std::find(names.begin(), names.end(), words[0]) != names.end();
}
// Answers times.
bool varies(const Words& words) {
  return words[0] == "XINFO";
}

TEST_CASE("commands in slices answer and do what they would in one go") {
  Fixture calm;
  Fixture busy;
  TestClient calm_client(*calm.node);
  TestClient busy_client(*busy.node);
  fill(calm_client);
  fill(busy_client);
  calm.clock.tick_ns = 0;
  for (const Words& words : kLong) {
    CAPTURE(words[0]);
    CAPTURE(words[1]);
    const Run whole = run(calm_client, words);
    CHECK(whole.slices == 0);
    busy.clock.tick_ns = kBusy;
    const Run sliced = run(busy_client, words);
    busy.clock.tick_ns = 0;
    if (!may_be_short(words) && words[0] != "LINSERT" && words[0] != "COPY")
      CHECK(sliced.slices > 3);
    CHECK(whole.reply[0] != '-');
    if (!varies(words)) CHECK(lines_of(sliced.reply) == lines_of(whole.reply));
    busy.host->run_pending_work(100);
  }
  CHECK(busy.node->keyspace.stats.hits == calm.node->keyspace.stats.hits);
  CHECK(busy.node->keyspace.stats.misses == calm.node->keyspace.stats.misses);
}

TEST_CASE("a read that is given up gives back all it had") {
  Fixture f;
  TestClient client(*f.node);
  fill(client);
  const std::size_t used = f.node->account.used();
  {
    TestClient walker(*f.node);
    f.clock.tick_ns = kBusy;
    REQUIRE(walker.send({"SUNIONSTORE", "stored", "set", "other"}) == Outcome::kSuspended);
    const std::lock_guard guard(f.node->lock);
    f.node->step_long_run(1);
    CHECK(f.node->account.used() > used + 10'000);
    f.node->long_run.reset();
    walker.client.suspended = false;
  }
  f.clock.tick_ns = 0;
  for (int i = 0; i < 1000 && f.node->keyspace.has_garbage(); ++i) f.host->run_pending_work(100);
  CHECK(f.node->account.used() < used + 10'000);
  CHECK(client.run({"EXISTS", "stored"}) == ":0\r\n");
}

// A client that its node may keep, as connections are.
struct KeptClient : TestClient, std::enable_shared_from_this<KeptClient> {
  using TestClient::TestClient;
  std::shared_ptr<void> keep() override { return weak_from_this().lock(); }
};

TEST_CASE("a change goes on to its end although its client has gone") {
  Fixture f;
  TestClient client(*f.node);
  fill(client);
  for (const bool in_transaction : {false, true}) {
    auto leaver = std::make_shared<KeptClient>(*f.node);
    const std::weak_ptr<KeptClient> watched = leaver;
    client.run({"COPY", "list", "copied", "REPLACE"});
    if (in_transaction) {
      leaver->run({"MULTI"});
      leaver->run({"LTRIM", "copied", "5000", "-6001"});
      leaver->run({"SUBSCRIBE", "channel"});
      leaver->run({"SET", "done", "1"});
    }
    f.clock.tick_ns = kBusy;
    const Words last = in_transaction ? Words{"EXEC"} : Words{"LTRIM", "copied", "9990", "9999"};
    REQUIRE(leaver->send(last) == Outcome::kSuspended);
    {
      const std::lock_guard guard(f.node->lock);
      f.node->detach(leaver->client);
    }
    leaver.reset();
    CHECK_FALSE(watched.expired());
    CHECK(client.send({"LLEN", "copied"}) == Outcome::kMustWait);
    int slices = 0;
    finish(*f.node, slices);
    f.clock.tick_ns = 0;
    CHECK(slices > 3);
    CHECK(watched.expired());
    CHECK(client.run({"LLEN", "copied"}) == (in_transaction ? ":9000\r\n" : ":10\r\n"));
  }
  CHECK(client.run({"GET", "done"}) == "$1\r\n1\r\n");
  CHECK(client.run({"PUBLISH", "channel", "x"}) == ":0\r\n");
}

TEST_CASE("a long command inside a transaction goes in slices, and keeps its place") {
  Fixture f;
  TestClient client(*f.node);
  fill(client);
  client.run({"MULTI"});
  client.run({"LLEN", "list"});
  client.run({"HKEYS", "hash"});
  client.run({"ZPOPMIN", "zset", "10000"});
  client.run({"ZCARD", "zset"});
  f.clock.tick_ns = kBusy;
  const Run done = run(client, {"EXEC"});
  CHECK(done.slices > 3);
  CHECK(done.reply.starts_with("*4\r\n:20000\r\n*20000\r\n"));
  CHECK(done.reply.ends_with(":10000\r\n"));
}

TEST_CASE("the limit on a command's time holds in slices too, and nothing is left of it") {
  Fixture f;
  TestClient client(*f.node);
  fill(client);
  REQUIRE(client.run({"CONFIG", "SET", "command-time-limit", "20"}) == "+OK\r\n");
  f.clock.tick_ns = kBusy;
  const Run done = run(client, {"SUNIONSTORE", "stored", "set", "other"});
  CHECK(done.reply.starts_with("-"));
  CHECK(done.reply.find("time") != std::string::npos);
  f.clock.tick_ns = 0;
  CHECK(client.run({"EXISTS", "stored"}) == ":0\r\n");
  CHECK(client.run({"SCARD", "set"}) == ":20000\r\n");
}

TEST_CASE("time stands still for a command that is under way") {
  Fixture f;
  TestClient client(*f.node);
  TestClient other(*f.node);
  fill(client);
  client.run({"HPEXPIRE", "hash", "50", "FIELDS", "2", "f1", "f2"});
  f.clock.tick_ns = kBusy;
  REQUIRE(client.send({"HGETALL", "hash"}) == Outcome::kSuspended);
  f.clock.advance(100);
  CHECK(other.send({"HLEN", "hash"}) == Outcome::kMustWait);
  int slices = 0;
  finish(*f.node, slices);
  f.clock.tick_ns = 0;
  const std::string reply = client.take();
  CHECK(reply.starts_with("*40000\r\n"));
  CHECK(std::count(reply.begin(), reply.end(), '$') == 40'000);
  CHECK(client.run({"HLEN", "hash"}) == ":19998\r\n");
}

}  // namespace
}  // namespace miniredis::engine
