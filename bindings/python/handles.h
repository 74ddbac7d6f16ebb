// What Python holds: the library's handles, each with the engine it belongs to, so that an engine
// lives as long as anything of it is held.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "convert.h"
#include "errors.h"
#include "miniredis/engine.h"
#include "miniredis/server.h"

namespace miniredis::python {

// The last handle of an engine or server ends its threads, which takes a moment: others may run
// meanwhile. One may go with the other, and then the GIL is released already.
struct ReleaseWithoutGil {
  template <typename T>
  void operator()(T* object) const {
    if (PyGILState_Check() == 0) {
      delete object;
      return;
    }
    const pybind11::gil_scoped_release release;
    delete object;
  }
};

using WithoutGil = pybind11::call_guard<pybind11::gil_scoped_release>;

// What `call` gives, called with the GIL released. It must touch nothing of Python.
template <typename Call>
auto without_gil(Call call) {
  const pybind11::gil_scoped_release release;
  return call();
}

// The same for calls that give a Result, whose error is raised.
template <typename Call>
auto waiting(Call call) {
  return value_or_raise(without_gil(std::move(call)));
}

// A property's function that runs with the GIL released.
template <typename Function>
pybind11::cpp_function getter(Function function) {
  return pybind11::cpp_function(std::move(function), WithoutGil());
}

using EngineHandle = std::shared_ptr<Engine>;

struct TenantHandle {
  EngineHandle engine;
  Tenant tenant;
};

struct NodeHandle {
  EngineHandle engine;
  Node node;
  bool decode_responses = false;

  Strings strings() const { return decode_responses ? Strings::kText : Strings::kBytes; }
};

// An eventfd: a word left by whatever thread for whoever waits, with no lock of Python's.
class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  int descriptor() const noexcept { return descriptor_; }
  void ring() const noexcept;
  void quiet() const noexcept;
  // Whether it rings within that time. Ends early for a signal.
  bool wait(int timeout_ms) const noexcept;

 private:
  int descriptor_;
};

struct SessionHandle {
  EngineHandle engine;
  Session session;
  Strings strings = Strings::kBytes;
  std::shared_ptr<WakeUp> wake;  // made when first asked for
};

struct ServerHandle {
  EngineHandle engine;
  Server server;
};

pybind11::dict to_dict(const NodeStats& stats);
pybind11::dict to_dict(const TenantStats& stats);
pybind11::dict to_dict(const Quota& quota);
pybind11::dict to_dict(const EngineStats& stats);
pybind11::dict to_dict(const ServerStats& stats);

void add_engine(pybind11::module_& module);
void add_node(pybind11::module_& module);
void add_server(pybind11::module_& module);

}  // namespace miniredis::python
