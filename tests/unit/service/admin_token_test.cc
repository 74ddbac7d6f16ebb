#include "common/admin_token.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "temporary_directory.h"

namespace miniredis::service {

TEST_CASE("a token is made once, kept as a digest, and known again") {
  const TemporaryDirectory directory;
  auto first = AdminToken::open(directory.path());
  REQUIRE(first.ok());
  const std::string token = first->fresh_token();
  CHECK(token.starts_with("mra_"));
  CHECK(token.size() == 4 + 43);
  CHECK(first->matches(token));
  CHECK(directory.read("admin-token.json").find(token) == std::string::npos);
  struct stat info {};
  REQUIRE(::stat(directory.file("admin-token.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);

  auto second = AdminToken::open(directory.path());
  REQUIRE(second.ok());
  CHECK(second->fresh_token().empty());
  CHECK(second->matches(token));
  CHECK_FALSE(second->matches(token + "x"));
  CHECK_FALSE(second->matches(token.substr(1)));
  CHECK_FALSE(second->matches(""));
}

TEST_CASE("a broken token file is not replaced") {
  const TemporaryDirectory directory;
  for (const char* content : {"", "{", "[]", "{}", R"({"sha256":5})", R"({"sha256":"abc"})"}) {
    CAPTURE(content);
    directory.write("admin-token.json", content);
    auto opened = AdminToken::open(directory.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.failure().detail.find("admin-token.json") != std::string::npos);
    CHECK(directory.read("admin-token.json") == content);
  }
}

TEST_CASE("a token may come from the settings") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("token", "from-a-file-0123456789\nsecond line\n");
  auto from_file = AdminToken::from_settings("", file);
  REQUIRE(from_file.ok());
  CHECK(from_file->matches("from-a-file-0123456789"));
  auto from_value = AdminToken::from_settings("value-0123456789abcdef", file);
  REQUIRE(from_value.ok());
  CHECK(from_value->matches("value-0123456789abcdef"));
  CHECK_FALSE(from_value->matches("from-a-file-0123456789"));
  CHECK_FALSE(AdminToken::from_settings("short", "").ok());
  CHECK_FALSE(AdminToken::from_settings("", directory.file("none")).ok());
}

}  // namespace miniredis::service
