// Random commands on one node while nothing of another may change: one test for each thing that
// isolation means.
#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "miniredis/engine.h"

namespace {

using miniredis::Arguments;
using miniredis::Engine;
using miniredis::Node;
using miniredis::NodeOptions;
using miniredis::Session;
using miniredis::Tenant;
using miniredis::Value;

using Words = std::vector<std::string>;

template <typename Target>
Value run(Target& target, const Words& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return target.execute(Arguments(views));
}

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

// Two tenants with a node each, on one shard: as near to each other as can be.
struct Neighbours {
  Engine engine = checked(Engine::open({.shards = 1}));
  Tenant loud_tenant = checked(engine.create_tenant({.name = "loud"}));
  Tenant quiet_tenant = checked(engine.create_tenant({.name = "quiet"}));
  Node loud = checked(loud_tenant.create_node({.name = "loud-node"}));
  Node quiet = checked(quiet_tenant.create_node({.name = "quiet-node"}));

  Neighbours() {
    for (int i = 0; i < 500; ++i) {
      const std::string key = "key:" + std::to_string(i);
      run(quiet, {"SET", key, "quiet " + key});
      if (i % 4 == 0) run(quiet, {"EXPIREAT", key, "33177117420"});
    }
  }

  // All data of the quiet node. Asking it counts as work of that node, so its counters are compared
  // elsewhere, by a test that does not ask.
  std::string data_digest() const {
    std::string digest = to_string(quiet.execute({"DBSIZE"}));
    for (int i = 0; i < 500; ++i) {
      const std::string key = "key:" + std::to_string(i);
      digest +=
          to_string(quiet.execute({"GET", key})) + to_string(quiet.execute({"PEXPIRETIME", key}));
    }
    return digest;
  }

  std::string setting(const std::string& name) const {
    const Value reply = quiet.execute({"CONFIG", "GET", name});
    return reply.items().size() == 2 ? reply.items()[1].text() : "";
  }
};

// A command made at random out of all that changes something, on keys that the neighbour has too.
Words random_command(std::mt19937& rng) {
  const std::string key = "key:" + std::to_string(rng() % 600);
  const std::string other = "key:" + std::to_string(rng() % 600);
  const std::string database = std::to_string(rng() % 16);
  const std::vector<Words> commands = {
      {"SET", key, std::string(rng() % 300, 'x')},
      {"SET", key, "v", "PX", "1"},
      {"SET", key, "v", "EXAT", "1"},
      {"APPEND", key, "more"},
      {"INCR", key},
      {"DEL", key, other},
      {"UNLINK", key},
      {"GETDEL", key},
      {"RENAME", key, other},
      {"COPY", key, other, "DB", database, "REPLACE"},
      {"MOVE", key, database},
      {"SWAPDB", "0", database},
      {"EXPIRE", key, "100"},
      {"PERSIST", key},
      {"FLUSHDB"},
      {"FLUSHALL"},
      {"FLUSHALL", "ASYNC"},
      {"MSET", key, "1", other, "2"},
      {"SETRANGE", key, "1000", "x"},
      {"SELECT", database},
      {"PUBLISH", key, "message"},
      {"CONFIG", "SET", "maxmemory-policy", rng() % 2 == 0 ? "allkeys-lru" : "noeviction"},
      {"CONFIG", "SET", "notify-keyspace-events", "KEA"},
      {"CONFIG", "SET", "slowlog-log-slower-than", "0"},
      {"CONFIG", "SET", "timeout", std::to_string(rng() % 1000)},
      {"CONFIG", "RESETSTAT"},
      {"SLOWLOG", "RESET"},
      {"LATENCY", "RESET"},
      {"MEMORY", "PURGE"},
      {"CLIENT", "SETNAME", "loud"},
      {"SCAN", "0"},
      {"KEYS", "*"},
      {"BOGUS", key},
      {"INCR", "not a number", "at all"},
  };
  return commands[rng() % commands.size()];
}

}  // namespace

TEST_CASE("random commands leave another tenant's data alone") {
  Neighbours n;
  const std::string before = n.data_digest();
  std::mt19937 rng(7);
  Session session = checked(n.loud.open_session());
  for (int i = 0; i < 20'000; ++i) {
    run(session, random_command(rng));
    if (i % 2000 == 0) CHECK(n.data_digest() == before);
  }
  CHECK(n.data_digest() == before);
}

TEST_CASE("counters of a node count only its own work") {
  Neighbours n;
  const auto before = n.quiet.stats();
  std::mt19937 rng(8);
  Session session = checked(n.loud.open_session());
  for (int i = 0; i < 5'000; ++i) run(session, random_command(rng));
  const auto after = n.quiet.stats();
  CHECK(after.commands == before.commands);
  CHECK(after.hits == before.hits);
  CHECK(after.misses == before.misses);
  CHECK(after.errors == before.errors);
  CHECK(after.expired == before.expired);
  CHECK(after.evicted == before.evicted);
  CHECK(after.clients == before.clients);
  CHECK(after.memory_used_bytes == before.memory_used_bytes);
  // CONFIG RESETSTAT is among its commands, so only the last of them are counted.
  run(n.loud, {"INCR", "not", "arity"});
  CHECK(n.loud.stats().commands > 0);
  CHECK(n.loud.stats().errors > 0);
}

TEST_CASE("KEYS, SCAN, DBSIZE and RANDOMKEY see only the own node") {
  Neighbours n;
  CHECK(run(n.loud, {"DBSIZE"}).as_integer() == 0);
  CHECK(run(n.loud, {"KEYS", "*"}).items().empty());
  CHECK(run(n.loud, {"RANDOMKEY"}).is_nil());
  const Value scan = run(n.loud, {"SCAN", "0", "COUNT", "100000"});
  CHECK(scan.items().at(0).text() == "0");
  CHECK(scan.items().at(1).items().empty());
  run(n.loud, {"SET", "mine", "1"});
  CHECK(run(n.loud, {"KEYS", "*"}).items().size() == 1);
  CHECK(run(n.quiet, {"KEYS", "mine"}).items().empty());
}

TEST_CASE("channels and patterns belong to a node") {
  Neighbours n;
  Session listener = checked(n.quiet.open_session());
  listener.execute({"SUBSCRIBE", "ch"});
  listener.execute({"PSUBSCRIBE", "*"});
  listener.take_pushes();
  CHECK(run(n.loud, {"PUBLISH", "ch", "x"}).as_integer() == 0);
  CHECK(run(n.loud, {"PUBSUB", "CHANNELS"}).items().empty());
  CHECK(run(n.loud, {"PUBSUB", "NUMPAT"}).as_integer() == 0);
  CHECK(listener.take_pushes().empty());
  CHECK(run(n.quiet, {"PUBLISH", "ch", "x"}).as_integer() == 2);
  CHECK(listener.take_pushes().size() == 2);
}

TEST_CASE("keyspace events stay within the node") {
  Neighbours n;
  run(n.loud, {"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  run(n.quiet, {"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  Session listener = checked(n.quiet.open_session());
  listener.execute({"PSUBSCRIBE", "*"});
  listener.take_pushes();
  run(n.loud, {"SET", "key:1", "x"});
  run(n.loud, {"PEXPIREAT", "key:1", "1"});
  CHECK(listener.take_pushes().empty());
  run(n.quiet, {"SET", "key:1", "x"});
  CHECK(listener.take_pushes().size() == 2);
}

TEST_CASE("MONITOR shows only the own node's commands") {
  Neighbours n;
  Session monitor = checked(n.quiet.open_session());
  monitor.execute({"MONITOR"});
  monitor.take_pushes();
  run(n.loud, {"SET", "secret", "value"});
  Session other = checked(n.loud.open_session());
  other.execute({"GET", "secret"});
  CHECK(monitor.take_pushes().empty());
  Session own = checked(n.quiet.open_session());
  own.execute({"GET", "key:1"});
  CHECK(monitor.take_pushes().size() == 1);
}

TEST_CASE("CLIENT LIST shows and CLIENT KILL ends only the own node's clients") {
  Neighbours n;
  Session victim = checked(n.quiet.open_session());
  victim.execute({"CLIENT", "SETNAME", "victim"});
  const std::string id = std::to_string(victim.execute({"CLIENT", "ID"}).as_integer());
  Session attacker = checked(n.loud.open_session());
  CHECK(attacker.execute({"CLIENT", "LIST"}).text().find("victim") == std::string::npos);
  CHECK(attacker.execute({"CLIENT", "LIST", "ID", id}).text().find("victim") == std::string::npos);
  attacker.execute({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  run(attacker, {"CLIENT", "KILL", "ID", id});
  attacker.execute({"CLIENT", "PAUSE", "100000"});
  CHECK_FALSE(victim.closed());
  CHECK(victim.execute({"PING"}).text() == "PONG");
  CHECK(victim.execute({"CLIENT", "GETNAME"}).text() == "victim");
}

TEST_CASE("SLOWLOG and LATENCY hold only the own node's commands") {
  Neighbours n;
  for (const auto& name : {"slowlog-log-slower-than"}) {
    run(n.loud, {"CONFIG", "SET", name, "0"});
  }
  run(n.quiet, {"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  run(n.quiet, {"SLOWLOG", "RESET"});
  run(n.quiet, {"GET", "key:2"});
  const std::int64_t length = run(n.quiet, {"SLOWLOG", "LEN"}).as_integer();
  for (int i = 0; i < 50; ++i) run(n.loud, {"GET", "secret"});
  run(n.loud, {"SLOWLOG", "RESET"});
  // Asking is slow by this setting as well, hence the difference of one or two.
  CHECK(run(n.quiet, {"SLOWLOG", "LEN"}).as_integer() - length <= 2);
  CHECK(to_string(run(n.quiet, {"SLOWLOG", "GET", "-1"})).find("secret") == std::string::npos);
  CHECK(run(n.quiet, {"LATENCY", "HISTOGRAM", "incr"}).items().empty());
}

TEST_CASE("CONFIG changes only the own node") {
  Neighbours n;
  const Value before = run(n.quiet, {"CONFIG", "GET", "*"});
  run(n.loud, {"CONFIG", "SET", "maxmemory", "2mb"});
  run(n.loud, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"});
  run(n.loud, {"CONFIG", "SET", "requirepass", "secret"});
  run(n.loud, {"CONFIG", "SET", "timeout", "77"});
  CHECK(run(n.quiet, {"CONFIG", "GET", "*"}) == before);
  CHECK(n.quiet.execute({"PING"}).text() == "PONG");
}

TEST_CASE("users of one name are two users on two nodes") {
  Neighbours n;
  const auto make = [](Node& node, const char* password, const char* pattern) {
    run(node, {"ACL", "SETUSER", "u", "on", std::string(">") + password, "+@all", pattern, "&*"});
  };
  make(n.loud, "loud", "~loud:*");
  make(n.quiet, "quiet", "~key:*");
  Session quiet = checked(n.quiet.open_session());
  CHECK(run(quiet, {"AUTH", "u", "loud"}).is_error());
  REQUIRE_FALSE(run(quiet, {"AUTH", "u", "quiet"}).is_error());
  run(quiet, {"SUBSCRIBE", "news"});
  const Value users = run(n.quiet, {"ACL", "LIST"});
  const std::string data = n.data_digest();
  const std::uint64_t memory = n.quiet.stats().memory_used_bytes;

  Session loud = checked(n.loud.open_session());
  REQUIRE_FALSE(run(loud, {"AUTH", "u", "loud"}).is_error());
  CHECK(run(loud, {"GET", "key:1"}).is_error());
  for (int i = 0; i < 200; ++i) {
    const std::string name = "user:" + std::to_string(i);
    run(n.loud, {"ACL", "SETUSER", name, "on", ">secret", "~" + name, "(+get &news)"});
    run(loud, {"GET", name});
  }
  run(n.loud, {"ACL", "SETUSER", "u", "resetchannels", "nocommands"});
  run(n.loud, {"ACL", "DELUSER", "u"});
  run(n.loud, {"ACL", "SETUSER", "default", "off", "resetpass", "nocommands"});
  CHECK(loud.closed());

  CHECK(run(n.quiet, {"ACL", "LIST"}) == users);
  CHECK(run(n.quiet, {"ACL", "LOG"}).items().size() == 1);  // its own wrong password
  CHECK_FALSE(quiet.closed());
  CHECK_FALSE(run(quiet, {"GET", "key:1"}).is_error());
  CHECK(run(quiet, {"GET", "loud:1"}).is_error());
  CHECK(n.data_digest() == data);
  CHECK(n.quiet.stats().memory_used_bytes <= memory + 4096);
  CHECK_FALSE(run(n.loud, {"GET", "key:1"}).is_error());  // the operator's calls have all rights
}

TEST_CASE("a node that is full or evicts takes nothing of another") {
  Neighbours n;
  const std::string before = n.data_digest();
  REQUIRE(n.loud.set_memory_limit(2 << 20).ok());
  bool refused = false;
  for (int i = 0; i < 400; ++i) {
    refused |=
        run(n.loud, {"SET", "big:" + std::to_string(i), std::string(10'000, 'x')}).is_error();
  }
  CHECK(refused);
  CHECK(n.loud.stats().memory_used_bytes <= (2u << 20));
  run(n.loud, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  for (int i = 0; i < 2'000; ++i) {
    const Value reply = run(n.loud, {"SET", "e:" + std::to_string(i), std::string(10'000, 'x')});
    CHECK_MESSAGE(!reply.is_error(), to_string(reply));
  }
  CHECK(n.loud.stats().evicted > 1'000);
  CHECK(n.quiet.stats().evicted == 0);
  CHECK_FALSE(run(n.quiet, {"SET", "still", "room"}).is_error());
  run(n.quiet, {"DEL", "still"});
  CHECK(n.data_digest() == before);
}

TEST_CASE("limits of tenant and engine hold, and say so as Redis does") {
  Engine engine = checked(Engine::open({.shards = 1, .memory_limit_bytes = 16 << 20}));
  Tenant small = checked(engine.create_tenant({.name = "small", .memory_limit_bytes = 4 << 20}));
  Tenant large = checked(engine.create_tenant({.name = "large"}));
  Node first = checked(small.create_node({.name = "first"}));
  Node second = checked(small.create_node({.name = "second"}));
  Node third = checked(large.create_node({.name = "third"}));
  const auto fill = [](Node& node, int count) {
    std::string last;
    for (int i = 0; i < count; ++i) {
      const Value reply = run(node, {"SET", "k" + std::to_string(i), std::string(50'000, 'x')});
      if (reply.is_error()) last = reply.text();
    }
    return last;
  };
  CHECK(fill(first, 200) == "OOM command not allowed when used memory > 'maxmemory'.");
  CHECK(fill(second, 3) == "OOM command not allowed when used memory > 'maxmemory'.");
  CHECK(fill(third, 3).empty());
  CHECK(fill(third, 1'000) == "OOM command not allowed when used memory > 'maxmemory'.");
  CHECK(engine.stats().memory_used_bytes <= (17u << 20));
  run(first, {"FLUSHALL"});
  // What it held comes back in slices, by the shard's own work.
  bool has_room = false;
  for (int i = 0; i < 500 && !has_room; ++i) {
    has_room = !run(second, {"SET", "k", "v"}).is_error();
    if (!has_room) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(has_room);
}

TEST_CASE("deletion gives everything back") {
  Engine engine = checked(Engine::open({.shards = 1}));
  const std::uint64_t empty = engine.stats().memory_used_bytes;
  Tenant tenant = checked(engine.create_tenant({.name = "acme"}));
  for (int round = 0; round < 20; ++round) {
    Node node = checked(tenant.create_node({.name = "node"}));
    Session session = checked(node.open_session());
    session.execute({"SUBSCRIBE", "ch"});
    for (int i = 0; i < 2'000; ++i) {
      run(node, {"SET", "k" + std::to_string(i), std::string(100, 'x'), "EX", "1000"});
    }
    REQUIRE(node.remove().ok());
    CHECK(session.closed());
    CHECK(run(node, {"PING"}).is_error());
  }
  REQUIRE(tenant.remove().ok());
  while (engine.run_pending_work()) {
  }
  CHECK(engine.stats().memory_used_bytes <= empty + 4096);
  CHECK(engine.stats().nodes == 0);
  CHECK(engine.stats().tenants == 0);
}

TEST_CASE("a stopped node keeps its data and refuses commands; names are free again") {
  Neighbours n;
  run(n.loud, {"SET", "k", "v"});
  REQUIRE(n.loud.stop().ok());
  CHECK(run(n.loud, {"GET", "k"}).is_error());
  CHECK(n.quiet.execute({"PING"}).text() == "PONG");
  REQUIRE(n.loud.start().ok());
  CHECK(run(n.loud, {"GET", "k"}).text() == "v");
  REQUIRE(n.loud.rename("other-name").ok());
  CHECK(n.engine.find_node("other-name").has_value());
  CHECK_FALSE(n.engine.find_node("loud-node").has_value());
  CHECK(n.quiet_tenant.create_node({.name = "loud-node"}).ok());
  CHECK_FALSE(n.quiet_tenant.create_node({.name = "other-name"}).ok());
}
