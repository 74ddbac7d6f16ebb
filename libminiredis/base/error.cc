#include "miniredis/error.h"

#include <array>

namespace miniredis {
namespace {

// In the order of ErrorCode: face_of() indexes it, and the check below keeps the order true.
constexpr std::array<ErrorFace, 11> kFaces = {{
    {ErrorCode::kInvalidArgument, "invalid-argument", "ERR", 400},
    {ErrorCode::kNotFound, "not-found", "ERR", 404},
    {ErrorCode::kAlreadyExists, "already-exists", "ERR", 409},
    {ErrorCode::kWrongState, "wrong-state", "ERR", 409},
    {ErrorCode::kLimitReached, "limit-reached", "ERR", 409},
    {ErrorCode::kOutOfMemory, "out-of-memory", "OOM", 507},
    {ErrorCode::kUnauthorized, "unauthorized", "WRONGPASS", 401},
    {ErrorCode::kPermissionDenied, "permission-denied", "NOPERM", 403},
    {ErrorCode::kIo, "io", "ERR", 500},
    {ErrorCode::kProtocol, "protocol", "ERR", 400},
    {ErrorCode::kShuttingDown, "shutting-down", "ERR", 503},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFaces.size(); ++i) {
    if (static_cast<std::size_t>(kFaces[i].code) != i) return false;
  }
  return static_cast<std::size_t>(ErrorCode::kShuttingDown) + 1 == kFaces.size();
}
static_assert(in_order());

}  // namespace

const ErrorFace& face_of(ErrorCode code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  if (index >= kFaces.size()) std::abort();
  return kFaces[index];
}

}  // namespace miniredis
