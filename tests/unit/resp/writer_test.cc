#include "resp/writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "resp/decoder.h"

namespace miniredis::resp {
namespace {

template <typename Write>
std::string written(Protocol protocol, Write&& write) {
  Buffer out;
  Writer writer(out, protocol);
  write(writer);
  return std::string(out.view());
}

template <typename Write>
void check(Write&& write, const std::string& resp2, const std::string& resp3) {
  CHECK(written(Protocol::kResp2, write) == resp2);
  CHECK(written(Protocol::kResp3, write) == resp3);
  const auto decoded = decode(written(Protocol::kResp3, write));
  REQUIRE(decoded.has_value());
  CHECK(decoded->consumed == resp3.size());
}

TEST_CASE("each kind of reply in both protocols") {
  check([](Writer& w) { w.ok(); }, "+OK\r\n", "+OK\r\n");
  check([](Writer& w) { w.integer(7); }, ":7\r\n", ":7\r\n");
  check([](Writer& w) { w.integer(-1234567890123); }, ":-1234567890123\r\n", ":-1234567890123\r\n");
  check([](Writer& w) { w.integer(std::numeric_limits<std::int64_t>::min()); },
        ":-9223372036854775808\r\n", ":-9223372036854775808\r\n");
  check([](Writer& w) { w.bulk(Bytes("a\0b", 3)); }, std::string("$3\r\na\0b\r\n", 9),
        std::string("$3\r\na\0b\r\n", 9));
  check([](Writer& w) { w.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n");
  check([](Writer& w) { w.bulk_integer(-10); }, "$3\r\n-10\r\n", "$3\r\n-10\r\n");
  check([](Writer& w) { w.null(); }, "$-1\r\n", "_\r\n");
  check([](Writer& w) { w.null_array(); }, "*-1\r\n", "_\r\n");
  check([](Writer& w) { w.boolean(true); }, ":1\r\n", "#t\r\n");
  check([](Writer& w) { w.real(1.5); }, "$3\r\n1.5\r\n", ",1.5\r\n");
  check([](Writer& w) { w.real(std::numeric_limits<double>::infinity()); }, "$3\r\ninf\r\n",
        ",inf\r\n");
  check([](Writer& w) { w.big_number("123"); }, "$3\r\n123\r\n", "(123\r\n");
  check([](Writer& w) { w.verbatim("txt", "hi"); }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n");
  check(
      [](Writer& w) {
        w.map(1);
        w.bulk("k");
        w.integer(1);
      },
      "*2\r\n$1\r\nk\r\n:1\r\n", "%1\r\n$1\r\nk\r\n:1\r\n");
  check([](Writer& w) { w.set(0); }, "*0\r\n", "~0\r\n");
  check([](Writer& w) { w.push(0); }, "*0\r\n", ">0\r\n");
}

TEST_CASE("an error can't smuggle another reply in") {
  CHECK(written(Protocol::kResp2, [](Writer& w) { w.error("ERR a\r\n+OK\r\nb"); }) ==
        "-ERR a  +OK  b\r\n");
}

TEST_CASE("a buffer keeps its bytes through growth, gaps and consumption") {
  Buffer buffer;
  std::string model;
  buffer.leave_gap(16);
  for (int i = 0; i < 5'000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    buffer.append(piece);
    model += piece;
    if (i % 7 == 0) {
      const std::size_t taken = std::min<std::size_t>(5, model.size());
      buffer.consume(taken);
      model.erase(0, taken);
    }
    REQUIRE(buffer.view() == model);
  }
  Buffer other;
  other.leave_gap(8);
  other.append("body");
  other.prepend("head:");
  CHECK(other.view() == "head:body");
  buffer = std::move(other);
  CHECK(buffer.view() == "head:body");
  CHECK(other.view() == model);
}

TEST_CASE("broken bytes are no reply") {
  for (const char* bytes :
       {"", "+OK", "$5\r\nabc\r\n", "*2\r\n:1\r\n", "?x\r\n", ":x\r\n", "$99999999999\r\n"}) {
    CAPTURE(bytes);
    CHECK_FALSE(decode(bytes).has_value());
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "*1\r\n";
  CHECK_FALSE(decode(deep + ":1\r\n").has_value());
}

}  // namespace
}  // namespace miniredis::resp
