#include "base/clock.h"

#include <ctime>

namespace miniredis::base {

std::int64_t SystemClock::unix_us() const noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::uint64_t SystemClock::monotonic_ns() const noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

}  // namespace miniredis::base
