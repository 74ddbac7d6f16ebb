// Holds the clients of a node to its quota: who may run, who waits for tokens, who is refused.
//
// A node that no quota binds has none of this. Commands are admitted in batches. A client that
// finds no token reserves those that it needs and waits until they have come: it is not read
// meanwhile. What would have to wait longer than the quota allows, counted from when the client's
// input began to wait, is answered THROTTLED.
//
// Threads: under the node's lock. Time is NodeRuntime::batch_ns.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "engine/client.h"
#include "tenants/quota.h"

namespace miniredis::engine {

class NodeRuntime;

class Throttle {
 public:
  explicit Throttle(NodeRuntime& node);
  ~Throttle();
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  // Takes over the figures of the node and its tenant. Those who wait ask again.
  void configure();

  // Takes tokens for up to `wanted` commands of the client; returns for how many.
  std::size_t admit(Client& client, std::size_t wanted) noexcept;
  // Gives back what admit() took and was not used.
  void give_back(std::size_t commands) noexcept;
  // Whether bytes may still flow to and from the client.
  bool has_bytes(const Client& client) noexcept;

  enum class Verdict : std::uint8_t { kRun, kWait, kRefused };
  // What becomes of a command that was not admitted. kRefused: its reply stands in the output.
  // kWait: the owner is resumed. `request_bytes` were counted as they came; some `behind` more
  // commands stand behind it.
  Verdict hold(Client& client, Arguments words, std::size_t request_bytes, std::size_t behind);
  // The same for one that can't wait. True: it may run.
  bool pass(Client& client, Arguments words);
  // The client has no command left that was held back, or goes away.
  void finish(Client& client) noexcept;

  void spend_bytes(const Client& client, std::size_t n) noexcept;

  // Resumes those whose tokens have come.
  void resume_due();
  // When the first of them have, in ns of the monotonic clock.
  std::optional<std::uint64_t> next_due_ns() const noexcept;

 private:
  Verdict refuse(Client& client, Arguments words, std::size_t request_bytes,
                 const tenants::Shortage& shortage);
  void stop_waiting(Client& client) noexcept;
  // Ends the wait of one that is out of waiting_.
  void end_wait(Held& held) noexcept;

  NodeRuntime& node_;
  tenants::NodeQuota quota_;
  std::multimap<std::uint64_t, Client*> waiting_;  // by when their tokens are there
};

}  // namespace miniredis::engine
