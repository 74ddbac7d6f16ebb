#include "convert.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "errors.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using Kind = Value::Kind;

py::object text_or_bytes(const std::string& bytes, Strings strings) {
  if (strings == Strings::kBytes) return py::bytes(bytes);
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogateescape");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(text);
}

py::object hashable(const Value& value, Strings strings) {
  if (!value.is_aggregate()) return to_python(value, strings);
  py::tuple items(value.items().size());
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    items[i] = hashable(value.items()[i], strings);
  }
  return items;
}

py::object list_of(const Value& value, Strings strings) {
  py::list list(value.items().size());
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    list[i] = to_python(value.items()[i], strings);
  }
  return list;
}

}  // namespace

py::object to_python(const Value& value, Strings strings) {
  switch (value.kind()) {
    case Kind::kNil:
      return py::none();
    case Kind::kBoolean:
      return py::bool_(value.as_integer() != 0);
    case Kind::kInteger:
      return py::int_(value.as_integer());
    case Kind::kDouble:
      return py::float_(value.as_double());
    case Kind::kString:
    case Kind::kStatus:
    case Kind::kVerbatim:
      return text_or_bytes(value.text(), strings);
    case Kind::kBigNumber:
      return py::int_(py::str(value.text()));
    case Kind::kError:
      return response_error(value.text());
    case Kind::kArray:
    case Kind::kPush:
      return list_of(value, strings);
    case Kind::kSet: {
      py::set set;
      for (const Value& item : value.items()) set.add(hashable(item, strings));
      return set;
    }
    case Kind::kMap: {
      py::dict map;
      for (std::size_t i = 0; i + 1 < value.items().size(); i += 2) {
        map[hashable(value.items()[i], strings)] = to_python(value.items()[i + 1], strings);
      }
      return map;
    }
  }
  return py::none();
}

py::object to_python_or_raise(const Value& value, Strings strings) {
  if (value.is_error()) raise_response(value.text());
  return to_python(value, strings);
}

std::uint64_t memory_size(const py::object& size) {
  if (py::isinstance<py::int_>(size) && !PyBool_Check(size.ptr())) {
    const auto bytes = PyLong_AsLongLong(size.ptr());
    if (bytes >= 0) return static_cast<std::uint64_t>(bytes);
    PyErr_Clear();
  } else if (py::isinstance<py::str>(size)) {
    std::string text = size.cast<std::string>();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"", 1},          {"b", 1},           {"k", 1000},          {"kb", 1ULL << 10},
        {"m", 1'000'000}, {"mb", 1ULL << 20}, {"g", 1'000'000'000}, {"gb", 1ULL << 30},
    };
    std::uint64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [unit, error] = std::from_chars(text.data(), end, count);
    for (const auto& [name, factor] : kUnits) {
      const bool fits = error == std::errc{} && std::string_view(unit, end) == name;
      std::uint64_t bytes = 0;
      if (fits && !__builtin_mul_overflow(count, factor, &bytes)) return bytes;
    }
  }
  throw py::value_error("a memory size is a count of bytes or a text such as '40mb', not " +
                        py::repr(size).cast<std::string>());
}

}  // namespace miniredis::python
