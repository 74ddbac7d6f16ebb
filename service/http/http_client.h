// Asks one other service over HTTP/1.1, keeping connections to it.
//
// Bounded in all that the other side or our callers could make us hold: connections, callers who
// wait for one, time at each step, bytes of headers and body. A request goes out a second time only
// when the connection was an old one that its peer had closed, nothing of an answer came, and
// sending it twice does no harm. Headers of one connection pass in neither direction.
//
// Failures: kInvalidValue, the request cannot be written; kUnavailable, nothing was sent;
// kNoAnswer and kBadAnswer, it was sent and may have been carried out; kShuttingDown.
// No https: see parse_upstream().
//
// Any thread may call. The work is done on the context's thread, which must be one. The client's
// end breaks off what is under way; the context must outlive those who wait for it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "common/failure.h"
#include "http/http_headers.h"
#include "http/http_message.h"
#include "http/http_upstream.h"

namespace miniredis::service {

struct HttpTimeouts {
  std::uint32_t queue_ms = 1'000;  // for a connection to become free
  std::uint32_t connect_ms = 1'000;
  std::uint32_t first_byte_ms = 10'000;  // from the request's end to the answer's beginning
  std::uint32_t total_ms = 30'000;       // from the call to the answer's end
};

struct OutgoingRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query as they are sent, escaped
  HttpHeaders headers;       // Host, Content-Length and Expect are not taken from here
  std::string body;
  bool idempotent = false;  // sending it twice does no harm though the method is not safe
  HttpTimeouts timeouts;
};

struct HttpClientOptions {
  std::string name = "upstream";  // what failures call the service
  std::uint32_t max_connections = 32;
  std::uint32_t max_waiting = 256;         // callers waiting for a connection; more fail at once
  std::uint32_t max_tunnels = 256;         // besides max_connections
  std::uint32_t idle_timeout_ms = 15'000;  // shorter than the service's own saves retries
  std::uint32_t max_header_bytes = 32 * 1024;
  std::uint64_t max_body_bytes = 8ULL * 1024 * 1024;
};

struct HttpClientFigures {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t connects = 0;
  std::uint64_t retries = 0;
  std::uint64_t in_use = 0;  // now, as the following
  std::uint64_t idle = 0;
  std::uint64_t waiting = 0;
  std::uint64_t tunnels = 0;
};

// A connection that left HTTP.
struct HttpTunnel {
  HttpReply reply;                                       // 101, with Upgrade and all the rest
  boost::asio::generic::stream_protocol::socket socket;  // on the executor of who asked
  std::string leftover;                                  // what came right behind the answer
  std::shared_ptr<void> place;                           // counts among max_tunnels while it lives
};

class HttpClient {
 public:
  using TunnelOrReply = std::variant<HttpTunnel, HttpReply>;

  HttpClient(boost::asio::io_context& io, HttpUpstream upstream, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `request` must live until the answer is there. The reply's content type is empty when the
  // answer has none; its headers are all others but Content-Length.
  boost::asio::awaitable<Outcome<HttpReply>> send(const OutgoingRequest& request);

  // The same for those that are told: `done` is called once, by the context's thread.
  void start(OutgoingRequest request, std::function<void(Outcome<HttpReply>)> done);

  // The same for threads that may wait. From the context's own thread it fails at once,
  // since it would wait for itself.
  Outcome<HttpReply> call(OutgoingRequest request);

  // Asks to go on in `protocol`, such as "websocket". The reply is what the service said instead
  // of 101. first_byte_ms and total_ms are for the answer, not for the tunnel.
  boost::asio::awaitable<Outcome<TunnelOrReply>> open_tunnel(const OutgoingRequest& request,
                                                             const std::string& protocol);

  HttpClientFigures figures() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace miniredis::service
