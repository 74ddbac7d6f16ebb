#include "errors.h"

#include <string>
#include <vector>

namespace miniredis::python {
namespace {

namespace py = pybind11;

// Classes of the one module that this file is part of. They live as long as the interpreter.
struct ErrorClasses {
  PyObject* response = nullptr;
  std::vector<PyObject*> by_code;
};

ErrorClasses& classes() {
  static ErrorClasses instance;
  return instance;
}

std::string class_name(const std::string& type) {
  std::string name;
  bool upper = true;
  for (const char c : type) {
    if (c == '-') {
      upper = true;
      continue;
    }
    name.push_back(upper ? static_cast<char>(c - 'a' + 'A') : c);
    upper = false;
  }
  return name + "Error";
}

PyObject* new_class(py::module_& module, const std::string& name, PyObject* base, const char* doc) {
  PyObject* made = PyErr_NewExceptionWithDoc(("miniredis." + name).c_str(), doc, base, nullptr);
  if (made == nullptr) throw py::error_already_set();
  module.add_object(name.c_str(), made);
  return made;
}

// The reply's text as Python has it; bytes that are not UTF-8 become lone surrogates.
py::object text_of(const Value& reply) {
  const std::string& text = reply.text();
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

}  // namespace

void add_errors(py::module_& module) {
  PyObject* base = new_class(module, "MiniRedisError", PyExc_Exception,
                             "Base of every error that miniredis raises.");
  classes().response =
      new_class(module, "ResponseError", base, "A command was answered with an error.");
  classes().by_code.clear();
  for (int code = 0; code <= static_cast<int>(ErrorCode::kShuttingDown); ++code) {
    const ErrorFace& face = face_of(static_cast<ErrorCode>(code));
    classes().by_code.push_back(new_class(module, class_name(face.type), base, nullptr));
  }
}

void raise(const Error& error) {
  PyErr_SetString(classes().by_code.at(static_cast<std::size_t>(error.code)), error.detail.c_str());
  throw py::error_already_set();
}

void raise_response(const Value& reply) {
  PyErr_SetObject(classes().response, text_of(reply).ptr());
  throw py::error_already_set();
}

py::object response_error(const Value& reply) {
  return py::reinterpret_borrow<py::object>(classes().response)(text_of(reply));
}

}  // namespace miniredis::python
