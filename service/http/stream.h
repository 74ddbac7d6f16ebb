// Streams of messages over HTTP: server-sent events, one way, and WebSockets, both ways. What they
// carry knows neither: a StreamHandler is given a StreamSink and told what comes in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace miniredis::service {

enum class StreamKind : std::uint8_t { kNone, kEvents, kWebSocket };

// RFC 6455 section 7.4.1.
namespace close_codes {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kPolicyViolation = 1008;
}  // namespace close_codes

// The way out. Any thread may call. A peer that does not read is given up once 1 MiB waits for it.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // One message: a text message of a WebSocket, one `data:` event otherwise. False when the stream
  // is closed, or is given up now.
  virtual bool send(std::string message) = 0;
  // Sends what waits, then closes. `code` and `reason` as RFC 6455 has them.
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

// Called by one thread at a time, a worker: may block for a while. Destroyed with the stream; no
// call of the sink reaches the peer afterwards.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // What the peer sent, at most 1 MiB; of WebSockets only.
  virtual void message(std::string text) = 0;
};

}  // namespace miniredis::service
