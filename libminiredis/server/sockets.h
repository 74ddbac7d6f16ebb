// Sockets of the operating system, with errors as values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "miniredis/error.h"

namespace miniredis::server {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// Listening, non-blocking. `port` 0: any free one. `shared`: several sockets may listen on the
// port.
Result<Descriptor> listen_tcp(const std::string& address, std::uint16_t port, bool shared);
// Replaces a socket file that nobody listens on. Mode 0600.
Result<Descriptor> listen_unix(const std::string& path);
std::uint16_t port_of(const Descriptor& socket) noexcept;

// "127.0.0.1:50312", "[::1]:50312"; a unix socket has its path, or "unix".
std::string peer_name(int fd);
std::string local_name(int fd);

// TCP_NODELAY and keep-alive probes (0 s: none).
void tune_connection(int fd, std::uint32_t keepalive_seconds) noexcept;

}  // namespace miniredis::server
