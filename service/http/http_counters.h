// What the HTTP server has done so far. Any thread may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace miniredis::service {

struct HttpCounters {
  std::array<std::atomic<std::uint64_t>, 600> answers_by_status{};
  std::atomic<std::uint64_t> connections{0};  // now
  std::atomic<std::uint64_t> connections_rejected{0};
};

}  // namespace miniredis::service
