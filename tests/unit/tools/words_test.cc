#include "words.h"

#include <doctest/doctest.h>

#include "miniredis/commands.h"

namespace miniredis::mredis {
namespace {

bool secret(std::string_view line) {
  return carries_secret(split_command_line(line).value());
}

}  // namespace

TEST_CASE("commands with passwords are known") {
  CHECK(secret("auth x"));
  CHECK(secret("AUTH user x"));
  CHECK(secret("hello 3 auth u p"));
  CHECK(secret("config set requirepass x"));
  CHECK(secret("CONFIG SET maxmemory 1mb RequirePass x"));
  CHECK(secret("acl setuser bob >x"));
  CHECK(!secret(""));
  CHECK(!secret("hello 3"));
  CHECK(!secret("config get requirepass"));
  CHECK(!secret("set auth x"));
  CHECK(!secret("acl whoami"));
}

}  // namespace miniredis::mredis
