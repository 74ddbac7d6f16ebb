// Says how many requests a caller may make: a token bucket for each key.
//
// A key is whatever identifies the caller: rate_limit_key_of(address), or the id of an API key that
// was verified before (never one that was only claimed: callers would spend each other's tokens).
// A bucket is one time stamp, as in the generic cell rate algorithm (ITU-T I.371, appendix I):
// the time at which it will be full again.
//
// What callers can make us hold is bounded: when there are too many buckets, the one unused for
// longest is dropped, and its key starts with a full one. Any thread may call; keys are spread over
// shards with a lock each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/failure.h"
#include "gateway/clock.h"

namespace miniredis::service {

struct RateLimit {
  std::uint32_t per_second = 50;  // 1 to 1,000,000: tokens that come back in a second
  std::uint32_t burst = 100;      // 1 to 1,000,000: tokens of a full bucket
};
// kInvalidValue with the field that is out of range.
Outcome<void> check(const RateLimit& limit);

struct RateDecision {
  bool allowed = true;
  std::uint64_t retry_after_ms = 0;  // 0 if and only if allowed
  std::uint64_t limit = 0;           // the burst
  std::uint64_t remaining = 0;       // requests that would be allowed right now
  std::uint64_t reset_ms = 0;        // until the bucket is full again
};

// RateLimit-Limit, -Remaining and -Reset (whole seconds, rounded up), and Retry-After on a refusal.
std::vector<std::pair<std::string, std::string>> headers_of(const RateDecision& decision);

class RateLimiter {
 public:
  struct Options {
    std::size_t max_buckets = 100'000;  // of all shards; about 150 bytes each
    std::size_t shards = 16;            // at least 1
  };

  RateLimiter(const Options& options, SteadyClock clock);
  ~RateLimiter();

  // Takes one token of the key's bucket if there is one. The limit must be one that check() likes;
  // it may change from call to call, as when a plan changes, and holds from then on.
  RateDecision take(std::string_view key, const RateLimit& limit);

  std::size_t buckets() const;

 private:
  struct Shard;

  SteadyClock clock_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

// The caller behind an address: the address itself for IPv4, also when written as IPv6
// ("::ffff:10.0.0.1"), and the network "2001:db8:1:2::/64" for IPv6, of which one subscriber has
// at least that much. What is no address comes back cut to 64 bytes.
std::string rate_limit_key_of(std::string_view address);

}  // namespace miniredis::service
