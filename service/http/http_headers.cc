#include "http/http_headers.h"

#include <algorithm>
#include <array>

namespace miniredis::service {
namespace {

constexpr std::array<std::string_view, 9> kOfOneConnection = {"connection",
                                                              "keep-alive",
                                                              "te",
                                                              "trailer",
                                                              "transfer-encoding",
                                                              "upgrade",
                                                              "proxy-authorization",
                                                              "proxy-connection",
                                                              "proxy-authenticate"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

}  // namespace

bool is_same_header(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view header_value(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [known, value] : headers) {
    if (is_same_header(known, name)) return value;
  }
  return "";
}

ConnectionHeaders::ConnectionHeaders(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_same_header(name, "connection")) continue;
    std::string_view list = value;
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      named_.insert(lower(trimmed(list.substr(0, comma))));
      list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    }
  }
}

bool ConnectionHeaders::has(std::string_view name) const {
  const auto is_it = [name](std::string_view known) { return is_same_header(known, name); };
  if (std::any_of(kOfOneConnection.begin(), kOfOneConnection.end(), is_it)) return true;
  return !named_.empty() && named_.contains(lower(name));
}

HttpHeaders end_to_end_headers(HttpHeaders headers) {
  const ConnectionHeaders dropped(headers);
  std::erase_if(headers, [&](const auto& header) { return dropped.has(header.first); });
  return headers;
}

bool is_header_name(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  if (text.empty() || text.size() > 256) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  if (text.size() > 16UL * 1024) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace miniredis::service
