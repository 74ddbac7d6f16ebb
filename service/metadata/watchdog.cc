#include "metadata/watchdog.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/log.h"

namespace miniredis::service::metadata {
namespace {

using std::chrono::steady_clock;

}  // namespace

Watchdog::Watch::Watch(Watchdog& watchdog, int socket)
    : watchdog_(watchdog), socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.watches_.push_back(this);
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  std::erase(watchdog_.watches_, this);
}

void Watchdog::Watch::start(Deadline deadline) {
  bool sooner = false;
  {
    const std::lock_guard lock(watchdog_.mutex_);
    watched_ = true;
    deadline_ = deadline;
    sooner = deadline < watchdog_.wake_at_;
  }
  // Seldom: the thread wakes once in a time-out, and looks for what is next then.
  if (sooner) watchdog_.changed_.notify_one();
}

void Watchdog::Watch::stop() {
  const std::lock_guard lock(watchdog_.mutex_);
  watched_ = false;
}

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const Deadline now = steady_clock::now();
    wake_at_ = Deadline::max();
    for (Watch* watch : watches_) {
      if (!watch->watched_) continue;
      if (watch->deadline_ <= now) {
        log::warning("database does not answer; its connection is given up");
        ::shutdown(watch->socket_.get(), SHUT_RDWR);
        watch->watched_ = false;
      } else {
        wake_at_ = std::min(wake_at_, watch->deadline_);
      }
    }
    if (wake_at_ == Deadline::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wake_at_);
    }
  }
}

}  // namespace miniredis::service::metadata
