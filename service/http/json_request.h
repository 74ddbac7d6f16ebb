// Reading a request's JSON body: each member is asked for by name and type; what was not asked for
// is an error that names it. Everything wrong is thrown as a Problem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "http/problem.h"

namespace miniredis::service {

// The body as JSON: one object, no member twice, at most 32 levels deep.
Json parse_body(const HttpRequest& request);

Problem invalid_value(const std::string& field, const std::string& given,
                      const std::string& allowed);
// A JSON value as a message shows it: cut when it is long.
std::string shown(const Json& value);

class Fields {
 public:
  // Keeps a reference to `object`.
  explicit Fields(const Json& object) : object_(object) {}

  bool has(const char* name);
  // The member, or nullptr.
  const Json* find(const char* name);

  std::optional<std::string> text(const char* name);
  std::string required_text(const char* name);
  // An integer from `min` to `max`, both at most 2^63 - 1.
  std::optional<std::int64_t> integer(const char* name, std::int64_t min, std::int64_t max);
  // Bytes: a number, or a text such as "40mb".
  std::optional<std::int64_t> bytes(const char* name, std::int64_t min, std::int64_t max);
  // The same of "memory" or, as people may also say it, "memory_limit_bytes".
  std::optional<std::int64_t> memory_limit(std::int64_t min, std::int64_t max);
  std::optional<bool> boolean(const char* name);

  // Call last: throws when a member was not asked for.
  void finish() const;

 private:
  const Json& object_;
  std::vector<std::string> known_;
};

}  // namespace miniredis::service
