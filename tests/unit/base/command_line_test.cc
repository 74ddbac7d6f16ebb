// The expected words were taken from redis-cli 7.0.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "miniredis/commands.h"

namespace miniredis {
namespace {

using namespace std::string_literals;
using Words = std::vector<std::string>;

Words split(std::string_view line) {
  const auto words = split_command_line(line);
  REQUIRE(words.has_value());
  return *words;
}

}  // namespace

TEST_CASE("words are parted by spaces") {
  CHECK(split("").empty());
  CHECK(split("  \t ").empty());
  CHECK(split("get key") == Words{"get", "key"});
  CHECK(split("  get\t key  ") == Words{"get", "key"});
  CHECK(split("get key\r") == Words{"get", "key"});
}

TEST_CASE("double quotes take escapes") {
  CHECK(split(R"(set k "a b")") == Words{"set", "k", "a b"});
  CHECK(split(R"("a\x00b")") == Words{"a\0b"s});
  CHECK(split(R"("\xFf\xfF")") == Words{"\xff\xff"});
  CHECK(split(R"("\n\r\t\b\a")") == Words{"\n\r\t\b\a"});
  CHECK(split(R"("\"\\\q")") == Words{"\"\\q"});
  CHECK(split(R"("\xg0")") == Words{"xg0"});
  CHECK(split(R"("\x1")") == Words{"x1"});
  CHECK(split(R"("it's")") == Words{"it's"});
  CHECK(split(R"("")") == Words{""});
}

TEST_CASE("single quotes take next to none") {
  CHECK(split(R"('a b')") == Words{"a b"});
  CHECK(split(R"('a\nb')") == Words{R"(a\nb)"});
  CHECK(split(R"('it\'s')") == Words{"it's"});
  CHECK(split(R"('say "x"')") == Words{R"(say "x")"});
  CHECK(split("''") == Words{""});
}

TEST_CASE("a quote may open inside a word and must close at its end") {
  CHECK(split(R"(k"a b")") == Words{"ka b"});
  CHECK(split(R"(k'a b' c)") == Words{"ka b", "c"});
  CHECK(split(R"(a\nb)") == Words{R"(a\nb)"});
  for (const char* line : {R"("a)", "'a", R"("a"b)", "'a'b", R"(a "b" "c)", R"("a\)", R"("a\")"}) {
    CAPTURE(line);
    CHECK(!split_command_line(line));
  }
}

TEST_CASE("a NUL ends the line, but not inside quotes") {
  CHECK(split("get a\0b"s) == Words{"get", "a"});
  CHECK(split("get \0 b"s) == Words{"get"});
  CHECK(split("get \"a\0b\""s) == Words{"get", "a\0b"s});
}

}  // namespace miniredis
