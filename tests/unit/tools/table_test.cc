#include "table.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "http_client.h"

namespace miniredis::mredis {

TEST_CASE("tables have columns, figures to the right") {
  CHECK(draw_table({"NAME", "KEYS"}, {{"a", "5"}, {"longer", "1234"}}) ==
        "NAME    KEYS\n"
        "a          5\n"
        "longer  1234\n");
  CHECK(draw_table({}, {{"a", "b"}, {"ccc", "d"}}) == "a    b\nccc  d\n");
  CHECK(draw_table({"NAME"}, {}) == "NAME\n");
  CHECK(draw_table({"A", "B"}, {{"\xc3\xa4", "x"}, {"bb", "y"}}) == "A   B\n\xc3\xa4   x\nbb  y\n");
  CHECK(draw_table({}, {{"a\x1b[31m\n"}}) == "a?[31m?\n");
}

TEST_CASE("figures are cut to what people read") {
  CHECK(bytes_text(0) == "0B");
  CHECK(bytes_text(1023) == "1023B");
  CHECK(bytes_text(40.0 * 1024 * 1024) == "40.0M");
  CHECK(count_text(999) == "999");
  CHECK(count_text(12'345) == "12.3k");
}

TEST_CASE("members of an answer as cells") {
  const auto json = nlohmann::ordered_json::parse(
      R"({"port":null,"name":"x","memory_limit_bytes":1048576,"on":true,"shard":3,"list":[1]})");
  CHECK(member_text(json, "port") == "-");
  CHECK(member_text(json, "nix") == "-");
  CHECK(member_text(json, "name") == "x");
  CHECK(member_text(json, "memory_limit_bytes") == "1.0M");
  CHECK(member_text(json, "on") == "yes");
  CHECK(member_text(json, "list") == "[1]");
  CHECK(member_number(json, "shard") == 3);
  CHECK(member_number(json, "name") == 0);
}

TEST_CASE("names are quoted for URLs") {
  CHECK(url_quoted("cache-1_a.b~") == "cache-1_a.b~");
  CHECK(url_quoted("a/../b ?\xff") == "a%2F..%2Fb%20%3F%FF");
}

TEST_CASE("only URLs are URLs") {
  for (const char* url :
       {"", "localhost:7000", "ftp://x", "http://", "http://:7000", "http://h:0", "http://h:x",
        "http://h:70000", "http://u:p@h", "http://h?x", "http://h:1\r\nX: y"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(HttpClient(url, "", ""), UsageError);
  }
  CHECK_NOTHROW(HttpClient("http://[::1]:7000/base/", "", ""));
  CHECK_NOTHROW(HttpClient("https://host", "", ""));
}

}  // namespace miniredis::mredis
