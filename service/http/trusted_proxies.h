// The proxies in front of us whose word on a client's address is taken.
//
// A proxy appends the address it was reached from to X-Forwarded-For. Read from the right, the
// first address that is no trusted proxy's is the client's: what stands left of it, anybody could
// have written. Immutable; any thread may read.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/failure.h"

namespace miniredis::service {

class TrustedProxies {
 public:
  TrustedProxies() = default;  // nobody is trusted

  // Addresses and networks with commas between: "127.0.0.1, 10.0.0.0/8, ::1". kInvalidValue names
  // the part that is neither.
  static Outcome<TrustedProxies> parse(std::string_view text);

  bool contains(std::string_view address) const;

  // Whose the request is that came from `peer` with this X-Forwarded-For, which may be any bytes.
  std::string client_of(const std::string& peer, std::string_view forwarded_for) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace miniredis::service
