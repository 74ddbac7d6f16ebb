#include "tenants/token_bucket.h"

namespace miniredis::tenants {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

// Beyond this nothing is told apart: some 146 years, and far above any level.
constexpr std::uint64_t kMost = std::uint64_t{1} << 62;

std::uint64_t clamp(Wide n) noexcept {
  return n < kMost ? static_cast<std::uint64_t>(n) : kMost;
}

}  // namespace

void TokenBucket::set_rate(std::uint64_t per_second, std::uint64_t now_ns) noexcept {
  const bool had_none = rate_ == 0;
  if (!had_none) refill(now_ns);
  rate_ = per_second;
  at_ns_ = std::max(at_ns_, now_ns);
  if (had_none) {
    fraction_ = 0;
    level_ = capacity();
  }
  level_ = std::min(level_, capacity());
}

void TokenBucket::refill(std::uint64_t now_ns) noexcept {
  if (now_ns <= at_ns_) return;
  const Wide grown = Wide{now_ns - at_ns_} * rate_ + fraction_;
  at_ns_ = now_ns;
  const Wide whole = grown / kSecondNs;
  // No overflow: both sides are small against 2^127.
  if (whole >= static_cast<Wide>(capacity() - level_)) {
    level_ = capacity();
    fraction_ = 0;
    return;
  }
  level_ += static_cast<std::int64_t>(whole);
  fraction_ = static_cast<std::uint64_t>(grown % kSecondNs);
}

std::uint64_t TokenBucket::wait_ns(std::int64_t n) const noexcept {
  if (n <= level_) return 0;
  const Wide missing = static_cast<Wide>(n - level_) * kSecondNs - fraction_;
  return clamp((missing + rate_ - 1) / rate_);
}

std::int64_t TokenBucket::ready_within(std::uint64_t patience_ns) const noexcept {
  const std::uint64_t grown = clamp((Wide{patience_ns} * rate_ + fraction_) / kSecondNs);
  return std::max<std::int64_t>(0, level_ + static_cast<std::int64_t>(grown));
}

}  // namespace miniredis::tenants
