// Numbers to bytes and back, with exactly the strictness that Redis has. No locale, no allocation
// but for the std::string that is returned.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace miniredis::base {

// Longest text that format_int writes.
inline constexpr std::size_t kMaxIntChars = 21;
// Longest text that parse_long_double and parse_double read: enough for every digit of the largest
// long double.
inline constexpr std::size_t kMaxRealChars = 5119;

// Decimal integer, nothing else in the text: no sign but one '-', no leading zero, no space, no
// overflow. "0" yes; "-0", "+1", "01", "" no.
inline std::optional<std::int64_t> parse_int(Bytes text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p == end || text.size() >= kMaxIntChars) return std::nullopt;
  if (*p == '0' && text.size() == 1) return 0;
  const bool negative = *p == '-';
  if (negative && ++p == end) return std::nullopt;
  std::uint64_t magnitude = static_cast<unsigned char>(*p++) - std::uint64_t{'0'};
  // Wraps for characters below '0', so that one comparison refuses zero and non-digits alike.
  if (magnitude - 1 > 8) return std::nullopt;
  // 18 digits in all cannot overflow 64 bits; what comes after is checked.
  const char* const unchecked_end = end - p > 17 ? p + 17 : end;
  for (; p != unchecked_end; ++p) {
    const std::uint64_t digit = static_cast<unsigned char>(*p) - std::uint64_t{'0'};
    if (digit > 9) return std::nullopt;
    magnitude = magnitude * 10 + digit;
  }
  for (; p != end; ++p) {
    const std::uint64_t digit = static_cast<unsigned char>(*p) - std::uint64_t{'0'};
    if (digit > 9 || __builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude) ||
        __builtin_add_overflow(magnitude, digit, &magnitude)) {
      return std::nullopt;
    }
  }
  const std::uint64_t limit = std::uint64_t{INT64_MAX} + (negative ? 1 : 0);
  if (magnitude > limit) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

namespace numbers_detail {

struct DigitPairs {
  char text[200];
};

constexpr DigitPairs make_digit_pairs() noexcept {
  DigitPairs pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs.text[2 * i] = static_cast<char>('0' + i / 10);
    pairs.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
inline constexpr DigitPairs kDigitPairs = make_digit_pairs();

constexpr std::array<std::uint64_t, 20> make_powers_of_ten() noexcept {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}
inline constexpr std::array<std::uint64_t, 20> kPowersOfTen = make_powers_of_ten();

// Decimal digits of `value`; 1 for 0.
inline unsigned count_digits(std::uint64_t value) noexcept {
  // 1233/4096 is log10(2) nearly enough for 64 bits: the estimate is right or one too small.
  const auto bits = static_cast<unsigned>(64 - __builtin_clzll(value | 1));
  const unsigned estimate = bits * 1233 >> 12;
  return estimate + (value >= kPowersOfTen[estimate] || value == 0 ? 1 : 0);
}

}  // namespace numbers_detail

// Writes `value` in decimal to `out` and returns the count of characters.
inline std::size_t format_uint(std::uint64_t value, char* out) noexcept {
  const unsigned count = numbers_detail::count_digits(value);
  char* p = out + count;
  const char* const pairs = numbers_detail::kDigitPairs.text;
  // Each division waits for the one before it, so four digits are taken at a time.
  while (value >= 10000) {
    const auto low = static_cast<std::uint32_t>(value % 10000);
    value /= 10000;
    p -= 4;
    std::memcpy(p, pairs + std::size_t{low / 100} * 2, 2);
    std::memcpy(p + 2, pairs + std::size_t{low % 100} * 2, 2);
  }
  if (value >= 100) {
    p -= 2;
    std::memcpy(p, pairs + value % 100 * 2, 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(p - 2, pairs + value * 2, 2);
  } else {
    p[-1] = static_cast<char>('0' + value);
  }
  return count;
}

inline std::size_t format_int(std::int64_t value, char* out) noexcept {
  if (value >= 0) return format_uint(static_cast<std::uint64_t>(value), out);
  *out = '-';
  return 1 + format_uint(0 - static_cast<std::uint64_t>(value), out + 1);
}

std::string to_text(std::int64_t value);

// As strtold reads it in the C locale: decimal, hex float or inf, whole text, no leading space; NaN
// is refused, and so are a text longer than kMaxRealChars and a number too large or too small to
// hold.
std::optional<long double> parse_long_double(Bytes text) noexcept;
// The same for double, as used for arguments of type double.
std::optional<double> parse_double(Bytes text) noexcept;
// As strtod alone reads it, which is how Redis reads the ends of a range of scores: space may stand
// before the number, one too large is infinity, the text ends at a zero byte, and nothing at all is
// 0. NaN is refused.
std::optional<double> parse_double_as_strtod(Bytes text) noexcept;

// INCRBYFLOAT's form: 17 digits after the point at most, trailing zeros and a bare point cut,
// no exponent, no "-0".
std::string format_long_double(long double value);
// As printf's %.*f in the C locale; `digits` up to 17.
std::string format_fixed(double value, unsigned digits);
// As format_long_double, for a double, of which most take a shorter way.
std::string format_human(double value);
// Shortest text that reads back as the same double; "inf", "-inf", "nan"; whole numbers up to 2^62
// without an exponent, others with one where Redis 7.2 has one (RESP3 doubles, scores).
std::string format_double(double value);

// "100", "1k" (1000), "1kb" (1024), "2mb", "1g", "1GB", "5b", case-insensitive. No sign, no
// fraction, no overflow past 2^63-1.
std::optional<std::uint64_t> parse_memory_size(Bytes text) noexcept;
// "1.50K", "37.25M" as INFO's *_human fields have it.
std::string format_memory_human(std::uint64_t bytes);

// a*b, a+b and a-b, or nothing on overflow.
constexpr std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) return std::nullopt;
  return r;
}
constexpr std::optional<std::int64_t> checked_subtract(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t r = 0;
  if (__builtin_sub_overflow(a, b, &r)) return std::nullopt;
  return r;
}
constexpr std::optional<std::int64_t> checked_multiply(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) return std::nullopt;
  return r;
}

}  // namespace miniredis::base
