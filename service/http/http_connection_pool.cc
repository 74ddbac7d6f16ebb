#include "http/http_connection_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// What one read may take beyond the headers.
constexpr std::size_t kReadAhead = 64UL * 1024;

// A peer that closed, or that says something nobody asked for, must not get the next request.
bool is_open_and_silent(HttpStream& stream) {
  char byte = 0;
  const ssize_t count = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

struct HttpConnectionPool::Waiter {
  explicit Waiter(HttpConnectionPool& owner)
      : pool(owner), timer(owner.executor_), self(pool.waiters_.insert(pool.waiters_.end(), this)) {
    pool.note();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    if (!granted) pool.waiters_.erase(self);
    pool.note();
  }

  HttpConnectionPool& pool;
  asio::steady_timer timer;
  std::list<Waiter*>::iterator self;
  bool granted = false;  // and no longer in the list
};

struct HttpConnectionPool::Resolution {
  explicit Resolution(const asio::any_io_executor& executor)
      : timer(executor), resolver(executor) {}

  asio::steady_timer timer;
  tcp::resolver resolver;
  std::vector<Endpoint> endpoints;
};

HttpConnectionPool::Use::Use(HttpConnectionPool& pool, std::unique_ptr<Connection> connection)
    : pool_(pool), connection_(std::move(connection)) {
  pool_.active_.insert(connection_.get());
}

HttpConnectionPool::Use::~Use() {
  if (connection_) pool_.active_.erase(connection_.get());
}

void HttpConnectionPool::Use::keep() {
  pool_.active_.erase(connection_.get());
  if (pool_.closed_) {
    connection_.reset();
    return;
  }
  connection_->idle_since = Clock::now();
  connection_->stream.expires_never();
  pool_.idle_.push_back(std::move(connection_));
  pool_.note();
}

HttpConnectionPool::HttpConnectionPool(asio::any_io_executor executor, const HttpUpstream& upstream,
                                       const HttpClientOptions& options,
                                       HttpClientCounters& counters)
    : executor_(std::move(executor)),
      upstream_(upstream),
      options_(options),
      counters_(counters),
      sweep_timer_(executor_) {}

asio::awaitable<std::optional<Failure>> HttpConnectionPool::enter(Place& place,
                                                                  const HttpDeadline& deadline) {
  if (closed_) co_return failure(FailureKind::kShuttingDown, "the client is closed");
  if (in_use_ < options_.max_connections) {
    ++in_use_;
    note();
    place.held = true;
    co_return std::nullopt;
  }
  if (waiters_.size() >= options_.max_waiting) {
    co_return failure(FailureKind::kUnavailable, "too many requests are waiting for it");
  }
  Waiter waiter(*this);
  waiter.timer.expires_at(deadline);
  error_code ignored;
  co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  place.held = waiter.granted;
  if (closed_) co_return failure(FailureKind::kShuttingDown, "the client is closed");
  if (waiter.granted) co_return std::nullopt;
  co_return failure(FailureKind::kUnavailable, "all connections to it are busy");
}

void HttpConnectionPool::leave() {
  if (waiters_.empty()) {
    --in_use_;
    note();
    return;
  }
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->granted = true;
  next->timer.cancel();
}

std::unique_ptr<HttpConnectionPool::Connection> HttpConnectionPool::take_idle() {
  drop_expired();
  std::unique_ptr<Connection> taken;
  while (!idle_.empty() && !taken) {
    taken = std::move(idle_.back());
    idle_.pop_back();
    if (!is_open_and_silent(taken->stream)) taken.reset();
  }
  note();
  return taken;
}

void HttpConnectionPool::drop_idle() {
  idle_.clear();
  note();
}

void HttpConnectionPool::drop_expired() {
  const auto oldest = Clock::now() - std::chrono::milliseconds(options_.idle_timeout_ms);
  const auto fresh = std::find_if(idle_.begin(), idle_.end(), [oldest](const auto& connection) {
    return connection->idle_since > oldest;
  });
  idle_.erase(idle_.begin(), fresh);
}

std::unique_ptr<HttpConnectionPool::Connection> HttpConnectionPool::make_connection() const {
  return std::make_unique<Connection>(
      Connection{HttpStream(executor_),
                 boost::beast::flat_buffer(options_.max_header_bytes + kReadAhead),
                 {}});
}

asio::awaitable<std::optional<Failure>> HttpConnectionPool::connect(Connection& connection,
                                                                    const HttpDeadline& deadline) {
  const std::vector<Endpoint> endpoints = co_await resolve(deadline);
  if (closed_) co_return failure(FailureKind::kShuttingDown, "the client is closed");
  if (endpoints.empty()) co_return failure(FailureKind::kUnavailable, "its name is not known");
  error_code reason;
  for (const Endpoint& endpoint : endpoints) {
    error_code ignored;
    connection.stream.socket().close(ignored);
    connection.stream.expires_at(deadline);
    co_await connection.stream.async_connect(endpoint,
                                             asio::redirect_error(asio::use_awaitable, reason));
    if (closed_) co_return failure(FailureKind::kShuttingDown, "the client is closed");
    if (reason) continue;
    counters_.connects++;
    connection.stream.socket().non_blocking(true, ignored);
    if (!upstream_.host.empty()) {
      connection.stream.socket().set_option(tcp::no_delay(true), ignored);
    }
    co_return std::nullopt;
  }
  if (reason == boost::beast::error::timeout) {
    co_return failure(FailureKind::kUnavailable, "no connection in time");
  }
  co_return failure(FailureKind::kUnavailable, "no connection: " + reason.message());
}

asio::awaitable<std::vector<HttpConnectionPool::Endpoint>> HttpConnectionPool::resolve(
    const HttpDeadline& deadline) {
  std::vector<Endpoint> endpoints;
  if (upstream_.host.empty()) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(upstream_.unix_path));
    co_return endpoints;
  }
  error_code failed;
  const auto address = asio::ip::make_address(upstream_.host, failed);
  if (!failed) {
    endpoints.emplace_back(tcp::endpoint(address, upstream_.port));
    co_return endpoints;
  }
  // A name look-up cannot be interrupted, so it may outlive this call: it keeps its own state.
  const auto resolution = std::make_shared<Resolution>(executor_);
  resolution->timer.expires_at(deadline);
  resolution->resolver.async_resolve(
      upstream_.host, std::to_string(upstream_.port),
      [resolution](const error_code& failure, const tcp::resolver::results_type& results) {
        if (!failure) {
          for (const auto& result : results) resolution->endpoints.emplace_back(result.endpoint());
        }
        resolution->timer.cancel();
      });
  co_await resolution->timer.async_wait(asio::redirect_error(asio::use_awaitable, failed));
  endpoints = resolution->endpoints;
  co_return endpoints;
}

void HttpConnectionPool::close() {
  closed_ = true;
  for (Waiter* waiter : waiters_) waiter->timer.cancel();
  for (Connection* connection : active_) connection->stream.close();
  idle_.clear();
  sweep_timer_.cancel();
  note();
}

asio::awaitable<void> HttpConnectionPool::sweep() {
  sweeping_ = true;
  while (!idle_.empty() && !closed_) {
    sweep_timer_.expires_after(std::chrono::milliseconds(options_.idle_timeout_ms / 2 + 1));
    error_code ignored;
    co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    drop_expired();
    note();
  }
  sweeping_ = false;
}

void HttpConnectionPool::note() {
  counters_.in_use = in_use_;
  counters_.idle = idle_.size();
  counters_.waiting = waiters_.size();
}

Failure HttpConnectionPool::failure(FailureKind kind, const std::string& what) const {
  return {kind, options_.name + ": " + what, ""};
}

}  // namespace miniredis::service
