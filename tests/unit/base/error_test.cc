#include "miniredis/error.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "miniredis/options.h"
#include "miniredis/stats.h"

namespace miniredis {

TEST_CASE("every error code has a face of its own") {
  std::set<std::string> types;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kShuttingDown); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const ErrorFace& face = face_of(code);
    CHECK(face.code == code);
    CHECK(types.insert(face.type).second);
    CHECK(face.http_status >= 400);
    CHECK(face.http_status < 600);
    CHECK(std::string(face.prefix).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
          std::string::npos);
  }
  CHECK(std::string(face_of(ErrorCode::kNotFound).type) == "not-found");
  CHECK(face_of(ErrorCode::kNotFound).http_status == 404);
  CHECK(std::string(face_of(ErrorCode::kOutOfMemory).prefix) == "OOM");
}

TEST_CASE("eviction policies have the names that CONFIG takes") {
  for (int i = 0; i <= static_cast<int>(EvictionPolicy::kVolatileTtl); ++i) {
    const auto policy = static_cast<EvictionPolicy>(i);
    CHECK(eviction_policy_from(to_string(policy)) == policy);
  }
  CHECK(eviction_policy_from("ALLKEYS-LRU") == EvictionPolicy::kAllKeysLru);
  CHECK(std::string(to_string(EvictionPolicy::kVolatileTtl)) == "volatile-ttl");
  CHECK(!eviction_policy_from(""));
  CHECK(!eviction_policy_from("allkeys"));
  CHECK(!eviction_policy_from("noeviction "));
}

TEST_CASE("node states have names") {
  CHECK(std::string(to_string(NodeState::kCreating)) == "creating");
  CHECK(std::string(to_string(NodeState::kDeleting)) == "deleting");
}

}  // namespace miniredis
