// A request as handlers see it and the answer they give: no sockets, no parser.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/principal.h"

namespace miniredis::service {

struct HttpRequest {
  std::string method;  // "GET"; HEAD arrives as GET at handlers
  std::string target;  // as sent, e.g. "/v1/nodes?limit=5"
  std::string body;
  std::string content_type;
  std::string authorization;
  std::string request_id;
  std::string peer;  // the client's address; empty: not known
  // The others, in the order they came.
  std::vector<std::pair<std::string, std::string>> headers;
  PrincipalPointer principal;  // who asks, once that is known

  // The value of a header by its name in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The parts of a target: path segments, percent-decoded one by one, and query parameters.
struct Target {
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);

// The pairs of a query in their order, decoded; nothing when an escape is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> query_pairs(std::string_view query);

// `text` as one segment of a path: everything but unreserved characters is escaped.
std::string percent_encoded(std::string_view text);

// Nothing when the text is not an absolute path with well-formed escapes, or names a parameter
// twice. "http://host/path" is taken for "/path".
std::optional<Target> parse_target(std::string_view text);

}  // namespace miniredis::service
