// Passes on what sessions are pushed (messages, MONITOR's lines), as it comes.
//
// A session's wake-up comes with its node's lock held, so it may only leave word: one thread takes
// the pushes of all sessions. Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "miniredis/engine.h"

namespace miniredis::service {

class PushPump {
 public:
  // Called by one thread at a time: each push, and the session's end.
  struct Listener {
    std::function<void(const Value&)> push;
    std::function<void()> closed;
  };

  // A session that is followed. Its end waits for a push under way, and the listener hears nothing
  // afterwards.
  class Follower {
   public:
    ~Follower();
    // Runs a command as the session's client; what it pushes comes to the listener. One that would
    // have to wait is answered BUSY: the thread of all sessions would wait with it.
    Value execute(const std::vector<std::string>& words);

   private:
    friend class PushPump;
    struct Shared;
    explicit Follower(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_;
  };

  PushPump();
  ~PushPump();
  PushPump(const PushPump&) = delete;
  PushPump& operator=(const PushPump&) = delete;

  // The pump must outlive the follower.
  std::unique_ptr<Follower> follow(Session session, Listener listener);

 private:
  void leave_word(std::shared_ptr<Follower::Shared> follower);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Follower::Shared>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace miniredis::service
