// Ends waits for a server that says nothing any more. Internal to this folder.
//
// libpq waits without end for an answer, and its time-outs are either the server's (which may be
// the one that hangs) or the network's (which is in order when only the server hangs). So whoever
// waits says until when; then the watchdog shuts the socket down, and libpq takes it for a broken
// one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/files.h"
#include "metadata/connection.h"

namespace miniredis::service::metadata {

class Watchdog {
 public:
  // One socket. Its descriptor is one of our own: the number of libpq's may be another file's by
  // the time the watchdog looks at it.
  class Watch {
   public:
    Watch(Watchdog& watchdog, int socket);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();
    void start(Deadline deadline);
    void stop();

   private:
    friend class Watchdog;
    Watchdog& watchdog_;
    const Descriptor socket_;
    bool watched_ = false;
    Deadline deadline_{};
  };

  Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Watch*> watches_;
  Deadline wake_at_ = Deadline::max();
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace miniredis::service::metadata
