// What waits to be sent on a stream: the meeting point of any thread that sends and the connection
// that writes. Knows no socket.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "http/stream.h"

namespace miniredis::service {

class StreamChannel : public StreamSink {
 public:
  static constexpr std::size_t kMostWaiting = 1U << 20;  // bytes

  // `wake` is called, from any thread and without our lock, when there is something to take.
  explicit StreamChannel(std::function<void()> wake) : wake_(std::move(wake)) {}

  bool send(std::string message) override;
  void close(std::uint16_t code, std::string reason) override;

  struct Taken {
    std::deque<std::string> messages;
    bool closed = false;  // no more will come
    std::uint16_t code = 0;
    std::string reason;
  };
  Taken take();
  // The connection is gone: nothing more is kept, and `wake` is not called again.
  void detach();

 private:
  void wake();

  std::mutex mutex_;
  std::function<void()> wake_;
  std::deque<std::string> messages_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  std::uint16_t code_ = 0;
  std::string reason_;
};

}  // namespace miniredis::service
