// Stops asking a service that does not answer, so that callers fail at once instead of waiting, and
// the service gets time to recover.
//
//   closed --(failures in a row, or their share of a window)--> open --(time)--> half-open
//   half-open --(the one probe is good)--> closed      --(it fails)--> open, for twice as long
//
// Every request that was let through must be ended with succeeded(), failed() or, when it says
// nothing about the service, cancelled(); a Permit that is destroyed counts as cancelled. What ends
// after the state has changed since it began is not counted. Any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/clock.h"

namespace miniredis::service {

struct CircuitBreakerOptions {
  std::uint32_t failures_in_a_row = 5;  // at least 1
  // In per cent, 1 to 100, of the requests that ended in the current window, if these are at least
  // least_requests.
  std::uint32_t failure_share = 50;
  std::uint32_t least_requests = 20;
  std::chrono::milliseconds window = std::chrono::seconds(10);
  std::chrono::milliseconds open_time = std::chrono::seconds(1);        // the first time
  std::chrono::milliseconds most_open_time = std::chrono::seconds(30);  // doubled up to this
  // A probe that never ends must not keep the circuit half-open for ever.
  std::chrono::milliseconds probe_time = std::chrono::seconds(30);
};

enum class CircuitState : std::uint8_t { kClosed, kOpen, kHalfOpen };
const char* to_string(CircuitState state);  // "closed", "open", "half-open"

class CircuitBreaker {
 public:
  // The right to ask the service once. Must not outlive the breaker.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    // The first of these counts, the others do nothing.
    void succeeded();
    void failed();
    void cancelled();

   private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker& breaker, std::uint64_t era) : breaker_(&breaker), era_(era) {}

    CircuitBreaker* breaker_;  // null when it has ended
    std::uint64_t era_;
  };

  struct Figures {
    CircuitState state = CircuitState::kClosed;
    std::uint64_t failures_in_a_row = 0;
    std::uint64_t window_requests = 0;
    std::uint64_t window_failures = 0;
    std::uint64_t opened = 0;          // times since the start
    std::uint64_t refused = 0;         // requests since the start
    std::uint64_t retry_after_ms = 0;  // until a probe is let through; 0 unless open
  };

  CircuitBreaker(const CircuitBreakerOptions& options, SteadyClock clock);
  ~CircuitBreaker();
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Nothing while the service is not to be asked.
  std::optional<Permit> enter();

  Figures figures() const;

 private:
  struct State;
  enum class Result : std::uint8_t { kGood, kBad, kNone };

  void end(std::uint64_t era, Result result);

  std::unique_ptr<State> state_;
};

}  // namespace miniredis::service
