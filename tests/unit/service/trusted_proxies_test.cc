#include "http/trusted_proxies.h"

#include <doctest/doctest.h>

using miniredis::service::TrustedProxies;

namespace {

TrustedProxies proxies(std::string_view text) {
  auto parsed = TrustedProxies::parse(text);
  REQUIRE(parsed);
  return std::move(*parsed);
}

}  // namespace

TEST_CASE("addresses and networks are read, anything else is named") {
  const TrustedProxies some = proxies(" 127.0.0.1, 10.0.0.0/8 ,::1,fd00::/8");
  for (const char* inside : {"127.0.0.1", "10.200.3.4", "::1", "fd12::3", "::ffff:10.1.2.3"}) {
    CAPTURE(inside);
    CHECK(some.contains(inside));
  }
  for (const char* outside :
       {"127.0.0.2", "11.0.0.1", "::2", "fe80::1", "", "10.0.0.1x", "nobody"}) {
    CAPTURE(outside);
    CHECK_FALSE(some.contains(outside));
  }
  for (const char* wrong : {"localhost", "10.0.0.0/33", "10.0.0.1,,::1", "1.2.3", "fd00::/129"}) {
    CAPTURE(wrong);
    const auto refused = TrustedProxies::parse(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.failure().detail.find("allowed: addresses and networks") != std::string::npos);
  }
  CHECK_FALSE(proxies("").contains("127.0.0.1"));
}

TEST_CASE("a client is the first from the right that no trusted proxy is") {
  const TrustedProxies some = proxies("127.0.0.1,10.0.0.0/8");
  CHECK(some.client_of("127.0.0.1", "203.0.113.7") == "203.0.113.7");
  CHECK(some.client_of("127.0.0.1", "203.0.113.7, 10.1.1.1") == "203.0.113.7");
  CHECK(some.client_of("127.0.0.1", "6.6.6.6, 203.0.113.7 ,10.1.1.1") == "203.0.113.7");
  CHECK(some.client_of("127.0.0.1", "2001:db8::1") == "2001:db8::1");
  // All of them are ours: the one farthest away.
  CHECK(some.client_of("127.0.0.1", "10.0.0.9, 10.1.1.1") == "10.0.0.9");
}

TEST_CASE("nobody else is believed, and no nonsense") {
  const TrustedProxies some = proxies("127.0.0.1");
  CHECK(some.client_of("203.0.113.9", "1.2.3.4") == "203.0.113.9");
  CHECK(TrustedProxies().client_of("127.0.0.1", "1.2.3.4") == "127.0.0.1");
  for (const char* nonsense : {"", "unknown", "1.2.3.4:5678", "\xff\xfe", ",", "1.2.3.4, "}) {
    CAPTURE(nonsense);
    CHECK(some.client_of("127.0.0.1", nonsense) == "127.0.0.1");
  }
  CHECK(some.client_of("127.0.0.1", std::string(100'000, ',')) == "127.0.0.1");
}
