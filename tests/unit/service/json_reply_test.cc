#include "node_manager/json_reply.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/utf8.h"

namespace miniredis::service {
namespace {

using Kind = Value::Kind;

Value text(std::string bytes) {
  return Value::text_of(Kind::kString, std::move(bytes));
}

std::string json(const Value& value, BulkEncoding encoding = BulkEncoding::kText) {
  return to_json(value, encoding).dump();
}

}  // namespace

TEST_CASE("plain values keep their type") {
  CHECK(json(Value()) == "null");
  CHECK(json(Value::boolean(true)) == "true");
  CHECK(json(Value::integer(-5)) == "-5");
  CHECK(json(Value::integer(std::numeric_limits<std::int64_t>::min())) == "-9223372036854775808");
  CHECK(json(Value::real(1.5)) == "1.5");
  CHECK(json(Value::real(3)) == "3.0");
  CHECK(json(Value::real(INFINITY)) == R"({"double":"inf"})");
  CHECK(json(Value::real(-INFINITY)) == R"({"double":"-inf"})");
  CHECK(json(Value::real(NAN)) == R"({"double":"nan"})");
  CHECK(json(text("5")) == "\"5\"");
  CHECK(json(Value::text_of(Kind::kStatus, "OK")) == "\"OK\"");
  CHECK(json(Value::text_of(Kind::kError, "ERR no")) == R"({"error":"ERR no"})");
  CHECK(json(Value::text_of(Kind::kBigNumber, "12345678901234567890")) ==
        R"({"big_number":"12345678901234567890"})");
  CHECK(json(Value::text_of(Kind::kVerbatim, "# Server")) == "\"# Server\"");
}

TEST_CASE("bytes that are no text are base64, and all are when asked for") {
  CHECK(json(text("\xff\x00")) == R"({"base64":"/w=="})");
  CHECK(json(text(std::string("a\0b", 3))) == R"("a\u0000b")");
  CHECK(json(text("\xc3\xa4")) == "\"\xc3\xa4\"");
  CHECK(json(text("abc"), BulkEncoding::kBase64) == R"({"base64":"YWJj"})");
  CHECK(json(Value::text_of(Kind::kStatus, "OK"), BulkEncoding::kBase64) == "\"OK\"");
  CHECK(json(Value::text_of(Kind::kError, "\xff")) == R"({"error":{"base64":"/w=="}})");
}

TEST_CASE("aggregates nest") {
  const Value list = Value::aggregate(Kind::kArray, {Value::integer(1), Value(), text("x")});
  CHECK(json(list) == R"([1,null,"x"])");
  CHECK(json(Value::aggregate(Kind::kSet, {text("a")})) == R"(["a"])");
  CHECK(json(Value::aggregate(Kind::kPush, {text("message"), list})) ==
        R"({"push":["message",[1,null,"x"]]})");
  CHECK(json(Value::aggregate(Kind::kArray, {})) == "[]");
}

TEST_CASE("a map is an object where nothing is lost by it") {
  const auto map = [](std::vector<Value> items) {
    return Value::aggregate(Kind::kMap, std::move(items));
  };
  CHECK(json(map({text("b"), Value::integer(1), text("a"), text("x")})) == R"({"b":1,"a":"x"})");
  CHECK(json(map({})) == "{}");
  CHECK(json(map({Value::integer(1), text("x")})) == R"({"map":[[1,"x"]]})");
  CHECK(json(map({text("k"), text("1"), text("k"), text("2")})) ==
        R"({"map":[["k","1"],["k","2"]]})");
  CHECK(json(map({text("\xff"), Value()})) == R"({"map":[[{"base64":"/w=="},null]]})");
  CHECK(json(map({text("error"), text("x")})) == R"({"map":[["error","x"]]})");
  CHECK(json(map({text("error"), text("x"), text("b"), text("y")})) == R"({"error":"x","b":"y"})");
  CHECK(json(map({text("k"), text("v")}), BulkEncoding::kBase64) ==
        R"({"map":[[{"base64":"aw=="},{"base64":"dg=="}]]})");
}

TEST_CASE("UTF-8 is what Unicode says it is") {
  for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf",
                          "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "a\xe2\x82", "\xc2\x41"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_utf8(bad));
  }
}

}  // namespace miniredis::service
