// One HTTP connection: reads requests, has them answered, writes the answers, in turn.
//
// Parameters of the coroutines are references to what their callers keep, and each `co_await`
// stands alone: gcc 12 makes wrong code of larger expressions.
//
// Lives on the server's one input/output thread; only handlers run elsewhere.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "http/http_counters.h"
#include "http/http_server.h"
#include "http/http_stamps.h"
#include "http/router.h"

namespace miniredis::service {

class HttpConnection {
 public:
  struct Environment {
    const HttpServerOptions& options;
    const Router& router;
    HttpCounters& counters;
    boost::asio::thread_pool& workers;
    const bool& stopping;
    HttpStamps& stamps;
  };

  HttpConnection(boost::asio::ip::tcp::socket socket, const Environment& environment);

  // Until the peer or we close.
  boost::asio::awaitable<void> run();

  // Ends a connection that waits for a request; one with a request under way ends after its answer.
  void close_if_idle();
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // Each returns whether the connection goes on.
  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<bool> serve_request();
  boost::asio::awaitable<std::optional<HttpReply>> admit(const RouteSearch& found,
                                                         HttpRequest& request);
  boost::asio::awaitable<void> serve_stream(const RouteMatch& match, const HttpRequest& request,
                                            Parser& parser);
  boost::asio::awaitable<bool> read_body(Parser& parser, HttpRequest& request);
  boost::asio::awaitable<HttpReply> answer(const RouteMatch& match, const HttpRequest& request);
  boost::asio::awaitable<void> answer_later(const RouteMatch& match, const HttpRequest& request,
                                            HttpReply& reply);
  boost::asio::awaitable<void> reply_and_close(const HttpRequest& request, const HttpReply& reply);
  boost::asio::awaitable<bool> write(const HttpRequest& request, const HttpReply& reply,
                                     bool keep_alive);
  boost::asio::awaitable<void> linger();

  HttpRequest head_of(const Parser& parser) const;
  void note(const HttpRequest& request, const HttpReply& reply);

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  Environment environment_;
  std::string peer_;
  std::chrono::steady_clock::time_point request_started_;
  unsigned version_ = 11;
  bool idle_ = true;
};

}  // namespace miniredis::service
