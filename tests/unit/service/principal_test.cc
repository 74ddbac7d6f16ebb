#include "http/principal.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/json.h"

namespace miniredis::service {

TEST_CASE("a principal goes through the header as it is, whatever its texts hold") {
  for (const std::string text :
       {"user:4711", "", "a \"quoted\" \\ text", "tab\tand\nline", "\xc3\xa9t\xc3\xa9", "\x7f"}) {
    CAPTURE(text);
    const Principal principal{.actor = text,
                              .tenant = "t" + text,
                              .node = text + "n",
                              .scopes = Scope::kNodesRead | Scope::kPlatform,
                              .address = text};
    const std::string line = encode(principal);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    const auto back = decode_principal(line);
    REQUIRE(back);
    CHECK(back->actor == principal.actor);
    CHECK(back->tenant == principal.tenant);
    CHECK(back->node == principal.node);
    CHECK(back->scopes == principal.scopes);
    CHECK(back->address == principal.address);
  }
}

TEST_CASE("bytes that are no text do not break the header") {
  const std::string line = encode({.actor = "\xff\"},\"scopes\":1023,{\""});
  const Json json = Json::parse(line, nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json.size() == 5);
  CHECK(json["scopes"] == 0);
}

TEST_CASE("what encode() did not make is no principal") {
  for (const char* text :
       {"", "{}", "[]", "no", R"({"actor":"a","tenant":"","node":"","address":""})",
        R"({"actor":1,"tenant":"","node":"","scopes":0,"address":""})",
        R"({"actor":"a","tenant":"","node":"","scopes":1024,"address":""})",
        R"({"actor":"a","tenant":"","node":"","scopes":-1,"address":""})"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_principal(text));
  }
}

}  // namespace miniredis::service
