// Numbers to bytes and back, with exactly the strictness that Redis has. No locale, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace miniredis::base {

// Longest text that format_int writes.
inline constexpr std::size_t kMaxIntChars = 21;

// Decimal integer, nothing else in the text: no sign but one '-', no leading zero, no space, no
// overflow. "0" yes; "-0", "+1", "01", "" no.
std::optional<std::int64_t> parse_int(Bytes text) noexcept;

// Writes `value` in decimal to `out` and returns the count of characters.
std::size_t format_int(std::int64_t value, char* out) noexcept;
std::string to_text(std::int64_t value);

// As Redis' string2ld: decimal, hex float or inf, whole text, no leading space; NaN is refused, and
// so is a text longer than 255 bytes.
std::optional<long double> parse_long_double(Bytes text) noexcept;
// The same for double, as used for arguments of type double.
std::optional<double> parse_double(Bytes text) noexcept;

// INCRBYFLOAT's form: 17 digits after the point at most, trailing zeros and a bare point cut,
// no exponent.
std::string format_long_double(long double value);
// Shortest text that reads back as the same double; "inf", "-inf", "nan"; no exponent for numbers
// Redis 7.2 prints without one (RESP3 doubles, scores).
std::string format_double(double value);

// "100", "1k" (1000), "1kb" (1024), "2mb", "1g", "1GB", case-insensitive. No sign, no fraction, no
// overflow past 2^63-1.
std::optional<std::uint64_t> parse_memory_size(Bytes text) noexcept;
// "1.50K", "37.25M" as INFO's *_human fields have it.
std::string format_memory_human(std::uint64_t bytes);

// a*b and a+b, or nothing on overflow.
constexpr std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) return std::nullopt;
  return r;
}
constexpr std::optional<std::int64_t> checked_multiply(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) return std::nullopt;
  return r;
}

}  // namespace miniredis::base
