#include "errors.h"

#include <map>
#include <string>
#include <vector>

namespace miniredis::python {
namespace {

namespace py = pybind11;

// A class that redis-py has under the same name. `prefix`: the first word of the replies that it
// is for.
struct RedisClass {
  const char* name;
  const char* base;
  const char* prefix;
  const char* doc;
};
constexpr RedisClass kRedisClasses[] = {
    {"ResponseError", "MiniRedisError", nullptr, "A command was answered with an error."},
    {"DataError", "MiniRedisError", nullptr, "A value that no command takes; a TypeError too."},
    {"WatchError", "MiniRedisError", nullptr, "A watched key was changed before EXEC."},
    {"PubSubError", "MiniRedisError", nullptr, "A subscriber was used as it can't be."},
    {"ConnectionError", "MiniRedisError", nullptr, "A session that is closed."},
    {"TimeoutError", "MiniRedisError", nullptr, "Something did not happen in time."},
    {"AuthenticationError", "ConnectionError", "WRONGPASS", "No such user, or another password."},
    {"BusyLoadingError", "ConnectionError", "LOADING", "The node is reading its data."},
    {"NoScriptError", "ResponseError", "NOSCRIPT", "No script has that digest."},
    {"OutOfMemoryError", "ResponseError", "OOM", "The memory limit does not let a write happen."},
    {"ExecAbortError", "ResponseError", "EXECABORT", "A queued command had been refused."},
    {"ReadOnlyError", "ResponseError", "READONLY", "A write to a replica."},
    {"NoPermissionError", "ResponseError", "NOPERM", "The user may not do that."},
    {"ThrottledError", "ResponseError", "THROTTLED", "A quota is used up."},
};

// Classes of the one module that this file is part of. They live as long as the interpreter.
struct ErrorClasses {
  std::map<std::string, PyObject*, std::less<>> by_name;
  std::map<std::string, PyObject*, std::less<>> by_prefix;
  std::vector<PyObject*> by_code;
  // Stands where redis-py's RedisError goes: a class may change its base only for one like it.
  PyObject* root = nullptr;
  bool linked = false;
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

PyObject* new_class(py::module_& module, const std::string& name, const py::object& bases,
                    const char* doc) {
  PyObject* made =
      PyErr_NewExceptionWithDoc(("miniredis." + name).c_str(), doc, bases.ptr(), nullptr);
  if (made == nullptr) throw py::error_already_set();
  module.add_object(name.c_str(), made);
  classes().by_name.emplace(name, made);
  return made;
}

// Makes redis-py's class of the same name, if it has one, a base behind those that are there.
void link(const char* name, const py::object& theirs) {
  const auto ours = py::reinterpret_borrow<py::object>(classes().by_name.at(name));
  py::list bases;
  for (const py::handle base : py::tuple(ours.attr("__bases__"))) {
    if (base.ptr() != classes().root && base.ptr() != PyExc_TypeError) bases.append(base);
  }
  bases.append(theirs);
  if (PyObject_IsSubclass(ours.ptr(), PyExc_TypeError) == 1)
    bases.append(py::handle(PyExc_TypeError));
  ours.attr("__bases__") = py::tuple(bases);
}

void link_to_redis() {
  if (classes().linked) return;
  PyObject* modules = PyImport_GetModuleDict();
  // Not before redis.exceptions has all of its classes: it may be in the middle of its import.
  PyObject* found = PyDict_GetItemString(modules, "redis.exceptions");
  if (found == nullptr || PyObject_HasAttrString(found, "ReadOnlyError") == 0 ||
      PyObject_HasAttrString(found, "NoPermissionError") == 0) {
    return;
  }
  const auto exceptions = py::reinterpret_borrow<py::object>(found);
  classes().linked = true;
  link("MiniRedisError", exceptions.attr("RedisError"));
  for (const RedisClass& row : kRedisClasses) {
    if (py::hasattr(exceptions, row.name)) link(row.name, exceptions.attr(row.name));
  }
}

// The reply's text as Python has it; bytes that are not UTF-8 become lone surrogates.
py::object text_of(std::string_view text) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

PyObject* class_of(std::string_view line) {
  link_to_redis();
  const auto at = classes().by_prefix.find(line.substr(0, line.find(' ')));
  return at != classes().by_prefix.end() ? at->second : classes().by_name.at("ResponseError");
}

}  // namespace

void add_errors(py::module_& module) {
  classes() = {};
  const auto base_of = [](PyObject* object) { return py::reinterpret_borrow<py::object>(object); };
  classes().root = PyErr_NewException("miniredis._Error", PyExc_Exception, nullptr);
  if (classes().root == nullptr) throw py::error_already_set();
  PyObject* base = new_class(module, "MiniRedisError", base_of(classes().root),
                             "Base of every error that miniredis raises.");
  for (const RedisClass& row : kRedisClasses) {
    py::object bases = base_of(classes().by_name.at(row.base));
    if (std::string_view(row.name) == "DataError") {
      bases = py::make_tuple(bases, base_of(PyExc_TypeError));
    }
    PyObject* made = new_class(module, row.name, bases, row.doc);
    if (row.prefix != nullptr) classes().by_prefix.emplace(row.prefix, made);
  }
  classes().by_prefix.emplace("NOAUTH", classes().by_name.at("AuthenticationError"));
  for (int code = 0; code <= static_cast<int>(ErrorCode::kShuttingDown); ++code) {
    const std::string name = class_name(face_of(static_cast<ErrorCode>(code)).type);
    const auto at = classes().by_name.find(name);
    PyObject* const made = at != classes().by_name.end()
                               ? at->second
                               : new_class(module, name, base_of(base), nullptr);
    classes().by_code.push_back(made);
  }
  link_to_redis();
  module.def("link_to_redis", &link_to_redis,
             "Makes errors derive from redis-py's now, if that is imported.");
}

void raise(const Error& error) {
  link_to_redis();
  PyErr_SetString(classes().by_code.at(static_cast<std::size_t>(error.code)), error.detail.c_str());
  throw py::error_already_set();
}

void raise_response(std::string_view line) {
  PyObject* type = class_of(line);
  PyErr_SetObject(type, text_of(line).ptr());
  throw py::error_already_set();
}

void raise_named(const char* name, const std::string& text) {
  link_to_redis();
  PyErr_SetString(classes().by_name.at(name), text.c_str());
  throw py::error_already_set();
}

py::error_already_set data_error(const std::string& text) {
  link_to_redis();
  PyErr_SetString(classes().by_name.at("DataError"), text.c_str());
  return {};
}

py::object response_error(std::string_view line) {
  return py::reinterpret_borrow<py::object>(class_of(line))(text_of(line));
}

}  // namespace miniredis::python
