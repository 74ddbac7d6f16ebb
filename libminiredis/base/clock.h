// Time as an object, so that tests own it.
//
// Two clocks that must not be mixed: wall time (expiry, TIME), which may jump, and monotonic time
// (durations, budgets), which may not.
#pragma once

#include <atomic>
#include <cstdint>

namespace miniredis::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t unix_us() const noexcept = 0;        // since 1970-01-01 UTC
  virtual std::uint64_t monotonic_ns() const noexcept = 0;  // since an arbitrary moment
  std::int64_t unix_ms() const noexcept { return unix_us() / 1000; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t unix_us() const noexcept override;
  std::uint64_t monotonic_ns() const noexcept override;
};

// The one SystemClock; stateless, any thread.
const Clock& system_clock() noexcept;

}  // namespace miniredis::base
