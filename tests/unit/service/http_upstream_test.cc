#include "http/http_upstream.h"

#include <doctest/doctest.h>

#include <random>

#include "http/http_headers.h"

namespace miniredis::service {

TEST_CASE("the forms of an upstream") {
  auto plain = parse_upstream("http://auth.internal:8000");
  REQUIRE(plain.ok());
  CHECK(plain->host == "auth.internal");
  CHECK(plain->port == 8000);
  CHECK(plain->authority() == "auth.internal:8000");
  CHECK(parse_upstream("http://127.0.0.1/")->port == 80);
  auto six = parse_upstream("http://[::1]:9000/");
  REQUIRE(six.ok());
  CHECK(six->host == "::1");
  CHECK(six->authority() == "[::1]:9000");
  CHECK(parse_upstream("unix:/run/a.sock")->unix_path == "/run/a.sock");
  CHECK(parse_upstream("unix:///run/a.sock")->unix_path == "/run/a.sock");
  CHECK(parse_upstream("unix:/run/a.sock")->authority() == "localhost");
}

TEST_CASE("what is no upstream is refused with a word why") {
  for (const std::string& url : {std::string(""),
                                 std::string("auth:8000"),
                                 std::string("https://auth"),
                                 std::string("http://"),
                                 std::string("http://:80"),
                                 std::string("http:///x"),
                                 std::string("http://a/b"),
                                 std::string("http://a:0"),
                                 std::string("http://a:65536"),
                                 std::string("http://a:-1"),
                                 std::string("http://a:80x"),
                                 std::string("http://a:"),
                                 std::string("http://u@a"),
                                 std::string("http://a?b"),
                                 std::string("http://[::1"),
                                 std::string("http://[]:1"),
                                 std::string("http://[::1]x"),
                                 std::string("http://[::1]80"),
                                 std::string("http://a b"),
                                 std::string("http://a\r\nX: y"),
                                 std::string("http://a\0b", 10),
                                 "http://" + std::string(300, 'a'),
                                 std::string("unix:"),
                                 std::string("unix:rel.sock"),
                                 std::string("unix:/"),
                                 "unix:/" + std::string(200, 'a'),
                                 std::string("unix:/a\0b", 9)}) {
    CAPTURE(url);
    auto outcome = parse_upstream(url);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.failure().kind == FailureKind::kInvalidValue);
  }
  CHECK(parse_upstream("https://auth").failure().detail.starts_with("https is not supported"));
}

TEST_CASE("any bytes are an upstream or none") {
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "htp:/u nix[]:.aZ09-_\r\n\0?@%";
  for (int i = 0; i < 20'000; ++i) {
    std::string url = i % 3 == 0 ? "http://" : i % 3 == 1 ? "unix:/" : "";
    const std::size_t length = random() % 20;
    for (std::size_t j = 0; j < length; ++j) url += kBytes[random() % kBytes.size()];
    auto outcome = parse_upstream(url);
    if (!outcome.ok()) continue;
    CHECK(is_header_value(outcome->authority()));
    CHECK(outcome->host.empty() != outcome->unix_path.empty());
  }
}

TEST_CASE("a hostile Connection header costs little") {
  HttpHeaders headers = {{"Connection", ""}};
  for (int i = 0; i < 8000; ++i) headers[0].second += "a" + std::to_string(i) + ",";
  for (int i = 0; i < 8000; ++i) headers.emplace_back("A" + std::to_string(i), "x");
  headers.emplace_back("B", "stays");
  CHECK(end_to_end_headers(headers) == HttpHeaders{{"B", "stays"}});
}

}  // namespace miniredis::service
