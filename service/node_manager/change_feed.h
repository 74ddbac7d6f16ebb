// Who wants to know is told of changes of nodes' states, as they happen.
//
// Any thread may call. Listeners are called by the thread that makes the change, under its lock:
// they only pass the word on, and never call the node manager.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace miniredis::service {

struct NodeStateChange {
  std::string node;  // id
  std::string name;
  std::string tenant;
  std::string from;  // empty: it is new
  std::string to;    // "deleted" at its end
  std::uint64_t at_ms = 0;
};

class ChangeFeed {
 public:
  using Listener = std::function<void(const NodeStateChange&)>;

  // Ends with the last copy of what is returned; afterwards the listener is not called any more.
  // The feed must outlive it.
  using Subscription = std::shared_ptr<void>;
  Subscription listen(Listener listener);

  void publish(const NodeStateChange& change);

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_ = 1;
};

}  // namespace miniredis::service
