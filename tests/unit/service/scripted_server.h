// A server on the loopback device that does to each connection what a test says.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <charconv>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/files.h"

namespace miniredis::service {

// The server's side of one connection. Nothing here waits longer than five seconds.
class ScriptedPeer {
 public:
  ScriptedPeer(int fd, int count) : number(count), socket_(fd) {}

  // Head and body; what there is of it when the client ends or is silent.
  std::string read_request() {
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!read_some()) break;
    }
    const std::size_t head = received_.find("\r\n\r\n");
    if (head == std::string::npos) return std::exchange(received_, "");
    std::size_t length = 0;
    const std::size_t at = received_.find("Content-Length: ");
    if (at < head) {
      const char* digits = received_.data() + at + 16;
      std::from_chars(digits, received_.data() + head, length);
    }
    while (received_.size() < head + 4 + length && read_some()) {
    }
    const std::string request = received_.substr(0, head + 4 + length);
    received_.erase(0, request.size());
    return request;
  }

  // Until the client ends.
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(received_, "");
  }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  bool reply(std::string_view body, std::string_view headers = "") const {
    return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(headers) + "\r\n" + std::string(body));
  }

  void close() { socket_ = Descriptor(); }

  // Ends with a reset instead of an orderly end.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_ = Descriptor();
  }

  const int number;  // of the connection, from 0

 private:
  bool read_some() {
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 5000) != 1) return false;
    char chunk[65536];
    const ssize_t length = ::recv(socket_.get(), chunk, sizeof chunk, 0);
    if (length <= 0) return false;
    received_.append(chunk, static_cast<std::size_t>(length));
    return true;
  }

  Descriptor socket_;
  std::string received_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedServer(Script script, const std::string& unix_path = "")
      : script_(std::move(script)),
        listener_(::socket(unix_path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM, 0)) {
    if (unix_path.empty()) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t length = sizeof address;
      auto* generic = reinterpret_cast<sockaddr*>(&address);
      REQUIRE(::bind(listener_.get(), generic, length) == 0);
      REQUIRE(::getsockname(listener_.get(), generic, &length) == 0);
      port_ = ntohs(address.sin_port);
    } else {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      REQUIRE(unix_path.size() < sizeof address.sun_path);
      unix_path.copy(address.sun_path, unix_path.size());
      REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    REQUIRE(::listen(listener_.get(), 64) == 0);
    acceptor_ = std::thread([this] { accept(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept() {
    while (!stopping_) {
      const int fd = ::accept(listener_.get(), nullptr, nullptr);
      if (fd < 0) continue;
      const int number = connections_++;
      threads_.emplace_back([this, fd, number] {
        ScriptedPeer peer(fd, number);
        script_(peer);
      });
    }
  }

  Script script_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::vector<std::thread> threads_;  // the acceptor's, until it has ended
  std::thread acceptor_;
};

}  // namespace miniredis::service
