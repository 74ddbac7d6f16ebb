#include "gateway/remote_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "common/log.h"
#include "gateway/gateway.h"
#include "http/json_request.h"
#include "http/remote_caller.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr auto kOpenTime = std::chrono::seconds(5);
constexpr std::size_t kMostWaiting = 1000;
constexpr std::uint16_t kBadGateway = 1014;

// Shared by the handler and what runs on the clients' context, so that neither outlives it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& io, std::shared_ptr<StreamSink> sink)
      : socket_(asio::make_strand(io)), sink_(std::move(sink)) {}

  // The upstream's answer when it is no WebSocket.
  asio::awaitable<std::optional<HttpReply>> open(const HttpUpstream& upstream,
                                                 const OutgoingRequest& request) {
    error_code failure;
    beast::tcp_stream& stream = socket_.next_layer();
    stream.expires_after(kOpenTime);
    asio::ip::tcp::resolver resolver(stream.get_executor());
    const auto addresses =
        co_await resolver.async_resolve(upstream.host, std::to_string(upstream.port),
                                        asio::redirect_error(asio::use_awaitable, failure));
    if (!failure) {
      co_await stream.async_connect(addresses, asio::redirect_error(asio::use_awaitable, failure));
    }
    if (failure) co_return unreachable(failure);
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& sent) {
      for (const auto& [name, value] : request.headers) {
        const bool of_hop = name.starts_with("Sec-WebSocket") || name == "Host";
        if (!of_hop) sent.set(name, value);
      }
    }));
    websocket::response_type answer;
    co_await socket_.async_handshake(answer, upstream.authority(), request.target,
                                     asio::redirect_error(asio::use_awaitable, failure));
    if (failure == websocket::error::upgrade_declined) {
      HttpReply reply;
      reply.status = answer.result_int();
      reply.content_type = answer[http::field::content_type];
      reply.body = answer.body();
      co_return reply;
    }
    if (failure) co_return unreachable(failure);
    stream.expires_never();
    socket_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    socket_.text(true);
    asio::co_spawn(socket_.get_executor(), read(), asio::detached);
    co_return std::nullopt;
  }

  void send(std::string text) {
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), text = std::move(text)]() mutable {
                 if (self->waiting_.size() >= kMostWaiting) {
                   self->sink_->close(kBadGateway, "the service does not keep up");
                   return;
                 }
                 self->waiting_.push_back(std::move(text));
                 if (self->waiting_.size() > 1) return;
                 asio::co_spawn(self->socket_.get_executor(), self->write(), asio::detached);
               });
  }

  void close() {
    asio::post(socket_.get_executor(),
               [self = shared_from_this()] { self->socket_.next_layer().close(); });
  }

 private:
  static HttpReply unreachable(const error_code& failure) {
    log::warning("a stream could not be opened at its role", {{"reason", failure.message()}});
    return reply_of({problem_kinds::kUnavailable, "the node manager cannot be reached", ""});
  }

  asio::awaitable<void> read() {
    const auto self = shared_from_this();
    beast::flat_buffer buffer;
    error_code failure;
    while (true) {
      co_await socket_.async_read(buffer, asio::redirect_error(asio::use_awaitable, failure));
      if (failure) break;
      const bool kept = sink_->send(beast::buffers_to_string(buffer.data()));
      if (!kept) break;
      buffer.consume(buffer.size());
    }
    const auto& reason = socket_.reason();
    const bool said = failure == websocket::error::closed;
    sink_->close(said ? static_cast<std::uint16_t>(reason.code) : kBadGateway,
                 said ? std::string(reason.reason.c_str()) : "the service went away");
    socket_.next_layer().close();
  }

  asio::awaitable<void> write() {
    const auto self = shared_from_this();
    error_code failure;
    while (!waiting_.empty() && !failure) {
      co_await socket_.async_write(asio::buffer(waiting_.front()),
                                   asio::redirect_error(asio::use_awaitable, failure));
      waiting_.pop_front();
    }
    waiting_.clear();
  }

  websocket::stream<beast::tcp_stream, false> socket_;
  std::shared_ptr<StreamSink> sink_;
  std::deque<std::string> waiting_;  // the front one is being written
};

class RemoteStream : public StreamHandler {
 public:
  explicit RemoteStream(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  ~RemoteStream() override { link_->close(); }
  void message(std::string text) override { link_->send(std::move(text)); }

 private:
  std::shared_ptr<Link> link_;
};

}  // namespace

StreamOpener opened_remotely(asio::io_context& io, const ForwardTarget& target) {
  return [&io, &target](const ApiRequest& request,
                        const std::shared_ptr<StreamSink>& sink) -> std::unique_ptr<StreamHandler> {
    const HttpUpstream upstream = value_or_throw(parse_upstream(target.url));
    HttpRequest asked = request.http;
    asked.content_type.clear();
    const OutgoingRequest sent = outgoing(asked, target.token);
    const auto link = std::make_shared<Link>(io, sink);
    // The opener runs on a worker, which may wait; the context has a thread of its own.
    auto opened = asio::co_spawn(io, link->open(upstream, sent), asio::use_future);
    if (auto refused = opened.get()) throw Refused{std::move(*refused)};
    return std::make_unique<RemoteStream>(link);
  };
}

}  // namespace miniredis::service
