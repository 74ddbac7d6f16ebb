#include "common/secure_bytes.h"

#include <doctest/doctest.h>

namespace miniredis::service {

TEST_CASE("digests match the standard's vector") {
  CHECK(to_hex(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("base64 matches RFC 4648 and reads back") {
  CHECK(to_base64("") == "");
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(to_base64("\xfb\xff\xfe") == "+//+");
  CHECK(to_base64("\xfb\xff", true) == "-_8");
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string bytes = random_bytes(length);
    CHECK(from_base64(to_base64(bytes)) == bytes);
  }
}

TEST_CASE("what is not base64 is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Z===", "====", "Zm9v!mFy",
                           "Zh==", "Zm9=", "Zg==Zg==", "=Zg=", "Zm8-", "Zm 8"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text).has_value());
  }
}

TEST_CASE("comparison and randomness") {
  CHECK(equal_in_constant_time("same", "same"));
  CHECK_FALSE(equal_in_constant_time("same", "sama"));
  CHECK_FALSE(equal_in_constant_time("same", "same "));
  CHECK(random_bytes(16) != random_bytes(16));
}

}  // namespace miniredis::service
