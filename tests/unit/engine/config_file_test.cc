// CONFIG REWRITE, and nodes that are made with a config file.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "fixture.h"

namespace miniredis::engine {
namespace {

namespace fs = std::filesystem;

class ConfigFolder {
 public:
  ConfigFolder() {
    std::string name = (fs::temp_directory_path() / "config_file_test.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ConfigFolder() { fs::remove_all(path_); }
  std::string file() const { return path_ / "node.conf"; }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(file()).rdbuf();
    return out.str();
  }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

NodeOptions options_with(const ConfigFolder& folder, const std::string& name) {
  NodeOptions options;
  options.name = name;
  options.config_file = folder.file();
  return options;
}

// Runs a command to its end, as the shard would.
std::string finish(TestClient& client, const std::vector<std::string>& words) {
  if (client.send(words) == Outcome::kSuspended) {
    bool done = false;
    while (!done) {
      const std::lock_guard guard(client.node.lock);
      client.node.begin_batch();
      done = client.node.step_long_run(1'000'000);
    }
  }
  return client.take();
}

TEST_CASE("without a config file there is nothing to rewrite") {
  Fixture f;
  TestClient client(*f.node);
  CHECK(client.run({"CONFIG", "REWRITE"}) ==
        "-ERR The server is running without a config file\r\n");
}

TEST_CASE("what was set is there when the node is made again") {
  Fixture f;
  const ConfigFolder folder;
  const auto first = f.host->create_node(f.tenant, options_with(folder, "first")).value();
  {
    TestClient client(*first);
    CHECK(finish(client, {"CONFIG", "REWRITE"}) == "+OK\r\n");
    CHECK(folder.text().empty());
    client.run({"CONFIG", "SET", "timeout", "77", "maxmemory-policy", "allkeys-lru"});
    client.run({"CONFIG", "SET", "requirepass", "secret"});
    CHECK(finish(client, {"CONFIG", "REWRITE"}) == "+OK\r\n");
    client.run({"CONFIG", "SET", "timeout", "78"});
  }
  CHECK(folder.text().find("secret") == std::string::npos);
  CHECK((fs::status(folder.file()).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  REQUIRE(f.host->remove_node(*first).ok());

  NodeOptions options = options_with(folder, "second");
  options.password = "of the options";
  const auto second = f.host->create_node(f.tenant, options).value();
  CHECK(second->settings.timeout_seconds == 77);
  CHECK(second->settings.eviction.policy == EvictionPolicy::kAllKeysLru);
  CHECK(second->keyspace.eviction.policy == EvictionPolicy::kAllKeysLru);
  TestClient client(*second);
  client.client.authenticated = false;
  CHECK(client.run({"AUTH", "of the options"}).starts_with("-WRONGPASS"));
  CHECK(client.run({"AUTH", "secret"}) == "+OK\r\n");
}

TEST_CASE("REWRITE in a transaction") {
  Fixture f;
  const ConfigFolder folder;
  const auto node = f.host->create_node(f.tenant, options_with(folder, "n")).value();
  TestClient client(*node);
  client.run({"MULTI"});
  client.run({"CONFIG", "SET", "timeout", "5"});
  client.run({"CONFIG", "REWRITE"});
  client.run({"CONFIG", "SET", "timeout", "6"});
  CHECK(finish(client, {"EXEC"}) == "*3\r\n+OK\r\n+OK\r\n+OK\r\n");
  CHECK(folder.text() == "# Written by CONFIG REWRITE\ntimeout 5\n");
}

TEST_CASE("a bad line stops the node that has it") {
  Fixture f;
  const ConfigFolder folder;
  folder.write("timeout 5\nmaxmemory-policy sometimes\n");
  const auto made = f.host->create_node(f.tenant, options_with(folder, "bad"));
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().code == ErrorCode::kInvalidArgument);
  CHECK(made.error().detail.starts_with("config_file: node.conf:2: maxmemory-policy: "));
  CHECK(made.error().detail.find("allkeys-lru") != std::string::npos);
  folder.write("timeout 5\n");
  CHECK(f.host->create_node(f.tenant, options_with(folder, "bad")).ok());
}

TEST_CASE("a file that cannot be written is an error, and the old one stays") {
  Fixture f;
  const ConfigFolder folder;
  folder.write("timeout 5\n");
  const auto node = f.host->create_node(f.tenant, options_with(folder, "n")).value();
  fs::create_directory(folder.file() + ".new");
  TestClient client(*node);
  client.run({"CONFIG", "SET", "timeout", "6"});
  const std::string reply = finish(client, {"CONFIG", "REWRITE"});
  CHECK(reply.starts_with("-ERR Rewriting config file: "));
  CHECK(reply.find(folder.path().string()) == std::string::npos);
  CHECK(folder.text() == "timeout 5\n");
}

}  // namespace
}  // namespace miniredis::engine
