// Python's values to the bytes of a command, and replies to Python's values. Everything needs the
// GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "miniredis/value.h"

namespace miniredis::python {

// The arguments of one command as bytes: bytes-like objects and str as they are, int and float as
// Python prints them. TypeError for anything else, bool too. The views live as long as this and
// the objects they were made of.
class CommandArguments {
 public:
  explicit CommandArguments(const pybind11::args& arguments);
  const std::vector<std::string_view>& views() const { return views_; }

 private:
  std::vector<std::string_view> views_;
  std::vector<pybind11::object> kept_;
};

enum class Strings : unsigned char { kBytes, kText };

// A reply as an object. Errors, in or out of aggregates, become ResponseError objects.
pybind11::object to_python(const Value& value, Strings strings);
// The same, but an error raises.
pybind11::object to_python_or_raise(const Value& value, Strings strings);

// A count of bytes: an int, or a text such as "40mb". ValueError for others.
std::uint64_t memory_size(const pybind11::object& size);

}  // namespace miniredis::python
