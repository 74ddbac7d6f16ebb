// Tokens that come at a rate and are kept for up to a second.
//
// The level may go below zero: what was taken too much is a debt that the next tokens pay. Whoever
// reserves takes tokens that are yet to come, and wait_ns() has told when they are there: so those
// who wait are served in the order in which they came.
//
// Time is monotonic and passed in; a moment before the last one counts as that one.
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace miniredis::tenants {

class TokenBucket {
 public:
  // 0: no limit. A bucket that had none is full; otherwise what is there or owed stays, but for
  // what no longer fits.
  void set_rate(std::uint64_t per_second, std::uint64_t now_ns) noexcept;
  std::uint64_t rate() const noexcept { return rate_; }
  bool limited() const noexcept { return rate_ != 0; }

  // Brings the level up to date; the calls below see the level of then.
  void refill(std::uint64_t now_ns) noexcept;
  std::int64_t level() const noexcept { return level_; }
  void take(std::int64_t n) noexcept { level_ = std::max(level_ - n, -kMaxDebt); }
  void give_back(std::int64_t n) noexcept { level_ = std::min(level_ + n, capacity()); }
  // Until `n` tokens are there; 0 when they are.
  std::uint64_t wait_ns(std::int64_t n) const noexcept;
  // Tokens that are there after `patience_ns`, at least 0.
  std::int64_t ready_within(std::uint64_t patience_ns) const noexcept;

 private:
  static constexpr std::int64_t kMaxDebt = std::int64_t{1} << 60;
  // One second's worth. Rates are at most 10^12.
  std::int64_t capacity() const noexcept { return static_cast<std::int64_t>(rate_); }

  std::uint64_t rate_ = 0;
  std::int64_t level_ = 0;
  std::uint64_t fraction_ = 0;  // of a token, in units of 10^-9
  std::uint64_t at_ns_ = 0;
};

}  // namespace miniredis::tenants
