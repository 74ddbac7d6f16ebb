#include "reply_printer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace miniredis::mredis {
namespace {

using Kind = Value::Kind;

Value bulk(std::string bytes) {
  return Value::text_of(Kind::kString, std::move(bytes));
}

std::string drawn(const Value& value) {
  return print_reply(value, ReplyFormat::kDrawn);
}
std::string raw(const Value& value) {
  return print_reply(value, ReplyFormat::kRaw);
}
std::string json(const Value& value) {
  return print_reply(value, ReplyFormat::kJson);
}
std::string csv(const Value& value) {
  return print_reply(value, ReplyFormat::kCsv);
}

const Value kMap = Value::aggregate(Kind::kMap, {bulk("a"), Value::integer(1), bulk("b"), Value()});
const Value kNested = Value::aggregate(
    Kind::kArray, {bulk("x"), Value::aggregate(Kind::kArray, {bulk("y"), Value::integer(2)})});

}  // namespace

TEST_CASE("drawn as redis-cli draws on a terminal") {
  CHECK(drawn(Value::integer(3)) == "(integer) 3\n");
  CHECK(drawn(kNested) == "1) \"x\"\n2) 1) \"y\"\n   2) (integer) 2\n");
  CHECK(drawn(Value::text_of(Kind::kVerbatim, "# Server\r\n")) == "# Server\r\n");
}

TEST_CASE("raw is the bytes, one element a line") {
  CHECK(raw(bulk(std::string("a\0b", 3))) == std::string("a\0b\n", 4));
  CHECK(raw(Value()) == "\n");
  CHECK(raw(Value::integer(-3)) == "-3\n");
  CHECK(raw(Value::real(0.1)) == "0.1\n");
  CHECK(raw(Value::boolean(true)) == "true\n");
  CHECK(raw(Value::text_of(Kind::kError, "ERR no")) == "ERR no\n");
  CHECK(raw(kNested) == "x\ny\n2\n");
  CHECK(raw(kMap) == "a 1\nb \n");
}

TEST_CASE("json") {
  CHECK(json(Value()) == "null\n");
  CHECK(json(Value::integer(3)) == "3\n");
  CHECK(json(Value::real(0.5)) == "0.5\n");
  CHECK(json(Value::real(HUGE_VAL)) == "\"inf\"\n");
  CHECK(json(Value::boolean(false)) == "false\n");
  CHECK(json(bulk("a\"\n")) == "\"a\\\"\\n\"\n");
  CHECK(json(bulk("\xc3\xa4")) == "\"\xc3\xa4\"\n");
  CHECK(json(bulk("a\xff")) == "\"a\xc3\xbf\"\n");
  CHECK(json(kMap) == "{\"a\":1,\"b\":null}\n");
  CHECK(json(Value::aggregate(Kind::kMap, {bulk("1"), bulk("x"), Value::integer(1), bulk("y")})) ==
        "[[\"1\",\"x\"],[1,\"y\"]]\n");
  CHECK(json(kNested) == "[\"x\",[\"y\",2]]\n");
  CHECK(json(Value::text_of(Kind::kError, "ERR no")) == "{\"error\":\"ERR no\"}\n");
  CHECK(json(Value::text_of(Kind::kBigNumber, "123")) == "\"123\"\n");
}

TEST_CASE("csv") {
  CHECK(csv(bulk("a\"b")) == "\"a\"\"b\"\n");
  CHECK(csv(kNested) == "\"x\",\"y\",2\n");
  CHECK(csv(Value()) == "\n");
  CHECK(csv(kMap) == "\"a\",1,\"b\",\n");
}

}  // namespace miniredis::mredis
