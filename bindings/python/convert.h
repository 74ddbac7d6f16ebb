// Python's values to the bytes of a command, and replies to Python's values. Everything needs the
// GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>

#include "miniredis/value.h"

namespace miniredis::python {

enum class Strings : unsigned char { kBytes, kText };

// A reply as an object. Errors, in or out of aggregates, become ResponseError objects.
pybind11::object to_python(const Value& value, Strings strings);
// The same, but an error raises.
pybind11::object to_python_or_raise(const Value& value, Strings strings);

// A count of bytes: an int, or a text such as "40mb". ValueError for others.
std::uint64_t memory_size(const pybind11::object& size);

}  // namespace miniredis::python
