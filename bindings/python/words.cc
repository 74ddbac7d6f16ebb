#include "words.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "errors.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using Kind = Value::Kind;

// From here on a writable buffer is not copied even when the GIL is released.
constexpr std::size_t kLargeBytes = 16U << 10;
constexpr int kMaxDepth = 64;

std::string_view view_of_bytes(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

py::object stolen(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

py::object text_or_bytes(std::string_view bytes, Strings strings) {
  const auto size = static_cast<Py_ssize_t>(bytes.size());
  if (strings == Strings::kBytes) return stolen(PyBytes_FromStringAndSize(bytes.data(), size));
  return stolen(PyUnicode_DecodeUTF8(bytes.data(), size, "surrogateescape"));
}

py::object object_of(ReplyReader& reader, Strings strings, int depth);

py::object hashable(py::object object) {
  if (PyList_Check(object.ptr())) {
    py::tuple items(py::len(object));
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i] = hashable(py::reinterpret_borrow<py::object>(
          PyList_GET_ITEM(object.ptr(), static_cast<Py_ssize_t>(i))));
    }
    return items;
  }
  if (PyAnySet_Check(object.ptr())) return stolen(PyFrozenSet_New(object.ptr()));
  return object;
}

// A list where a member is, or holds, what no set of Python's can: the maps of COMMAND INFO.
py::object set_of(const ReplyItem& item, ReplyReader& reader, Strings strings, int depth) {
  py::set set;
  std::optional<py::list> list;
  for (std::size_t i = 0; i < item.count; ++i) {
    const py::object member = object_of(reader, strings, depth + 1);
    if (!list) {
      if (PySet_Add(set.ptr(), hashable(member).ptr()) == 0) continue;
      if (PyErr_ExceptionMatches(PyExc_TypeError) == 0) throw py::error_already_set();
      PyErr_Clear();
      list = py::list(set);
    }
    list->append(member);
  }
  if (list) return *list;
  return set;
}

py::object aggregate_of(const ReplyItem& item, ReplyReader& reader, Strings strings, int depth) {
  if (item.kind == Kind::kMap) {
    py::dict map;
    for (std::size_t i = 0; i < item.count; ++i) {
      const py::object key = hashable(object_of(reader, strings, depth + 1));
      const py::object value = object_of(reader, strings, depth + 1);
      if (PyDict_SetItem(map.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
    }
    return map;
  }
  if (item.kind == Kind::kSet) return set_of(item, reader, strings, depth);
  py::list list(item.count);
  for (std::size_t i = 0; i < item.count; ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i),
                    object_of(reader, strings, depth + 1).release().ptr());
  }
  return list;
}

py::object object_of_item(const ReplyItem& item, ReplyReader& reader, Strings strings, int depth) {
  switch (item.kind) {
    case Kind::kNil:
      return py::none();
    case Kind::kBoolean:
      return py::bool_(item.integer != 0);
    case Kind::kInteger:
      return stolen(PyLong_FromLongLong(item.integer));
    case Kind::kDouble:
      return stolen(PyFloat_FromDouble(item.real));
    case Kind::kString:
    case Kind::kStatus:
    case Kind::kVerbatim:
      return text_or_bytes(item.text, strings);
    case Kind::kBigNumber:
      return stolen(PyLong_FromString(std::string(item.text).c_str(), nullptr, 10));
    case Kind::kError:
      return response_error(item.text);
    default:
      return aggregate_of(item, reader, strings, depth);
  }
}

ReplyItem next_item(ReplyReader& reader, int depth) {
  const auto item = reader.next();
  // Neither can come of a reply of the library's own.
  if (!item || depth > kMaxDepth) throw std::runtime_error("a reply that makes no sense");
  return *item;
}

py::object object_of(ReplyReader& reader, Strings strings, int depth) {
  return object_of_item(next_item(reader, depth), reader, strings, depth);
}

}  // namespace

Words::~Words() {
  for (Lent& lent : lent_) PyBuffer_Release(&lent.buffer);
}

void Words::read(std::span<PyObject* const> arguments) {
  if (arguments.empty()) throw py::type_error("a command has at least its name");
  if (arguments.size() > kInline) {
    many_.resize(arguments.size());
    data_ = many_.data();
  }
  count_ = arguments.size();
  for (std::size_t i = 0; i < count_; ++i) data_[i] = view_of(arguments[i], i);
}

std::string_view Words::view_of(PyObject* argument, std::size_t word) {
  if (PyBytes_Check(argument)) return view_of_bytes(argument);
  if (PyUnicode_Check(argument)) {
    Py_ssize_t size = 0;
    // Python keeps this form with the object, so nothing is copied but at the first time.
    if (const char* text = PyUnicode_AsUTF8AndSize(argument, &size)) {
      return {text, static_cast<std::size_t>(size)};
    }
    PyErr_Clear();
    return keep(PyUnicode_AsEncodedString(argument, "utf-8", "surrogateescape"));
  }
  if (PyBool_Check(argument)) {
    throw data_error("a bool is no argument of a command: say 1 or 0, or what it stands for");
  }
  if (PyLong_Check(argument) || PyFloat_Check(argument)) return number(argument);
  if (PyObject_CheckBuffer(argument) != 0) return lend(argument, word);
  throw data_error("arguments of a command are bytes, str, int or float, not " +
                   std::string(Py_TYPE(argument)->tp_name));
}

std::string_view Words::number(PyObject* argument) {
  if (PyLong_CheckExact(argument) && digits_used_ < digits_.size()) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(argument, &overflow);
    if (overflow == 0) {
      std::array<char, 24>& digits = digits_[digits_used_++];
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
      return {digits.data(), static_cast<std::size_t>(end - digits.data())};
    }
  }
  // Subclasses, such as enumerations and numpy's float64, print themselves in other ways.
  const py::object plain =
      stolen(PyLong_Check(argument) ? PyNumber_Long(argument) : PyNumber_Float(argument));
  const py::object text = PyLong_Check(argument) ? stolen(PyLong_Type.tp_repr(plain.ptr()))
                                                 : stolen(PyFloat_Type.tp_repr(plain.ptr()));
  return keep(PyUnicode_AsUTF8String(text.ptr()));
}

std::string_view Words::lend(PyObject* argument, std::size_t word) {
  Lent lent{{}, word};
  if (PyObject_GetBuffer(argument, &lent.buffer, PyBUF_SIMPLE) == 0) {
    lent_.push_back(lent);
    return {static_cast<const char*>(lent.buffer.buf), static_cast<std::size_t>(lent.buffer.len)};
  }
  PyErr_Clear();  // not contiguous
  return keep(PyBytes_FromObject(argument));
}

std::string_view Words::keep(PyObject* bytes) {
  kept_.push_back(stolen(bytes));
  return view_of_bytes(bytes);
}

void Words::settle() {
  for (const Lent& lent : lent_) {
    const std::string_view view = data_[lent.word];
    if (lent.buffer.readonly != 0 || view.size() > kLargeBytes) continue;
    data_[lent.word] =
        keep(PyBytes_FromStringAndSize(view.data(), static_cast<Py_ssize_t>(view.size())));
  }
}

py::object next_reply(ReplyReader& reader, Strings strings) {
  return object_of(reader, strings, 0);
}

py::object next_reply_or_raise(ReplyReader& reader, Strings strings) {
  const ReplyItem item = next_item(reader, 0);
  if (item.kind == Kind::kError) raise_response(item.text);
  return object_of_item(item, reader, strings, 0);
}

}  // namespace miniredis::python
