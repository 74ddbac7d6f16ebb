#include "server/listener.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/connection.h"
#include "server/frontend.h"

namespace miniredis::server {
namespace {
// Accepted in one go, so that a burst of connections does not hold up those that are there.
constexpr int kAcceptsPerTurn = 64;
}  // namespace

Listener::Listener(Frontend& frontend, Descriptor socket, std::weak_ptr<engine::NodeRuntime> node,
                   bool for_router, SSL_CTX* tls, std::string unix_path)
    : frontend_(frontend),
      socket_(std::move(socket)),
      node_(std::move(node)),
      for_router_(for_router),
      tls_(tls),
      unix_path_(std::move(unix_path)) {}

Listener::~Listener() {
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::join(EventLoop& loop) {
  loop_ = &loop;
  loop.add(socket_.get(), EPOLLIN, *this);
}

void Listener::leave() noexcept {
  if (loop_ != nullptr) loop_->remove(socket_.get());
  loop_ = nullptr;
}

void Listener::on_events(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && loop_ != nullptr; ++i) {
    Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) {
        // Otherwise the loop would be woken for ever by a client it cannot take.
        spare_.reset();
        Descriptor(::accept(socket_.get(), nullptr, nullptr)).reset();
        spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        frontend_.count_rejected();
      }
      return;
    }
    auto node = node_.lock();
    if (node == nullptr && !for_router_) return;
    SSL* tls = nullptr;
    if (tls_ != nullptr) {
      tls = SSL_new(tls_);
      if (tls == nullptr) continue;
      SSL_set_fd(tls, socket.get());
      SSL_set_accept_state(tls);
    }
    frontend_.count_accepted();
    std::make_shared<Connection>(frontend_, *loop_, std::move(socket), tls, !unix_path_.empty())
        ->open(std::move(node));
  }
}

}  // namespace miniredis::server
