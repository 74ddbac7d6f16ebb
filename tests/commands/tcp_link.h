// A client over a TCP or unix socket, with no more than blocking reads with a deadline.
#pragma once

#include <cstdint>
#include <string>

#include "commands/link.h"

namespace miniredis::transcripts {

class TcpLink : public Link {
 public:
  // Connects to 127.0.0.1. With kResp3 says HELLO 3 first and drops its reply.
  // Throws std::system_error.
  TcpLink(std::uint16_t port, Protocol protocol);
  ~TcpLink() override;
  TcpLink(const TcpLink&) = delete;
  TcpLink& operator=(const TcpLink&) = delete;

  void send(const std::vector<std::string>& arguments, bool replies_awaited) override;
  std::optional<Reply> next(bool push, std::chrono::milliseconds patience) override;
  bool closed() override;

 private:
  // False when nothing came before the deadline or the peer has closed.
  bool fill(std::chrono::steady_clock::time_point deadline);

  int socket_ = -1;
  bool peer_closed_ = false;
  std::string input_;
};

// Whether something accepts connections on the port of 127.0.0.1 now.
bool accepts_connections(std::uint16_t port);

}  // namespace miniredis::transcripts
