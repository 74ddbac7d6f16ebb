#include "http/http_client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "http/http_exchange.h"

namespace miniredis::service {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Socket = asio::generic::stream_protocol::socket;

HttpDeadline in_milliseconds(std::uint32_t count) {
  return Clock::now() + std::chrono::milliseconds(count);
}

bool may_be_repeated(const OutgoingRequest& request) {
  return request.idempotent || request.method == "GET" || request.method == "HEAD" ||
         request.method == "OPTIONS";
}

}  // namespace

class HttpClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, HttpUpstream where, HttpClientOptions chosen)
      : io(context),
        loop(context.get_executor()),
        upstream(std::move(where)),
        options(std::move(chosen)),
        pool(loop, upstream, options, counters) {}

  // `result` is set when it has ended; what it refers to outlives it.
  asio::awaitable<void> exchange(const OutgoingRequest& request,
                                 std::optional<Outcome<HttpReply>>& result);
  asio::awaitable<void> upgrade(const OutgoingRequest& request, const std::string& protocol,
                                const asio::any_io_executor& executor,
                                std::optional<Outcome<TunnelOrReply>>& result);

  asio::io_context& io;
  const asio::any_io_executor loop;
  const HttpUpstream upstream;
  const HttpClientOptions options;
  HttpClientCounters counters;
  HttpConnectionPool pool;

 private:
  asio::awaitable<std::optional<Failure>> ask(const OutgoingRequest& request,
                                              const HttpDeadline& deadline, HttpReply& reply);
  asio::awaitable<std::optional<Failure>> ask_on(HttpConnectionPool::Use& connection,
                                                 const HttpExchange::Setting& setting, bool& stale,
                                                 HttpReply& reply);
  std::shared_ptr<void> tunnel_place();
};

asio::awaitable<void> HttpClient::Impl::exchange(const OutgoingRequest& request,
                                                 std::optional<Outcome<HttpReply>>& result) {
  const auto self = shared_from_this();
  counters.requests++;
  const HttpDeadline deadline = in_milliseconds(request.timeouts.total_ms);
  HttpReply reply;
  std::optional<Failure> failure = check_outgoing(request);
  if (!failure) failure = co_await ask(request, deadline, reply);
  if (failure) {
    counters.failures++;
    result.emplace(std::move(*failure));
  } else {
    result.emplace(std::move(reply));
  }
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::ask(const OutgoingRequest& request,
                                                              const HttpDeadline& deadline,
                                                              HttpReply& reply) {
  HttpConnectionPool::Place place(pool);
  const HttpDeadline in_turn = std::min(deadline, in_milliseconds(request.timeouts.queue_ms));
  std::optional<Failure> failure = co_await pool.enter(place, in_turn);
  if (failure) co_return failure;
  const std::string no_protocol;
  const HttpExchange::Setting setting{upstream, options, request, no_protocol, deadline};
  bool stale = false;
  if (auto idle = pool.take_idle()) {
    HttpConnectionPool::Use connection(pool, std::move(idle));
    failure = co_await ask_on(connection, setting, stale, reply);
    if (!failure || !stale || !may_be_repeated(request)) co_return failure;
    // The others are most likely as stale: the service was started anew.
    pool.drop_idle();
    counters.retries++;
  }
  HttpConnectionPool::Use connection(pool, pool.make_connection());
  const HttpDeadline connected = std::min(deadline, in_milliseconds(request.timeouts.connect_ms));
  failure = co_await pool.connect(*connection, connected);
  if (failure) co_return failure;
  failure = co_await ask_on(connection, setting, stale, reply);
  co_return failure;
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::ask_on(
    HttpConnectionPool::Use& connection, const HttpExchange::Setting& setting, bool& stale,
    HttpReply& reply) {
  HttpExchange exchange(*connection, setting);
  std::optional<Failure> failure = co_await exchange.run();
  stale = exchange.stale();
  if (failure) co_return failure;
  reply = exchange.take_reply();
  if (exchange.reusable()) {
    connection.keep();
    if (pool.wants_sweep()) {
      const auto self = shared_from_this();
      asio::co_spawn(
          loop, [self]() { return self->pool.sweep(); }, [self](const std::exception_ptr&) {});
    }
  }
  co_return std::nullopt;
}

asio::awaitable<void> HttpClient::Impl::upgrade(const OutgoingRequest& request,
                                                const std::string& protocol,
                                                const asio::any_io_executor& executor,
                                                std::optional<Outcome<TunnelOrReply>>& result) {
  const auto self = shared_from_this();
  counters.requests++;
  const HttpDeadline deadline = in_milliseconds(request.timeouts.total_ms);
  std::optional<Failure> failure = check_outgoing(request);
  if (!is_header_name(protocol)) {
    failure = Failure{FailureKind::kInvalidValue, "not a protocol's name", "protocol"};
  }
  if (!failure && pool.closed()) {
    failure = Failure{FailureKind::kShuttingDown, options.name + ": the client is closed", ""};
  }
  std::shared_ptr<void> place = tunnel_place();
  if (!failure && !place) {
    failure = Failure{FailureKind::kUnavailable, options.name + ": too many tunnels to it", ""};
  }
  HttpConnectionPool::Use connection(pool, pool.make_connection());
  const HttpDeadline connected = std::min(deadline, in_milliseconds(request.timeouts.connect_ms));
  if (!failure) failure = co_await pool.connect(*connection, connected);
  const HttpExchange::Setting setting{upstream, options, request, protocol, deadline};
  HttpExchange exchange(*connection, setting);
  if (!failure) failure = co_await exchange.run();
  if (failure) {
    counters.failures++;
    result.emplace(std::move(*failure));
    co_return;
  }
  if (!exchange.upgraded()) {
    result.emplace(TunnelOrReply(exchange.take_reply()));
    co_return;
  }
  connection->stream.expires_never();
  Socket& socket = connection->stream.socket();
  const auto kind = socket.local_endpoint().protocol();
  const auto leftover = connection->buffer.data();
  HttpTunnel tunnel{exchange.take_reply(), Socket(executor, kind, socket.release()),
                    std::string(static_cast<const char*>(leftover.data()), leftover.size()),
                    std::move(place)};
  result.emplace(TunnelOrReply(std::move(tunnel)));
}

std::shared_ptr<void> HttpClient::Impl::tunnel_place() {
  if (counters.tunnels >= options.max_tunnels) return nullptr;
  counters.tunnels++;
  const auto self = shared_from_this();
  return {this, [self](void*) { self->counters.tunnels--; }};
}

HttpClient::HttpClient(asio::io_context& io, HttpUpstream upstream, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(upstream), std::move(options))) {}

HttpClient::~HttpClient() {
  asio::post(impl_->loop, [impl = impl_] { impl->pool.close(); });
}

asio::awaitable<Outcome<HttpReply>> HttpClient::send(const OutgoingRequest& request) {
  const auto impl = impl_;
  std::optional<Outcome<HttpReply>> result;
  const auto work = [&] { return impl->exchange(request, result); };
  co_await asio::co_spawn(impl->loop, work, asio::use_awaitable);
  co_return std::move(*result);
}

asio::awaitable<Outcome<HttpClient::TunnelOrReply>> HttpClient::open_tunnel(
    const OutgoingRequest& request, const std::string& protocol) {
  const auto impl = impl_;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::optional<Outcome<TunnelOrReply>> result;
  const auto work = [&] { return impl->upgrade(request, protocol, executor, result); };
  co_await asio::co_spawn(impl->loop, work, asio::use_awaitable);
  co_return std::move(*result);
}

void HttpClient::start(OutgoingRequest request, std::function<void(Outcome<HttpReply>)> done) {
  struct Call {
    OutgoingRequest request;
    std::function<void(Outcome<HttpReply>)> done;
    std::optional<Outcome<HttpReply>> result;
  };
  const auto call = std::make_shared<Call>(Call{std::move(request), std::move(done), {}});
  asio::co_spawn(
      impl_->loop, [impl = impl_, call] { return impl->exchange(call->request, call->result); },
      [impl = impl_, call](const std::exception_ptr&) {
        if (call->result) return call->done(std::move(*call->result));
        call->done(Failure{FailureKind::kInternal, impl->options.name + ": asking it failed", ""});
      });
}

Outcome<HttpReply> HttpClient::call(OutgoingRequest request) {
  if (impl_->io.get_executor().running_in_this_thread()) {
    return Failure{FailureKind::kInternal, "a blocking call from an input/output thread", ""};
  }
  const auto longest =
      std::chrono::milliseconds(request.timeouts.total_ms) + std::chrono::seconds(5);
  const auto answer = std::make_shared<std::promise<Outcome<HttpReply>>>();
  std::future<Outcome<HttpReply>> ended = answer->get_future();
  start(std::move(request),
        [answer](Outcome<HttpReply> outcome) { answer->set_value(std::move(outcome)); });
  // A context that has stopped does no work: that must not keep the caller for ever.
  if (ended.wait_for(longest) != std::future_status::ready) {
    return Failure{FailureKind::kNoAnswer, impl_->options.name + ": no answer in time", ""};
  }
  return ended.get();
}

HttpClientFigures HttpClient::figures() const {
  const HttpClientCounters& counters = impl_->counters;
  return {counters.requests, counters.failures, counters.connects, counters.retries,
          counters.in_use,   counters.idle,     counters.waiting,  counters.tunnels};
}

}  // namespace miniredis::service
