#include "http/http_exchange.h"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>

#include "http/message_head.h"
#include "http/parse_buffered.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kMostTargetBytes = 16UL * 1024;
constexpr int kMostInterimReplies = 8;

bool is_ours_to_write(std::string_view name) {
  return is_same_header(name, "Host") || is_same_header(name, "Content-Length") ||
         is_same_header(name, "Expect");
}

bool is_target(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kMostTargetBytes) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c != 0x7f; });
}

}  // namespace

std::optional<Failure> check_outgoing(const OutgoingRequest& request) {
  if (!is_header_name(request.method) || request.method == "CONNECT") {
    return Failure{FailureKind::kInvalidValue, "not a method that can be passed on", "method"};
  }
  if (!is_target(request.target)) {
    return Failure{FailureKind::kInvalidValue, "not a target that can be passed on", "target"};
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_header_name(name) || !is_header_value(value)) {
      return Failure{FailureKind::kInvalidValue, "not a header that can be passed on", "headers"};
    }
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Failure>> HttpExchange::run() {
  co_await write();
  std::optional<Failure> failed = co_await await_first_byte();
  if (failed) co_return failed;
  failed = co_await read_answer();
  co_return failed;
}

// A failure is not the end: a peer may refuse a body before it has read it, and say why.
asio::awaitable<void> HttpExchange::write() {
  const OutgoingRequest& request = setting_.request;
  http::request<http::empty_body> message;
  message.set(http::field::host, setting_.upstream.authority());
  const ConnectionHeaders dropped(request.headers);
  for (const auto& [name, value] : request.headers) {
    if (!is_ours_to_write(name) && !dropped.has(name)) message.insert(name, value);
  }
  if (!setting_.protocol.empty()) {
    message.set(http::field::connection, "Upgrade");
    message.set(http::field::upgrade, setting_.protocol);
  }
  const bool usually_empty =
      request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
  if (!request.body.empty() || !usually_empty) message.content_length(request.body.size());
  const std::string head =
      request.method + ' ' + request.target + " HTTP/1.1\r\n" + field_lines(message);
  std::array<asio::const_buffer, 2> pieces{asio::buffer(head), asio::buffer(request.body)};
  error_code failed;
  drop_written(pieces, connection_.stream.socket().write_some(pieces, failed));
  if (failed == asio::error::would_block) failed = {};
  if (!failed && asio::buffer_size(pieces) > 0) {
    connection_.stream.expires_at(setting_.deadline);
    co_await asio::async_write(connection_.stream, pieces,
                               asio::redirect_error(asio::use_awaitable, failed));
  }
  written_ = !failed;
}

asio::awaitable<std::optional<Failure>> HttpExchange::await_first_byte() {
  const auto patience = std::chrono::milliseconds(setting_.request.timeouts.first_byte_ms);
  connection_.stream.expires_at(
      std::min(setting_.deadline, std::chrono::steady_clock::now() + patience));
  error_code failed;
  const std::size_t count = co_await connection_.stream.async_read_some(
      connection_.buffer.prepare(4096), asio::redirect_error(asio::use_awaitable, failed));
  connection_.buffer.commit(count);
  if (!failed) co_return std::nullopt;
  stale_ = failed == asio::error::eof || failed == asio::error::connection_reset ||
           failed == asio::error::broken_pipe;
  if (failed == beast::error::timeout) {
    co_return failure(FailureKind::kNoAnswer, "no answer in time");
  }
  co_return failure(FailureKind::kNoAnswer, "no answer: " + failed.message());
}

asio::awaitable<std::optional<Failure>> HttpExchange::read_answer() {
  for (int interim = 0; interim <= kMostInterimReplies; ++interim) {
    Parser parser;
    parser.header_limit(setting_.options.max_header_bytes);
    parser.body_limit(setting_.options.max_body_bytes);
    parser.skip(setting_.request.method == "HEAD");
    error_code failed = parse_buffered(parser, connection_.buffer);
    connection_.stream.expires_at(setting_.deadline);
    if (!failed && !parser.is_header_done()) {
      co_await http::async_read_header(connection_.stream, connection_.buffer, parser,
                                       asio::redirect_error(asio::use_awaitable, failed));
    }
    if (failed) co_return failure_of(failed);
    const unsigned status = parser.get().result_int();
    if (status == 101) co_return take_upgrade(parser);
    if (status < 200) continue;
    failed = parse_buffered(parser, connection_.buffer);
    if (!failed && !parser.is_done()) {
      co_await http::async_read(connection_.stream, connection_.buffer, parser,
                                asio::redirect_error(asio::use_awaitable, failed));
    }
    if (failed) co_return failure_of(failed);
    reusable_ = written_ && parser.keep_alive() && connection_.buffer.size() == 0;
    take(parser);
    co_return std::nullopt;
  }
  co_return failure(FailureKind::kBadAnswer, "no end of interim answers");
}

std::optional<Failure> HttpExchange::take_upgrade(const Parser& parser) {
  const auto& message = parser.get();
  if (setting_.protocol.empty() ||
      !beast::iequals(message[http::field::upgrade], setting_.protocol)) {
    return failure(FailureKind::kBadAnswer, "it changed to a protocol nobody asked for");
  }
  reply_.status = 101;
  reply_.content_type.clear();
  for (const auto& field : message) {
    reply_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  upgraded_ = true;
  return std::nullopt;
}

void HttpExchange::take(Parser& parser) {
  auto& message = parser.get();
  reply_.status = static_cast<int>(message.result_int());
  reply_.content_type = message[http::field::content_type];
  HttpHeaders headers;
  for (const auto& field : message) {
    const bool apart =
        field.name() == http::field::content_type || field.name() == http::field::content_length;
    if (!apart) headers.emplace_back(field.name_string(), field.value());
  }
  reply_.headers = end_to_end_headers(std::move(headers));
  reply_.body = std::move(message.body());
}

Failure HttpExchange::failure_of(const error_code& code) const {
  if (code == beast::error::timeout) {
    return failure(FailureKind::kNoAnswer, "the answer did not end in time");
  }
  if (code == http::error::body_limit) {
    return failure(FailureKind::kBadAnswer, "the answer's body is too large");
  }
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return failure(FailureKind::kBadAnswer, "the answer's headers are too large");
  }
  const bool about_http =
      code.category() == http::make_error_code(http::error::bad_method).category();
  const bool broke_off = code == http::error::end_of_stream || code == http::error::partial_message;
  if (broke_off || !about_http) {
    return failure(FailureKind::kNoAnswer, "the answer broke off: " + code.message());
  }
  return failure(FailureKind::kBadAnswer, "the answer is not HTTP: " + code.message());
}

Failure HttpExchange::failure(FailureKind kind, const std::string& what) const {
  return {kind, setting_.options.name + ": " + what, ""};
}

}  // namespace miniredis::service
