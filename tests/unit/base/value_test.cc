#include "miniredis/value.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace miniredis {
namespace {

using Kind = Value::Kind;

Value bulk(std::string bytes) {
  return Value::text_of(Kind::kString, std::move(bytes));
}

}  // namespace

TEST_CASE("a value has its kind's content and nothing else") {
  CHECK(Value().is_nil());
  CHECK(Value::integer(5).as_integer() == 5);
  CHECK(Value::integer(5).as_double() == 5.0);
  CHECK(Value::real(2.5).as_double() == 2.5);
  CHECK(Value::real(2.5).as_integer() == 0);
  CHECK(Value::boolean(true).as_integer() == 1);
  CHECK(bulk("x").text() == "x");
  CHECK(Value::text_of(Kind::kError, "ERR no").is_error());
  const Value array = Value::aggregate(Kind::kArray, {Value::integer(1), bulk("b")});
  CHECK(array.is_aggregate());
  CHECK(array.items().size() == 2);
  CHECK(array == Value::aggregate(Kind::kArray, {Value::integer(1), bulk("b")}));
  CHECK(array != Value::aggregate(Kind::kSet, {Value::integer(1), bulk("b")}));
  CHECK(bulk("OK") != Value::text_of(Kind::kStatus, "OK"));
}

TEST_CASE("scalars are drawn as redis-cli draws them") {
  CHECK(to_string(Value()) == "(nil)");
  CHECK(to_string(Value::integer(-3)) == "(integer) -3");
  CHECK(to_string(Value::real(1.5)) == "(double) 1.5");
  CHECK(to_string(Value::boolean(true)) == "(true)");
  CHECK(to_string(Value::boolean(false)) == "(false)");
  CHECK(to_string(Value::text_of(Kind::kStatus, "OK")) == "OK");
  CHECK(to_string(Value::text_of(Kind::kError, "ERR no")) == "(error) ERR no");
  CHECK(to_string(Value::text_of(Kind::kVerbatim, "a\nb")) == "a\nb");
  CHECK(to_string(bulk("hello")) == "\"hello\"");
  CHECK(to_string(bulk(std::string("a\0b", 3))) == "\"a\\x00b\"");
  CHECK(to_string(bulk("\"\\\n\r\t\a\b\x7f\xc3\xa4")) == R"("\"\\\n\r\t\a\b\x7f\xc3\xa4")");
}

TEST_CASE("aggregates are drawn with indices in one column") {
  CHECK(to_string(Value::aggregate(Kind::kArray, {})) == "(empty array)");
  CHECK(to_string(Value::aggregate(Kind::kMap, {})) == "(empty hash)");
  CHECK(to_string(Value::aggregate(Kind::kSet, {})) == "(empty set)");
  CHECK(to_string(Value::aggregate(Kind::kArray, {bulk("x"), Value()})) == "1) \"x\"\n2) (nil)");
  CHECK(to_string(Value::aggregate(Kind::kSet, {bulk("x")})) == "1~ \"x\"");
  CHECK(to_string(Value::aggregate(Kind::kMap,
                                   {bulk("k"), Value::integer(1), bulk("l"), Value::integer(2)})) ==
        "1# \"k\" => (integer) 1\n2# \"l\" => (integer) 2");

  std::vector<Value> ten;
  for (int i = 0; i < 10; ++i) ten.push_back(Value::integer(i));
  const std::string drawn = to_string(Value::aggregate(Kind::kArray, ten));
  CHECK(drawn.substr(0, 31) == " 1) (integer) 0\n 2) (integer) 1");
  CHECK(drawn.substr(drawn.size() - 15) == "10) (integer) 9");
}

TEST_CASE("what is nested is indented to its element's column") {
  const Value inner = Value::aggregate(Kind::kArray, {bulk("a"), bulk("b")});
  CHECK(to_string(Value::aggregate(Kind::kArray, {inner, inner})) ==
        "1) 1) \"a\"\n   2) \"b\"\n2) 1) \"a\"\n   2) \"b\"");
  CHECK(to_string(Value::aggregate(Kind::kMap, {bulk("k"), inner})) ==
        "1# \"k\" => \n   1) \"a\"\n   2) \"b\"");
  CHECK(to_string(Value::aggregate(Kind::kMap, {bulk("k"), Value::aggregate(Kind::kArray, {})})) ==
        "1# \"k\" => (empty array)");
}

}  // namespace miniredis
