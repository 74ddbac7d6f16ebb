// Text forms of sizes and times, as settings, requests and answers write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace miniredis::service {

// "1048576", "40mb", "1 G" is refused. Units as in redis.conf, in any case: b, k (1000), kb (1024),
// m, mb, g, gb, t, tb. Nothing when malformed or above 2^63 - 1.
std::optional<std::int64_t> parse_bytes(std::string_view text);

// No limit of memory is above it, nor any sum of a million of them out of range.
inline constexpr std::int64_t kMostMemory = 1LL << 48;

// The shortest form of `bytes` that parse_bytes reads back exactly, such as "40mb" or "1500".
std::string format_bytes(std::int64_t bytes);

// RFC 3339 in UTC with milliseconds: "2024-05-01T12:00:00.000Z".
std::string format_time(std::uint64_t unix_ms);

// The form that HTTP's Date has: "Wed, 01 May 2024 12:00:00 GMT".
std::string format_http_date(std::uint64_t unix_ms);

std::uint64_t now_unix_ms();

// "127.0.0.1:7000", "[::1]:7000".
std::string format_endpoint(const std::string& address, int port);

// Whether only this machine can reach the address.
bool is_loopback(std::string_view address);

// The member of `known` closest to `word` by edit distance; nothing when all are far from it.
template <typename Range>
std::optional<std::string> nearest_of(std::string_view word, const Range& known);

// Insertions, deletions and substitutions that turn `a` into `b`. O(|a| |b|).
std::size_t edit_distance(std::string_view a, std::string_view b);

template <typename Range>
std::optional<std::string> nearest_of(std::string_view word, const Range& known) {
  std::optional<std::string> best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

}  // namespace miniredis::service
