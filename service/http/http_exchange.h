// One request and its answer on one connection. Lives on the client's thread.
//
// Parameters of the coroutines are references to what their callers keep, and each `co_await`
// stands alone: gcc 12 makes wrong code of larger expressions.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "http/http_connection_pool.h"

namespace miniredis::service {

class HttpExchange {
 public:
  struct Setting {
    const HttpUpstream& upstream;
    const HttpClientOptions& options;
    const OutgoingRequest& request;
    const std::string& protocol;  // to change to; empty: stay with HTTP
    HttpDeadline deadline;
  };

  HttpExchange(HttpConnectionPool::Connection& connection, const Setting& setting)
      : connection_(connection), setting_(setting) {}

  // Nothing when a reply is there.
  boost::asio::awaitable<std::optional<Failure>> run();

  // After run(): how it ended.
  HttpReply take_reply() { return std::move(reply_); }
  bool reusable() const { return reusable_; }
  bool upgraded() const { return upgraded_; }
  // The peer had closed before it answered anything: most likely before the request came.
  bool stale() const { return stale_; }

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  boost::asio::awaitable<void> write();
  // Each returns nothing when it went well.
  boost::asio::awaitable<std::optional<Failure>> await_first_byte();
  boost::asio::awaitable<std::optional<Failure>> read_answer();
  std::optional<Failure> take_upgrade(const Parser& parser);
  void take(Parser& parser);
  Failure failure_of(const boost::system::error_code& code) const;
  Failure failure(FailureKind kind, const std::string& what) const;

  HttpConnectionPool::Connection& connection_;
  const Setting& setting_;
  HttpReply reply_;
  bool written_ = false;
  bool reusable_ = false;
  bool upgraded_ = false;
  bool stale_ = false;
};

// Why a request cannot be written as it is; nothing when it can.
std::optional<Failure> check_outgoing(const OutgoingRequest& request);

}  // namespace miniredis::service
