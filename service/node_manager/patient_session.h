// Commands of HTTP requests on a node, each with an end. A node may be paused (CLIENT PAUSE, DEBUG
// SLEEP) or at work on another's long command, for as long as its tenant likes; the threads that
// work on requests are everyone's.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "miniredis/engine.h"

namespace miniredis::service {

using CommandWords = std::vector<std::string>;

// How long a request waits in all: less than what roles wait for one another.
inline constexpr std::chrono::milliseconds kLongPatience{4'000};
// The same for those that wait for a paused node and found no seat.
inline constexpr std::chrono::milliseconds kShortPatience{100};

// Who may wait long for a node that does nothing: at most half of the threads, and of a tenant's
// requests at most half of these. Any thread may call.
class WaitingSeats {
 public:
  explicit WaitingSeats(std::size_t threads) noexcept;

  // False: all that this tenant may have are taken.
  bool take(const std::string& tenant);
  void give_back(const std::string& tenant) noexcept;

 private:
  const std::size_t of_all_;
  const std::size_t of_tenant_;
  std::mutex mutex_;
  std::size_t taken_ = 0;
  std::unordered_map<std::string, std::size_t> by_tenant_;
};

// A session that belongs to one request.
class PatientSession {
 public:
  PatientSession(Session session, WaitingSeats& seats, std::string tenant);

  // The reply, or the error BUSY when the patience was at its end; it says whether the command may
  // still happen. After it, every command is answered so.
  Value execute(const CommandWords& words);
  // The same for a command that may wait for others: it is run inside MULTI and EXEC, where it
  // answers at once.
  Value execute_without_waiting(const CommandWords& words);
  // The session itself, for commands that should go through at once: waits until the node is free,
  // and returns nothing when it is not in time.
  std::optional<Session> release();

 private:
  Value give_up();

  Session session_;
  WaitingSeats& seats_;
  const std::string tenant_;
  std::chrono::milliseconds waited_{0};
  bool given_up_ = false;
};

}  // namespace miniredis::service
