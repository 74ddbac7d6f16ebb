// Finds what answers a request and checks what can be checked before its body is read.
//
// Built once, then immutable: any thread may call.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/http_message.h"

namespace miniredis::service {

struct ApiRequest {
  const HttpRequest& http;
  std::vector<std::string> path;             // what stood in the places of {..}, in order
  std::map<std::string, std::string> query;  // only parameters that the route knows
};

using Handler = std::function<HttpReply(const ApiRequest&)>;

enum class RouteAccess : unsigned char {
  kOpen,   // for everyone, at any time
  kToken,  // with the admin token, when the daemon is ready
};

struct Route {
  std::string method;
  std::string pattern;  // "/v1/nodes/{id}/start"
  Handler handler;
  RouteAccess access = RouteAccess::kToken;
  std::vector<std::string> query = {};  // parameters it takes
  // Answered on the thread that reads requests: for what takes microseconds and must not wait.
  bool immediate = false;
};

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

class Router {
 public:
  // What stands in the way of any route that wants the token; nothing when the daemon is ready.
  using Gate = std::function<std::optional<HttpReply>()>;
  using TokenCheck = std::function<bool(std::string_view presented)>;

  Router(TokenCheck token_check, Gate gate);
  void add(Route route);

  // `head` needs method, target, authorization and content type. HEAD finds GET routes.
  std::variant<RouteMatch, HttpReply> match(const HttpRequest& head, bool has_body) const;

  // The handler's answer; what it throws becomes a problem.
  static HttpReply run(const RouteMatch& match, const HttpRequest& request);

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  bool authorized(std::string_view authorization) const;

  TokenCheck token_check_;
  Gate gate_;
  std::vector<Entry> entries_;
};

}  // namespace miniredis::service
