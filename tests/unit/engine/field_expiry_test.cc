// Fields that expire, by the node's own work: nobody asks for them.
#include <doctest/doctest.h>

#include <string>

#include "fixture.h"

namespace miniredis::engine {
namespace {

void settle(Fixture& f) {
  for (int i = 0; i < 1000; ++i) f.host->run_pending_work(100);
}

TEST_CASE("fields and hashes go when their time has come, though nobody looks") {
  Fixture f;
  TestClient client(*f.node);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "h" + std::to_string(i);
    client.run({"HSET", key, "a", "1", "b", "2"});
    client.run({"HPEXPIRE", key, std::to_string(100 + i), "FIELDS", "1", "a"});
    if (i % 2 == 0) client.run({"HPEXPIRE", key, "500", "FIELDS", "1", "b"});
  }
  CHECK(f.node->keyspace.size(0) == 100);
  f.clock.advance(150);
  settle(f);
  CHECK(f.node->keyspace.stats.expired_fields == 51);
  f.clock.advance(400);
  settle(f);
  CHECK(f.node->keyspace.stats.expired_fields == 150);
  CHECK(f.node->keyspace.size(0) == 50);
  CHECK(client.run({"HLEN", "h1"}) == ":1\r\n");
}

TEST_CASE("many fields that expire together go in slices between commands") {
  Fixture f;
  TestClient client(*f.node);
  constexpr int kFields = 50'000;
  for (int i = 0; i < kFields; ++i) client.run({"HSET", "h", "f" + std::to_string(i), "v"});
  client.run({"HSET", "h", "stays", "v"});
  for (int i = 0; i < kFields; ++i) {
    client.run({"HPEXPIREAT", "h", "1700000100000", "FIELDS", "1", "f" + std::to_string(i)});
  }
  f.clock.advance(1'000'000);
  CHECK(client.run({"HLEN", "h"}) == ":1\r\n");
  CHECK(client.run({"HGETALL", "h"}) == "*2\r\n$5\r\nstays\r\n$1\r\nv\r\n");
  CHECK(client.run({"HRANDFIELD", "h"}) == "$5\r\nstays\r\n");
  settle(f);
  CHECK(f.node->keyspace.stats.expired_fields == kFields);
  CHECK(client.run({"HLEN", "h"}) == ":1\r\n");
}

TEST_CASE("hashes that come and go leave nothing in the index of their times") {
  Fixture f;
  TestClient client(*f.node);
  client.run({"HSET", "warm", "a", "1"});
  client.run({"HEXPIRE", "warm", "1000000", "FIELDS", "1", "a"});
  const std::size_t before = f.node->account.used();
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "h" + std::to_string(i);
    client.run({"HSET", key, "a", "1"});
    client.run({"HEXPIRE", key, "1000000", "FIELDS", "1", "a"});
    switch (i % 5) {
      case 0:
        client.run({"DEL", key});
        break;
      case 1:
        client.run({"SET", key, "v"});
        client.run({"DEL", key});
        break;
      case 2:
        client.run({"HDEL", key, "a"});
        break;
      case 3:
        client.run({"RENAME", key, "other"});
        client.run({"COPY", "other", "copied", "REPLACE"});
        client.run({"MOVE", "other", "1"});
        client.run({"SELECT", "1"});
        client.run({"DEL", "other"});
        client.run({"SELECT", "0"});
        client.run({"DEL", "copied"});
        break;
      default:
        client.run({"SUNIONSTORE", key, "missing"});
    }
    if (i % 500 == 0) f.host->run_pending_work(100);
  }
  settle(f);
  CHECK(client.run({"DBSIZE"}) == ":1\r\n");
  CHECK(f.node->account.used() < before + 128 * 1024);
}

}  // namespace
}  // namespace miniredis::engine
