#include "http/problem.h"

#include "common/json.h"

namespace miniredis::service {
namespace {

ProblemKind kind_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::kInvalidValue:
      return problem_kinds::kInvalidValue;
    case FailureKind::kNotFound:
      return problem_kinds::kNotFound;
    case FailureKind::kNameTaken:
      return problem_kinds::kNameTaken;
    case FailureKind::kPortTaken:
      return problem_kinds::kPortTaken;
    case FailureKind::kWrongState:
      return problem_kinds::kWrongState;
    case FailureKind::kVersionMismatch:
      return problem_kinds::kPreconditionFailed;
    case FailureKind::kKeyReused:
      return problem_kinds::kKeyReused;
    case FailureKind::kUnderWay:
      return problem_kinds::kUnderWay;
    case FailureKind::kLimitReached:
      return problem_kinds::kLimitReached;
    case FailureKind::kPortsExhausted:
      return problem_kinds::kPortsExhausted;
    case FailureKind::kMemoryExhausted:
      return problem_kinds::kMemoryExhausted;
    case FailureKind::kStorageFull:
      return problem_kinds::kStorageFull;
    case FailureKind::kStorageFailed:
      return problem_kinds::kStorageFailed;
    case FailureKind::kUnavailable:
      return problem_kinds::kUnavailable;
    case FailureKind::kNoAnswer:
      return problem_kinds::kNoAnswer;
    case FailureKind::kBadAnswer:
      return problem_kinds::kBadAnswer;
    case FailureKind::kShuttingDown:
      return problem_kinds::kShuttingDown;
    case FailureKind::kInternal:
      return problem_kinds::kInternal;
  }
  return problem_kinds::kInternal;
}

}  // namespace

Problem problem_of(const Failure& failure) {
  return {kind_of(failure.kind), failure.detail, failure.field};
}

HttpReply reply_of(const Problem& problem) {
  Json body = {{"type", std::string("urn:miniredis:problem:") + problem.kind.type},
               {"title", problem.kind.title},
               {"status", problem.kind.status},
               {"detail", problem.detail}};
  if (!problem.field.empty()) body["field"] = problem.field;
  HttpReply reply;
  reply.status = problem.kind.status;
  reply.content_type = "application/problem+json";
  // Details may quote what the client sent, which need not be text.
  reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (problem.kind.status == 401) {
    reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"miniredis\"");
  }
  if (problem.kind.status == 503) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

}  // namespace miniredis::service
