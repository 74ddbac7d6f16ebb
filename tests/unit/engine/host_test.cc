#include "engine/host.h"

#include <doctest/doctest.h>

#include "fixture.h"

namespace miniredis::engine {
namespace {

TEST_CASE("names and limits are checked, and errors name what is allowed") {
  Fixture f;
  const auto error = [&](NodeOptions options) {
    auto made = f.host->create_node(f.tenant, options);
    REQUIRE_FALSE(made.ok());
    return made.error();
  };
  CHECK(error({.name = ""}).code == ErrorCode::kInvalidArgument);
  CHECK(error({.name = "has space"}).detail.find("a-z A-Z 0-9") != std::string::npos);
  CHECK(error({.name = std::string(65, 'x')}).code == ErrorCode::kInvalidArgument);
  CHECK(error({.name = "n", .memory_limit_bytes = 0}).detail.find("1048576") != std::string::npos);
  CHECK(error({.name = "n", .max_clients = 0}).code == ErrorCode::kInvalidArgument);
  CHECK(error({.name = "n", .shard = 2}).code == ErrorCode::kInvalidArgument);
  CHECK(error({.name = "cache"}).code == ErrorCode::kAlreadyExists);
  CHECK(error({.name = "n", .config = {{"no-such", "1"}}}).detail.find("no-such") !=
        std::string::npos);
  CHECK(error({.name = "n", .config = {{"databases", "4"}}}).detail.find("not changeable") !=
        std::string::npos);
  f.tenant->max_nodes = 1;
  CHECK(error({.name = "n"}).code == ErrorCode::kLimitReached);
  CHECK(f.host->nodes().size() == 1);
}

TEST_CASE("a node's life: stopped it keeps its data, removed it gives everything back") {
  Fixture f;
  const std::uint64_t empty = f.host->account().used();
  auto node = f.make("other");
  {
    TestClient client(*node);
    CHECK(client.run({"SET", "k", std::string(100'000, 'v')}) == "+OK\r\n");
    REQUIRE(f.host->stop_node(*node).ok());
    CHECK(client.client.node == nullptr);
  }
  CHECK_FALSE(f.host->stop_node(*node).ok());
  CHECK_FALSE(TestClient(*node).attached);
  REQUIRE(f.host->start_node(*node).ok());
  CHECK_FALSE(f.host->start_node(*node).ok());
  CHECK(TestClient(*node).run({"STRLEN", "k"}) == ":100000\r\n");
  REQUIRE(f.host->rename_node(*node, "renamed").ok());
  CHECK(f.host->find_node("other") == nullptr);
  CHECK(f.host->find_node("renamed") == node);
  CHECK(f.host->find_node(node->id) == node);
  REQUIRE(f.host->remove_node(*node).ok());
  CHECK(f.host->remove_node(*node).error().code == ErrorCode::kNotFound);
  CHECK(f.host->find_node("renamed") == nullptr);
  CHECK(node->account.used() < 8192);
  node.reset();
  CHECK(f.host->account().used() == empty);
}

TEST_CASE("removing a tenant removes its nodes and frees its name") {
  Fixture f;
  f.make("second");
  REQUIRE(f.host->remove_tenant(*f.tenant).ok());
  CHECK(f.host->nodes().empty());
  CHECK(f.host->find_tenant("acme") == nullptr);
  CHECK_FALSE(f.host->create_node(f.tenant, {.name = "late"}).ok());
  CHECK(f.host->create_tenant({.name = "acme"}).ok());
}

TEST_CASE("the limit of a tenant holds over its nodes") {
  Fixture f;
  f.tenant->account.set_limit(2 << 20);
  auto second = f.make("second");
  TestClient one(*f.node);
  TestClient two(*second);
  CHECK(one.run({"SET", "a", std::string(1'500'000, 'x')}) == "+OK\r\n");
  CHECK(two.run({"SET", "b", std::string(1'500'000, 'x')}).starts_with("-OOM"));
  CHECK(one.run({"DEL", "a"}) == ":1\r\n");
  CHECK(two.run({"SET", "b", std::string(1'500'000, 'x')}) == "+OK\r\n");
}

TEST_CASE("maxclients is a limit, and listed clients count") {
  Fixture f;
  f.node->settings.max_clients = 2;
  TestClient one(*f.node);
  auto two = std::make_unique<TestClient>(*f.node);
  CHECK(two->attached);
  CHECK_FALSE(TestClient(*f.node).attached);
  two.reset();
  CHECK(TestClient(*f.node).attached);
}

TEST_CASE("ten thousand idle nodes cost the shards nothing") {
  Fixture f;
  for (int i = 0; i < 10'000; ++i) f.make("n" + std::to_string(i));
  CHECK_FALSE(f.host->shard(0).run_due(1'000'000, 1'000'000).has_value());
  CHECK_FALSE(f.host->shard(1).run_due(1'000'000, 1'000'000).has_value());
  TestClient client(*f.node);
  client.run({"SET", "k", "v", "PX", "50"});
  const unsigned shard = f.node->shard.load();
  CHECK(f.host->shard(shard).run_due(1'000'000, 1'000'000).has_value());
  f.clock.advance(60);
  f.host->run_pending_work(1000);
  CHECK(f.node->keyspace.size(0) == 0);
  CHECK_FALSE(f.host->shard(shard).run_due(1'000'000, 1'000'000).has_value());
}

}  // namespace
}  // namespace miniredis::engine
