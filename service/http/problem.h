// What went wrong with a request, as RFC 9457 has it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/failure.h"
#include "http/http_message.h"

namespace miniredis::service {

struct ProblemKind {
  const char* type;  // the last part of urn:miniredis:problem:...
  int status;
  const char* title;
};

// Types that the library's errors have too are named and numbered as its face_of() does, but for
// invalid-argument: a body that can be read and asks for what is not allowed is 422, not 400.
namespace problem_kinds {
inline constexpr ProblemKind kBadRequest{"bad-request", 400, "The request makes no sense"};
inline constexpr ProblemKind kMalformedJson{"malformed-json", 400, "The body is not JSON"};
inline constexpr ProblemKind kUnknownField{"unknown-field", 400, "The body has an unknown field"};
inline constexpr ProblemKind kUnknownParameter{"unknown-parameter", 400,
                                               "The query has an unknown parameter"};
inline constexpr ProblemKind kUnauthorized{"unauthorized", 401, "The admin token is needed"};
inline constexpr ProblemKind kForbidden{"permission-denied", 403, "This is not allowed to you"};
inline constexpr ProblemKind kNotFound{"not-found", 404, "There is no such thing"};
inline constexpr ProblemKind kMethodNotAllowed{"method-not-allowed", 405,
                                               "The method does not fit here"};
inline constexpr ProblemKind kNameTaken{"already-exists", 409, "The name is taken"};
inline constexpr ProblemKind kPortTaken{"port-taken", 409, "The port is taken"};
inline constexpr ProblemKind kWrongState{"wrong-state", 409, "The state does not allow this"};
inline constexpr ProblemKind kPreconditionFailed{"precondition-failed", 412,
                                                 "It has been changed meanwhile"};
inline constexpr ProblemKind kIdempotencyKeyRequired{"idempotency-key-required", 400,
                                                     "The header Idempotency-Key is needed"};
inline constexpr ProblemKind kKeyReused{"idempotency-key-reused", 422,
                                        "The idempotency key was used for another request"};
inline constexpr ProblemKind kUnderWay{"request-under-way", 409,
                                       "The first request with the key is under way"};
inline constexpr ProblemKind kTooManyRequests{"too-many-requests", 429, "Too many requests"};
inline constexpr ProblemKind kTooLarge{"body-too-large", 413, "The body is too large"};
inline constexpr ProblemKind kUnsupportedMedia{"unsupported-media-type", 415,
                                               "The body must be application/json"};
inline constexpr ProblemKind kInvalidValue{"invalid-argument", 422, "A value is not allowed"};
inline constexpr ProblemKind kUpgradeRequired{"upgrade-required", 426, "This is a WebSocket"};
inline constexpr ProblemKind kHeadersTooLarge{"headers-too-large", 431,
                                              "The headers are too large"};
inline constexpr ProblemKind kLimitReached{"limit-reached", 409, "A limit is reached"};
inline constexpr ProblemKind kTooManyConnections{"too-many-connections", 503,
                                                 "Too many connections"};
inline constexpr ProblemKind kInternal{"internal", 500, "Something failed inside"};
inline constexpr ProblemKind kStorageFailed{"io", 500, "The definitions could not be written"};
inline constexpr ProblemKind kNotReady{"not-ready", 503, "The daemon is starting"};
inline constexpr ProblemKind kShuttingDown{"shutting-down", 503, "The daemon is stopping"};
inline constexpr ProblemKind kUnavailable{"unavailable", 503, "A service cannot be reached"};
inline constexpr ProblemKind kNodeBusy{"node-busy", 503, "The node is busy"};
inline constexpr ProblemKind kNoAnswer{"no-answer", 504, "A service did not answer"};
inline constexpr ProblemKind kBadAnswer{"bad-answer", 502, "A service's answer makes no sense"};
inline constexpr ProblemKind kPortsExhausted{"ports-exhausted", 507, "All ports are used"};
inline constexpr ProblemKind kMemoryExhausted{"out-of-memory", 507, "Memory is used up"};
inline constexpr ProblemKind kStorageFull{"storage-full", 507, "The disk is full"};
}  // namespace problem_kinds

// Thrown by handlers, caught by the router; never leaves the HTTP layer.
struct Problem {
  ProblemKind kind;
  std::string detail;
  std::string field;  // empty: none is to blame
};

Problem problem_of(const Failure& failure);

HttpReply reply_of(const Problem& problem);

// The value, or its failure thrown as a Problem.
template <typename T>
T value_or_throw(Outcome<T> outcome) {
  if (!outcome) throw problem_of(outcome.failure());
  if constexpr (!std::is_void_v<T>) return std::move(outcome.value());
}

}  // namespace miniredis::service
