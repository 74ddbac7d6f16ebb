#include "base/numbers.h"

#include <doctest/doctest.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "base/rng.h"

namespace miniredis::base {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("parse_int takes the one decimal form of a number") {
  CHECK(parse_int("0") == 0);
  CHECK(parse_int("7") == 7);
  CHECK(parse_int("-7") == -7);
  CHECK(parse_int("1234567890") == 1234567890);
  CHECK(parse_int("9223372036854775807") == kMax);
  CHECK(parse_int("-9223372036854775808") == kMin);
  CHECK(parse_int("999999999999999999") == 999'999'999'999'999'999);
}

TEST_CASE("parse_int refuses every other form") {
  for (const char* text : {"",
                           "-",
                           "+",
                           "+1",
                           "-0",
                           "00",
                           "01",
                           "-01",
                           " 1",
                           "1 ",
                           "1\n",
                           "1.0",
                           "1e3",
                           "0x10",
                           "a",
                           "1a",
                           "a1",
                           "--1",
                           "1-",
                           "/",
                           ":",
                           "12:4",
                           "12/4",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-18446744073709551617",
                           "99999999999999999999",
                           "100000000000000000000",
                           "-100000000000000000000",
                           "123456789012345678901234567890"}) {
    CAPTURE(text);
    CHECK(!parse_int(text));
  }
  CHECK(!parse_int(Bytes("1\0", 2)));
  CHECK(!parse_int(Bytes("\0", 1)));
  CHECK(!parse_int("\xb1"));
}

TEST_CASE("format_int and parse_int are inverse, at every count of digits") {
  char buffer[kMaxIntChars];
  std::uint64_t power = 1;
  for (int digits = 1; digits <= 19; ++digits, power *= 10) {
    for (const std::int64_t n :
         {static_cast<std::int64_t>(power), static_cast<std::int64_t>(power - 1),
          static_cast<std::int64_t>(power + 1), -static_cast<std::int64_t>(power),
          -static_cast<std::int64_t>(power - 1)}) {
      CAPTURE(n);
      CHECK(Bytes(buffer, format_int(n, buffer)) == std::to_string(n));
      CHECK(to_text(n) == std::to_string(n));
      CHECK(parse_int(std::to_string(n)) == n);
    }
  }
  for (const std::int64_t n : {kMin, kMin + 1, kMax, kMax - 1}) {
    CHECK(Bytes(buffer, format_int(n, buffer)) == std::to_string(n));
  }
  CHECK(Bytes(buffer, format_uint(UINT64_MAX, buffer)) == "18446744073709551615");
}

TEST_CASE("random numbers of every size go there and back") {
  Rng rng(20);
  char buffer[kMaxIntChars];
  for (int i = 0; i < 200'000; ++i) {
    const auto n = static_cast<std::int64_t>(rng.next()) >> rng.below(64);
    const Bytes text(buffer, format_int(n, buffer));
    char expected[kMaxIntChars];
    const auto end = std::to_chars(expected, expected + sizeof expected, n).ptr;
    REQUIRE(text == Bytes(expected, static_cast<std::size_t>(end - expected)));
    REQUIRE(parse_int(text) == n);
  }
}

TEST_CASE("random texts are read as std::from_chars reads them, but for Redis' strictness") {
  Rng rng(21);
  const std::string alphabet = "0123456789-+ ";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(rng.below(22), ' ');
    // Mostly digits, so that long numbers near the limits come up.
    for (char& c : text) c = alphabet[rng.below(10) == 0 ? rng.below(13) : rng.below(10)];
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    const bool canonical = whole && std::to_string(value) == text;
    CAPTURE(text);
    const auto parsed = parse_int(text);
    REQUIRE(parsed.has_value() == canonical);
    if (canonical) REQUIRE(*parsed == value);
  }
}

TEST_CASE("checked arithmetic gives nothing on overflow") {
  CHECK(checked_add(kMax - 1, 1) == kMax);
  CHECK(!checked_add(kMax, 1));
  CHECK(!checked_add(kMin, -1));
  CHECK(checked_multiply(kMax / 2, 2) == kMax - 1);
  CHECK(!checked_multiply(kMax, 2));
  CHECK(!checked_multiply(kMin, -1));
}

TEST_CASE("memory sizes") {
  CHECK(parse_memory_size("0") == 0);
  CHECK(parse_memory_size("100") == 100);
  CHECK(parse_memory_size("5b") == 5);
  CHECK(parse_memory_size("1k") == 1000);
  CHECK(parse_memory_size("1kb") == 1024);
  CHECK(parse_memory_size("2MB") == 2u << 20);
  CHECK(parse_memory_size("3m") == 3'000'000);
  CHECK(parse_memory_size("1Gb") == 1u << 30);
  CHECK(parse_memory_size("1G") == 1'000'000'000);
  CHECK(parse_memory_size("9223372036854775807") == INT64_MAX);
  for (const char* text :
       {"", "kb", "-1", "+1", " 1", "1 ", "1.5mb", "1t", "1kbb", "0x10", "9223372036854775808",
        "18446744073709551616", "9007199254740992kb", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(!parse_memory_size(text));
  }
}

TEST_CASE("memory for people") {
  CHECK(format_memory_human(0) == "0B");
  CHECK(format_memory_human(1023) == "1023B");
  CHECK(format_memory_human(1024) == "1.00K");
  CHECK(format_memory_human(1536) == "1.50K");
  CHECK(format_memory_human(1048575) == "1024.00K");
  CHECK(format_memory_human(40u << 20) == "40.00M");
  CHECK(format_memory_human(3ULL << 30) == "3.00G");
  CHECK(format_memory_human(5ULL << 40) == "5.00T");
  CHECK(format_memory_human(UINT64_MAX) == "16.00E");
}

}  // namespace miniredis::base
