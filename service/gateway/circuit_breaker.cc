#include "gateway/circuit_breaker.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace miniredis::service {

struct CircuitBreaker::State {
  State(const CircuitBreakerOptions& chosen, SteadyClock time)
      : options(chosen), clock(std::move(time)) {}

  // All of these need the lock.
  void change_to(CircuitState next) {
    state = next;
    ++era;
    changed_at = clock();
    failures_in_a_row = 0;
    window_requests = 0;
    window_failures = 0;
    window_began = changed_at;
  }
  void open() {
    change_to(CircuitState::kOpen);
    ++opened;
  }
  void roll_window() {
    const SteadyTime now = clock();
    if (now - window_began < options.window) return;
    window_began = now;
    window_requests = 0;
    window_failures = 0;
  }
  void count(bool good) {
    roll_window();
    ++window_requests;
    failures_in_a_row = good ? 0 : failures_in_a_row + 1;
    if (good) return;
    ++window_failures;
    const bool often = window_requests >= options.least_requests &&
                       window_failures * 100 >= window_requests * options.failure_share;
    if (failures_in_a_row >= options.failures_in_a_row || often) {
      open_time = options.open_time;
      open();
    }
  }

  const CircuitBreakerOptions options;
  const SteadyClock clock;
  mutable std::mutex mutex;
  CircuitState state = CircuitState::kClosed;
  std::uint64_t era = 0;  // counts changes of the state
  SteadyTime changed_at;
  std::chrono::milliseconds open_time{};
  SteadyTime window_began;
  std::uint64_t window_requests = 0;
  std::uint64_t window_failures = 0;
  std::uint64_t failures_in_a_row = 0;
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;
};

const char* to_string(CircuitState state) {
  switch (state) {
    case CircuitState::kClosed:
      return "closed";
    case CircuitState::kOpen:
      return "open";
    case CircuitState::kHalfOpen:
      return "half-open";
  }
  return "closed";
}

CircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), era_(other.era_) {}

CircuitBreaker::Permit::~Permit() {
  cancelled();
}

void CircuitBreaker::Permit::succeeded() {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->end(era_, Result::kGood);
}

void CircuitBreaker::Permit::failed() {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->end(era_, Result::kBad);
}

void CircuitBreaker::Permit::cancelled() {
  if (auto* breaker = std::exchange(breaker_, nullptr)) breaker->end(era_, Result::kNone);
}

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options, SteadyClock clock)
    : state_(std::make_unique<State>(options, std::move(clock))) {
  state_->window_began = state_->clock();
}

CircuitBreaker::~CircuitBreaker() = default;

std::optional<CircuitBreaker::Permit> CircuitBreaker::enter() {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (state.state == CircuitState::kClosed) return Permit(*this, state.era);
  const auto since = state.clock() - state.changed_at;
  const auto wait = state.state == CircuitState::kOpen ? state.open_time : state.options.probe_time;
  if (since < wait) {
    ++state.refused;
    return std::nullopt;
  }
  // The era of the probe: whoever began before it no longer counts.
  state.change_to(CircuitState::kHalfOpen);
  return Permit(*this, state.era);
}

void CircuitBreaker::end(std::uint64_t era, Result result) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (era != state.era) return;
  if (state.state == CircuitState::kClosed) {
    if (result != Result::kNone) state.count(result == Result::kGood);
    return;
  }
  switch (result) {
    case Result::kGood:
      state.change_to(CircuitState::kClosed);
      return;
    case Result::kBad:
      state.open_time = std::min(2 * state.open_time, state.options.most_open_time);
      state.open();
      return;
    case Result::kNone:
      // Learned nothing: the next request is the probe.
      state.change_to(CircuitState::kOpen);
      state.changed_at -= state.open_time;
      return;
  }
}

CircuitBreaker::Figures CircuitBreaker::figures() const {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  state.roll_window();
  Figures figures{.state = state.state,
                  .failures_in_a_row = state.failures_in_a_row,
                  .window_requests = state.window_requests,
                  .window_failures = state.window_failures,
                  .opened = state.opened,
                  .refused = state.refused};
  const auto since = state.clock() - state.changed_at;
  if (state.state == CircuitState::kOpen && since < state.open_time) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(state.open_time - since);
    figures.retry_after_ms = static_cast<std::uint64_t>(left.count());
  }
  return figures;
}

}  // namespace miniredis::service
