// Floating point numbers. The expected forms were taken from a redis-server 7.0 (INCRBYFLOAT, ZADD)
// and, for doubles in shortest form, from the rules of 7.2.
#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "base/rng.h"

namespace miniredis::base {
namespace {

std::string as_incrbyfloat(Bytes text) {
  const auto value = parse_long_double(text);
  return value ? format_long_double(*value) : "refused";
}

}  // namespace

TEST_CASE("long doubles are read and printed as INCRBYFLOAT does") {
  CHECK(as_incrbyfloat("0") == "0");
  CHECK(as_incrbyfloat("-0") == "0");
  CHECK(as_incrbyfloat("0.1") == "0.1");
  CHECK(as_incrbyfloat("10.50") == "10.5");
  CHECK(as_incrbyfloat("3.0e3") == "3000");
  CHECK(as_incrbyfloat("+1") == "1");
  CHECK(as_incrbyfloat(".5") == "0.5");
  CHECK(as_incrbyfloat("1.") == "1");
  CHECK(as_incrbyfloat("0x1p3") == "8");
  CHECK(as_incrbyfloat("1.00000000000000001") == "1.00000000000000001");
  CHECK(as_incrbyfloat("123456789012345678901234567890") == "123456789012345678899921813504");
  CHECK(as_incrbyfloat("5.0e-17") == "0.00000000000000005");
  CHECK(as_incrbyfloat("5e-18") == "0");
  CHECK(as_incrbyfloat("-5e-18") == "0");
  CHECK(as_incrbyfloat("-1e-20") == "0");
  CHECK(as_incrbyfloat(std::string(300, '0') + "1.5") == "1.5");
  const std::string huge = as_incrbyfloat("1e4932");
  CHECK(huge.size() == 4933);
  CHECK(huge.find_first_not_of("0123456789") == std::string::npos);
  CHECK(format_long_double(std::numeric_limits<long double>::max()).size() == 4933);
}

TEST_CASE("texts that are no long double are refused") {
  for (const char* text : {"", " ", " 1", "\t1", "1 ", "1e", "0x", "nan", "-nan", "NaN", "nan(1)",
                           "1,5", "1e5000", "-1e5000", "1e-5000", "one", "1..2", "--1"}) {
    CAPTURE(text);
    CHECK(!parse_long_double(text));
    CHECK(!parse_double(text));
  }
  CHECK(!parse_long_double(Bytes("1\0", 2)));
  CHECK(!parse_long_double(Bytes("1\0002", 3)));
  CHECK(parse_long_double(std::string(kMaxRealChars, '0')) == 0.0L);
  CHECK(!parse_long_double(std::string(kMaxRealChars + 1, '0')));
}

TEST_CASE("doubles") {
  CHECK(parse_double("0.1") == 0.1);
  CHECK(parse_double("-1.5e3") == -1500);
  CHECK(parse_double("+1") == 1);
  CHECK(parse_double("0x1p-3") == 0.125);
  CHECK(parse_double("1e-320") == 1e-320);
  CHECK(parse_double("inf") == HUGE_VAL);
  CHECK(parse_double("-Infinity") == -HUGE_VAL);
  CHECK(!parse_double("1e400"));
  CHECK(!parse_double("1e-400"));
  CHECK(std::signbit(*parse_double("-0")));
}

TEST_CASE("format_double: shortest form, with an exponent where Redis 7.2 has one") {
  CHECK(format_double(0) == "0");
  CHECK(format_double(-0.0) == "-0");
  CHECK(format_double(1) == "1");
  CHECK(format_double(-3) == "-3");
  CHECK(format_double(0.1) == "0.1");
  CHECK(format_double(3.14159) == "3.14159");
  CHECK(format_double(-2.5) == "-2.5");
  CHECK(format_double(0.1 + 0.2) == "0.30000000000000004");
  CHECK(format_double(1e17) == "100000000000000000");
  CHECK(format_double(1e18) == "1000000000000000000");
  CHECK(format_double(1e19) == "1e+19");
  CHECK(format_double(1.25e25) == "1.25e+25");
  CHECK(format_double(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(format_double(5e-324) == "5e-324");
  CHECK(format_double(0.000001) == "0.000001");
  CHECK(format_double(1e-7) == "1e-7");
  CHECK(format_double(1.5e-10) == "1.5e-10");
  CHECK(format_double(0.00123) == "0.00123");
  CHECK(format_double(1234.5678) == "1234.5678");
  CHECK(format_double(HUGE_VAL) == "inf");
  CHECK(format_double(-HUGE_VAL) == "-inf");
  CHECK(format_double(std::nan("")) == "nan");
}

TEST_CASE("format_double and parse_double are inverse") {
  Rng rng(30);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = rng.next();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) continue;
    const std::string text = format_double(value);
    CAPTURE(text);
    REQUIRE(parse_double(text) == value);
    REQUIRE(text.size() <= 32);
  }
}

TEST_CASE("parse_double agrees with strtod on random decimals") {
  Rng rng(31);
  const std::string alphabet = "0123456789.eE+-x";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(1 + rng.below(12), '0');
    for (char& c : text) c = alphabet[rng.below(3) == 0 ? rng.below(16) : rng.below(10)];
    char* end = nullptr;
    const double expected = std::strtod(text.c_str(), &end);
    const bool whole = end == text.c_str() + text.size();
    CAPTURE(text);
    const auto parsed = parse_double(text);
    if (!whole) {
      REQUIRE(!parsed);
    } else if (std::isfinite(expected) && expected != 0) {
      REQUIRE(parsed == expected);
    }
  }
}

TEST_CASE("a decimal comma in the program's locale changes nothing") {
  // Not every machine has one of these; without one there is nothing to disturb the numbers.
  const char* set = nullptr;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
    set = set == nullptr ? std::setlocale(LC_ALL, name) : set;
  }
  if (set == nullptr) MESSAGE("no locale with a decimal comma is installed");
  CHECK(as_incrbyfloat("1.5") == "1.5");
  CHECK(parse_double("0x1.8p0") == 1.5);
  CHECK(format_double(1.5) == "1.5");
  CHECK(format_memory_human(1536) == "1.50K");
  std::setlocale(LC_ALL, "C");
}

TEST_CASE("the ends of ranges are read as strtod reads them") {
  CHECK(parse_double_as_strtod("1.5") == 1.5);
  CHECK(parse_double_as_strtod(" 1.5") == 1.5);
  CHECK(parse_double_as_strtod("0x10") == 16);
  CHECK(parse_double_as_strtod("") == 0);
  CHECK(parse_double_as_strtod("1e400") == INFINITY);
  CHECK(parse_double_as_strtod("-1e400") == -INFINITY);
  CHECK(parse_double_as_strtod("-inf") == -INFINITY);
  CHECK(parse_double_as_strtod(Bytes("2\0x", 3)) == 2);
  CHECK(!parse_double_as_strtod("nan"));
  CHECK(!parse_double_as_strtod(" "));
  CHECK(!parse_double_as_strtod("1 "));
  CHECK(!parse_double_as_strtod("x"));
  CHECK(!parse_double_as_strtod(std::string(6000, '1')));
}

TEST_CASE("numbers of fixed digits are those of printf") {
  Rng rng(5);
  const auto printed = [](double value, int digits) {
    char buffer[400];
    const int size = std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    return std::string(buffer, static_cast<std::size_t>(size));
  };
  std::vector<double> values = {0,      -0.0,    0.5,       1.5,  0.00005, 0.00015, 0.03125,
                                1e15,   1e14,    -1e300,    2.5,  5e-324,  1e-17,   180,
                                0.9999, 0.99995, 999.99995, 1e17, -180,    1e-300,  85.05112878};
  for (int i = 0; i < 20'000; ++i) {
    values.push_back((rng.unit() * 2 - 1) * 360);
    values.push_back(std::ldexp(rng.unit(), static_cast<int>(rng.below(140)) - 80));
    // Half of the last digit, exactly.
    values.push_back(static_cast<double>(rng.below(1'000'000)) / 32);
  }
  for (const double value : values) {
    for (const int digits : {0, 4, 17}) {
      REQUIRE(format_fixed(value, static_cast<unsigned>(digits)) == printed(value, digits));
    }
    REQUIRE(format_human(value) == format_long_double(value));
  }
}

}  // namespace miniredis::base
