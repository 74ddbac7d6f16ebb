// The connections of an HttpClient: those in use, those kept for the next request, and the queue of
// those who wait for one.
//
// Lives on one thread. Invariant: in use + idle <= max_connections, tunnels apart.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <list>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "http/http_client.h"

namespace miniredis::service {

using HttpStream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
using HttpDeadline = std::chrono::steady_clock::time_point;

struct HttpClientCounters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> in_use{0};
  std::atomic<std::uint64_t> idle{0};
  std::atomic<std::uint64_t> waiting{0};
  std::atomic<std::uint64_t> tunnels{0};
};

class HttpConnectionPool {
 public:
  struct Connection {
    HttpStream stream;
    boost::beast::flat_buffer buffer;
    HttpDeadline idle_since{};
  };

  // The right to use one connection; must not outlive the pool.
  class Place {
   public:
    explicit Place(HttpConnectionPool& pool) : pool_(pool) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (held) pool_.leave();
    }
    bool held = false;

   private:
    HttpConnectionPool& pool_;
  };

  // Closed by the pool's close() while it is in use.
  class Use {
   public:
    Use(HttpConnectionPool& pool, std::unique_ptr<Connection> connection);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    // For the next request.
    void keep();

   private:
    HttpConnectionPool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  HttpConnectionPool(boost::asio::any_io_executor executor, const HttpUpstream& upstream,
                     const HttpClientOptions& options, HttpClientCounters& counters);

  // Gives `place`, waiting for it in turn, or says why not.
  boost::asio::awaitable<std::optional<Failure>> enter(Place& place, const HttpDeadline& deadline);

  // One that is open and silent; null when there is none.
  std::unique_ptr<Connection> take_idle();
  void drop_idle();

  std::unique_ptr<Connection> make_connection() const;
  boost::asio::awaitable<std::optional<Failure>> connect(Connection& connection,
                                                         const HttpDeadline& deadline);

  // Wakes all who wait, and breaks every connection.
  void close();
  bool closed() const { return closed_; }

  // Drops connections idle for too long, until none is left. To be spawned when wants_sweep().
  bool wants_sweep() const { return !sweeping_ && !idle_.empty() && !closed_; }
  boost::asio::awaitable<void> sweep();

 private:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;
  struct Waiter;
  struct Resolution;

  void leave();
  void note();
  void drop_expired();
  boost::asio::awaitable<std::vector<Endpoint>> resolve(const HttpDeadline& deadline);
  Failure failure(FailureKind kind, const std::string& what) const;

  boost::asio::any_io_executor executor_;
  const HttpUpstream& upstream_;
  const HttpClientOptions& options_;
  HttpClientCounters& counters_;
  std::vector<std::unique_ptr<Connection>> idle_;  // longest idle first
  std::unordered_set<Connection*> active_;
  std::list<Waiter*> waiters_;
  boost::asio::steady_timer sweep_timer_;
  std::uint64_t in_use_ = 0;
  bool sweeping_ = false;
  bool closed_ = false;
};

}  // namespace miniredis::service
