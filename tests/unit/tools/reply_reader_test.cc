#include "reply_reader.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "failure.h"

namespace miniredis::mredis {
namespace {

using Kind = Value::Kind;

std::vector<Value> read_all(std::string_view bytes, std::size_t piece) {
  ReplyReader reader;
  std::vector<Value> replies;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
  }
  return replies;
}

Value read_one(std::string_view bytes) {
  const std::vector<Value> replies = read_all(bytes, bytes.size());
  REQUIRE(replies.size() == 1);
  return replies[0];
}

Value bulk(std::string bytes) {
  return Value::text_of(Kind::kString, std::move(bytes));
}

}  // namespace

TEST_CASE("every kind of reply is read") {
  CHECK(read_one("+OK\r\n") == Value::text_of(Kind::kStatus, "OK"));
  CHECK(read_one("-ERR no\r\n") == Value::text_of(Kind::kError, "ERR no"));
  CHECK(read_one(":-12\r\n") == Value::integer(-12));
  CHECK(read_one("$5\r\na\r\nb\n\r\n") == bulk("a\r\nb\n"));
  CHECK(read_one("$0\r\n\r\n") == bulk(""));
  CHECK(read_one("$-1\r\n").is_nil());
  CHECK(read_one("*-1\r\n").is_nil());
  CHECK(read_one("_\r\n").is_nil());
  CHECK(read_one("#t\r\n") == Value::boolean(true));
  CHECK(read_one("#f\r\n") == Value::boolean(false));
  CHECK(read_one(",1.5\r\n") == Value::real(1.5));
  CHECK(read_one(",-inf\r\n") == Value::real(-HUGE_VAL));
  CHECK(std::isnan(read_one(",nan\r\n").as_double()));
  CHECK(read_one("(123456789012345678901234567890\r\n") ==
        Value::text_of(Kind::kBigNumber, "123456789012345678901234567890"));
  CHECK(read_one("!5\r\nERR x\r\n") == Value::text_of(Kind::kError, "ERR x"));
  CHECK(read_one("=6\r\ntxt:ab\r\n") == Value::text_of(Kind::kVerbatim, "ab"));
  CHECK(read_one("*0\r\n") == Value::aggregate(Kind::kArray, {}));
  CHECK(read_one("*2\r\n:1\r\n$1\r\nx\r\n") ==
        Value::aggregate(Kind::kArray, {Value::integer(1), bulk("x")}));
  CHECK(read_one("%1\r\n+k\r\n:1\r\n") ==
        Value::aggregate(Kind::kMap, {Value::text_of(Kind::kStatus, "k"), Value::integer(1)}));
  CHECK(read_one("~1\r\n:1\r\n") == Value::aggregate(Kind::kSet, {Value::integer(1)}));
  CHECK(read_one(">1\r\n+m\r\n") ==
        Value::aggregate(Kind::kPush, {Value::text_of(Kind::kStatus, "m")}));
}

TEST_CASE("attributes are dropped, wherever they stand") {
  CHECK(read_one("|1\r\n+a\r\n:1\r\n:7\r\n") == Value::integer(7));
  CHECK(read_one("*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:7\r\n:8\r\n") ==
        Value::aggregate(Kind::kArray, {Value::integer(7), Value::integer(8)}));
  CHECK(read_one("|0\r\n:7\r\n") == Value::integer(7));
}

TEST_CASE("replies in pieces of any size are the same replies") {
  const std::string bytes =
      "*3\r\n$3\r\na\r\n\r\n*2\r\n:1\r\n*0\r\n%1\r\n+k\r\n$-1\r\n+OK\r\n$4\r\n\r\n\r\n\r\n:5\r\n";
  const std::vector<Value> whole = read_all(bytes, bytes.size());
  REQUIRE(whole.size() == 4);
  for (std::size_t piece = 1; piece < 12; ++piece) {
    CAPTURE(piece);
    CHECK(read_all(bytes, piece) == whole);
  }
}

TEST_CASE("a long reply in small pieces takes time in proportion to its length") {
  std::string bytes = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i) bytes += ":1\r\n";
  const std::vector<Value> replies = read_all(bytes, 16);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].items().size() == 200'000);
}

TEST_CASE("bytes that are no replies are refused") {
  for (const char* bytes :
       {"x\r\n", "\r\n", ":a\r\n", ":\r\n", ":1x\r\n", "$-2\r\n", "$a\r\n", "*-2\r\n", "#x\r\n",
        ",x\r\n", ",\r\n", "$1\r\nab\r\n", "%-1x\r\n", "*9223372036854775807\r\n",
        "*99999999999999999999\r\n", "HTTP/1.1 400 Bad Request\r\n"}) {
    CAPTURE(bytes);
    CHECK_THROWS_AS(read_all(bytes, 1000), ConnectionError);
  }
}

TEST_CASE("nesting has a limit") {
  std::string deep;
  for (std::size_t i = 0; i < ReplyReader::kMaxDepth; ++i) deep += "*1\r\n";
  CHECK(read_one(deep + ":1\r\n").is_aggregate());
  CHECK_THROWS_AS(read_all("*1\r\n" + deep + ":1\r\n", 1000), ConnectionError);
}

}  // namespace miniredis::mredis
