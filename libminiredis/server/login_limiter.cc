#include "server/login_limiter.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace miniredis::server {
namespace {
constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kWindowNs = 60 * kSecondNs;
constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address: a /64
}  // namespace

std::optional<PeerAddress> peer_address(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  PeerAddress address{};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, &v4.sin_addr, 4);
    return address;
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
  std::memcpy(address.data(), &v6.sin6_addr, mapped ? address.size() : kNetworkBytes);
  return address;
}

std::uint32_t LoginLimiter::wait_seconds(const PeerAddress& address) {
  if (per_minute_ == 0) return 0;
  const std::uint64_t now_ns = clock_.monotonic_ns();
  const std::lock_guard guard(lock_);
  const auto at = failures_.find(address);
  if (at == failures_.end() || at->second.count < per_minute_) return 0;
  const std::uint64_t passed_ns = now_ns - at->second.since_ns;
  if (passed_ns >= kWindowNs) return 0;
  return static_cast<std::uint32_t>((kWindowNs - passed_ns + kSecondNs - 1) / kSecondNs);
}

void LoginLimiter::note_failure(const PeerAddress& address) {
  if (per_minute_ == 0) return;
  const std::uint64_t now_ns = clock_.monotonic_ns();
  const std::lock_guard guard(lock_);
  const auto [at, is_new] = failures_.try_emplace(address);
  Failures& failures = at->second;
  if (is_new) {
    failures.age = ages_.insert(ages_.end(), address);
  } else {
    ages_.splice(ages_.end(), ages_, failures.age);
  }
  if (is_new || now_ns - failures.since_ns >= kWindowNs) {
    failures.since_ns = now_ns;
    failures.count = 0;
  }
  if (failures.count < UINT32_MAX) ++failures.count;
  if (failures_.size() > kMostAddresses) {
    failures_.erase(ages_.front());
    ages_.pop_front();
  }
}

std::size_t LoginLimiter::addresses() const {
  const std::lock_guard guard(lock_);
  return failures_.size();
}

}  // namespace miniredis::server
