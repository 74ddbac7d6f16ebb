#include "commands/tcp_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace miniredis::transcripts {
namespace {

int open_socket(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(fd);
    throw std::system_error(error, std::generic_category(), "connect");
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

TcpLink::TcpLink(std::uint16_t port, Protocol protocol) : socket_(open_socket(port)) {
  if (protocol == Protocol::kResp3) {
    send({"HELLO", "3"}, true);
    next(false, kReplyPatience);
  }
}

TcpLink::~TcpLink() {
  close(socket_);
}

void TcpLink::send(const std::vector<std::string>& arguments, bool) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // a closed peer shows when its reply is awaited
    sent += static_cast<std::size_t>(n);
  }
}

bool TcpLink::fill(std::chrono::steady_clock::time_point deadline) {
  if (peer_closed_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd wanted{socket_, POLLIN, 0};
  if (left.count() < 0 || poll(&wanted, 1, static_cast<int>(left.count()) + 1) <= 0) return false;
  std::array<char, 65536> chunk;
  const ssize_t n = recv(socket_, chunk.data(), chunk.size(), 0);
  if (n <= 0) {
    peer_closed_ = true;
    return false;
  }
  input_.append(chunk.data(), static_cast<std::size_t>(n));
  return true;
}

std::optional<Reply> TcpLink::next(bool, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    Decoded decoded = decode(input_);
    if (decoded.state == Decoded::State::kBroken) {
      throw std::runtime_error("the server sent what is not RESP: " +
                               in_quotes(input_.substr(0, 80)));
    }
    if (decoded.state == Decoded::State::kWhole) {
      input_.erase(0, decoded.consumed);
      return std::move(decoded.reply);
    }
    if (!fill(deadline)) return std::nullopt;
  }
}

bool TcpLink::closed() {
  const auto deadline = std::chrono::steady_clock::now() + kReplyPatience;
  while (!peer_closed_ && std::chrono::steady_clock::now() < deadline) fill(deadline);
  return peer_closed_;
}

bool accepts_connections(std::uint16_t port) {
  try {
    close(open_socket(port));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace miniredis::transcripts
