// One stream on a connection: writes what its channel holds, as server-sent events or as a
// WebSocket, until either side closes. Lives on the server's input/output thread, as its connection
// does; the handler runs on workers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <variant>

#include "http/router.h"
#include "http/stream_channel.h"

namespace miniredis::service {

class StreamSession {
 public:
  using Head = boost::beast::http::request<boost::beast::http::string_body>;

  StreamSession(boost::beast::tcp_stream& stream, boost::asio::thread_pool& workers,
                const bool& stopping);
  ~StreamSession();
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  // Has the route open its stream, on a worker; the answer to give when it does not.
  boost::asio::awaitable<std::optional<HttpReply>> open(const RouteMatch& match,
                                                        const HttpRequest& request);
  // One of the two, until the stream's end. `head` is the request that asked for it.
  boost::asio::awaitable<void> run_events(const Head& head, const HttpRequest& request);
  boost::asio::awaitable<void> run_web_socket(const Head& head, const HttpRequest& request);

 private:
  using WebSocket = boost::beast::websocket::stream<boost::beast::tcp_stream&, false>;
  // What the wake-ups of other threads reach; outlives the session.
  struct Bell;

  boost::asio::awaitable<bool> wait();
  boost::asio::awaitable<void> write_messages(WebSocket& socket);
  boost::asio::awaitable<void> read_messages(WebSocket& socket);
  boost::asio::awaitable<void> drop_handler();

  boost::beast::tcp_stream& stream_;
  boost::asio::thread_pool& workers_;
  const bool& stopping_;
  std::shared_ptr<Bell> bell_;
  std::shared_ptr<StreamChannel> channel_;
  std::unique_ptr<StreamHandler> handler_;
  bool writer_done_ = false;
};

}  // namespace miniredis::service
