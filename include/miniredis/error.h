// Errors of the library, as values.
//
// Every call that can fail returns Result<T>: either a T or an Error. An Error carries a code,
// which programs branch on, and a detail, which people read: it names what was wrong and what is
// allowed. Absence (a key that is not there) is never an Error; it is std::optional or a nil Value.
//
// Values of these types are plain data: any thread may hold its own.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace miniredis {

enum class ErrorCode : std::uint16_t {
  kInvalidArgument,   // a value is malformed or out of its range; detail names the allowed range
  kNotFound,          // no such tenant, node or port
  kAlreadyExists,     // the name or port is taken
  kWrongState,        // the node's state does not allow this (a command to a stopped node, say)
  kLimitReached,      // a count limit (nodes, ports, connections) is used up
  kOutOfMemory,       // an account of the tree has no room
  kUnauthorized,      // no or wrong credentials
  kPermissionDenied,  // right credentials, but not for this
  kIo,                // the operating system refused: detail has its words
  kProtocol,          // bytes from a peer that make no sense
  kShuttingDown,      // the engine is being closed
};

// One row of the table that says how a code looks on each face of the system.
struct ErrorFace {
  ErrorCode code;
  const char*
      type;  // stable identifier, e.g. "not-found": the problem+json `type` and Python class
  const char* prefix;  // first word of the RESP error, e.g. "ERR"
  int http_status;
};

// The row for `code`. Never null, lives for ever.
const ErrorFace& face_of(ErrorCode code) noexcept;

struct Error {
  ErrorCode code;
  std::string detail;
};

// Either a T or an Error. Access is checked: value() of a failed result ends the program, for that
// is a bug of the caller, never an effect of input.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

  const Error& error() const& {
    if (ok()) std::abort();
    return *std::get_if<1>(&state_);
  }

 private:
  T& checked() {
    if (!ok()) std::abort();
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  const Error& error() const& {
    if (!error_.has_value()) std::abort();
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace miniredis
