#include "http/problem.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "miniredis/error.h"

namespace miniredis::service {

TEST_CASE("a problem is problem+json") {
  const HttpReply reply =
      reply_of({problem_kinds::kInvalidValue, "memory: given \xff; allowed: more", "memory"});
  CHECK(reply.status == 422);
  CHECK(reply.content_type == "application/problem+json");
  const auto body = nlohmann::json::parse(reply.body);
  CHECK(body["type"] == "urn:miniredis:problem:invalid-argument");
  CHECK(body["status"] == 422);
  CHECK(body["field"] == "memory");
  CHECK(body["title"].is_string());
  CHECK_FALSE(
      nlohmann::json::parse(reply_of({problem_kinds::kNotFound, "", ""}).body).contains("field"));
}

TEST_CASE("types and statuses are the library's where it has them") {
  for (const auto& [kind, code] : {std::pair{problem_kinds::kNotFound, ErrorCode::kNotFound},
                                   {problem_kinds::kNameTaken, ErrorCode::kAlreadyExists},
                                   {problem_kinds::kWrongState, ErrorCode::kWrongState},
                                   {problem_kinds::kLimitReached, ErrorCode::kLimitReached},
                                   {problem_kinds::kMemoryExhausted, ErrorCode::kOutOfMemory},
                                   {problem_kinds::kUnauthorized, ErrorCode::kUnauthorized},
                                   {problem_kinds::kStorageFailed, ErrorCode::kIo},
                                   {problem_kinds::kShuttingDown, ErrorCode::kShuttingDown}}) {
    CAPTURE(kind.type);
    CHECK(std::string(kind.type) == face_of(code).type);
    CHECK(kind.status == face_of(code).http_status);
  }
  CHECK(std::string(problem_kinds::kInvalidValue.type) ==
        face_of(ErrorCode::kInvalidArgument).type);
}

}  // namespace miniredis::service
