#include "server/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>

#include "server/connection.h"

namespace miniredis::server {
namespace {

constexpr int kEvents = 256;
// Background work between two looks at the sockets, in all and for one node.
constexpr std::uint64_t kWorkBudgetNs = 300'000;
constexpr std::uint64_t kWorkSliceNs = 200'000;
// A reply that is ready waits for others of its round no longer than about this.
constexpr std::uint64_t kLongestWaitNs = 200'000;
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
}

void EventLoop::release(Connection& connection) noexcept {
  const auto at = connections_.find(&connection);
  if (at == connections_.end()) return;
  // Events of this round may still name it.
  released_.push_back(std::move(at->second));
  connections_.erase(at);
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
  if (!attention_.empty() || shard_changed_.load(std::memory_order_acquire)) return 0;
  std::int64_t due = shard_due_ms_;
  if (!timers_.empty()) due = std::min(due, timers_.top().due_ms);
  if (due == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(due - clock_.unix_ms(), 0, 60'000));
}

void EventLoop::thread_main() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // TLS writes with write(2)

  std::array<epoll_event, kEvents> events;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEvents, sleep_ms());
    bool posted = false;
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr) {
        posted = true;
      } else {
        static_cast<Handler*>(events[i].data.ptr)->on_events(events[i].events);
      }
    }
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
    if (shard_changed_.exchange(false, std::memory_order_acq_rel) ||
        (shard_due_ms_ != INT64_MAX && shard_due_ms_ <= clock_.unix_ms())) {
      shard_due_ms_ = shard_.run_due(kWorkBudgetNs, kWorkSliceNs).value_or(INT64_MAX);
    }
  }
}

}  // namespace miniredis::server
