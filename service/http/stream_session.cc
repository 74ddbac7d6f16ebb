#include "http/stream_session.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "common/log.h"
#include "http/run_on.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t kMostMessageBytes = 1U << 20;
constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr auto kWriteTime = std::chrono::seconds(30);
constexpr auto kCloseTime = std::chrono::seconds(2);

// One event: each line of the message behind a "data: " of its own.
void append_event(std::string& out, const std::string& message) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = message.find('\n', begin);
    out += "data: ";
    out.append(message, begin, end == std::string::npos ? end : end - begin);
    out += '\n';
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  out += '\n';
}

// The subprotocol that we take from those that a client offers, if any.
std::string chosen_protocol(std::string_view offered) {
  constexpr std::string_view kOurs = "miniredis.v1";
  return offered.find(kOurs) == std::string_view::npos ? std::string() : std::string(kOurs);
}

}  // namespace

struct StreamSession::Bell : std::enable_shared_from_this<Bell> {
  explicit Bell(const asio::any_io_executor& to) : executor(to), timer(to) {}
  void ring() {
    asio::post(executor, [self = shared_from_this()] {
      self->rung = true;
      self->timer.cancel();
    });
  }
  asio::any_io_executor executor;
  asio::steady_timer timer;  // of the input/output thread, as is what follows
  bool rung = false;
  bool peer_gone = false;
};

StreamSession::StreamSession(beast::tcp_stream& stream, asio::thread_pool& workers,
                             const bool& stopping)
    : stream_(stream),
      workers_(workers),
      stopping_(stopping),
      bell_(std::make_shared<Bell>(stream.get_executor())),
      channel_(std::make_shared<StreamChannel>([bell = bell_] { bell->ring(); })) {}

StreamSession::~StreamSession() {
  channel_->detach();
}

asio::awaitable<std::optional<HttpReply>> StreamSession::open(const RouteMatch& match,
                                                              const HttpRequest& request) {
  std::optional<HttpReply> refused;
  const auto work = [&] {
    auto opened = Router::open(match, request, channel_);
    if (auto* reply = std::get_if<HttpReply>(&opened)) {
      refused = std::move(*reply);
    } else {
      handler_ = std::move(std::get<0>(opened));
    }
  };
  co_await run_on(workers_, work);
  co_return refused;
}

// Until the bell rings (true) or it is time for a sign of life.
asio::awaitable<bool> StreamSession::wait() {
  if (!bell_->rung) {
    bell_->timer.expires_after(kKeepAlive);
    error_code ignored;
    co_await bell_->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return std::exchange(bell_->rung, false);
}

asio::awaitable<void> StreamSession::run_events(const Head& head, const HttpRequest& request) {
  // A client of events has nothing more to say: whatever can be read now is its end.
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, [bell = bell_](error_code) {
    bell->peer_gone = true;
    bell->rung = true;
    bell->timer.cancel();
  });
  std::string out =
      "HTTP/1.1 200 OK\r\nServer: miniredisd\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Accel-Buffering: no\r\nConnection: close\r\nX-Request-Id: " +
      request.request_id + "\r\n\r\n";
  (void)head;
  bool goes_on = true;
  while (goes_on && !bell_->peer_gone) {
    StreamChannel::Taken taken = channel_->take();
    for (const std::string& message : taken.messages) append_event(out, message);
    goes_on = !taken.closed && !stopping_;
    if (!out.empty()) {
      stream_.expires_after(kWriteTime);
      error_code failure;
      co_await asio::async_write(stream_, asio::buffer(out),
                                 asio::redirect_error(asio::use_awaitable, failure));
      if (failure) break;
      out.clear();
    }
    if (!goes_on) break;
    const bool rang = co_await wait();
    // A line that clients skip, so that neither side, nor a proxy, takes the other for dead.
    if (!rang) out = ": \n\n";
  }
  channel_->detach();
  co_await drop_handler();
}

asio::awaitable<void> StreamSession::run_web_socket(const Head& head, const HttpRequest& request) {
  WebSocket socket(stream_);
  stream_.expires_never();
  socket.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  socket.read_message_max(kMostMessageBytes);
  const std::string protocol = chosen_protocol(request.header("Sec-WebSocket-Protocol"));
  socket.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
    response.set(http::field::server, "miniredisd");
    response.set("X-Request-Id", request.request_id);
    if (!protocol.empty()) response.set(http::field::sec_websocket_protocol, protocol);
  }));
  error_code failure;
  co_await socket.async_accept(head, asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) {
    socket.text(true);
    asio::co_spawn(stream_.get_executor(), write_messages(socket), [this](std::exception_ptr) {
      writer_done_ = true;
      bell_->timer.cancel();
    });
    co_await read_messages(socket);
    bell_->peer_gone = true;
    bell_->ring();
    while (!writer_done_) co_await wait();
  }
  channel_->detach();
  co_await drop_handler();
}

asio::awaitable<void> StreamSession::write_messages(WebSocket& socket) {
  error_code failure;
  while (!failure && !bell_->peer_gone) {
    StreamChannel::Taken taken = channel_->take();
    for (const std::string& message : taken.messages) {
      if (failure) break;
      co_await socket.async_write(asio::buffer(message),
                                  asio::redirect_error(asio::use_awaitable, failure));
    }
    if (failure) break;
    if (taken.closed || stopping_) {
      websocket::close_reason reason;
      reason.code = taken.closed ? taken.code : close_codes::kGoingAway;
      reason.reason = taken.reason;
      co_await socket.async_close(reason, asio::redirect_error(asio::use_awaitable, failure));
      break;
    }
    if (taken.messages.empty()) co_await wait();
  }
  if (failure) stream_.close();
}

asio::awaitable<void> StreamSession::read_messages(WebSocket& socket) {
  beast::flat_buffer buffer;
  error_code failure;
  while (!failure) {
    co_await socket.async_read(buffer, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) break;
    std::string text = beast::buffers_to_string(buffer.data());
    buffer.consume(buffer.size());
    const auto work = [&] {
      try {
        handler_->message(std::move(text));
      } catch (const std::exception& trouble) {
        log::error("a stream's handler failed", {{"reason", trouble.what()}});
        channel_->close(websocket::close_code::internal_error, "see the daemon's log");
      }
    };
    co_await run_on(workers_, work);
  }
}

// The handler's end may wait for a node, so it is a worker's to see to.
asio::awaitable<void> StreamSession::drop_handler() {
  if (handler_ == nullptr) co_return;
  const auto work = [&] { handler_.reset(); };
  co_await run_on(workers_, work);
}

}  // namespace miniredis::service
