#include "tenants/names.h"

#include <doctest/doctest.h>

#include <string>

#include "tenants/credentials.h"

namespace miniredis::tenants {
namespace {

std::string refusal(const Result<void>& result) {
  return result ? std::string("taken") : result.error().detail;
}

TEST_CASE("a name is 1 to 64 characters of a small alphabet") {
  CHECK(check_name("node", "a"));
  CHECK(check_name("node", "Web-1_cache.eu"));
  CHECK(check_name("node", std::string(64, 'x')));

  CHECK_FALSE(check_name("node", ""));
  CHECK_FALSE(check_name("node", std::string(65, 'x')));
  CHECK_FALSE(check_name("node", "a b"));
  CHECK_FALSE(check_name("node", "a/b"));
  CHECK_FALSE(check_name("node", "n\xc3\xa4me"));
  CHECK_FALSE(check_name("node", std::string("a\0b", 3)));
}

TEST_CASE("the refusal of a name shows it without control characters, cut short") {
  CHECK(refusal(check_name("tenant", "a\x1b[31m")) ==
        "tenant name 'a?[31m' is not allowed: 1 to 64 characters out of a-z A-Z 0-9 _ - .");
  const std::string text = refusal(check_name("tenant", std::string(1000, 'x')));
  CHECK(text.find(std::string(64, 'x') + "...'") != std::string::npos);
  CHECK(text.size() < 200);
}

TEST_CASE("a node's memory limit has two ends, and the refusal names them") {
  CHECK(check_memory_limit(kMinNodeMemoryBytes));
  CHECK(check_memory_limit(kMaxMemoryBytes));
  CHECK_FALSE(check_memory_limit(0));
  CHECK_FALSE(check_memory_limit(kMinNodeMemoryBytes - 1));
  CHECK_FALSE(check_memory_limit(kMaxMemoryBytes + 1));
  CHECK(refusal(check_memory_limit(0)).find(std::to_string(kMinNodeMemoryBytes) + " to ") !=
        std::string::npos);
}

TEST_CASE("a node's options are checked each by itself") {
  NodeOptions options{.name = "n"};
  CHECK(check_options(options, 2));
  options.shard = 1;
  CHECK(check_options(options, 2));
  options.shard = 2;
  CHECK(refusal(check_options(options, 2)) == "shard 2 is out of range: -1 (any) or 0 to 1");
  options.shard = -2;
  CHECK_FALSE(check_options(options, 2));
  options.shard = -1;
  options.max_clients = 0;
  CHECK(refusal(check_options(options, 2)).find("max_clients 0") == 0);
  options.max_clients = kMaxClients + 1;
  CHECK_FALSE(check_options(options, 2));
}

TEST_CASE("a tenant may have no limit, and none above the largest") {
  CHECK(check_options(TenantOptions{.name = "t"}));
  CHECK(check_options(TenantOptions{.name = "t", .memory_limit_bytes = kMaxMemoryBytes}));
  CHECK_FALSE(check_options(TenantOptions{.name = "t", .memory_limit_bytes = kMaxMemoryBytes + 1}));
}

TEST_CASE("a password is accepted only as it was set") {
  Credentials credentials;
  CHECK_FALSE(credentials.has_password());
  CHECK_FALSE(credentials.accepts(""));
  credentials.set_password("secret");
  CHECK(credentials.has_password());
  CHECK(credentials.accepts("secret"));
  CHECK_FALSE(credentials.accepts("Secret"));
  CHECK_FALSE(credentials.accepts("secret "));
  CHECK_FALSE(credentials.accepts(""));
  credentials.set_password(std::string("nul\0inside", 10));
  CHECK(credentials.accepts(std::string("nul\0inside", 10)));
  CHECK_FALSE(credentials.accepts("nul"));
  credentials.set_password("");
  CHECK_FALSE(credentials.has_password());
}

}  // namespace
}  // namespace miniredis::tenants
