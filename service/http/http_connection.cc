#include "http/http_connection.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "common/log.h"
#include "common/secure_bytes.h"
#include "common/units.h"
#include "http/problem.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// What is still read from a peer whose request was refused before it was all sent.
constexpr std::size_t kMostDiscarded = 64 * 1024 * 1024;
constexpr auto kLingerTime = std::chrono::seconds(2);

std::chrono::milliseconds milliseconds(std::uint32_t count) {
  return std::chrono::milliseconds(count);
}

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.';
    if (!fine) return false;
  }
  return true;
}

// The answer to bytes that the parser refuses; nothing when the peer is just gone or too slow.
std::optional<HttpReply> reply_to(const error_code& failure) {
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
    return reply_of({problem_kinds::kHeadersTooLarge,
                     "allowed: " + std::to_string(HttpServer::kMostHeaderBytes) + " bytes", ""});
  }
  if (failure == http::error::body_limit) {
    return reply_of({problem_kinds::kTooLarge,
                     "allowed: " + std::to_string(HttpServer::kMostBodyBytes) + " bytes", ""});
  }
  if (failure == http::error::end_of_stream || failure == http::error::partial_message) {
    return std::nullopt;
  }
  if (failure.category() == http::make_error_code(http::error::bad_method).category()) {
    return reply_of({problem_kinds::kBadRequest, "not HTTP/1.1: " + failure.message(), ""});
  }
  return std::nullopt;
}

}  // namespace

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, const Environment& environment)
    : stream_(std::move(socket)),
      buffer_(HttpServer::kMostHeaderBytes * 4),
      environment_(environment) {
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto endpoint = stream_.socket().remote_endpoint(ignored);
  if (!ignored) peer_ = endpoint.address().to_string();
}

void HttpConnection::close_if_idle() {
  if (idle_) stream_.close();
}

void HttpConnection::close() {
  stream_.close();
}

asio::awaitable<void> HttpConnection::run() {
  bool goes_on = true;
  while (goes_on && !environment_.stopping) {
    idle_ = true;
    goes_on = co_await wait_for_request();
    if (!goes_on) break;
    idle_ = false;
    goes_on = co_await serve_request();
  }
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

asio::awaitable<bool> HttpConnection::wait_for_request() {
  if (buffer_.size() > 0) co_return true;
  stream_.expires_after(milliseconds(environment_.options.idle_timeout_ms));
  error_code failure;
  const std::size_t count = co_await stream_.async_read_some(
      buffer_.prepare(4096), asio::redirect_error(asio::use_awaitable, failure));
  buffer_.commit(count);
  co_return !failure;
}

asio::awaitable<bool> HttpConnection::serve_request() {
  request_started_ = std::chrono::steady_clock::now();
  stream_.expires_after(milliseconds(environment_.options.request_timeout_ms));
  Parser parser;
  parser.header_limit(HttpServer::kMostHeaderBytes);
  parser.body_limit(HttpServer::kMostBodyBytes);
  error_code failure;
  co_await http::async_read_header(stream_, buffer_, parser,
                                   asio::redirect_error(asio::use_awaitable, failure));
  HttpRequest request = head_of(parser);
  if (failure) {
    const std::optional<HttpReply> reply = reply_to(failure);
    if (reply) co_await reply_and_close(request, *reply);
    co_return false;
  }
  version_ = parser.get().version();
  const bool has_body = !parser.is_done();
  const auto matched = environment_.router.match(request, has_body);
  const auto* refusal = std::get_if<HttpReply>(&matched);
  if (refusal != nullptr && has_body) {
    co_await reply_and_close(request, *refusal);
    co_return false;
  }
  if (refusal != nullptr) {
    const bool goes_on = co_await write(request, *refusal, parser.keep_alive());
    co_return goes_on;
  }
  if (has_body) {
    const bool read = co_await read_body(parser, request);
    if (!read) co_return false;
  }
  stream_.expires_never();
  const HttpReply reply = co_await answer(std::get<RouteMatch>(matched), request);
  const bool goes_on = co_await write(request, reply, parser.keep_alive());
  co_return goes_on;
}

asio::awaitable<bool> HttpConnection::read_body(Parser& parser, HttpRequest& request) {
  error_code failure;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kContinue),
                               asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return false;
  }
  co_await http::async_read(stream_, buffer_, parser,
                            asio::redirect_error(asio::use_awaitable, failure));
  if (failure) {
    const std::optional<HttpReply> reply = reply_to(failure);
    if (reply) co_await reply_and_close(request, *reply);
    co_return false;
  }
  request.body = std::move(parser.get().body());
  co_return true;
}

asio::awaitable<HttpReply> HttpConnection::answer(const RouteMatch& match,
                                                  const HttpRequest& request) {
  HttpReply reply;
  if (match.route->immediate) {
    reply = Router::run(match, request);
    co_return reply;
  }
  const auto work = [&]() -> asio::awaitable<void> {
    reply = Router::run(match, request);
    co_return;
  };
  co_await asio::co_spawn(environment_.workers, work, asio::use_awaitable);
  co_return reply;
}

asio::awaitable<void> HttpConnection::reply_and_close(const HttpRequest& request,
                                                      const HttpReply& reply) {
  co_await write(request, reply, false);
  co_await linger();
}

asio::awaitable<bool> HttpConnection::write(const HttpRequest& request, const HttpReply& reply,
                                            bool keep_alive) {
  const bool goes_on = keep_alive && !environment_.stopping;
  http::response<http::string_body> response;
  response.version(version_);
  response.result(static_cast<unsigned>(reply.status));
  response.set(http::field::server, "miniredisd");
  response.set(http::field::date, format_http_date(now_unix_ms()));
  response.set("X-Request-Id", request.request_id);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  if (reply.status != 204) {
    response.set(http::field::content_type, reply.content_type);
    response.content_length(reply.body.size());
    // HEAD is told the length and sent nothing.
    if (request.method != "HEAD") response.body() = reply.body;
  }
  response.keep_alive(goes_on);
  note(request, reply);

  http::response_serializer<http::string_body> serializer(response);
  error_code failure;
  while (!serializer.is_done() && !failure) {
    stream_.expires_after(milliseconds(environment_.options.request_timeout_ms));
    co_await http::async_write_some(stream_, serializer,
                                    asio::redirect_error(asio::use_awaitable, failure));
  }
  co_return !failure && goes_on;
}

// Closing with unread bytes would make the peer's system throw our answer away: what it still sends
// is read and dropped for a while.
asio::awaitable<void> HttpConnection::linger() {
  error_code failure;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failure);
  stream_.expires_after(kLingerTime);
  std::array<char, 16384> dropped{};
  std::size_t total = 0;
  while (!failure && total < kMostDiscarded) {
    total += co_await stream_.async_read_some(asio::buffer(dropped),
                                              asio::redirect_error(asio::use_awaitable, failure));
  }
}

HttpRequest HttpConnection::head_of(const Parser& parser) const {
  const auto& message = parser.get();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  request.content_type = message[http::field::content_type];
  request.authorization = message[http::field::authorization];
  request.request_id = message["X-Request-Id"];
  if (!is_request_id(request.request_id)) request.request_id = to_hex(random_bytes(8));
  return request;
}

void HttpConnection::note(const HttpRequest& request, const HttpReply& reply) {
  environment_.counters.answers_by_status[static_cast<std::size_t>(reply.status)]++;
  const auto elapsed = std::chrono::steady_clock::now() - request_started_;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  const bool probe = request.target == "/healthz" || request.target == "/readyz";
  (probe ? log::debug : log::info)("request", {{"request_id", request.request_id},
                                               {"peer", peer_},
                                               {"method", request.method},
                                               {"target", request.target.substr(0, 256)},
                                               {"status", std::to_string(reply.status)},
                                               {"us", std::to_string(microseconds)}});
}

}  // namespace miniredis::service
