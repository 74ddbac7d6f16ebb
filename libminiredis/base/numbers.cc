#include "base/numbers.h"

#include <locale.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace miniredis::base {
namespace {

// The C locale as an object: an embedding program may have set another one, with a decimal comma.
locale_t c_locale() noexcept {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

class CLocaleScope {
 public:
  CLocaleScope() noexcept : previous_(uselocale(c_locale())) {}
  ~CLocaleScope() { uselocale(previous_); }
  CLocaleScope(const CLocaleScope&) = delete;
  CLocaleScope& operator=(const CLocaleScope&) = delete;

 private:
  locale_t previous_;
};

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

double read_terminated(const char* text, char** end, double) noexcept {
  return strtod_l(text, end, c_locale());
}
long double read_terminated(const char* text, char** end, long double) noexcept {
  return strtold_l(text, end, c_locale());
}

template <typename Real>
std::optional<Real> parse_real(Bytes text) noexcept {
  if (text.empty() || text.size() > kMaxRealChars || is_space(text.front())) return std::nullopt;
  char buffer[kMaxRealChars + 1];
  std::copy(text.begin(), text.end(), buffer);
  buffer[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const Real value = read_terminated(buffer, &end, Real{});
  if (end != buffer + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

// Lays the significant digits out around a decimal point, `point` digits of them (or, when
// negative, zeros) before it.
std::string place_point(std::string_view digits, int point) {
  std::string out;
  const int count = static_cast<int>(digits.size());
  if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits.substr(0, static_cast<std::size_t>(point))).push_back('.');
    out.append(digits.substr(static_cast<std::size_t>(point)));
  }
  return out;
}

std::string with_exponent(std::string_view digits, int exponent) {
  std::string out(digits.substr(0, 1));
  if (digits.size() > 1) out.append(".").append(digits.substr(1));
  out.append(exponent < 0 ? "e-" : "e+").append(to_text(std::abs(exponent)));
  return out;
}

}  // namespace

std::string to_text(std::int64_t value) {
  char buffer[kMaxIntChars];
  return std::string(buffer, format_int(value, buffer));
}

std::optional<long double> parse_long_double(Bytes text) noexcept {
  return parse_real<long double>(text);
}

std::optional<double> parse_double(Bytes text) noexcept {
  // Plain decimals, which is nearly all there is, take the fast way; it knows no '+', no hex float
  // and no limits' errors, which are left to strtod.
  if (!text.empty() && text.size() <= 32) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) {
      return value;
    }
  }
  return parse_real<double>(text);
}

std::optional<double> parse_double_as_strtod(Bytes text) noexcept {
  if (const auto value = parse_double(text)) return value;
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  if (text.size() > kMaxRealChars) return std::nullopt;
  char buffer[kMaxRealChars + 1];
  std::copy(text.begin(), text.end(), buffer);
  buffer[text.size()] = '\0';
  char* end = nullptr;
  const double value = strtod_l(buffer, &end, c_locale());
  if (end != buffer + text.size() || std::isnan(value)) return std::nullopt;
  return value;
}

std::string format_long_double(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // The largest long double has 4933 digits before the point.
  char buffer[5120];
  int length = 0;
  {
    const CLocaleScope scope;
    length = std::snprintf(buffer, sizeof buffer, "%.17Lf", value);
  }
  const char* end = buffer + length;
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  if (text == "-0") text = "0";
  return std::string(text);
}

std::string format_fixed(double value, unsigned digits) {
  // Exactly: the 53 bits of the number times the power of ten fit into 128 bits, and what is
  // shifted out of them says how to round.
  __extension__ typedef unsigned __int128 Product;  // NOLINT(modernize-use-using)
  constexpr double kLimit = 1e15;
  constexpr int kMantissaBits = 53;
  const double magnitude = std::fabs(value);
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);
  const int shift = kMantissaBits - exponent;
  const std::uint64_t power = numbers_detail::kPowersOfTen[digits];
  if (!(magnitude < kLimit) || shift < 1 || shift > 127) {
    char buffer[400];
    const CLocaleScope scope;
    const int length =
        std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), value);
    return {buffer, static_cast<std::size_t>(length)};
  }
  const Product product =
      static_cast<Product>(static_cast<std::uint64_t>(std::ldexp(fraction, kMantissaBits))) * power;
  const Product rest = product & ((Product{1} << shift) - 1);
  const Product half = Product{1} << (shift - 1);
  Product rounded = product >> shift;
  if (rest > half || (rest == half && (rounded & 1) != 0)) ++rounded;

  char buffer[64];
  char* at = buffer;
  if (std::signbit(value)) *at++ = '-';
  at += format_uint(static_cast<std::uint64_t>(rounded / power), at);
  if (digits == 0) return {buffer, static_cast<std::size_t>(at - buffer)};
  *at++ = '.';
  auto left = static_cast<std::uint64_t>(rounded % power);
  for (unsigned i = digits; i-- > 0; left /= 10) at[i] = static_cast<char>('0' + left % 10);
  return {buffer, static_cast<std::size_t>(at - buffer) + digits};
}

std::string format_human(double value) {
  if (!std::isfinite(value)) return format_long_double(value);
  constexpr unsigned kDigits = 17;
  std::string text = format_fixed(value, kDigits);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  if (std::abs(value) <= 0x1p62 && value == std::trunc(value)) {
    return to_text(static_cast<std::int64_t>(value));
  }

  char buffer[40];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  const std::size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 1) digits.append(text.substr(2, mark - 2));
  int exponent = 0;
  const std::size_t exponent_at = text[mark + 1] == '+' ? mark + 2 : mark + 1;
  std::from_chars(text.data() + exponent_at, text.data() + text.size(), exponent);

  // Where the lowest digit stands decides: far behind the point, or far before it, takes an
  // exponent.
  const int count = static_cast<int>(digits.size());
  const int lowest = exponent - count + 1;
  const bool plain = lowest >= 0 ? exponent < count + 7 : lowest > -7 || std::abs(exponent) < 4;
  const std::string body =
      plain ? place_point(digits, exponent + 1) : with_exponent(digits, exponent);
  return value < 0 ? "-" + body : body;
}

std::optional<std::uint64_t> parse_memory_size(Bytes text) noexcept {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(text[digits] - '0'), &value)) {
      return std::nullopt;
    }
  }
  if (digits == 0) return std::nullopt;

  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},          {"b", 1},           {"k", 1000},          {"kb", 1ULL << 10},
      {"m", 1'000'000}, {"mb", 1ULL << 20}, {"g", 1'000'000'000}, {"gb", 1ULL << 30},
  };
  const Bytes suffix = text.substr(digits);
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& u) {
    return equals_ignore_case(suffix, u.name);
  });
  if (unit == std::end(kUnits)) return std::nullopt;
  if (__builtin_mul_overflow(value, unit->factor, &value) || value > std::uint64_t{INT64_MAX}) {
    return std::nullopt;
  }
  return value;
}

std::string format_memory_human(std::uint64_t bytes) {
  if (bytes < 1024) return to_text(static_cast<std::int64_t>(bytes)) + "B";
  static constexpr char kUnits[] = {'K', 'M', 'G', 'T', 'P', 'E'};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // The unit follows from the count itself, so that 1048575 is "1024.00K" as it is in Redis.
  for (std::uint64_t rest = bytes >> 10; rest >= 1024; rest >>= 10) {
    value /= 1024;
    ++unit;
  }
  char buffer[32];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, 2);
  *written.ptr = kUnits[unit];
  return std::string(buffer, static_cast<std::size_t>(written.ptr - buffer) + 1);
}

}  // namespace miniredis::base
