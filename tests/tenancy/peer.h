// A client on a socket, for tests of the public server.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace miniredis::test {

// Reads replies as lines and whole bulks; arrays come as their header and items.
class Peer {
 public:
  explicit Peer(int port, const char* from = "127.0.0.1") {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      REQUIRE(n > 0);
      sent += static_cast<std::size_t>(n);
    }
  }
  // Empty: the connection is over, or nothing came for long.
  std::string read() {
    std::string line = take_line();
    if (line.starts_with('$') && line != "$-1") {
      const std::size_t size = std::stoul(line.substr(1)) + 2;
      while (input_.size() < size && fill()) {
      }
      line = input_.substr(0, size - 2);
      input_.erase(0, size);
    }
    return line;
  }
  std::string call(const std::string& line) {
    send(line + "\r\n");
    return read();
  }
  bool has_input(int ms) {
    pollfd poller{fd_, POLLIN, 0};
    return !input_.empty() || ::poll(&poller, 1, ms) > 0;
  }

 private:
  bool fill() {
    char buffer[1 << 16];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  std::string take_line() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (!fill()) return {};
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 2);
    return line;
  }

  int fd_ = -1;
  std::string input_;
};

}  // namespace miniredis::test
