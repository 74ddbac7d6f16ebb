// How many failed log-ins each peer address may make in a minute.
//
// The minute begins with the first failure; when the address has used up what it may, it is turned
// away until the minute is over, and begins anew. IPv6 peers count by their /64 network, for that
// is what one customer of a provider has. Memory is bounded: beyond kMostAddresses the one that has
// not failed for longest is forgotten.
//
// Threads: any. One lock, taken only by log-ins.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace miniredis::server {

// An IPv6 network, or an IPv4 address as IPv6 maps it.
using PeerAddress = std::array<std::uint8_t, 16>;

// Nothing for peers that have no address: unix sockets.
std::optional<PeerAddress> peer_address(int fd) noexcept;

class LoginLimiter {
 public:
  static constexpr std::size_t kMostAddresses = 16'384;

  // `per_minute` 0: no limit.
  LoginLimiter(std::uint32_t per_minute, const base::Clock& clock) noexcept
      : per_minute_(per_minute), clock_(clock) {}

  // Seconds until the address may try again; 0: it may now.
  std::uint32_t wait_seconds(const PeerAddress& address);
  void note_failure(const PeerAddress& address);
  std::size_t addresses() const;

 private:
  struct Failures {
    std::uint64_t since_ns = 0;
    std::uint32_t count = 0;
    std::list<PeerAddress>::iterator age;
  };

  const std::uint32_t per_minute_;
  const base::Clock& clock_;
  mutable std::mutex lock_;
  std::map<PeerAddress, Failures> failures_;  // ordered: nobody can choose colliding keys
  std::list<PeerAddress> ages_;               // the oldest failure first
};

}  // namespace miniredis::server
