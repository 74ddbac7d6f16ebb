#include "http/http_upstream.h"

#include <algorithm>
#include <charconv>

#include "common/units.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostPathBytes = 107;  // of sockaddr_un, without its final NUL

Failure refused(const std::string& why) {
  return {FailureKind::kInvalidValue, why + "; write http://host:port or unix:/path", ""};
}

bool is_host(std::string_view text, bool bracketed) {
  if (text.empty() || text.size() > 253) return false;
  return std::all_of(text.begin(), text.end(), [bracketed](char c) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return word || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
  });
}

Outcome<HttpUpstream> parse_unix(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);
  const bool fine = path.starts_with('/') && path.size() > 1 && path.size() <= kMostPathBytes &&
                    path.find('\0') == std::string_view::npos;
  if (!fine) return refused("not the absolute path of a socket, 107 bytes at most");
  return HttpUpstream{.unix_path = std::string(path)};
}

}  // namespace

std::string HttpUpstream::authority() const {
  if (host.empty()) return "localhost";
  return format_endpoint(host, port);
}

Outcome<HttpUpstream> parse_upstream(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kUnixScheme = "unix:";
  if (url.starts_with(kUnixScheme)) return parse_unix(url.substr(kUnixScheme.size()));
  if (url.starts_with("https://")) return refused("https is not supported here");
  if (!url.starts_with(kScheme)) return refused("neither http:// nor unix:");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  HttpUpstream upstream{.port = 80};
  const bool bracketed = rest.starts_with('[');
  std::size_t end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && end == std::string_view::npos) return refused("a bracket is missing");
  const std::string_view host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
  if (!is_host(host, bracketed)) return refused("not a host name or address");
  upstream.host = host;
  if (bracketed) ++end;
  if (end >= rest.size()) return upstream;
  const std::string_view digits = rest.substr(end + 1);
  const auto [last, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), upstream.port);
  const bool fine = rest[end] == ':' && failure == std::errc() &&
                    last == digits.data() + digits.size() && upstream.port != 0;
  if (!fine) return refused("not a port");
  return upstream;
}

}  // namespace miniredis::service
