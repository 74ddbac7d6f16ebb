#include "server/transfers.h"

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
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/glob.h"

namespace miniredis::server {
namespace {

using engine::Transfer;
using engine::TransferResult;
using End = TransferResult::End;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAtOnce = 32;
constexpr std::size_t kMostOfTenant = 8;
// An answer is one line; who sends a longer one is no server of ours.
constexpr std::size_t kMostLine = 64 << 10;
constexpr std::size_t kUsualLine = 512;
constexpr std::size_t kMostError = 1024;
constexpr std::int64_t kMostTimeoutMs = std::int64_t{24} * 3600 * 1000;
constexpr std::int64_t kLookMs = 100;  // between looks at whether anybody still waits

// Names and addresses: nothing that the resolver would take for the end of one.
bool is_host(std::string_view host) noexcept {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_pattern(std::string_view target) noexcept {
  return target.find_first_of("*?[\\") != std::string_view::npos;
}

std::string target_of(std::string_view host, std::uint16_t port) {
  return std::string(host) + ":" + std::to_string(port);
}

// "10.0.0.7"; empty when there is no such form.
std::string numeric_form(const addrinfo& address) {
  char host[NI_MAXHOST];
  const int failed = ::getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, nullptr,
                                   0, NI_NUMERICHOST);
  return failed != 0 ? std::string() : std::string(host);
}

class Exchange {
 public:
  Exchange(const Transfer& transfer, const std::vector<std::string>& targets,
           const Transfers::LookUp& look_up, int stop)
      : transfer_(transfer),
        targets_(targets),
        look_up_(look_up),
        stop_(stop),
        patience_(std::clamp<std::int64_t>(transfer.timeout_ms, 1, kMostTimeoutMs)) {}
  ~Exchange() {
    if (resolver_.joinable()) resolver_.join();
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  TransferResult run() {
    TransferResult result;
    if (!connect()) {
      result.end = why_not_connected();
    } else if (!write()) {
      result.end = End::kNotWritten;
      take_lines(result);  // who ends the connection may have said why
    } else if (!read(result)) {
      result.end = End::kNotRead;
    }
    return result;
  }

 private:
  // Waits until the socket can do `what`, for as long as the command allows and somebody waits.
  bool wait_for(short what) { return wait_for(socket_, what); }
  bool wait_for(const Descriptor& descriptor, short what) {
    const Clock::time_point last = Clock::now() + patience_;
    while (!transfer_.given_up->load()) {
      const std::int64_t left =
          std::chrono::duration_cast<std::chrono::milliseconds>(last - Clock::now()).count();
      if (left <= 0) return false;
      pollfd polled[] = {{descriptor.get(), what, 0}, {stop_, POLLIN, 0}};
      const int ready = ::poll(polled, 2, static_cast<int>(std::min(left, kLookMs)));
      if (ready < 0 && errno != EINTR) return false;
      if (polled[1].revents != 0) return false;
      if (ready > 0) return true;
    }
    return false;
  }

  // A target that was named word for word may have any address; a pattern speaks of addresses, for
  // whoever owns a name says what it stands for.
  bool is_allowed(const addrinfo& address) const {
    const std::string named = target_of(transfer_.host, transfer_.port);
    const std::string numeric = target_of(numeric_form(address), transfer_.port);
    return std::any_of(targets_.begin(), targets_.end(), [&](const std::string& target) {
      return is_pattern(target) ? base::glob_match(target, numeric) : target == named;
    });
  }

  bool look_up(int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(transfer_.port);
    if (look_up_(transfer_.host.c_str(), port.c_str(), &hints, &found) != 0) return false;
    addresses_.reset(found);
    return true;
  }

  // The resolver obeys no time-out of ours: it has a thread, which is waited for at the very end.
  bool look_up_name() {
    resolved_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!resolved_) return false;
    try {
      resolver_ = std::thread([this] {
        is_resolved_ = look_up(AI_ADDRCONFIG);
        ::eventfd_write(resolved_.get(), 1);
      });
    } catch (const std::system_error&) {  // the system has no thread to give
      return false;
    }
    return wait_for(resolved_, POLLIN) && is_resolved_;
  }

  bool connect() {
    if (!look_up(AI_NUMERICHOST) && !look_up_name()) return false;
    for (const addrinfo* at = addresses_.get(); at != nullptr; at = at->ai_next) {
      forbidden_ = !is_allowed(*at);
      if (!forbidden_ && connect_to(*at)) return true;
    }
    return false;
  }

  bool connect_to(const addrinfo& address) {
    socket_ = Descriptor(
        ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket_) return false;
    if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) != 0) {
      turned_away_ = errno == ECONNREFUSED;
      if (errno != EINPROGRESS || !wait_for(POLLOUT)) return false;
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

  // As redis-server has it, which learns that it was turned away when it writes.
  End why_not_connected() const noexcept {
    if (forbidden_) return End::kNotAllowed;
    return turned_away_ ? End::kNotWritten : End::kNoConnection;
  }

  bool write() {
    std::string_view left = transfer_.requests;
    while (!left.empty()) {
      const ssize_t sent = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        left.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EINTR) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        if (!wait_for(POLLOUT | POLLIN)) return false;
      }
      // The other side may wait for us to read before it goes on reading.
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
      } else if (taken == 0) {
        return false;
      } else if (errno != EINTR) {
        return errno == EAGAIN || errno == EWOULDBLOCK;
      }
    }
  }

  bool read(TransferResult& result) {
    bool goes_on = true;
    for (;;) {
      take_lines(result);
      if (result.accepted.size() == transfer_.answers) return true;
      if (!goes_on || input_.size() > kMostLine || !wait_for(POLLIN)) return false;
      goes_on = take_what_is_there();
    }
  }

  void take_lines(TransferResult& result) {
    std::size_t begin = 0;
    while (result.accepted.size() < transfer_.answers) {
      const std::size_t end = input_.find("\r\n", begin);
      if (end == std::string::npos) break;
      const std::string_view line = std::string_view(input_).substr(begin, end - begin);
      const bool accepted = !line.starts_with('-');
      if (!accepted && result.first_error.empty()) result.first_error = line.substr(1, kMostError);
      result.accepted.push_back(accepted);
      begin = end + 2;
    }
    input_.erase(0, begin);
  }

  const Transfer& transfer_;
  const std::vector<std::string>& targets_;
  const Transfers::LookUp& look_up_;
  const int stop_;
  const std::chrono::milliseconds patience_;
  std::thread resolver_;
  Descriptor resolved_;  // readable once the resolver is done, whose are these two till then
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses_{nullptr, ::freeaddrinfo};
  std::atomic<bool> is_resolved_{false};
  Descriptor socket_;
  bool forbidden_ = false;    // the address that was looked at last
  bool turned_away_ = false;  // by who was asked last
  std::string input_;
};

}  // namespace

Transfers::Transfers(std::vector<std::string> targets, LookUp look_up)
    : targets_(std::move(targets)),
      look_up_(std::move(look_up)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Transfers::~Transfers() {
  const std::uint64_t one = 1;
  if (stop_ && ::write(stop_.get(), &one, sizeof one) != sizeof one) std::abort();  // it has room
  for (Worker& worker : workers_) worker.thread.join();
}

std::string Transfers::allowed() const {
  std::string all;
  for (const std::string& target : targets_) all += (all.empty() ? "" : ", ") + target;
  return all.empty() ? "none" : all;
}

bool Transfers::may_be_allowed(const Transfer& transfer) const {
  const std::string named = target_of(transfer.host, transfer.port);
  return is_host(transfer.host) &&
         std::any_of(targets_.begin(), targets_.end(), [&](const std::string& target) {
           return is_pattern(target) || target == named;
         });
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
  if (!may_be_allowed(transfer)) {
    done({.end = End::kNotAllowed, .accepted = {}, .first_error = {}});
    return;
  }
  const std::lock_guard guard(lock_);
  join_finished();
  const auto of_tenant = std::count_if(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    return worker.transfer.tenant == transfer.tenant;
  });
  if (workers_.size() >= kMostAtOnce || std::cmp_greater_equal(of_tenant, kMostOfTenant) ||
      !stop_) {
    done({.end = End::kTooMany, .accepted = {}, .first_error = {}});
    return;
  }
  Worker& worker = workers_.emplace_back();
  worker.transfer = std::move(transfer);
  worker.done = std::move(done);
  try {
    worker.thread = std::thread([this, &worker] { work(worker); });
  } catch (const std::system_error&) {  // the system has no thread to give
    const auto refused = std::move(worker.done);
    workers_.pop_back();
    refused({.end = End::kTooMany, .accepted = {}, .first_error = {}});
  }
}

void Transfers::work(Worker& worker) noexcept {
  {
    Exchange exchange(worker.transfer, targets_, look_up_, stop_.get());
    TransferResult result;
    try {
      result = exchange.run();
    } catch (const std::bad_alloc&) {
      result.end = End::kNotRead;
    }
    worker.transfer.requests = {};
    worker.done(std::move(result));
  }
  worker.finished = true;
}

}  // namespace miniredis::server
