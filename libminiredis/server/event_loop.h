// The event loop of one shard: epoll, level-triggered.
//
// Why not Asio's: its reactor tries a read that fails before it waits, or changes the interest of
// the descriptor, once per request. Here a request costs one recv and one send, and a share of one
// epoll_wait. The two were not measured side by side.
//
// Threads: post() and wake() from any; everything else on the loop's own thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/shard.h"
#include "resp/buffer.h"
#include "server/sockets.h"

struct epoll_event;

namespace miniredis::server {

class Connection;
class Handler;

// What one node, or the lobby, has of its loop's time.
struct Share {
  std::size_t connections = 0;
  // In the round under way: its connections with input, in order, as places in the round's list.
  std::uint64_t round = 0;
  std::uint64_t used_ns = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

// Requests that have been parsed and wait for their turn; lent like the buffers.
struct RequestBatch {
  static constexpr std::size_t kMost = 16;
  struct Request {
    std::vector<Bytes> words;
    std::size_t end = 0;  // where the next one starts in the input
  };
  std::array<Request, kMost> requests;
};

// What waits for events of a descriptor.
class Handler {
 public:
  virtual ~Handler() = default;
  // `events`: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP.
  virtual void on_events(std::uint32_t events) = 0;
  // Null for what is no connection.
  virtual Connection* as_connection() noexcept { return nullptr; }
};

class EventLoop {
 public:
  EventLoop(engine::Shard& shard, const base::Clock& clock, unsigned index);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void start();
  void stop();
  bool on_this_thread() const noexcept { return thread_id_.load() == std::this_thread::get_id(); }

  // Runs `task` on the loop, soon. After stop() it is dropped.
  void post(std::function<void()> task);
  // Runs `task` on the loop and waits for it; at once when called on the loop or when it is
  // stopped.
  void run_and_wait(const std::function<void()>& task);

  bool add(int fd, std::uint32_t events, Handler& handler) noexcept;
  void change(int fd, std::uint32_t events, Handler& handler) noexcept;
  void remove(int fd) noexcept;

  // Connections of this loop, which keeps them alive.
  void adopt(const std::shared_ptr<Connection>& connection);
  void release(Connection& connection) noexcept;
  const std::unordered_map<Connection*, std::shared_ptr<Connection>>& connections() const noexcept {
    return connections_;
  }
  // Counts the connection for its node, when it has come to this loop or has got a node.
  void assign_share(Connection& connection);
  // Has the connection looked at before the loop sleeps again.
  void attend(std::shared_ptr<Connection> connection) {
    attention_.push_back(std::move(connection));
  }
  // Calls Connection::on_timer at about that time.
  void set_timer(const std::shared_ptr<Connection>& connection, std::int64_t due_ms);

  // Has the connection send its replies at the end of the round: a peer that is woken once finds
  // the answers of many connections, and what it sends back is found by one wait. `now_ns`, the
  // moment, bounds how long a reply waits for those of others.
  void send_later(Connection& connection, std::uint64_t now_ns);

  // Buffers that are lent to a connection while it is at work, so that idle ones need none.
  static constexpr std::size_t kReadBytes = 64 << 10;
  char* read_buffer() noexcept { return read_buffer_.get(); }
  resp::Buffer lend_buffer() noexcept;
  void take_back(resp::Buffer buffer) noexcept;
  RequestBatch& batch() noexcept { return batch_; }

  const base::Clock& clock() const noexcept { return clock_; }
  unsigned index() const noexcept { return index_; }

 private:
  struct Timer {
    std::int64_t due_ms;
    std::weak_ptr<Connection> connection;
    bool operator<(const Timer& other) const noexcept { return due_ms > other.due_ms; }
  };
  // A connection that has input and its place in line.
  struct Turn {
    Connection* connection;
    std::uint32_t events;
    std::size_t next;
  };
  struct Deferred {
    std::shared_ptr<Connection> connection;
    std::uint32_t events;
  };
  void thread_main();
  // Both return whether something was posted.
  bool run_events(std::span<const epoll_event> events);
  bool run_fairly(std::span<const epoll_event> events);
  void line_up(Connection& connection, std::uint32_t events);
  void run_turns();
  void put_off(const Share& share);
  void leave_share(Connection& connection) noexcept;
  void forget_empty_shares() noexcept;
  int sleep_ms();
  void run_posted();
  void run_attention();
  void run_sends();
  void run_timers();
  void wake() noexcept;

  engine::Shard& shard_;
  const base::Clock& clock_;
  const unsigned index_;
  Descriptor epoll_;
  Descriptor event_;
  std::unique_ptr<char[]> read_buffer_;
  std::vector<resp::Buffer> write_buffers_;  // that are not lent
  RequestBatch batch_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::unordered_map<const engine::NodeRuntime*, Share> shares_;
  std::vector<const engine::NodeRuntime*> emptied_shares_;  // perhaps; dropped after the round
  Share lobby_share_;
  std::uint64_t round_ = 0;
  std::vector<Turn> turns_;         // of the round
  std::vector<Share*> in_line_;     // those with turns left, in order
  std::vector<Deferred> deferred_;  // turns that the round had no time for
  std::vector<std::shared_ptr<Connection>> attention_;
  std::vector<Connection*> sends_;                     // kept alive like the events' handlers
  std::uint64_t first_send_ns_ = 0;                    // when the first of them was put there
  std::vector<std::shared_ptr<Connection>> released_;  // kept until the round is over
  std::priority_queue<Timer> timers_;
  std::int64_t shard_due_ms_ = INT64_MAX;

  std::mutex posted_lock_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> shard_changed_{false};
  std::atomic<std::thread::id> thread_id_{};
  std::thread thread_;
};

}  // namespace miniredis::server
