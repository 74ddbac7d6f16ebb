#include "common/shutdown_signal.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

namespace miniredis::service {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGUSR2);  // our own, to end the thread
  return set;
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  // Both come as errors of the call too, and those are handled where the call is.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { listen(); });
}

ShutdownSignal::~ShutdownSignal() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

void ShutdownSignal::listen() {
  const sigset_t set = handled_signals();
  while (true) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (number == SIGUSR2) {
      if (ending_) return;
      continue;
    }
    if (requested_) ::_exit(1);
    const std::lock_guard lock(mutex_);
    requested_ = true;
    name_ = number == SIGTERM ? "SIGTERM" : "SIGINT";
    arrived_.notify_all();
  }
}

std::string ShutdownSignal::wait() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return requested_.load(); });
  return name_;
}

std::size_t raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return limit.rlim_max;
  }
  return limit.rlim_cur;
}

}  // namespace miniredis::service
