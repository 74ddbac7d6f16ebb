// Why the node manager did not do as asked: a kind, which callers branch on, words for people, and
// the field of the request that is to blame. Says nothing of HTTP.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "miniredis/error.h"

namespace miniredis::service {

enum class FailureKind : std::uint8_t {
  kInvalidValue,  // out of range; detail names value and range
  kNotFound,
  kNameTaken,
  kPortTaken,
  kWrongState,
  kVersionMismatch,  // the thing has been changed since the caller looked
  kKeyReused,        // an idempotency key, for another request
  kUnderWay,         // the request with the idempotency key is not done yet
  kLimitReached,     // a count limit of the tenant
  kPortsExhausted,
  kMemoryExhausted,
  kStorageFull,    // the disk; the change was undone
  kStorageFailed,  // the operating system refused; the change was undone
  kUnavailable,    // the database or another service; nothing was changed, try again
  kNoAnswer,       // another service was asked and did not answer in full: it may have done it
  kBadAnswer,      // another service answered what cannot be understood: it may have done it
  kShuttingDown,
  kInternal,
};

struct Failure {
  FailureKind kind;
  std::string detail;
  std::string field;  // empty: none is to blame
};

// What the library's error means for the one who asked.
inline Failure failure_from(const Error& error, std::string field = "") {
  const auto kind = [&] {
    switch (error.code) {
      case ErrorCode::kInvalidArgument:
        return FailureKind::kInvalidValue;
      case ErrorCode::kNotFound:
        return FailureKind::kNotFound;
      case ErrorCode::kAlreadyExists:
        return FailureKind::kNameTaken;
      case ErrorCode::kWrongState:
        return FailureKind::kWrongState;
      case ErrorCode::kLimitReached:
        return FailureKind::kLimitReached;
      case ErrorCode::kOutOfMemory:
        return FailureKind::kMemoryExhausted;
      case ErrorCode::kIo:
        return FailureKind::kStorageFailed;
      case ErrorCode::kShuttingDown:
        return FailureKind::kShuttingDown;
      default:
        return FailureKind::kInternal;
    }
  }();
  return {kind, error.detail, std::move(field)};
}

// Either a T or a Failure. value() of a failed one ends the program: that is our own bug.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Failure& failure() const {
    if (ok()) std::abort();
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Failure> state_;
};

template <>
class [[nodiscard]] Outcome<void> {
 public:
  Outcome() = default;
  Outcome(Failure failure) : failure_(std::move(failure)) {}  // NOLINT
  bool ok() const { return !failure_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Failure& failure() const {
    if (ok()) std::abort();
    return *failure_;
  }

 private:
  std::optional<Failure> failure_;
};

}  // namespace miniredis::service
