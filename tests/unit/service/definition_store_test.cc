#include "node_manager/definition_store.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "temporary_directory.h"

namespace miniredis::service {
namespace {

TenantDefinition tenant_named(const std::string& name) {
  return {.name = name, .memory_limit_bytes = 5, .max_nodes = 6, .created_at_ms = 7};
}

NodeDefinition node_numbered(std::uint64_t number, const std::string& tenant) {
  NodeDefinition node;
  std::string digits = std::to_string(number);
  node.id = std::string(16 - digits.size(), '0') + digits;
  node.sequence = number;
  node.tenant = tenant;
  node.name = "node" + digits;
  node.memory_limit_bytes = 1ULL << 40;
  node.eviction_policy = EvictionPolicy::kVolatileTtl;
  node.max_clients = 9;
  node.password = "p\"\\\n\xc3\xa4";
  if (number % 2 == 0) node.port = static_cast<std::uint16_t>(7000 + number);
  node.config = {{"timeout", "300"}, {"notify-keyspace-events", "KEA"}};
  node.stopped = number % 3 == 0;
  node.created_at_ms = 1'700'000'000'000 + number;
  return node;
}

Definitions definitions_of(const std::string& path) {
  auto opened = DefinitionStore::open(path);
  if (!opened) FAIL(opened.failure().detail);
  return std::move(opened->definitions);
}

}  // namespace

TEST_CASE("records read back as they were written") {
  for (std::uint64_t number = 1; number < 7; ++number) {
    const NodeDefinition node = node_numbered(number, "acme");
    const auto decoded = decode(encode(node));
    REQUIRE(std::holds_alternative<DefinitionRecord>(decoded));
    CHECK(std::get<NodeDefinition>(std::get<DefinitionRecord>(decoded)) == node);
  }
  const auto decoded = decode(encode(tenant_named("acme")));
  REQUIRE(std::holds_alternative<DefinitionRecord>(decoded));
  CHECK(std::get<TenantDefinition>(std::get<DefinitionRecord>(decoded)) == tenant_named("acme"));
}

TEST_CASE("the last word about a thing counts, over restarts and rewrites") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("definitions.jsonl");
  {
    auto opened = DefinitionStore::open(path);
    REQUIRE(opened.ok());
    DefinitionStore& store = opened->store;
    REQUIRE(store.append(tenant_named("acme")).ok());
    REQUIRE(store.append(tenant_named("gone")).ok());
    for (std::uint64_t n = 1; n <= 4; ++n) {
      REQUIRE(store.append(node_numbered(n, n == 4 ? "gone" : "acme")).ok());
    }
    NodeDefinition renamed = node_numbered(2, "acme");
    renamed.name = "other";
    REQUIRE(store.append(renamed).ok());
    REQUIRE(store.append(NodeRemoved{node_numbered(1, "acme").id}).ok());
    REQUIRE(store.append(TenantRemoved{"gone"}).ok());
  }
  for (int round = 0; round < 3; ++round) {
    const Definitions read = definitions_of(path);
    REQUIRE(read.tenants.size() == 1);
    REQUIRE(read.nodes.size() == 2);
    CHECK(read.nodes[0].name == "other");
    CHECK(read.nodes[1] == node_numbered(3, "acme"));
  }
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a file cut anywhere in its last line loses that line only") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("definitions.jsonl");
  {
    auto opened = DefinitionStore::open(path);
    REQUIRE(opened->store.append(tenant_named("acme")).ok());
    REQUIRE(opened->store.append(node_numbered(1, "acme")).ok());
  }
  const std::string before = directory.read("definitions.jsonl");
  const std::string line = encode(node_numbered(2, "acme"));
  for (std::size_t length = 1; length < line.size(); length += 7) {
    CAPTURE(length);
    directory.write("definitions.jsonl", before + line.substr(0, length));
    auto opened = DefinitionStore::open(path);
    REQUIRE(opened.ok());
    CHECK(opened->definitions.nodes.size() == 1);
    CHECK(opened->warning != "");
    CHECK(directory.read("definitions.jsonl.torn") == line.substr(0, length));
    CHECK(directory.read("definitions.jsonl") == before);
  }
  // A whole line that only lacks its end, as an editor may leave it.
  directory.write("definitions.jsonl", before + line);
  CHECK(definitions_of(path).nodes.size() == 2);
  CHECK(directory.read("definitions.jsonl") == before + line + "\n");
}

TEST_CASE("a broken file is refused with its line, and left as it is") {
  const TemporaryDirectory directory;
  const std::string header = "{\"format\":\"miniredis-definitions\",\"version\":1}\n";
  const std::string tenant = encode(tenant_named("acme")) + "\n";
  const std::string node = encode(node_numbered(1, "acme")) + "\n";
  NodeDefinition same_name = node_numbered(2, "acme");
  same_name.name = "node1";
  std::string bad_port = node;
  bad_port.replace(bad_port.find("\"port\":null"), 11, "\"port\":70000");
  std::string extra = node;
  extra.insert(extra.find("\"id\""), "\"colour\":\"red\",");
  const std::pair<std::string, const char*> cases[] = {
      {"", ":1:"},
      {"nonsense", ":1:"},
      {"{\"format\":\"other\",\"version\":1}\n", ":1:"},
      {"{\"format\":\"miniredis-definitions\",\"version\":2}\n", ":1:"},
      {header + "{\n", ":2:"},
      {header + tenant + std::string("\0\0\0\n", 4) + node, ":3:"},
      {header + tenant + "{\"nodes\":{}}\n" + node, ":3:"},
      {header + node, ":2:"},
      {header + tenant + node + encode(same_name) + "\n", ":4:"},
      {header + tenant + bad_port, ":3:"},
      {header + tenant + extra, ":3:"},
      {header + encode(NodeRemoved{"0000000000000001"}) + "\n", ":2:"},
      {header + encode(TenantRemoved{"x"}) + "\n", ":2:"},
  };
  for (const auto& [content, position] : cases) {
    CAPTURE(content);
    const std::string path = directory.write("definitions.jsonl", content);
    auto opened = DefinitionStore::open(path);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.failure().detail.find(path + position) != std::string::npos);
    CHECK(directory.read("definitions.jsonl") == content);
  }
}

TEST_CASE("a change that finds no room is undone, and the file goes on") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("definitions.jsonl");
  auto opened = DefinitionStore::open(path);
  REQUIRE(opened.ok());
  REQUIRE(opened->store.append(tenant_named("acme")).ok());
  const std::string before = directory.read("definitions.jsonl");
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  // Room for a part of the line: the write is cut short, then refused.
  const rlimit tight{before.size() + 20, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const auto refused = opened->store.append(node_numbered(1, "acme"));
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_DFL);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().kind == FailureKind::kStorageFull);
  CHECK(directory.read("definitions.jsonl") == before);
  REQUIRE(opened->store.append(node_numbered(2, "acme")).ok());
  const Definitions read = definitions_of(path);
  REQUIRE(read.nodes.size() == 1);
  CHECK(read.nodes[0].sequence == 2);
}

TEST_CASE("garbage is cleared away in time") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("definitions.jsonl");
  auto opened = DefinitionStore::open(path);
  DefinitionStore& store = opened->store;
  Definitions current;
  current.tenants.push_back(tenant_named("acme"));
  for (int i = 0; i < 1001; ++i) {
    CHECK_FALSE(store.wants_rewrite());
    REQUIRE(store.append(tenant_named("acme")).ok());
  }
  REQUIRE(store.wants_rewrite());
  REQUIRE(store.rewrite(current).ok());
  CHECK_FALSE(store.wants_rewrite());
  REQUIRE(store.append(node_numbered(1, "acme")).ok());
  CHECK(directory.read("definitions.jsonl").size() < 1000);
  CHECK(definitions_of(path).nodes.size() == 1);
}

TEST_CASE("a directory is locked for one process") {
  const TemporaryDirectory directory;
  REQUIRE(make_directory(directory.path() + "/a/b").ok());
  auto first = lock_directory(directory.path() + "/a/b");
  REQUIRE(first.ok());
  auto second = lock_directory(directory.path() + "/a/b");
  REQUIRE_FALSE(second.ok());
  CHECK(second.failure().kind == FailureKind::kWrongState);
  directory.write("file", "");
  CHECK_FALSE(make_directory(directory.file("file")).ok());
  CHECK_FALSE(make_directory(directory.file("file") + "/below").ok());
}

}  // namespace miniredis::service
