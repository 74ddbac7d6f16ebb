// Header fields as they pass through a gateway.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace miniredis::service {

// In the order in which they were sent; a name may come several times.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Regardless of case.
bool is_same_header(std::string_view a, std::string_view b);

// The first value; empty when there is none.
std::string_view header_value(const HttpHeaders& headers, std::string_view name);

// The names of headers that concern one connection only (RFC 9110, 7.6.1): Connection, all that it
// names, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, and the Proxy- ones.
//
// A client's Connection may name any header. A gateway takes away what the client sent of these and
// adds its own headers afterwards, or the client could have those removed.
class ConnectionHeaders {
 public:
  // As `headers` say it.
  explicit ConnectionHeaders(const HttpHeaders& headers);
  bool has(std::string_view name) const;

 private:
  std::unordered_set<std::string> named_;  // a set, for a hostile Connection names thousands
};

HttpHeaders end_to_end_headers(HttpHeaders headers);

// Whether a request can be written with it: no header of its own can be smuggled in.
bool is_header_name(std::string_view text);   // 1 to 256 characters that RFC 9110 calls a token
bool is_header_value(std::string_view text);  // up to 16 KiB without control characters but tab

}  // namespace miniredis::service
