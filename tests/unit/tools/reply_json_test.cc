#include "reply_json.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace miniredis::mredis {
namespace {

using Kind = Value::Kind;

Value parsed(const char* text) {
  return value_from_json(nlohmann::ordered_json::parse(text));
}
Value bulk(std::string bytes) {
  return Value::text_of(Kind::kString, std::move(bytes));
}

}  // namespace

TEST_CASE("arguments that are not UTF-8 go as base64") {
  CHECK(argument_to_json("key").dump() == "\"key\"");
  CHECK(argument_to_json("\xc3\xa4").dump() == "\"\xc3\xa4\"");
  CHECK(argument_to_json("\xff").dump() == R"({"base64":"/w=="})");
  CHECK(argument_to_json(std::string("\xff\0\xfe", 3)).dump() == R"({"base64":"/wD+"})");
}

TEST_CASE("replies come back from JSON") {
  CHECK(parsed("null").is_nil());
  CHECK(parsed("true") == Value::boolean(true));
  CHECK(parsed("-5") == Value::integer(-5));
  CHECK(parsed("1.5") == Value::real(1.5));
  CHECK(parsed("\"x\"") == bulk("x"));
  CHECK(parsed(R"({"error":"ERR no"})") == Value::text_of(Kind::kError, "ERR no"));
  CHECK(parsed(R"({"base64":"/w=="})") == bulk("\xff"));
  CHECK(parsed(R"({"base64":"/wD+"})") == bulk(std::string("\xff\0\xfe", 3)));
  CHECK(parsed(R"({"base64":""})") == bulk(""));
  CHECK(parsed(R"({"double":"-inf"})") == Value::real(-HUGE_VAL));
  CHECK(parsed(R"({"big_number":"12"})") == Value::text_of(Kind::kBigNumber, "12"));
  CHECK(parsed(R"([1,["x"]])") ==
        Value::aggregate(Kind::kArray,
                         {Value::integer(1), Value::aggregate(Kind::kArray, {bulk("x")})}));
  CHECK(parsed(R"({"push":[1]})") == Value::aggregate(Kind::kPush, {Value::integer(1)}));
  CHECK(parsed(R"({"a":1,"b":null})") ==
        Value::aggregate(Kind::kMap, {bulk("a"), Value::integer(1), bulk("b"), Value()}));
  CHECK(parsed(R"({"map":[["a",1],[2,"b"]]})") ==
        Value::aggregate(Kind::kMap, {bulk("a"), Value::integer(1), Value::integer(2), bulk("b")}));
  CHECK(parsed(R"({"error":1})") ==
        Value::aggregate(Kind::kMap, {bulk("error"), Value::integer(1)}));
}

}  // namespace miniredis::mredis
