// One byte stream to a server: TCP, unix socket, or TLS over TCP. Calls block; they throw
// ConnectionError. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "endpoint.h"

namespace miniredis::mredis {

class Connection {
 public:
  // Gives up on each address after 5 seconds.
  explicit Connection(const Endpoint& endpoint);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  void write(std::string_view bytes);

  // While on, Ctrl-C does not end the program but makes read() return kInterrupted, once, also when
  // it was pressed between two reads.
  void watch_interrupts(bool on);

  enum class Outcome : unsigned char { kBytes, kClosed, kInterrupted };
  // Waits for bytes and appends them to `out`.
  Outcome read(std::string& out);
  // The same without waiting: appends what is there already. kBytes also when nothing is there.
  Outcome poll(std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace miniredis::mredis
