#include "http/http_connection.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "common/log.h"
#include "common/units.h"
#include "http/message_head.h"
#include "http/parse_buffered.h"
#include "http/problem.h"
#include "http/run_on.h"
#include "http/stream_session.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// What the kernel holds of an answer besides what it has sent, in bytes.
constexpr int kMostNotSent = 64 << 10;
// What is still read from a peer whose request was refused before it was all sent.
constexpr std::size_t kMostDiscarded = 64 * 1024 * 1024;
constexpr auto kLingerTime = std::chrono::seconds(2);

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.';
    if (!fine) return false;
  }
  return true;
}

// Browsers let a page set no header of a WebSocket but the subprotocols it offers: the token comes
// as one of them, "bearer.<token>".
std::string authorization_in(std::string_view protocols) {
  constexpr std::string_view kMark = "bearer.";
  const std::size_t at = protocols.find(kMark);
  if (at == std::string_view::npos) return "";
  std::string_view token = protocols.substr(at + kMark.size());
  token = token.substr(0, token.find_first_of(", "));
  return "Bearer " + std::string(token);
}

std::string actor_of(const HttpRequest& request) {
  return request.principal == nullptr ? "-" : request.principal->actor;
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
  stream_.socket().non_blocking(true, ignored);
  // The kernel takes what it can send soon, no more: a large answer that lies with it is sent in
  // one go whenever room is made, and whoever else needs the core waits until that is over.
  using NotSentLowWater = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  stream_.socket().set_option(NotSentLowWater(kMostNotSent), ignored);
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
  stream_.expires_after(std::chrono::milliseconds(environment_.options.idle_timeout_ms));
  error_code failure;
  const std::size_t count = co_await stream_.async_read_some(
      buffer_.prepare(4096), asio::redirect_error(asio::use_awaitable, failure));
  buffer_.commit(count);
  co_return !failure;
}

asio::awaitable<bool> HttpConnection::serve_request() {
  request_started_ = std::chrono::steady_clock::now();
  stream_.expires_after(std::chrono::milliseconds(environment_.options.request_timeout_ms));
  Parser parser;
  parser.header_limit(HttpServer::kMostHeaderBytes);
  parser.body_limit(HttpServer::kMostBodyBytes);
  error_code failure = parse_buffered(parser, buffer_);
  if (!failure && !parser.is_header_done()) {
    co_await http::async_read_header(stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, failure));
  }
  HttpRequest request = head_of(parser);
  if (failure) {
    const std::optional<HttpReply> reply = reply_to(failure);
    if (reply) co_await reply_and_close(request, *reply);
    co_return false;
  }
  version_ = parser.get().version();
  const bool has_body = !parser.is_done();
  const RouteSearch found = environment_.router.search(request, has_body);
  const std::optional<HttpReply> refusal = co_await admit(found, request);
  if (refusal && has_body) {
    co_await reply_and_close(request, *refusal);
    co_return false;
  }
  if (refusal) {
    const bool goes_on = co_await write(request, *refusal, parser.keep_alive());
    co_return goes_on;
  }
  const auto& match = std::get<RouteMatch>(found.result);
  if (has_body) {
    const bool read = co_await read_body(parser, request);
    if (!read) co_return false;
  }
  if (match.route->stream != StreamKind::kNone) {
    co_await serve_stream(match, request, parser);
    co_return false;
  }
  stream_.expires_never();
  const HttpReply reply = co_await answer(match, request);
  const bool goes_on = co_await write(request, reply, parser.keep_alive());
  co_return goes_on;
}

// Finds out who asks, where that matters; the answer that refuses, if any.
asio::awaitable<std::optional<HttpReply>> HttpConnection::admit(const RouteSearch& found,
                                                                HttpRequest& request) {
  const Router& router = environment_.router;
  if (found.secret) {
    std::optional<Authenticator::Verdict> verdict = router.authenticator().known(request);
    if (!verdict) {
      const auto work = [&] { verdict = router.authenticator().resolve(request); };
      co_await run_on(environment_.workers, work);
    }
    if (auto* refused = std::get_if<HttpReply>(&*verdict)) co_return std::move(*refused);
    request.principal = std::move(std::get<PrincipalPointer>(*verdict));
  }
  if (const auto* answer = std::get_if<HttpReply>(&found.result)) co_return *answer;
  co_return router.refusal(std::get<RouteMatch>(found.result), request.principal.get());
}

asio::awaitable<void> HttpConnection::serve_stream(const RouteMatch& match,
                                                   const HttpRequest& request, Parser& parser) {
  const bool upgrade = beast::websocket::is_upgrade(parser.get());
  if (!upgrade && match.route->stream == StreamKind::kWebSocket) {
    HttpReply reply = reply_of({problem_kinds::kUpgradeRequired, "this is a WebSocket", ""});
    reply.headers.emplace_back("Upgrade", "websocket");
    co_await reply_and_close(request, reply);
    co_return;
  }
  stream_.expires_never();
  StreamSession session(stream_, environment_.workers, environment_.stopping);
  const std::optional<HttpReply> refused = co_await session.open(match, request);
  if (refused) {
    co_await reply_and_close(request, *refused);
    co_return;
  }
  HttpReply noted;
  noted.status = upgrade ? 101 : 200;
  note(request, noted);
  idle_ = true;  // a stream is no work that a drain should wait for
  if (upgrade) {
    co_await session.run_web_socket(parser.get(), request);
  } else {
    co_await session.run_events(parser.get(), request);
  }
}

asio::awaitable<bool> HttpConnection::read_body(Parser& parser, HttpRequest& request) {
  error_code failure;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kContinue),
                               asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return false;
  }
  failure = parse_buffered(parser, buffer_);
  if (!failure && !parser.is_done()) {
    co_await http::async_read(stream_, buffer_, parser,
                              asio::redirect_error(asio::use_awaitable, failure));
  }
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
  if (match.route->async_handler) {
    co_await answer_later(match, request, reply);
    co_return reply;
  }
  if (match.route->immediate) {
    reply = Router::run(match, request);
    co_return reply;
  }
  const auto work = [&] { reply = Router::run(match, request); };
  co_await run_on(environment_.workers, work);
  co_return reply;
}

asio::awaitable<void> HttpConnection::answer_later(const RouteMatch& match,
                                                   const HttpRequest& request, HttpReply& reply) {
  const asio::any_io_executor executor = stream_.get_executor();
  const ApiRequest asked{request, match.path, match.query};
  const auto begin = [&](auto handler) {
    const auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    // An answer that is there at once has to wait until this coroutine has come to rest.
    const auto at_rest = std::make_shared<std::atomic<bool>>(false);
    match.route->async_handler(asked, [&reply, executor, resume, at_rest](HttpReply answer) {
      auto end = [&reply, resume, answer = std::move(answer)]() mutable {
        reply = std::move(answer);
        std::move (*resume)();
      };
      if (*at_rest) {
        asio::dispatch(executor, std::move(end));
      } else {
        asio::post(executor, std::move(end));
      }
    });
    *at_rest = true;
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(begin, asio::use_awaitable);
}

asio::awaitable<void> HttpConnection::reply_and_close(const HttpRequest& request,
                                                      const HttpReply& reply) {
  co_await write(request, reply, false);
  co_await linger();
}

asio::awaitable<bool> HttpConnection::write(const HttpRequest& request, const HttpReply& reply,
                                            bool keep_alive) {
  const bool goes_on = keep_alive && !environment_.stopping;
  HttpReply finished = reply;
  environment_.router.finish(request, finished);
  http::response<http::empty_body> response;
  response.version(version_);
  response.set(http::field::server, "miniredisd");
  response.set(http::field::date, environment_.stamps.date(now_unix_ms()));
  response.set("X-Request-Id", request.request_id);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  // One name may come several times, as Set-Cookie does; what we said of it gives way.
  for (const auto& [name, value] : finished.headers) response.erase(name);
  for (const auto& [name, value] : finished.headers) response.insert(name, value);
  const bool has_body = finished.status != 204 && finished.status != 304;
  if (has_body) {
    if (!finished.content_type.empty()) {
      response.set(http::field::content_type, finished.content_type);
    }
    response.content_length(finished.body.size());
  }
  response.keep_alive(goes_on);
  note(request, finished);

  const std::string head = status_line(version_, finished.status) + field_lines(response);
  // HEAD is told the length and sent nothing.
  if (!has_body || request.method == "HEAD") finished.body.clear();
  std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(finished.body)};
  error_code failure;
  drop_written(rest, stream_.socket().write_some(rest, failure));
  if (failure == asio::error::would_block) failure = {};
  while (asio::buffer_size(rest) > 0 && !failure) {
    stream_.expires_after(std::chrono::milliseconds(environment_.options.request_timeout_ms));
    const std::size_t written =
        co_await stream_.async_write_some(rest, asio::redirect_error(asio::use_awaitable, failure));
    drop_written(rest, written);
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
  for (const auto& field : message) {
    switch (field.name()) {
      case http::field::content_type:
        request.content_type = field.value();
        break;
      case http::field::authorization:
        request.authorization = field.value();
        break;
      default:
        request.headers.emplace_back(field.name_string(), field.value());
    }
  }
  // A proxy may send the header several times: they are one list.
  std::string forwarded_for;
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "X-Forwarded-For")) continue;
    forwarded_for += (forwarded_for.empty() ? "" : ",") + value;
  }
  request.peer = environment_.options.trusted_proxies.client_of(peer_, forwarded_for);
  request.request_id = request.header("X-Request-Id");
  if (!is_request_id(request.request_id)) request.request_id = environment_.stamps.request_id();
  if (request.authorization.empty()) {
    request.authorization = authorization_in(request.header("Sec-WebSocket-Protocol"));
  }
  return request;
}

void HttpConnection::note(const HttpRequest& request, const HttpReply& reply) {
  environment_.counters.answers_by_status[static_cast<std::size_t>(reply.status)]++;
  const auto elapsed = std::chrono::steady_clock::now() - request_started_;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  const bool probe = request.target == "/healthz" || request.target == "/readyz";
  (probe ? log::debug : log::info)("request", {{"request_id", request.request_id},
                                               {"peer", request.peer},
                                               {"actor", actor_of(request)},
                                               {"method", request.method},
                                               {"target", request.target.substr(0, 256)},
                                               {"status", std::to_string(reply.status)},
                                               {"us", std::to_string(microseconds)}});
}

}  // namespace miniredis::service
