#include "http/json_request.h"

#include <doctest/doctest.h>

namespace miniredis::service {
namespace {

// The type of the problem that `body` and what is read from it make; empty for none.
template <typename Read>
std::string problem_with(const std::string& body, Read read, std::string field = "") {
  HttpRequest request;
  request.body = body;
  try {
    const Json json = parse_body(request);
    Fields fields(json);
    read(fields);
    fields.finish();
  } catch (const Problem& problem) {
    if (!field.empty()) CHECK(problem.field == field);
    return problem.kind.type;
  }
  return "";
}

std::string problem_with(const std::string& body) {
  return problem_with(body, [](Fields& fields) { fields.find("a"); });
}

}  // namespace

TEST_CASE("a body is one JSON object without surprises") {
  CHECK(problem_with(R"({"a": {"b": [1, {"b": 2}]}})") == "");
  for (const char* body : {"", " ", "{", "[]", "5", "\"x\"", "null", "{\"a\":1,}", "{\"a\":1}x",
                           "{a:1}", "{\"a\":1e999}", "{\"a\":\"\xff\"}", "{\"a\":1,\"a\":2}",
                           "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":NaN}", "// c\n{}"}) {
    CAPTURE(body);
    CHECK(problem_with(body) == "malformed-json");
  }
}

TEST_CASE("nesting has a limit, far below what would hurt") {
  const auto nested = [](int levels) {
    return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  CHECK(problem_with(nested(20)) == "");
  CHECK(problem_with(nested(100)) == "malformed-json");
  CHECK(problem_with(nested(1'000'000)) == "malformed-json");
  CHECK(problem_with("{\"a\":" + std::string(1'000'000, '[')) == "malformed-json");
}

TEST_CASE("unknown members are named") {
  const auto reads_name = [](Fields& fields) { fields.text("name"); };
  CHECK(problem_with(R"({"name":"x"})", reads_name) == "");
  CHECK(problem_with(R"({"nam":"x"})", reads_name, "nam") == "unknown-field");
  CHECK(problem_with(R"({"name":"x","more":1})", reads_name, "more") == "unknown-field");
}

TEST_CASE("members have types and ranges") {
  const auto integer = [](Fields& fields) { fields.integer("n", -1, 10); };
  CHECK(problem_with(R"({"n":10})", integer) == "");
  CHECK(problem_with(R"({"n":-1})", integer) == "");
  for (const char* body : {R"({"n":11})", R"({"n":-2})", R"({"n":1.0})", R"({"n":"1"})",
                           R"({"n":true})", R"({"n":null})", R"({"n":18446744073709551615})"}) {
    CAPTURE(body);
    CHECK(problem_with(body, integer, "n") == "invalid-argument");
  }
  const auto bytes = [](Fields& fields) { fields.bytes("m", 1000, 1 << 20); };
  CHECK(problem_with(R"({"m":"1mb"})", bytes) == "");
  CHECK(problem_with(R"({"m":1000})", bytes) == "");
  for (const char* body : {R"({"m":"2mb"})", R"({"m":999})", R"({"m":"1 mb"})", R"({"m":-5})",
                           R"({"m":18446744073709551615})", R"({"m":[]})"}) {
    CAPTURE(body);
    CHECK(problem_with(body, bytes, "m") == "invalid-argument");
  }
  const auto text = [](Fields& fields) { fields.required_text("t"); };
  CHECK(problem_with("{}", text, "t") == "invalid-argument");
  CHECK(problem_with(R"({"t":5})", text, "t") == "invalid-argument");
  const auto boolean = [](Fields& fields) { fields.boolean("b"); };
  CHECK(problem_with(R"({"b":false})", boolean) == "");
  CHECK(problem_with(R"({"b":0})", boolean, "b") == "invalid-argument");
}

}  // namespace miniredis::service
