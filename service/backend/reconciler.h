// Brings the database and the hosts together: ends creations and deletions that a crash or an
// outage left half done, tells hosts of tenants, deletes tenants whose grace time has passed, takes
// in what is on a host and in no row, and forgets old idempotency keys.
//
// A thread of its own; what it works on it claims, as requests do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
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

  // Before requests are served: rows and hosts are made to agree, whatever their numbers.
  Outcome<void> adopt();
  // One round by the calling thread.
  void round();

  void start();
  // Soon another round.
  void wake();

 private:
  void run();
  void finish_creations();
  void finish_deletions();
  void purge_tenants();
  bool forget_members(const std::string& tenant);
  void tell_hosts();
  void forget_old_keys();
  void follow_hosts();
  Outcome<void> compare_with(const BackendHost& host);
  Outcome<void> take_in(const BackendHost& host, const Json& nodes);
  Outcome<void> let_go(const BackendHost& host, const std::set<std::string>& seen);

  BackendContext& context_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point told_hosts_at_;
  std::set<std::string>
      keeps_members_;  // tenants that the auth service could not forget, as logged
  std::thread thread_;
};

}  // namespace miniredis::service
