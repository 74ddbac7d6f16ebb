#include "calls.h"

#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "handles.h"
#include "miniredis/commands.h"
#include "words.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;

// How long a wait goes on before signals, such as Ctrl-C, are looked for.
constexpr std::uint64_t kPatienceMs = 50;

PyObject* ok_function = nullptr;

// A buffer for replies. Making objects can run any code of Python's, and with it other commands of
// this thread: each call has one of its own, and they are used again.
class Lease {
 public:
  Lease() {
    if (free().empty()) free().push_back(std::make_unique<ReplyBytes>());
    bytes_.swap(free().back());
    free().pop_back();
  }
  ~Lease() {
    bytes_->clear();
    free().push_back(std::move(bytes_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ReplyBytes& bytes() noexcept { return *bytes_; }

 private:
  static std::vector<std::unique_ptr<ReplyBytes>>& free() {
    thread_local std::vector<std::unique_ptr<ReplyBytes>> pool;
    return pool;
  }
  std::unique_ptr<ReplyBytes> bytes_;
};

template <typename Handle>
Handle& handle_of(PyObject* self) {
  return *static_cast<Handle*>(
      reinterpret_cast<py::detail::instance*>(self)->get_value_and_holder().value_ptr());
}

bool may_wait(std::string_view name) {
  static const auto* const names = [] {
    auto* found = new std::unordered_set<std::string>;  // as long as the interpreter
    for (const CommandInfo& info : command_infos()) {
      for (const std::string& flag : info.flags) {
        if (flag == "blocking") found->insert(info.name);
      }
    }
    return found;
  }();
  if (name.size() > 16) return false;
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return names->contains(upper);
}

// Waits for what the session is at, with a look at Python's signals every now and then.
Value wait_for(Session& session, std::optional<Value> reply) {
  while (!reply) {
    reply = without_gil([&] { return session.wait(kPatienceMs); });
    if (reply || PyErr_CheckSignals() == 0) continue;
    const py::error_scope interrupted;
    // What can't be taken back any more is brought to its end.
    while (!session.cancel() && !without_gil([&] { return session.wait(kPatienceMs); })) continue;
    break;
  }
  if (!reply) throw py::error_already_set();
  return std::move(*reply);
}

Value run_in_session(Session& session, Words& words) {
  words.settle();
  return wait_for(session, without_gil([&] { return session.start(words.views()); }));
}

py::object run(NodeHandle& handle, Words& words) {
  Lease lease;
  if (!handle.node.try_execute(words.views(), lease.bytes())) {
    words.settle();
    if (may_wait(words.views()[0])) {
      Session session = waiting([&] { return handle.node.open_session(); });
      return to_python_or_raise(run_in_session(session, words), handle.strings());
    }
    without_gil([&] {
      handle.node.execute(words.views(), lease.bytes());
      return 0;
    });
  }
  ReplyReader reader(lease.bytes().view());
  return next_reply_or_raise(reader, handle.strings());
}

py::object run(SessionHandle& handle, Words& words) {
  return to_python_or_raise(run_in_session(handle.session, words), handle.strings);
}

bool is_ok(PyObject* reply) {
  if (PyBytes_CheckExact(reply)) return std::string_view(PyBytes_AS_STRING(reply)) == "OK";
  return PyUnicode_CheckExact(reply) && PyUnicode_CompareWithASCIIString(reply, "OK") == 0;
}

PyObject* ok(PyObject*, PyObject* reply) {
  if (reply == Py_None) Py_RETURN_NONE;
  return PyBool_FromLong(is_ok(reply) ? 1 : 0);
}

PyObject* converted(py::object reply, PyObject* convert) {
  if (convert == Py_None) return reply.release().ptr();
  if (convert == ok_function) return ok(nullptr, reply.ptr());
  return PyObject_CallOneArg(convert, reply.ptr());
}

// Exceptions of C++ end here: what calls these functions is Python itself.
template <typename Body>
PyObject* guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

template <typename Handle>
PyObject* execute(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded([&] {
    Words words;
    words.read({arguments, static_cast<std::size_t>(count)});
    return run(handle_of<Handle>(self), words).release().ptr();
  });
}

template <typename Handle>
PyObject* run_converted(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded([&] {
    if (count < 2) throw py::type_error("_run takes a converter and words");
    Words words;
    words.read({arguments + 1, static_cast<std::size_t>(count - 1)});
    return converted(run(handle_of<Handle>(self), words), arguments[0]);
  });
}

PyObject* attempt(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded([&] {
    Words words;
    words.read({arguments, static_cast<std::size_t>(count)});
    const NodeHandle& handle = handle_of<NodeHandle>(self);
    Lease lease;
    if (!handle.node.try_execute(words.views(), lease.bytes())) return Py_NewRef(Py_NotImplemented);
    ReplyReader reader(lease.bytes().view());
    return next_reply_or_raise(reader, handle.strings()).release().ptr();
  });
}

PyObject* start(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return guarded([&] {
    Words words;
    words.read({arguments, static_cast<std::size_t>(count)});
    words.settle();
    SessionHandle& handle = handle_of<SessionHandle>(self);
    const auto reply = without_gil([&] { return handle.session.start(words.views()); });
    if (!reply) return Py_NewRef(Py_NotImplemented);
    return to_python_or_raise(*reply, handle.strings).release().ptr();
  });
}

PyObject* finish(PyObject* self, PyObject*) {
  return guarded([&] {
    SessionHandle& handle = handle_of<SessionHandle>(self);
    const auto reply = without_gil([&] { return handle.session.wait(0); });
    if (!reply) return Py_NewRef(Py_NotImplemented);
    return to_python_or_raise(*reply, handle.strings).release().ptr();
  });
}

// The words of many commands.
class Batch {
 public:
  explicit Batch(const py::handle& commands) {
    for (const py::handle command : py::iter(commands)) {
      const py::object& words = held_.emplace_back(py::reinterpret_steal<py::object>(
          PySequence_Fast(command.ptr(), "a command is a sequence of its words")));
      if (!words) throw py::error_already_set();
      words_.emplace_back().read({PySequence_Fast_ITEMS(words.ptr()),
                                  static_cast<std::size_t>(PySequence_Fast_GET_SIZE(words.ptr()))});
      words_.back().settle();
    }
    views_.reserve(words_.size());
    for (const Words& words : words_) views_.push_back(words.views());
  }
  std::span<const Arguments> views() const noexcept { return views_; }

 private:
  std::vector<py::object> held_;
  std::deque<Words> words_;
  std::vector<Arguments> views_;
};

PyObject* replies_of(std::string_view bytes, std::size_t count, Strings strings) {
  py::list list(count);
  ReplyReader reader(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i),
                    next_reply(reader, strings).release().ptr());
  }
  return list.release().ptr();
}

PyObject* node_batch(PyObject* self, PyObject* commands) {
  return guarded([&] {
    const NodeHandle& handle = handle_of<NodeHandle>(self);
    const Batch batch{py::handle(commands)};
    Lease lease;
    without_gil([&] {
      handle.node.execute_batch(batch.views(), lease.bytes());
      return 0;
    });
    return replies_of(lease.bytes().view(), batch.views().size(), handle.strings());
  });
}

PyObject* session_batch(PyObject* self, PyObject* commands) {
  return guarded([&] {
    SessionHandle& handle = handle_of<SessionHandle>(self);
    const Batch batch{py::handle(commands)};
    Lease lease;
    without_gil([&] {
      handle.session.execute_batch(batch.views(), lease.bytes());
      return 0;
    });
    return replies_of(lease.bytes().view(), batch.views().size(), handle.strings);
  });
}

template <typename Function>
PyCFunction plain(Function* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

void add_methods(py::handle type, PyMethodDef* methods) {
  for (PyMethodDef* method = methods; method->ml_name != nullptr; ++method) {
    PyObject* made = PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), method);
    if (made == nullptr) throw py::error_already_set();
    type.attr(method->ml_name) = py::reinterpret_steal<py::object>(made);
  }
}

PyMethodDef node_methods[] = {
    {"execute", plain(&execute<NodeHandle>), METH_FASTCALL, "Run one command; return its reply."},
    {"execute_batch", node_batch, METH_O,
     "Run many commands; return their replies, errors as ResponseError objects."},
    {"_run", plain(&run_converted<NodeHandle>), METH_FASTCALL, nullptr},
    {"_attempt", plain(&attempt), METH_FASTCALL,
     "As execute, if that takes microseconds; else NotImplemented."},
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef session_methods[] = {
    {"execute", plain(&execute<SessionHandle>), METH_FASTCALL,
     "Run one command; return its reply."},
    {"execute_batch", session_batch, METH_O,
     "Run many commands; return their replies, errors as ResponseError objects."},
    {"_run", plain(&run_converted<SessionHandle>), METH_FASTCALL, nullptr},
    {"_start", plain(&start), METH_FASTCALL,
     "Begin a command; return its reply, or NotImplemented while it is under way."},
    {"_finish", finish, METH_NOARGS,
     "Return the reply of the command under way, or NotImplemented."},
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef ok_method = {"ok", ok, METH_O, "Whether a reply is OK; None stays None."};

}  // namespace

void add_calls(py::module_& module, py::handle node_type, py::handle session_type) {
  add_methods(node_type, node_methods);
  add_methods(session_type, session_methods);
  ok_function = PyCFunction_New(&ok_method, nullptr);
  if (ok_function == nullptr) throw py::error_already_set();
  module.add_object("ok", ok_function);
}

}  // namespace miniredis::python
