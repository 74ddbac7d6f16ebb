// The calls that must be quick: commands and their replies, past pybind11's dispatch.
#pragma once

#include <pybind11/pybind11.h>

namespace miniredis::python {

// Puts the commands' methods on the two types, and `ok` into the module.
void add_calls(pybind11::module_& module, pybind11::handle node_type,
               pybind11::handle session_type);

}  // namespace miniredis::python
