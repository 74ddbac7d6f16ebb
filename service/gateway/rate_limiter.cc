#include "gateway/rate_limiter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "gateway/lru_map.h"

namespace miniredis::service {
namespace {

constexpr std::uint32_t kMost = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;  // in nanoseconds
constexpr std::int64_t kMillisecond = 1'000'000;

std::uint64_t rounded_up(std::int64_t duration, std::int64_t unit) {
  return static_cast<std::uint64_t>((duration + unit - 1) / unit);
}

}  // namespace

Outcome<void> check(const RateLimit& limit) {
  const auto fine = [](std::uint32_t value) { return value >= 1 && value <= kMost; };
  if (!fine(limit.per_second)) {
    return Failure{FailureKind::kInvalidValue, "allowed: 1 to 1000000", "per_second"};
  }
  if (!fine(limit.burst)) {
    return Failure{FailureKind::kInvalidValue, "allowed: 1 to 1000000", "burst"};
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> headers_of(const RateDecision& decision) {
  const auto seconds = [](std::uint64_t ms) {
    return std::to_string(ms / 1000 + (ms % 1000 == 0 ? 0 : 1));
  };
  std::vector<std::pair<std::string, std::string>> headers = {
      {"RateLimit-Limit", std::to_string(decision.limit)},
      {"RateLimit-Remaining", std::to_string(decision.remaining)},
      {"RateLimit-Reset", seconds(decision.reset_ms)}};
  if (!decision.allowed) headers.emplace_back("Retry-After", seconds(decision.retry_after_ms));
  return headers;
}

struct RateLimiter::Shard {
  explicit Shard(std::size_t capacity) : full_at(capacity) {}

  mutable std::mutex mutex;
  LruMap<std::int64_t> full_at;  // nanoseconds of the clock
};

RateLimiter::RateLimiter(const Options& options, SteadyClock clock) : clock_(std::move(clock)) {
  const std::size_t each = std::max<std::size_t>(1, options.max_buckets / options.shards);
  for (std::size_t i = 0; i < options.shards; ++i) shards_.push_back(std::make_unique<Shard>(each));
}

RateLimiter::~RateLimiter() = default;

RateDecision RateLimiter::take(std::string_view key, const RateLimit& limit) {
  Shard& shard = *shards_[std::hash<std::string_view>{}(key) % shards_.size()];
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock_().time_since_epoch()).count();
  const std::int64_t token = kSecond / limit.per_second;
  const std::int64_t depth = token * limit.burst;
  RateDecision decision;
  decision.limit = limit.burst;

  const std::lock_guard lock(shard.mutex);
  std::int64_t* known = shard.full_at.find(key);
  std::int64_t& full_at = known != nullptr ? *known : shard.full_at.add(key, now);
  // A bucket emptied under a slower limit must not keep its debt under this one.
  full_at = std::clamp(full_at, now, now + depth);
  const std::int64_t missing = full_at + token - now - depth;
  if (missing > 0) {
    decision.allowed = false;
    decision.retry_after_ms = rounded_up(missing, kMillisecond);
  } else {
    full_at += token;
  }
  decision.remaining = static_cast<std::uint64_t>((now + depth - full_at) / token);
  decision.reset_ms = rounded_up(full_at - now, kMillisecond);
  return decision;
}

std::size_t RateLimiter::buckets() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    count += shard->full_at.size();
  }
  return count;
}

std::string rate_limit_key_of(std::string_view address) {
  const std::string text(address.substr(0, std::min<std::size_t>(64, address.find('%'))));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return std::string(address.substr(0, 64));
  }
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::array<char, INET6_ADDRSTRLEN> written{};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return inet_ntop(AF_INET, bytes.data() + kMapped.size(), written.data(), written.size());
  }
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return std::string(inet_ntop(AF_INET6, bytes.data(), written.data(), written.size())) + "/64";
}

}  // namespace miniredis::service
