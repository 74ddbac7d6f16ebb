// Brings the database and the hosts together: ends creations and deletions that a crash or an
// outage left half done, tells hosts of tenants, deletes tenants whose grace time has passed, takes
// in what is on a host and in no row, and forgets old idempotency keys.
//
// A thread of its own; what it works on it claims, as requests do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "backend/backend.h"

namespace miniredis::service {

class Reconciler {
 public:
  // `context` must outlive it. `interval` between rounds that nobody asked for.
  Reconciler(BackendContext& context, std::chrono::milliseconds interval);
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // One round by the calling thread; the first one, before requests are served, also takes in what
  // hosts have and rows do not.
  Outcome<void> adopt();
  void round();

  void start();
  // Soon another round.
  void wake();

 private:
  void run();
  void finish_creations();
  void finish_deletions();
  void purge_tenants();
  void tell_hosts();
  void forget_old_keys();
  Outcome<void> adopt_from(const BackendHost& host);

  BackendContext& context_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point told_hosts_at_;
  std::thread thread_;
};

}  // namespace miniredis::service
