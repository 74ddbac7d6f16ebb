// Where a Redis-compatible server is and how to get in.
#pragma once

#include <cstdint>
#include <string>

namespace miniredis::mredis {

struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_socket;  // not empty: used instead of host and port
  bool tls = false;
  std::string ca_file;   // empty: the system's authorities
  bool verify = true;    // whether the server's certificate must be good
  std::string user;      // empty: AUTH with a password alone
  std::string password;  // empty: no AUTH
  unsigned database = 0;
  int protocol = 2;  // of RESP
};

// "127.0.0.1:6379", "[::1]:6379", "/run/x.sock": as the prompt shows it.
inline std::string to_string(const Endpoint& endpoint) {
  if (!endpoint.unix_socket.empty()) return endpoint.unix_socket;
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace miniredis::mredis
