#include "server/transfers.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace miniredis::server {
namespace {

using engine::Transfer;
using engine::TransferResult;
using End = TransferResult::End;

// Takes connections and never says anything.
class Silent {
 public:
  Silent() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_.get(), 64) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

// The ends of transfers, as they come.
class Ends {
 public:
  std::function<void(TransferResult)> note() {
    return [this](const TransferResult& result) {
      const std::lock_guard lock(mutex_);
      ++counts_[result.end];
      changed_.notify_all();
    };
  }
  int count(End end) {
    const std::lock_guard lock(mutex_);
    return counts_[end];
  }
  bool wait_for(End end, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return counts_[end] >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<End, int> counts_;
};

TEST_CASE("one tenant's transfers leave room for others'") {
  const Silent silent;
  Ends ends;
  Transfers transfers({"*"});
  const auto begin = [&](const std::string& tenant, std::int64_t timeout_ms) {
    transfers.start({.tenant = tenant,
                     .host = "127.0.0.1",
                     .port = silent.port(),
                     .requests = "PING\r\n",
                     .answers = 1,
                     .timeout_ms = timeout_ms},
                    ends.note());
  };
  for (int i = 0; i < 12; ++i) begin("busy", 300);
  CHECK(ends.count(End::kTooMany) == 4);
  begin("other", 300);
  CHECK(ends.count(End::kTooMany) == 4);
  CHECK(ends.wait_for(End::kNotRead, 9));
  // Those that are over leave their places.
  bool taken = false;
  for (int i = 0; i < 1'000 && !taken; ++i) {
    const int refused = ends.count(End::kTooMany);
    begin("busy", 300);
    taken = ends.count(End::kTooMany) == refused;
    if (!taken) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(taken);
}

TEST_CASE("a name that is looked up for ever is given up in time") {
  Ends ends;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Transfers transfers({"*"}, [released](const char* host, const char* port, const addrinfo* hints,
                                        addrinfo** found) {
    if ((hints->ai_flags & AI_NUMERICHOST) == 0) released.wait();
    return ::getaddrinfo(host, port, hints, found);
  });
  const auto begin = [&](const std::string& tenant) {
    transfers.start({.tenant = tenant,
                     .host = "localhost",
                     .port = 1,
                     .requests = "PING\r\n",
                     .answers = 1,
                     .timeout_ms = 20},
                    ends.note());
  };
  for (int i = 0; i < 8; ++i) begin("t");
  CHECK(ends.wait_for(End::kNoConnection, 8));
  // They keep their places until the resolver is done with them.
  begin("t");
  CHECK(ends.count(End::kTooMany) == 1);
  begin("other");
  CHECK(ends.wait_for(End::kNoConnection, 9));
  release.set_value();
}

TEST_CASE("transfers that are under way end with the service") {
  const Silent silent;
  Ends ends;
  {
    Transfers transfers({"127.0.0.1:*"});
    transfers.start({.tenant = "t",
                     .host = "127.0.0.1",
                     .port = silent.port(),
                     .requests = "PING\r\n",
                     .answers = 1,
                     .timeout_ms = 600'000},
                    ends.note());
  }
  CHECK(ends.count(End::kNoConnection) + ends.count(End::kNotRead) == 1);
}

}  // namespace
}  // namespace miniredis::server
