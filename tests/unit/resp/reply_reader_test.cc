#include <doctest/doctest.h>

#include <string>

#include "miniredis/reply.h"

namespace miniredis {
namespace {

using Kind = Value::Kind;

TEST_CASE("every kind of step is read") {
  const std::string_view bytes =
      "+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=7\r\ntxt:abc\r\n"
      "*2\r\n%1\r\n~3\r\n>1\r\n$-1\r\n";
  ReplyReader reader(bytes);
  const auto text = [&](Kind kind, std::string_view expected) {
    const auto item = reader.next();
    REQUIRE(item);
    CHECK(item->kind == kind);
    CHECK(item->text == expected);
  };
  text(Kind::kStatus, "OK");
  text(Kind::kError, "ERR no");
  CHECK(reader.next()->integer == -7);
  text(Kind::kString, "a\r\n");
  CHECK(reader.next()->kind == Kind::kNil);
  CHECK(reader.next()->integer == 1);
  CHECK(reader.next()->real == 1.5);
  text(Kind::kBigNumber, "123");
  text(Kind::kVerbatim, "abc");
  for (const Kind kind : {Kind::kArray, Kind::kMap, Kind::kSet, Kind::kPush}) {
    const auto item = reader.next();
    REQUIRE(item);
    CHECK(item->kind == kind);
    CHECK(item->count == (kind == Kind::kArray ? 2U : kind == Kind::kSet ? 3U : 1U));
  }
  CHECK(reader.next()->kind == Kind::kNil);
  CHECK(reader.at_end());
  CHECK(!reader.next());
}

TEST_CASE("attributes are passed over, whatever is in them") {
  for (const std::string_view bytes :
       {"|0\r\n:5\r\n", "|1\r\n+k\r\n*2\r\n:1\r\n%1\r\n+a\r\n~0\r\n:5\r\n",
        "|1\r\n|1\r\n+a\r\n+b\r\n+k\r\n$-1\r\n|1\r\n:1\r\n:2\r\n:5\r\n"}) {
    CAPTURE(bytes);
    ReplyReader reader(bytes);
    const auto item = reader.next();
    REQUIRE(item);
    CHECK(item->integer == 5);
    CHECK(reader.at_end());
    ReplyReader cut(bytes.substr(0, bytes.size() - 4));
    CHECK(!cut.next());
    CHECK(cut.position() == 0);
  }
}

TEST_CASE("what is cut or makes no sense ends the reading where it stands") {
  for (const std::string_view bytes :
       {"", "+OK", "+OK\r", "$5\r\nabc\r\n", "$5\r\nabcde", "?1\r\n", ":x\r\n", ",x\r\n",
        "*99999999999\r\n", "$99999999999\r\n", "|x\r\n", "|-1\r\n:1\r\n", "|1\r\n:1\r\n:2\r\n",
        "|2147483647\r\n:1\r\n"}) {
    CAPTURE(bytes);
    ReplyReader reader(bytes);
    CHECK(!reader.next());
    CHECK(reader.position() == 0);
  }
}

}  // namespace
}  // namespace miniredis
