// SIGTERM and SIGINT as something to wait for.
//
// Made once, in main, before any other thread: it blocks the signals for all threads to come. The
// first one is reported, the second ends the process at once with exit code 1.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace miniredis::service {

class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  const std::atomic<bool>& requested() const { return requested_; }
  // Returns when the first signal came; its name.
  std::string wait();

 private:
  void listen();

  std::atomic<bool> requested_ = false;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::string name_;
  std::thread thread_;
};

// Raises the soft limit of open files to the hard one and returns it.
std::size_t raise_open_files_limit();

}  // namespace miniredis::service
