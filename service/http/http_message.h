// A request as handlers see it and the answer they give: no sockets, no parser.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace miniredis::service {

struct HttpRequest {
  std::string method;  // "GET"; HEAD arrives as GET at handlers
  std::string target;  // as sent, e.g. "/v1/nodes?limit=5"
  std::string body;
  std::string content_type;
  std::string authorization;
  std::string request_id;
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

// Nothing when the text is not an absolute path with well-formed escapes, or names a parameter
// twice. "http://host/path" is taken for "/path".
std::optional<Target> parse_target(std::string_view text);

}  // namespace miniredis::service
