// Requests to miniredisd's JSON API over one kept connection. Blocking, one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "connection.h"
#include "failure.h"

namespace miniredis::mredis {

using Json = nlohmann::ordered_json;

class HttpClient {
 public:
  // `url`: http://host[:port] or https://..., with or without a path to put before /v1. UsageError
  // for anything else. `token` may be empty.
  HttpClient(const std::string& url, std::string token, const std::string& ca_file);

  // The answer's JSON; null when it has none. A problem+json answer is thrown as RefusedError with
  // its title and detail. `body` may be null for none.
  Json request(const std::string& method, const std::string& path, const Json& body = nullptr);

 private:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  std::optional<Answer> exchange(const std::string& request);
  std::string serialize(const std::string& method, const std::string& path, const Json& body) const;

  std::string url_;
  Endpoint endpoint_;
  std::string base_path_;
  std::string token_;
  std::optional<Connection> connection_;
};

// A path segment or query value with what is special in URLs quoted.
std::string url_quoted(const std::string& text);

}  // namespace miniredis::mredis
