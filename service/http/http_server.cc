#include "http/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "common/log.h"
#include "common/units.h"
#include "http/http_connection.h"
#include "http/problem.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const Router& router, HttpCounters& counters,
       asio::io_context* loop)
      : options_(options),
        router_(router),
        counters_(counters),
        workers_(options.threads),
        own_io_(loop == nullptr ? std::make_unique<asio::io_context>(1) : nullptr),
        io_(loop == nullptr ? *own_io_ : *loop),
        acceptor_(io_) {}

  // Every connection is run to its end, so that none is torn down between two threads.
  ~Impl() {
    if (opened_) {
      asio::post(io_, [this] {
        stop_accepting();
        for (HttpConnection* connection : connections_) connection->close();
        note_connections();
      });
      std::unique_lock lock(mutex_);
      drained_.wait(lock, [this] { return all_gone_ && !accepting_; });
    }
    if (thread_.joinable()) thread_.join();
    workers_.join();
  }

  std::optional<Failure> open() {
    error_code failure;
    const tcp::endpoint endpoint(asio::ip::make_address(options_.address, failure), options_.port);
    if (!failure) acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
    if (failure) {
      return Failure{FailureKind::kStorageFailed,
                     "http_port: cannot listen on " +
                         format_endpoint(options_.address, options_.port) + ": " +
                         failure.message(),
                     "http_port"};
    }
    port_ = acceptor_.local_endpoint().port();
    opened_ = accepting_ = true;
    asio::co_spawn(io_, accept(), [this](const std::exception_ptr&) {
      const std::lock_guard lock(mutex_);
      accepting_ = false;
      drained_.notify_all();
    });
    if (own_io_ != nullptr) thread_ = std::thread([this] { io_.run(); });
    return std::nullopt;
  }

  std::uint16_t port() const { return port_; }

  bool drain(std::uint32_t drain_ms) {
    asio::post(io_, [this] {
      stop_accepting();
      for (HttpConnection* connection : connections_) connection->close_if_idle();
      note_connections();
    });
    std::unique_lock lock(mutex_);
    return drained_.wait_for(lock, std::chrono::milliseconds(drain_ms),
                             [this] { return all_gone_; });
  }

 private:
  asio::awaitable<void> accept() {
    while (!stopping_) {
      error_code failure;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (stopping_) co_return;
      if (failure) {
        // Out of descriptors, most likely: the queue stays, so trying at once would spin.
        log::warning("cannot accept an HTTP connection", {{"reason", failure.message()}});
        asio::steady_timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      } else if (connections_.size() >= options_.max_connections) {
        turn_away(socket);
      } else {
        asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
      }
    }
  }

  void stop_accepting() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
  }

  // One try without waiting: a peer that does not read gets nothing.
  void turn_away(tcp::socket& socket) {
    counters_.connections_rejected++;
    const HttpReply reply = reply_of(
        {problem_kinds::kTooManyConnections,
         "allowed: " + std::to_string(options_.max_connections) + " connections at once", ""});
    const std::string text =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: " + reply.content_type +
        "\r\nContent-Length: " + std::to_string(reply.body.size()) +
        "\r\nRetry-After: 1\r\nConnection: close\r\n\r\n" + reply.body;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    HttpConnection connection(std::move(socket),
                              {options_, router_, counters_, workers_, stopping_, stamps_});
    connections_.insert(&connection);
    note_connections();
    try {
      co_await connection.run();
    } catch (const std::exception& failure) {
      log::error("an HTTP connection failed", {{"reason", failure.what()}});
    }
    connections_.erase(&connection);
    note_connections();
  }

  void note_connections() {
    counters_.connections = connections_.size();
    if (!stopping_ || !connections_.empty()) return;
    const std::lock_guard lock(mutex_);
    all_gone_ = true;
    drained_.notify_all();
  }

  const HttpServerOptions options_;
  const Router& router_;
  HttpCounters& counters_;
  asio::thread_pool workers_;
  std::unordered_set<HttpConnection*> connections_;  // what follows is the one thread's, but port_
  bool stopping_ = false;
  HttpStamps stamps_;
  const std::unique_ptr<asio::io_context> own_io_;  // nothing: on another's
  asio::io_context& io_;
  tcp::acceptor acceptor_;
  bool opened_ = false;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable drained_;
  bool all_gone_ = false;  // these two under the mutex
  bool accepting_ = false;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Outcome<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                       const Router& router, HttpCounters& counters,
                                                       asio::io_context* loop) {
  auto impl = std::make_unique<Impl>(options, router, counters, loop);
  if (auto failure = impl->open()) return std::move(*failure);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

bool HttpServer::drain(std::uint32_t drain_ms) {
  return impl_->drain(drain_ms);
}

}  // namespace miniredis::service
