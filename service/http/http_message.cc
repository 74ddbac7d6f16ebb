#include "http/http_message.h"

#include <algorithm>
#include <charconv>

namespace miniredis::service {
namespace {

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      unsigned byte = 0;
      const char* digits = text.data() + i + 1;
      const auto [rest, failure] = std::from_chars(digits, digits + 2, byte, 16);
      if (failure != std::errc() || rest != digits + 2) return std::nullopt;
      result += static_cast<char>(byte);
      i += 2;
    }
  }
  return result;
}

std::string_view without_authority(std::string_view text) {
  const std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return text;
  const std::size_t slash = text.find_first_of("/?", scheme.size());
  return slash == std::string_view::npos ? "/" : text.substr(slash);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
  });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

std::optional<std::vector<std::pair<std::string, std::string>>> query_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals), true);
    const auto value =
        percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(*name, *value);
  }
  return pairs;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

std::optional<Target> parse_target(std::string_view text) {
  text = without_authority(text);
  if (!text.starts_with('/')) return std::nullopt;
  const std::size_t question = text.find('?');
  std::string_view path =
      text.substr(1, question == std::string_view::npos ? question : question - 1);
  Target target;
  if (question != std::string_view::npos) {
    auto pairs = query_pairs(text.substr(question + 1));
    if (!pairs) return std::nullopt;
    for (auto& [name, value] : *pairs) {
      if (!target.query.emplace(std::move(name), std::move(value)).second) return std::nullopt;
    }
  }
  while (true) {
    const std::size_t slash = path.find('/');
    auto segment = percent_decoded(path.substr(0, slash), false);
    if (!segment) return std::nullopt;
    target.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return target;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace miniredis::service
