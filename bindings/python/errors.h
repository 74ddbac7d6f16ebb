// The library's errors as Python exceptions.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

#include "miniredis/error.h"
#include "miniredis/value.h"

namespace miniredis::python {

// Adds MiniRedisError, ResponseError and one class for each error code to the module. The class's
// name is the code's type: "not-found" is NotFoundError.
void add_errors(pybind11::module_& module);

[[noreturn]] void raise(const Error& error);
[[noreturn]] void raise_response(const Value& reply);

// A ResponseError that is not raised: a reply among others.
pybind11::object response_error(const Value& reply);

// The value, or its error raised. Needs the GIL.
template <typename T>
T value_or_raise(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace miniredis::python
