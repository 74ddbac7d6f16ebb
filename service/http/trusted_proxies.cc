#include "http/trusted_proxies.h"

#include <algorithm>
#include <optional>

namespace miniredis::service {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMostAddressBytes = 64;

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// An IPv4 address in IPv6's clothes is IPv4.
std::optional<ip::address> address_in(std::string_view text) {
  if (text.size() > kMostAddressBytes) return std::nullopt;
  boost::system::error_code failure;
  const ip::address address = ip::make_address(std::string(text), failure);
  if (failure) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

}  // namespace

Outcome<TrustedProxies> TrustedProxies::parse(std::string_view text) {
  TrustedProxies proxies;
  while (!trimmed(text).empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string part(trimmed(text.substr(0, comma)));
    text.remove_prefix(std::min(text.size(), comma + 1));
    const auto address = address_in(part);
    boost::system::error_code no_v4;
    boost::system::error_code no_v6;
    const ip::network_v4 v4 = ip::make_network_v4(part, no_v4);
    const ip::network_v6 v6 = ip::make_network_v6(part, no_v6);
    if (address && address->is_v4()) {
      proxies.v4_.emplace_back(address->to_v4(), std::uint16_t{32});
    } else if (address) {
      proxies.v6_.emplace_back(address->to_v6(), std::uint16_t{128});
    } else if (!no_v4) {
      proxies.v4_.push_back(v4.canonical());
    } else if (!no_v6) {
      proxies.v6_.push_back(v6.canonical());
    } else {
      return Failure{FailureKind::kInvalidValue,
                     "'" + part + "' is refused; allowed: addresses and networks such as " +
                         "127.0.0.1, 10.0.0.0/8 or fd00::/8, with commas between",
                     ""};
    }
  }
  return proxies;
}

bool TrustedProxies::contains(std::string_view text) const {
  const auto address = address_in(text);
  if (!address) return false;
  if (address->is_v4()) {
    return std::any_of(v4_.begin(), v4_.end(), [&](const ip::network_v4& network) {
      return ip::network_v4(address->to_v4(), network.prefix_length()).canonical() == network;
    });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&](const ip::network_v6& network) {
    return ip::network_v6(address->to_v6(), network.prefix_length()).canonical() == network;
  });
}

std::string TrustedProxies::client_of(const std::string& peer,
                                      std::string_view forwarded_for) const {
  std::string client = peer;
  while (contains(client) && !forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const auto address = address_in(trimmed(forwarded_for.substr(begin)));
    if (!address) break;  // not what a proxy writes
    client = address->to_string();
    forwarded_for = forwarded_for.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  return client;
}

}  // namespace miniredis::service
