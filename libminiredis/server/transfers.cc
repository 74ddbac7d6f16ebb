#include "server/transfers.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/glob.h"

namespace miniredis::server {
namespace {

using engine::Transfer;
using engine::TransferResult;
using End = TransferResult::End;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAtOnce = 32;
// An answer is one line; who sends a longer one is no server of ours.
constexpr std::size_t kMostLine = 64 << 10;
constexpr std::size_t kUsualLine = 512;
constexpr std::int64_t kMostTimeoutMs = 24 * 3600 * 1000;

// Waits until the socket can do `what`, and no longer than until `deadline`.
bool wait_for(int socket, int stop, short what, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd polled[] = {{socket, what, 0}, {stop, POLLIN, 0}};
    const int ready = ::poll(polled, 2, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
    if (ready < 0 && errno != EINTR) return false;
    if (polled[1].revents != 0) return false;
    if (ready > 0) return true;
  }
}

class Exchange {
 public:
  Exchange(const Transfer& transfer, int stop)
      : transfer_(transfer),
        stop_(stop),
        patience_(std::clamp<std::int64_t>(transfer.timeout_ms, 1, kMostTimeoutMs)) {}

  TransferResult run() {
    TransferResult result;
    if (!connect()) {
      // As redis-server has it, which learns that it was turned away when it writes.
      result.end = turned_away_ ? End::kNotWritten : End::kNoConnection;
    } else if (!write()) {
      result.end = End::kNotWritten;
    } else if (!read(result.lines)) {
      result.end = End::kNotRead;
    }
    return result;
  }

 private:
  Clock::time_point deadline() const { return Clock::now() + patience_; }

  bool connect() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(transfer_.port);
    if (::getaddrinfo(transfer_.host.c_str(), port.c_str(), &hints, &found) != 0) return false;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
      if (connect_to(*at)) return true;
    }
    return false;
  }

  bool connect_to(const addrinfo& address) {
    socket_ = Descriptor(
        ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket_) return false;
    if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) != 0) {
      turned_away_ = errno == ECONNREFUSED;
      if (errno != EINPROGRESS) return false;
      if (!wait_for(socket_.get(), stop_, POLLOUT, deadline())) return false;
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      turned_away_ = error != 0;
      if (turned_away_) return false;
    }
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
  }

  bool write() {
    std::string_view left = transfer_.requests;
    while (!left.empty()) {
      const ssize_t sent = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        left.remove_prefix(static_cast<std::size_t>(sent));
        // The other side may wait for us to read before it goes on reading.
        if (!take_what_is_there()) return false;
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      if (!wait_for(socket_.get(), stop_, POLLOUT | POLLIN, deadline())) return false;
      if (!take_what_is_there()) return false;
    }
    return true;
  }

  // False: the connection is over, or sends what nobody asked for.
  bool take_what_is_there() {
    char bytes[4096];
    for (;;) {
      const ssize_t taken = ::recv(socket_.get(), bytes, sizeof bytes, 0);
      if (taken > 0) {
        input_.append(bytes, static_cast<std::size_t>(taken));
        if (input_.size() > kMostLine + kUsualLine * transfer_.answers) return false;
        continue;
      }
      if (taken == 0) return false;
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
  }

  bool read(std::vector<std::string>& lines) {
    for (;;) {
      take_lines(lines);
      if (lines.size() == transfer_.answers) return true;
      if (input_.size() > kMostLine) return false;
      if (!wait_for(socket_.get(), stop_, POLLIN, deadline())) return false;
      const bool goes_on = take_what_is_there();
      take_lines(lines);
      if (lines.size() == transfer_.answers) return true;
      if (!goes_on) return false;
    }
  }

  void take_lines(std::vector<std::string>& lines) {
    std::size_t begin = 0;
    while (lines.size() < transfer_.answers) {
      const std::size_t end = input_.find("\r\n", begin);
      if (end == std::string::npos) break;
      lines.push_back(input_.substr(begin, end - begin));
      begin = end + 2;
    }
    input_.erase(0, begin);
  }

  const Transfer& transfer_;
  const int stop_;
  const std::chrono::milliseconds patience_;
  Descriptor socket_;
  bool turned_away_ = false;  // by who was asked last
  std::string input_;
};

}  // namespace

Transfers::Transfers(std::vector<std::string> targets)
    : targets_(std::move(targets)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Transfers::~Transfers() {
  const std::uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof one) != sizeof one)
    std::abort();  // it holds no more than 1
  for (Worker& worker : workers_) worker.thread.join();
}

bool Transfers::is_allowed(const Transfer& transfer) const {
  const std::string target = transfer.host + ":" + std::to_string(transfer.port);
  return std::any_of(targets_.begin(), targets_.end(),
                     [&](const std::string& pattern) { return base::glob_match(pattern, target); });
}

std::string Transfers::allowed() const {
  std::string all;
  for (const std::string& target : targets_) all += (all.empty() ? "" : ", ") + target;
  return all.empty() ? "none" : all;
}

void Transfers::join_finished() {
  for (auto at = workers_.begin(); at != workers_.end();) {
    if (!at->finished) {
      ++at;
      continue;
    }
    at->thread.join();
    at = workers_.erase(at);
  }
}

void Transfers::start(Transfer transfer, std::function<void(TransferResult)> done) {
  if (!is_allowed(transfer)) {
    done({End::kNotAllowed, {}});
    return;
  }
  const std::lock_guard guard(lock_);
  join_finished();
  if (workers_.size() >= kMostAtOnce) {
    done({End::kTooMany, {}});
    return;
  }
  Worker& worker = workers_.emplace_back();
  worker.thread = std::thread(
      [&worker, stop = stop_.get(), transfer = std::move(transfer), done = std::move(done)] {
        done(Exchange(transfer, stop).run());
        worker.finished = true;
      });
}

}  // namespace miniredis::server
