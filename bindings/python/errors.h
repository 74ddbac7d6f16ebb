// The library's errors as Python exceptions.
//
// Classes that redis-py has too derive from redis-py's as soon as that is imported: at the import
// of miniredis or, when redis comes later, before the first error is made after it. Importing it
// here would cost each program some 15 MB.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>
#include <utility>

#include "miniredis/error.h"
#include "miniredis/value.h"

namespace miniredis::python {

// Adds MiniRedisError, ResponseError with its kinds, and one class for each error code to the
// module. The class's name is the code's type: "not-found" is NotFoundError.
void add_errors(pybind11::module_& module);

[[noreturn]] void raise(const Error& error);
[[noreturn]] void raise_response(std::string_view line);
[[noreturn]] void raise_named(const char* name, const std::string& text);

// A DataError, to be thrown: a value that no command takes.
pybind11::error_already_set data_error(const std::string& text);

// A ResponseError that is not raised: a reply among others.
pybind11::object response_error(std::string_view line);

// The value, or its error raised. Needs the GIL.
template <typename T>
T value_or_raise(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace miniredis::python
