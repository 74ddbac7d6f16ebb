// Where another service listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/failure.h"

namespace miniredis::service {

struct HttpUpstream {
  std::string host;  // name or address, IPv6 without brackets; empty: unix_path is where
  std::uint16_t port = 0;
  std::string unix_path;

  std::string authority() const;  // what the Host header says
};

// "http://host:port", "http://[::1]:8000", "unix:/run/auth.sock" (also "unix:///run/auth.sock"),
// nothing after it but a slash. https is refused: services of one installation speak over the
// loopback device, a socket file or a private network, or a proxy for TLS stands between.
Outcome<HttpUpstream> parse_upstream(std::string_view url);

}  // namespace miniredis::service
