#include "server/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>

#include "base/scheduling.h"
#include "server/connection.h"

namespace miniredis::server {
namespace {

constexpr int kEvents = 256;
// Background work between two looks at the sockets, in all and for one node.
constexpr std::uint64_t kWorkBudgetNs = 300'000;
constexpr std::uint64_t kWorkSliceNs = 200'000;
// A reply that is ready waits for others of its round no longer than about this.
constexpr std::uint64_t kLongestWaitNs = 200'000;
// How long the connections of one node are served before the loop looks whether others have come.
constexpr std::uint64_t kShareNs = 500'000;
constexpr std::size_t kNoTurn = SIZE_MAX;
constexpr std::size_t kKeptBuffers = 64;
constexpr std::size_t kKeptBufferBytes = 64 << 10;

}  // namespace

EventLoop::EventLoop(engine::Shard& shard, const base::Clock& loop_clock, unsigned loop_index)
    : shard_(shard),
      clock_(loop_clock),
      index_(loop_index),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      read_buffer_(new char[kReadBytes]) {
  write_buffers_.reserve(kKeptBuffers);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &event);
}

EventLoop::~EventLoop() {
  stop();
}

void EventLoop::start() {
  std::promise<void> started;
  thread_ = std::thread([this, &started] {
    thread_id_ = std::this_thread::get_id();
    base::prefer_short_turns();
    started.set_value();
    thread_main();
  });
  started.get_future().wait();
  shard_.drive_by([this] {
    shard_changed_.store(true, std::memory_order_release);
    if (!on_this_thread()) wake();
  });
  wake();
}

void EventLoop::stop() {
  if (!thread_.joinable()) return;
  shard_.drive_by(nullptr);
  stopping_ = true;
  wake();
  thread_.join();
  run_posted();  // nobody who waits for one is left behind
  for (auto connections = std::move(connections_); const auto& [key, connection] : connections) {
    connection->close();
  }
  attention_.clear();
  deferred_.clear();
  sends_.clear();
  released_.clear();
}

void EventLoop::wake() noexcept {
  const std::uint64_t one = 1;
  // A full counter wakes as well; nothing else can fail here.
  static_cast<void>(!::write(event_.get(), &one, sizeof one));
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard guard(posted_lock_);
    posted_.push_back(std::move(task));
  }
  wake();
}

void EventLoop::run_and_wait(const std::function<void()>& task) {
  if (on_this_thread() || !thread_.joinable()) {
    task();
    return;
  }
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

bool EventLoop::add(int fd, std::uint32_t events, Handler& handler) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::change(int fd, std::uint32_t events, Handler& handler) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::remove(int fd) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::adopt(const std::shared_ptr<Connection>& connection) {
  connections_.emplace(connection.get(), connection);
  assign_share(*connection);
}

void EventLoop::release(Connection& connection) noexcept {
  const auto at = connections_.find(&connection);
  if (at == connections_.end()) return;
  leave_share(connection);
  // Events of this round may still name it.
  released_.push_back(std::move(at->second));
  connections_.erase(at);
}

void EventLoop::assign_share(Connection& connection) {
  leave_share(connection);
  const engine::NodeRuntime* node = connection.node();
  Share& share = node == nullptr ? lobby_share_ : shares_[node];
  ++share.connections;
  connection.set_share(&share);
}

void EventLoop::leave_share(Connection& connection) noexcept {
  Share* const share = connection.share();
  if (share == nullptr) return;
  connection.set_share(nullptr);
  if (--share->connections == 0 && share != &lobby_share_) {
    emptied_shares_.push_back(connection.node());
  }
}

void EventLoop::forget_empty_shares() noexcept {
  for (const engine::NodeRuntime* node : emptied_shares_) {
    const auto at = shares_.find(node);
    if (at != shares_.end() && at->second.connections == 0) shares_.erase(at);
  }
  emptied_shares_.clear();
}

void EventLoop::set_timer(const std::shared_ptr<Connection>& connection, std::int64_t due_ms) {
  timers_.push({due_ms, connection});
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard guard(posted_lock_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void EventLoop::run_attention() {
  std::vector<std::shared_ptr<Connection>> connections;
  connections.swap(attention_);
  for (const auto& connection : connections) connection->on_attention(*this);
}

void EventLoop::send_later(Connection& connection, std::uint64_t now_ns) {
  if (sends_.empty()) first_send_ns_ = now_ns;
  sends_.push_back(&connection);
  if (now_ns - first_send_ns_ > kLongestWaitNs) run_sends();
}

void EventLoop::run_sends() {
  // Nothing that a send does puts a connection here.
  for (Connection* connection : sends_) connection->on_send(*this);
  sends_.clear();
}

resp::Buffer EventLoop::lend_buffer() noexcept {
  if (write_buffers_.empty()) return {};
  resp::Buffer buffer = std::move(write_buffers_.back());
  write_buffers_.pop_back();
  return buffer;
}

void EventLoop::take_back(resp::Buffer buffer) noexcept {
  buffer.clear();
  if (buffer.capacity() > kKeptBufferBytes || write_buffers_.size() == kKeptBuffers) return;
  write_buffers_.push_back(std::move(buffer));
}

void EventLoop::run_timers() {
  if (timers_.empty()) return;
  const std::int64_t now_ms = clock_.unix_ms();
  while (!timers_.empty() && timers_.top().due_ms <= now_ms) {
    const auto connection = timers_.top().connection.lock();
    timers_.pop();
    if (connection != nullptr) connection->on_timer(now_ms);
  }
}

int EventLoop::sleep_ms() {
  if (!attention_.empty() || !deferred_.empty() || shard_changed_.load(std::memory_order_acquire))
    return 0;
  std::int64_t due = shard_due_ms_;
  if (!timers_.empty()) due = std::min(due, timers_.top().due_ms);
  if (due == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(due - clock_.unix_ms(), 0, 60'000));
}

bool EventLoop::run_events(std::span<const epoll_event> events) {
  const bool alone = shares_.size() < 2 || events.size() == 1;
  if (!alone || !deferred_.empty()) return run_fairly(events);
  bool posted = false;
  for (const epoll_event& event : events) {
    if (event.data.ptr == nullptr)
      posted = true;
    else
      static_cast<Handler*>(event.data.ptr)->on_events(event.events);
  }
  return posted;
}

// A node with many connections gets no more of a round than one with few, if both have work: their
// connections take turns node by node, and what a node's share of the round does not suffice for
// waits for the next, in front of what comes then.
bool EventLoop::run_fairly(std::span<const epoll_event> events) {
  ++round_;
  turns_.clear();
  in_line_.clear();
  bool posted = false;
  const std::vector<Deferred> before = std::exchange(deferred_, {});
  for (const Deferred& turn : before) {
    // Others may have moved away or closed.
    if (turn.connection->loop() == this) line_up(*turn.connection, turn.events);
  }
  for (const epoll_event& event : events) {
    if (event.data.ptr == nullptr) {
      posted = true;
      continue;
    }
    auto& handler = *static_cast<Handler*>(event.data.ptr);
    Connection* const connection = handler.as_connection();
    if (connection == nullptr)
      handler.on_events(event.events);
    else if (!connection->is_deferred())
      line_up(*connection, event.events);
  }
  run_turns();
  return posted;
}

void EventLoop::line_up(Connection& connection, std::uint32_t events) {
  Share* const share = connection.share();
  if (share == nullptr) return;  // closed
  turns_.push_back({&connection, events, kNoTurn});
  const std::size_t place = turns_.size() - 1;
  if (share->round == round_) {
    turns_[share->last].next = place;
  } else {
    share->round = round_;
    share->used_ns = 0;
    share->first = place;
    in_line_.push_back(share);
  }
  share->last = place;
}

void EventLoop::run_turns() {
  std::uint64_t now_ns = clock_.monotonic_ns();
  while (!in_line_.empty()) {
    std::size_t left = 0;
    for (Share* const share : in_line_) {
      const Turn& turn = turns_[share->first];
      share->first = turn.next;
      if (turn.connection->loop() == this) {
        turn.connection->set_deferred(false);
        turn.connection->on_events(turn.events);
      }
      const std::uint64_t after_ns = clock_.monotonic_ns();
      share->used_ns += after_ns - now_ns;
      now_ns = after_ns;
      if (share->used_ns >= kShareNs)
        put_off(*share);
      else if (share->first != kNoTurn)
        in_line_[left++] = share;
    }
    in_line_.resize(left);
  }
}

void EventLoop::put_off(const Share& share) {
  for (std::size_t place = share.first; place != kNoTurn; place = turns_[place].next) {
    Connection& connection = *turns_[place].connection;
    if (connection.loop() != this || connection.share() == nullptr) continue;
    connection.set_deferred(true);
    deferred_.push_back({connection.shared_from_this(), turns_[place].events});
  }
}

void EventLoop::thread_main() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // TLS writes with write(2)

  std::array<epoll_event, kEvents> events;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEvents, sleep_ms());
    const bool posted = run_events({events.data(), static_cast<std::size_t>(std::max(count, 0))});
    run_sends();  // before a task may close connections
    if (posted) {
      std::uint64_t drained = 0;
      static_cast<void>(!::read(event_.get(), &drained, sizeof drained));
      run_posted();
    }
    run_attention();
    run_sends();
    run_timers();
    released_.clear();
    forget_empty_shares();
    if (shard_changed_.exchange(false, std::memory_order_acq_rel) ||
        (shard_due_ms_ != INT64_MAX && shard_due_ms_ <= clock_.unix_ms())) {
      shard_due_ms_ = shard_.run_due(kWorkBudgetNs, kWorkSliceNs).value_or(INT64_MAX);
    }
  }
}

}  // namespace miniredis::server
