#include "server/login_limiter.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "server/sockets.h"
#include "unit/engine/fixture.h"

namespace miniredis::server {
namespace {

using engine::FakeClock;

PeerAddress numbered(std::uint32_t n) {
  PeerAddress address{};
  std::memcpy(address.data() + 12, &n, sizeof n);
  return address;
}

TEST_CASE("an address may fail so often in a minute that begins with the first time") {
  FakeClock clock;
  clock.tick_ns = 0;
  LoginLimiter limiter(3, clock);
  const PeerAddress one = numbered(1);
  CHECK(limiter.wait_seconds(one) == 0);
  limiter.note_failure(one);
  clock.advance(20'000);
  limiter.note_failure(one);
  CHECK(limiter.wait_seconds(one) == 0);
  limiter.note_failure(one);
  CHECK(limiter.wait_seconds(one) == 40);
  CHECK(limiter.wait_seconds(numbered(2)) == 0);
  clock.advance(39'500);
  CHECK(limiter.wait_seconds(one) == 1);
  clock.advance(500);
  CHECK(limiter.wait_seconds(one) == 0);
  // It begins anew, and does not remember.
  limiter.note_failure(one);
  limiter.note_failure(one);
  CHECK(limiter.wait_seconds(one) == 0);
  limiter.note_failure(one);
  CHECK(limiter.wait_seconds(one) == 60);
}

TEST_CASE("without a limit nothing is kept") {
  FakeClock clock;
  LoginLimiter limiter(0, clock);
  for (int i = 0; i < 100; ++i) limiter.note_failure(numbered(1));
  CHECK(limiter.wait_seconds(numbered(1)) == 0);
  CHECK(limiter.addresses() == 0);
}

TEST_CASE("memory is bounded, and who has failed lately is not forgotten first") {
  FakeClock clock;
  clock.tick_ns = 0;
  LoginLimiter limiter(2, clock);
  limiter.note_failure(numbered(0));
  limiter.note_failure(numbered(1));
  limiter.note_failure(numbered(1));
  for (std::uint32_t n = 2; n < LoginLimiter::kMostAddresses; ++n) {
    limiter.note_failure(numbered(n));
  }
  limiter.note_failure(numbered(0));
  CHECK(limiter.wait_seconds(numbered(0)) == 60);
  CHECK(limiter.wait_seconds(numbered(1)) == 60);
  limiter.note_failure(numbered(1'000'000));
  CHECK(limiter.addresses() == LoginLimiter::kMostAddresses);
  CHECK(limiter.wait_seconds(numbered(1)) == 0);
  CHECK(limiter.wait_seconds(numbered(0)) == 60);
}

// The address of a peer that has connected to `listener`, which is closed again.
std::optional<PeerAddress> address_of_peer(int family, const sockaddr* to, socklen_t size,
                                           int listener) {
  const Descriptor client(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(client.get(), to, size) != 0) return std::nullopt;
  const Descriptor accepted(::accept(listener, nullptr, nullptr));
  return peer_address(accepted.get());
}

TEST_CASE("peers are told apart by IPv4 address and IPv6 network; unix sockets have none") {
  const Descriptor v4 = std::move(listen_tcp("127.0.0.1", 0, false)).value();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_of(v4));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto peer =
      address_of_peer(AF_INET, reinterpret_cast<const sockaddr*>(&to), sizeof to, v4.get());
  REQUIRE(peer.has_value());
  CHECK(*peer == PeerAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1});

  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK_FALSE(peer_address(pair[0]).has_value());
  ::close(pair[0]);
  ::close(pair[1]);

  auto v6 = listen_tcp("::1", 0, false);
  if (!v6.ok()) return;  // a machine without IPv6
  sockaddr_in6 to6{};
  to6.sin6_family = AF_INET6;
  to6.sin6_port = htons(port_of(*v6));
  to6.sin6_addr = in6addr_loopback;
  const auto peer6 =
      address_of_peer(AF_INET6, reinterpret_cast<const sockaddr*>(&to6), sizeof to6, v6->get());
  REQUIRE(peer6.has_value());
  CHECK(*peer6 == PeerAddress{});  // ::/64
}

}  // namespace
}  // namespace miniredis::server
