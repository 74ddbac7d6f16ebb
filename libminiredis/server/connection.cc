#include "server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/frontend.h"

namespace miniredis::server {

namespace wire = commands::wire;

namespace {

// Taken from and sent to one peer before others get their turn: what takes some 0.2 ms. A
// reply may be larger than its client's output limit by what is sent at once.
constexpr std::size_t kReadPerTurn = 16 << 10;
constexpr std::size_t kSendPerTurn = 512 << 10;
// Unsent output above this keeps its buffer instead of being copied into one of its own size.
constexpr std::size_t kCopyUnsent = 64 << 10;

// A peer that has not logged in is owed this much.
constexpr std::size_t kUnauthenticatedOutput = 64 << 10;

}  // namespace

Connection::Connection(Frontend& frontend, EventLoop& loop, Descriptor socket, SSL* tls,
                       bool is_unix)
    : frontend_(frontend), loop_(&loop), socket_(std::move(socket)), tls_(tls), client_(*this) {
  client_.descriptor = socket_.get();
  client_.peer = peer_name(socket_.get());
  client_.local = local_name(socket_.get());
  client_.unix_socket = is_unix;
  client_.created_ms = client_.last_active_ms = loop.clock().unix_ms();
}

Connection::~Connection() {
  if (tls_ != nullptr) SSL_free(tls_);
  // One that is closed may be let go by its node, which holds the lock.
  if (node_ == nullptr || closed_) return;
  const std::lock_guard guard(node_->lock);
  if (client_.node != nullptr) client_.node->detach(client_);
}

void Connection::open(std::shared_ptr<engine::NodeRuntime> node) {
  EventLoop& loop = *loop_.load();
  loop.adopt(shared_from_this());
  open_ = true;
  frontend_.count_opened();
  std::optional<Bytes> refused;
  if (node != nullptr) {
    const std::lock_guard guard(node->lock);
    node->begin_batch();
    refused = node->attach(client_);
    if (!refused) {
      node_ = std::move(node);
      if (!client_.unix_socket) {
        tune_connection(socket_.get(), node_->settings.tcp_keepalive_seconds);
      }
      loop.assign_share(*this);
    }
  }
  if (!client_.authenticated && !refused) {
    counted_unauthenticated_ = true;
    if (!frontend_.count_unauthenticated()) refused = wire::kMaxClients;
  }
  if (refused) {
    const std::string line = "-" + std::string(*refused) + "\r\n";
    static_cast<void>(send(line.data(), line.size()));
    close();
    return;
  }
  interest_ = EPOLLIN;
  if (!loop.add(socket_.get(), interest_, *this)) {
    close();
    return;
  }
  const std::uint32_t patience = frontend_.options().authentication_timeout_ms;
  if (!client_.authenticated && patience > 0) {
    loop.set_timer(shared_from_this(), client_.created_ms + patience);
  }
  attend();  // a node with an idle time-out sets its timer
}

bool Connection::has_unsent() {
  if (node_ == nullptr) return !client_.out.empty();
  const std::lock_guard guard(node_->lock);
  return !client_.out.empty();
}

void Connection::count_authenticated() noexcept {
  if (!counted_unauthenticated_) return;
  counted_unauthenticated_ = false;
  frontend_.uncount_unauthenticated();
}

std::uint32_t Connection::login_wait_seconds() {
  const auto address = peer_address(socket_.get());
  return address ? frontend_.logins().wait_seconds(*address) : 0;
}

void Connection::note_failed_login() {
  if (const auto address = peer_address(socket_.get())) frontend_.logins().note_failure(*address);
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  if (node_ != nullptr) {
    const std::lock_guard guard(node_->lock);
    node_->begin_batch();
    if (client_.node != nullptr) node_->detach(client_);
    node_->schedule();
  }
  count_authenticated();
  EventLoop& loop = *loop_.load();
  loop.remove(socket_.get());
  socket_.reset();
  if (open_) frontend_.count_closed();
  loop.release(*this);
}

void Connection::attend() {
  if (attended_.exchange(true, std::memory_order_acq_rel)) return;
  auto self = weak_from_this().lock();
  if (self == nullptr) return;
  EventLoop& loop = *loop_.load();
  if (loop.on_this_thread()) {
    loop.attend(std::move(self));
  } else {
    loop.post([self = std::move(self), &loop] { loop.attend(self); });
  }
}

void Connection::on_attention(EventLoop& caller) {
  attended_.store(false, std::memory_order_release);
  if (loop_.load() != &caller) {
    attend();
    return;
  }
  if (!closed_) work({});
}

// Since it connected, the node may have come to ask for no password.
bool Connection::must_log_in() {
  if (node_ == nullptr) return true;
  const std::lock_guard guard(node_->lock);
  return engine::must_log_in(*node_, client_);
}

void Connection::on_timer(std::int64_t now_ms) {
  timer_set_ = false;
  if (closed_) return;
  if (!client_.authenticated) {
    const std::uint32_t patience = frontend_.options().authentication_timeout_ms;
    if (patience > 0 && now_ms - client_.created_ms >= patience && must_log_in()) close();
    return;
  }
  if (node_ == nullptr) return;
  std::int64_t timeout_ms = 0;
  bool listens = false;
  {
    const std::lock_guard guard(node_->lock);
    timeout_ms = std::int64_t{node_->settings.timeout_seconds} * 1000;
    listens = client_.monitor || client_.subscription_count() > 0 || client_.must_wait();
  }
  if (timeout_ms == 0) return;
  if (!listens && now_ms - client_.last_active_ms >= timeout_ms) {
    close();
    return;
  }
  timer_set_ = true;
  const std::int64_t due = listens ? now_ms : client_.last_active_ms;
  loop_.load()->set_timer(shared_from_this(), due + timeout_ms);
}

void Connection::on_events(std::uint32_t events) {
  if (closed_) return;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    if ((interest_ & EPOLLIN) == 0 && (events & (EPOLLHUP | EPOLLERR)) != 0) {
      close();  // gone while its command was under way
      return;
    }
    on_readable();
  } else if ((events & EPOLLRDHUP) != 0) {
    close();  // nobody is left to hand to what it waited for
  } else if ((events & EPOLLOUT) != 0) {
    work({});
  }
}

void Connection::on_readable() {
  char* buffer = loop_.load()->read_buffer();
  for (;;) {
    // The rest of a large request that is under way is bytes to copy, no work.
    const bool large = query_.size() >= kReadPerTurn;
    const ssize_t got = receive(buffer, large ? EventLoop::kReadBytes : kReadPerTurn);
    if (got < 0) {
      close();
      return;
    }
    if (got == 0) return;
    EventLoop* const before = loop_.load();
    work({buffer, static_cast<std::size_t>(got)});
    // One that has moved is another thread's. What TLS has decrypted is not announced again.
    if (loop_.load() != before || closed_ || tls_ == nullptr) return;
  }
}

void Connection::work(Bytes fresh) {
  if (node_ == nullptr) {
    // Whoever has logged in goes on here if the node lives here.
    if (work_in_lobby(fresh)) work_in_node({});
  } else {
    work_in_node(fresh);
  }
}

void Connection::keep_unread(Bytes fresh, bool in_query, std::size_t used) {
  if (in_query)
    query_.consume(used);
  else
    query_.append(fresh.substr(used));
  if (query_.empty()) query_.reset();
}

void Connection::work_in_node(Bytes fresh) {
  EventLoop& loop = *loop_.load();
  bool over = false;
  std::uint64_t now_ns = 0;  // when replies are left for the end of the round
  {
    const std::lock_guard guard(node_->lock);
    if (client_.node == nullptr || client_.closing) {
      over = true;
    } else {
      node_->begin_batch();
      node_->statistics.net_input += fresh.size();
      engine::Throttle* const throttle = node_->throttle.get();
      if (throttle != nullptr) throttle->spend_bytes(client_, fresh.size());
      if (!fresh.empty()) client_.last_active_ms = node_->keyspace.now_ms();
      borrow_buffer();
      const bool in_query = !query_.empty();
      if (in_query) query_.append(fresh);
      const Bytes input = in_query ? query_.view() : fresh;
      const bool waits = client_.must_wait();
      keep_unread(fresh, in_query, waits || input.empty() ? 0 : run_requests(input));
      if (throttle != nullptr && !client_.must_wait()) throttle->finish(client_);
      if (!query_fits()) client_.closing = true;
      client_.query_bytes = query_.capacity() + parser_.memory_bytes();
      node_->statistics.sample(node_->keyspace.now_ms());
      node_->schedule();
      if (!timer_set_ && node_->settings.timeout_seconds > 0 && client_.authenticated) {
        timer_set_ = true;
        loop.set_timer(
            shared_from_this(),
            client_.last_active_ms + std::int64_t{node_->settings.timeout_seconds} * 1000);
      }
      if (client_.authenticated) count_authenticated();
      const bool later = !client_.out.empty() && client_.out.size() <= kCopyUnsent &&
                         !client_.closing && !client_.close_after_reply && client_.authenticated;
      if (!later)
        over = !settle();
      else
        now_ns = node_->batch_ns;
    }
  }
  if (over) {
    close();
  } else if (now_ns != 0 && !sends_later_) {
    sends_later_ = true;
    loop.send_later(*this, now_ns);
  }
}

bool Connection::settle() {
  const bool over = !flush() || client_.closing || has_too_much_output();
  return_buffer();
  client_.settle_buffers();
  update_interest();
  return !over && !client_.closing;
}

void Connection::on_send(EventLoop& caller) {
  if (loop_.load() != &caller) return;  // it has moved, and settles there
  sends_later_ = false;
  if (closed_) return;
  bool over = false;
  {
    const std::lock_guard guard(node_->lock);
    over = client_.node == nullptr || !settle();
  }
  if (over) close();
}

bool Connection::has_too_much_output() const noexcept {
  return !client_.authenticated && client_.out.size() > kUnauthenticatedOutput;
}

void Connection::borrow_buffer() {
  if (!client_.out.empty()) return;
  client_.out = loop_.load()->lend_buffer();
  lent_ = true;
}

void Connection::return_buffer() {
  if (!lent_) return;
  lent_ = false;
  if (client_.out.size() > kCopyUnsent) return;  // it keeps this one
  resp::Buffer unsent;
  unsent.append(client_.out.view());
  std::swap(unsent, client_.out);
  loop_.load()->take_back(std::move(unsent));
}

bool Connection::flush() {
  std::size_t sent = 0;
  while (!client_.out.empty() && sent < kSendPerTurn) {
    const Bytes rest = client_.out.view();
    const ssize_t n = send(rest.data(), std::min(rest.size(), kSendPerTurn));
    if (n < 0) return false;
    if (n == 0) break;
    client_.out.consume(static_cast<std::size_t>(n));
    sent += static_cast<std::size_t>(n);
  }
  if (node_ != nullptr) {
    node_->statistics.net_output += sent;
    if (node_->throttle != nullptr) node_->throttle->spend_bytes(client_, sent);
  }
  return !(client_.out.empty() && client_.close_after_reply);
}

void Connection::update_interest() noexcept {
  const bool waits = client_.must_wait() || client_.close_after_reply;
  // One whose command waits for something that may not come is to be noticed when it goes.
  const bool watched = client_.blocked != nullptr || client_.held != nullptr ||
                       (client_.suspended && node_ != nullptr && node_->rests_for(client_));
  const std::uint32_t wanted = (waits ? 0U : std::uint32_t{EPOLLIN}) |
                               (watched ? std::uint32_t{EPOLLRDHUP} : 0U) |
                               (client_.out.empty() ? 0U : std::uint32_t{EPOLLOUT});
  if (wanted == interest_) [[likely]]
    return;
  interest_ = wanted;
  loop_.load()->change(socket_.get(), wanted, *this);
}

void Connection::move_to(EventLoop& target) {
  EventLoop& from = *loop_.load();
  if (&from == &target) return;
  auto self = shared_from_this();
  from.remove(socket_.get());
  from.release(*this);
  loop_.store(&target);
  timer_set_ = false;
  sends_later_ = false;
  deferred_ = false;
  target.post([self, &target] {
    if (self->closed_) return;
    target.adopt(self);
    if (!target.add(self->socket_.get(), self->interest_, *self)) {
      self->close();
      return;
    }
    self->work({});
  });
}

ssize_t Connection::receive(char* out, std::size_t room) {
  if (tls_ == nullptr) {
    const ssize_t n = ::recv(socket_.get(), out, room, 0);
    if (n > 0) return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  }
  const int n = SSL_read(tls_, out, static_cast<int>(room));
  if (n > 0) return n;
  const int reason = SSL_get_error(tls_, n);
  return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t Connection::send(const char* data, std::size_t size) {
  if (tls_ == nullptr) {
    const ssize_t n = ::send(socket_.get(), data, size, MSG_NOSIGNAL);
    if (n >= 0) return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  const int n = SSL_write(tls_, data, static_cast<int>(std::min<std::size_t>(size, INT32_MAX)));
  if (n > 0) return n;
  const int reason = SSL_get_error(tls_, n);
  return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

}  // namespace miniredis::server
