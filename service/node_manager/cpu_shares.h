// What part of one core each node has used lately: the difference between two looks at its CPU
// time.
//
// Any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace miniredis::service {

class CpuShares {
 public:
  using Clock = std::chrono::steady_clock;

  // The share, 1.0 for a whole core, since the last look that is at least a second old; since the
  // node's creation at the first look. `cpu_ns` as NodeStats has it.
  double look(const std::string& node, std::uint64_t cpu_ns, std::uint64_t created_at_ms,
              Clock::time_point now, std::uint64_t now_unix_ms);
  void forget(const std::string& node);

 private:
  struct Look {
    Clock::time_point at;
    std::uint64_t cpu_ns = 0;
    double share = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Look> looks_;
};

}  // namespace miniredis::service
