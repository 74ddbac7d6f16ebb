#include "common/units.h"

#include <doctest/doctest.h>

#include <vector>

namespace miniredis::service {

TEST_CASE("sizes are read with Redis' units") {
  CHECK(parse_bytes("0") == 0);
  CHECK(parse_bytes("1048576") == 1048576);
  CHECK(parse_bytes("40mb") == 40LL << 20);
  CHECK(parse_bytes("40MB") == 40LL << 20);
  CHECK(parse_bytes("2k") == 2000);
  CHECK(parse_bytes("2kb") == 2048);
  CHECK(parse_bytes("1g") == 1'000'000'000);
  CHECK(parse_bytes("7b") == 7);
  CHECK(parse_bytes("9223372036854775807") == 9223372036854775807);
}

TEST_CASE("what is no size is refused") {
  for (const char* text : {"", "mb", "-1", "+1", "1.5mb", "40 mb", "40mbx", "0x10", "1e3",
                           "9223372036854775808", "9007199254740993gb", "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bytes(text).has_value());
  }
}

TEST_CASE("a size is written in the form it is read in") {
  CHECK(format_bytes(40LL << 20) == "40mb");
  CHECK(format_bytes(1500) == "1500");
  for (const std::int64_t bytes : {0LL, 1LL, 1023LL, 1024LL, 1025LL, 3LL << 30, 1LL << 48}) {
    CHECK(parse_bytes(format_bytes(bytes)) == bytes);
  }
}

TEST_CASE("times are RFC 3339") {
  CHECK(format_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_time(951'782'400'007) == "2000-02-29T00:00:00.007Z");
}

TEST_CASE("dates of HTTP are in English and GMT") {
  CHECK(format_http_date(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("endpoints of IPv6 have brackets") {
  CHECK(format_endpoint("127.0.0.1", 7000) == "127.0.0.1:7000");
  CHECK(format_endpoint("::1", 7000) == "[::1]:7000");
  CHECK(is_loopback("127.0.0.9"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
}

TEST_CASE("the nearest word is near, or there is none") {
  const std::vector<std::string> known{"http_port", "router_port", "bind"};
  CHECK(nearest_of("htp_port", known) == "http_port");
  CHECK(nearest_of("bnid", known) == "bind");
  CHECK_FALSE(nearest_of("completely_different", known).has_value());
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

}  // namespace miniredis::service
