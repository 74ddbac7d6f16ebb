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

  // Makes a thing: a POST with an idempotency key, so that it may be sent again, and is, once, when
  // the connection ends without an answer.
  Json create(const std::string& path, const Json& body);

 private:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  std::optional<Answer> exchange(const std::string& request);
  // The answer to a message. `repeatable`: whether a message that was lost may be sent again.
  Answer deliver(const std::string& message, bool repeatable);
  Json json_of(const Answer& answer) const;
  std::string serialize(const std::string& method, const std::string& path, const Json& body,
                        const std::string& idempotency_key) const;

  std::string url_;
  Endpoint endpoint_;
  std::string base_path_;
  std::string token_;
  std::optional<Connection> connection_;
};

// A path segment or query value with what is special in URLs quoted.
std::string url_quoted(const std::string& text);

}  // namespace miniredis::mredis
