#include "resp/request_parser.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace miniredis::resp {
namespace {

using Outcome = RequestParser::Outcome;

// Shows the parser `input` in pieces of `step` bytes, each time in other memory, and gathers what
// it understands: requests as "a|b|c", "" for empty ones, "!reason" for an error.
std::vector<std::string> parse_all(const std::string& input, std::size_t step,
                                   const RequestLimits& limits = {}) {
  std::vector<std::string> out;
  RequestParser parser;
  std::size_t start = 0;
  std::size_t shown = 0;
  while (start < input.size()) {
    shown = std::min(std::max(shown, start) + step, input.size());
    for (bool more = true; more && start < shown;) {
      const auto piece = std::make_unique<std::string>(input.substr(start, shown - start));
      switch (parser.parse(*piece, limits)) {
        case Outcome::kIncomplete:
          CHECK(parser.bytes_wanted() > piece->size());
          more = false;
          break;
        case Outcome::kError:
          out.push_back("!" + parser.error());
          return out;
        case Outcome::kEmpty:
          out.emplace_back();
          start += parser.consumed();
          break;
        case Outcome::kRequest: {
          std::string words;
          for (const Bytes word : parser.arguments()) words += std::string(word) + "|";
          out.push_back(words);
          start += parser.consumed();
          break;
        }
      }
    }
    if (shown == input.size()) break;
  }
  return out;
}

TEST_CASE("requests are the same however the bytes are cut") {
  std::string input =
      "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*0\r\n*-1\r\n\r\n  SET  a  \"b c\\x41\\n\"  "
      "'it\\'s'\r\n"
      "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$12\r\nwith\r\nbreaks\r\nECHO x\n";
  input += "*2\r\n$4\r\nECHO\r\n$300\r\n" + std::string(300, 'z') + "\r\n";
  const std::vector<std::string> expected = {"GET|k|",
                                             "PING|",
                                             "",
                                             "",
                                             "",
                                             "SET|a|b cA\n|it's|",
                                             "SET||with\r\nbreaks|",
                                             "ECHO|x|",
                                             "ECHO|" + std::string(300, 'z') + "|"};
  for (std::size_t step = 1; step <= input.size(); ++step) {
    CAPTURE(step);
    REQUIRE(parse_all(input, step) == expected);
  }
}

TEST_CASE("bytes that make no sense get Redis' reasons") {
  const auto reason = [](const std::string& input, const RequestLimits& limits = {}) {
    const auto all = parse_all(input, input.size(), limits);
    REQUIRE(!all.empty());
    return all.back();
  };
  CHECK(reason("*abc\r\n") == "!invalid multibulk length");
  CHECK(reason("*99999999999\r\n") == "!invalid multibulk length");
  CHECK(reason("*1048577\r\n") == "!invalid multibulk length");
  CHECK(reason("*1\r\n:3\r\n") == "!expected '$', got ':'");
  CHECK(reason("*1\r\n$-1\r\n") == "!invalid bulk length");
  CHECK(reason("*1\r\n$abc\r\n") == "!invalid bulk length");
  CHECK(reason("*1\r\n$536870913\r\n") == "!invalid bulk length");
  CHECK(reason("*1\r\n$9223372036854775808\r\n") == "!invalid bulk length");
  CHECK(reason("*" + std::string(100, '1')) == "!invalid multibulk length");
  CHECK(reason("SET \"abc\r\n") == "!unbalanced quotes in request");
  CHECK(reason("SET \"abc\"d\r\n") == "!unbalanced quotes in request");
  CHECK(reason(std::string(70'000, 'x')) == "!too big inline request");
  const RequestLimits stranger{10, 16 << 10, 16 << 10, true};
  CHECK(reason("*11\r\n", stranger) == "!unauthenticated multibulk length");
  CHECK(reason("*2\r\n$16385\r\n", stranger) == "!unauthenticated bulk length");
  CHECK(reason("a b c d e f g h i j k\r\n", stranger) == "!unauthenticated multibulk length");
}

TEST_CASE("announced lengths take no memory before the bytes are there") {
  RequestParser parser;
  CHECK(parser.parse("*1000000\r\n$500000000\r\nabc", {}) == Outcome::kIncomplete);
  CHECK(parser.memory_bytes() < 1024);
  CHECK(parser.bytes_wanted() > 500'000'000);
}

TEST_CASE("a parser that was reset starts afresh") {
  RequestParser parser;
  CHECK(parser.parse("*2\r\n$3\r\nGET\r\n$5\r\n", {}) == Outcome::kIncomplete);
  parser.reset();
  CHECK(parser.parse("PING\r\n", {}) == Outcome::kRequest);
  CHECK(parser.arguments().size() == 1);
}

}  // namespace
}  // namespace miniredis::resp
