// The expected results of the odd patterns were taken from a redis-server 7.0 with KEYS.
#include "base/glob.h"

#include <doctest/doctest.h>

#include <string>

namespace miniredis::base {
namespace {

bool ignoring_case(Bytes pattern, Bytes text) {
  return glob_match(pattern, text, Case::kIgnore);
}

}  // namespace

TEST_CASE("glob: literals, question marks and stars") {
  CHECK(glob_match("user:1", "user:1"));
  CHECK(!glob_match("user:1", "user:10"));
  CHECK(!glob_match("user:10", "user:1"));
  CHECK(!glob_match("user", "User"));
  CHECK(glob_match("h?llo", "hallo"));
  CHECK(!glob_match("h?llo", "hllo"));
  CHECK(glob_match("*", "anything"));
  CHECK(glob_match("***", "x"));
  CHECK(glob_match("h*llo", "hllo"));
  CHECK(glob_match("h*llo", "heeello"));
  CHECK(!glob_match("h*llo", "heeell"));
  CHECK(glob_match("*a*b*", "xxaxxbxx"));
  CHECK(!glob_match("*a*b", "xxaxxbxx"));
  CHECK(glob_match("*aab", "aaaab"));
  CHECK(glob_match("a*?", "ab"));
  CHECK(!glob_match("a*?", "a"));
  CHECK(glob_match("a**", "a"));
  CHECK(glob_match(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

TEST_CASE("glob: an empty text matches the empty pattern alone") {
  CHECK(glob_match("", ""));
  CHECK(!glob_match("*", ""));
  CHECK(!glob_match("**", ""));
  CHECK(!glob_match("", "a"));
}

TEST_CASE("glob: classes") {
  CHECK(glob_match("h[ae]llo", "hello"));
  CHECK(!glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK(!glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("h[a-c]llo", "hbllo"));
  CHECK(!glob_match("h[a-c]llo", "hdllo"));
  CHECK(glob_match("[^^]", "a"));
  CHECK(!glob_match("[^^]", "^"));
  CHECK(glob_match("[a^]", "^"));
  // An empty class matches nothing, an empty inverted one anything.
  CHECK(!glob_match("[]", "]"));
  CHECK(!glob_match("[]a]", "]"));
  CHECK(glob_match("[^]", "a"));
  CHECK(glob_match("[^]a", "xa"));
}

TEST_CASE("glob: a reversed range is put in order") {
  CHECK(glob_match("[z-a]", "m"));
  CHECK(!glob_match("[z-a]", "M"));
}

TEST_CASE("glob: a dash at either end of a class is a dash, but for one before the bracket") {
  CHECK(glob_match("[-a]", "-"));
  CHECK(glob_match("[-a]", "a"));
  // "a-]" is a range here, and the class has no end.
  CHECK(glob_match("[a-]", "^"));
  CHECK(!glob_match("[a-]", "-"));
}

TEST_CASE("glob: ranges compare signed bytes") {
  CHECK(glob_match("[a-\xff]", "A"));
  CHECK(!glob_match("[a-\xff]", "z"));
  CHECK(!glob_match("[a-\xff]", "\xf0"));
  CHECK(glob_match("[\x80-\xff]", "\xc3"));
}

TEST_CASE("glob: an unterminated class ends with the pattern") {
  CHECK(glob_match("[abc", "b"));
  CHECK(!glob_match("[abc", "d"));
  CHECK(glob_match("x[a-c", "xb"));
  CHECK(!glob_match("[", "["));
  CHECK(glob_match("[^", "x"));
  CHECK(glob_match("[\\", "\\"));
  CHECK(glob_match("[a-", "-"));
}

TEST_CASE("glob: a backslash quotes") {
  CHECK(glob_match("h\\?llo", "h?llo"));
  CHECK(!glob_match("h\\?llo", "hello"));
  CHECK(glob_match("\\*", "*"));
  CHECK(glob_match("\\\\", "\\"));
  CHECK(glob_match("\\", "\\"));
  CHECK(glob_match("a\\", "a\\"));
  CHECK(glob_match("[\\]]", "]"));
  CHECK(glob_match("[\\^a]", "^"));
  CHECK(glob_match("[\\-z]", "-"));
}

TEST_CASE("glob: case is ignored where asked, in ASCII only") {
  CHECK(ignoring_case("MAXMEM*", "maxmemory"));
  CHECK(ignoring_case("[A-C]x", "bX"));
  CHECK(!ignoring_case("[A-C]", "d"));
  CHECK(ignoring_case("\\A", "a"));
  CHECK(!ignoring_case("\xc3\x84", "\xc3\xa4"));
  // Redis compares a quoted character of a class exactly.
  CHECK(!ignoring_case("[\\A]", "a"));
  CHECK(ignoring_case("[\\A]", "A"));
}

TEST_CASE("glob: patterns that blow up a recursive matcher take bounded time") {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  pattern += "b";
  const std::string text(1000, 'a');
  CHECK(!glob_match(pattern, text));
  CHECK(glob_match(pattern, text + "b"));
}

TEST_CASE("glob: the budget of steps ends a match as a mismatch") {
  const std::string text(2000, 'a');
  const std::string pattern = "*" + std::string(1000, 'a') + "b";
  CHECK(!glob_match(pattern, text + "b", Case::kSensitive, 1000));
  CHECK(glob_match(pattern, text + "b", Case::kSensitive, 3'000'000));
  // A long class is paid for by its length.
  const std::string long_class = "[" + std::string(500, 'x') + "a]*";
  CHECK(glob_match(long_class, "a", Case::kSensitive, 600));
  CHECK(!glob_match(long_class, "a", Case::kSensitive, 400));
}

TEST_CASE("glob: literal patterns are told from others") {
  CHECK(glob_is_literal("user:1-]^"));
  CHECK(glob_is_literal(""));
  CHECK(!glob_is_literal("a*"));
  CHECK(!glob_is_literal("a?"));
  CHECK(!glob_is_literal("[a]"));
  CHECK(!glob_is_literal("a\\b"));
}

}  // namespace miniredis::base
