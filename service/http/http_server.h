// Serves a Router over HTTP/1.1.
//
// One thread reads requests and writes answers; handlers run on a few others, so a slow one holds
// up neither health checks nor the reading of other requests. Requests of a connection are answered
// in order. The token and the route are checked before a body is read. What a peer can make us hold
// is bounded: connections, 16 KiB of headers, 8 MiB of body, time.
//
// Any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/failure.h"
#include "http/http_counters.h"
#include "http/router.h"
#include "http/trusted_proxies.h"

namespace boost::asio {
class io_context;
}

namespace miniredis::service {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  unsigned threads = 2;    // for handlers
  std::uint64_t max_connections = 512;
  std::uint32_t idle_timeout_ms = 60'000;
  std::uint32_t request_timeout_ms = 10'000;
  TrustedProxies trusted_proxies;  // a request through them is from whom they say
};

class HttpServer {
 public:
  static constexpr std::uint32_t kMostHeaderBytes = 16 * 1024;
  static constexpr std::uint64_t kMostBodyBytes = 8ULL * 1024 * 1024;

  // `router` and `counters` must outlive the server. `loop`: an event loop, run by one thread for
  // as long as the server lives, that requests are read and answered on; without one the server has
  // its own. Who asks others on that loop for an answer saves the way to another thread and back.
  static Outcome<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                    const Router& router, HttpCounters& counters,
                                                    boost::asio::io_context* loop = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  // Accepts no more, closes idle connections and waits for requests under way. False when some are
  // left after `drain_ms`.
  bool drain(std::uint32_t drain_ms);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace miniredis::service
