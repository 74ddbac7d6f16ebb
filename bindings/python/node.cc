// Node and Session.
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "calls.h"
#include "handles.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using py::literals::operator""_a;

SessionHandle open_session(const NodeHandle& handle, unsigned database, unsigned protocol) {
  SessionHandle made{handle.engine,
                     waiting([&] { return handle.node.open_session(database, protocol); }),
                     handle.strings()};
  return made;
}

py::list take_pushes(SessionHandle& handle) {
  if (handle.wake != nullptr) handle.wake->quiet();
  py::list list;
  for (const Value& push : without_gil([&] { return handle.session.take_pushes(); })) {
    list.append(to_python(push, handle.strings));
  }
  return list;
}

// A descriptor that is readable when something came for the session; take_pushes() and wait_push()
// make it unreadable again. The wake-up is called under the node's lock, so it may not want the
// GIL.
int wake_descriptor(SessionHandle& handle) {
  if (handle.wake == nullptr) {
    handle.wake = std::make_shared<WakeUp>();
    if (handle.wake->descriptor() < 0) {
      handle.wake.reset();
      PyErr_SetFromErrno(PyExc_OSError);
      throw py::error_already_set();
    }
    without_gil([&] {
      handle.session.on_push([wake = handle.wake] { wake->ring(); });
      handle.wake->ring();  // for what came before
      return 0;
    });
  }
  return handle.wake->descriptor();
}

// Whether something came within so many seconds; None: however long that takes.
bool wait_push(SessionHandle& handle, const std::optional<double>& timeout) {
  using Clock = std::chrono::steady_clock;
  wake_descriptor(handle);
  constexpr double kLongest = 86'400;
  const double seconds = std::clamp(timeout.value_or(kLongest), 0.0, kLongest);
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    const bool came = without_gil(
        [&] { return handle.wake->wait(static_cast<int>(std::max<std::int64_t>(0, left))); });
    if (came) return true;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (Clock::now() >= until && timeout) return false;
  }
}

void add_properties(py::class_<NodeHandle>& node) {
  node.def_property_readonly("id", getter([](const NodeHandle& h) { return h.node.id(); }))
      .def_property_readonly("name", getter([](const NodeHandle& h) { return h.node.name(); }))
      .def_property_readonly("tenant_name",
                             getter([](const NodeHandle& h) { return h.node.tenant_name(); }))
      .def_property_readonly("state",
                             getter([](const NodeHandle& h) { return to_string(h.node.state()); }))
      .def_property_readonly("created_at_ms",
                             getter([](const NodeHandle& h) { return h.node.created_at_ms(); }))
      .def_property_readonly("shard", getter([](const NodeHandle& h) { return h.node.shard(); }))
      .def_property_readonly("memory_limit_bytes", getter([](const NodeHandle& h) {
                               return h.node.options().memory_limit_bytes;
                             }))
      .def_property_readonly("eviction_policy", getter([](const NodeHandle& h) {
                               return to_string(h.node.options().eviction_policy);
                             }))
      .def_property_readonly("memory_used_bytes", getter([](const NodeHandle& h) {
                               return h.node.stats().memory_used_bytes;
                             }))
      .def_property_readonly(
          "max_clients", getter([](const NodeHandle& h) { return h.node.options().max_clients; }))
      .def_property_readonly("quota",
                             [](const NodeHandle& h) {
                               return to_dict(without_gil([&] { return h.node.options().quota; }));
                             })
      .def_property_readonly("memory_peak_bytes", getter([](const NodeHandle& h) {
                               return h.node.stats().memory_peak_bytes;
                             }))
      .def_readwrite("decode_responses", &NodeHandle::decode_responses);
}

}  // namespace

void add_node(py::module_& module) {
  py::class_<NodeHandle> node(module, "Node");
  add_properties(node);
  node.def("open_session", &open_session, "database"_a = 0, py::kw_only(), "protocol"_a = 3)
      .def("stats",
           [](const NodeHandle& h) { return to_dict(without_gil([&] { return h.node.stats(); })); })
      .def("stop", [](const NodeHandle& h) { waiting([&] { return h.node.stop(); }); })
      .def("start", [](const NodeHandle& h) { waiting([&] { return h.node.start(); }); })
      .def("restart", [](const NodeHandle& h) { waiting([&] { return h.node.restart(); }); })
      .def("remove", [](const NodeHandle& h) { waiting([&] { return h.node.remove(); }); })
      .def(
          "set_name",
          [](const NodeHandle& h, const std::string& name) {
            waiting([&] { return h.node.rename(name); });
          },
          "name"_a)
      .def(
          "set_memory_limit",
          [](const NodeHandle& h, const py::object& size) {
            const std::uint64_t bytes = memory_size(size);
            waiting([&] { return h.node.set_memory_limit(bytes); });
          },
          "size"_a)
      .def(
          "set_quota",
          [](const NodeHandle& h, std::uint64_t ops_per_second, std::uint64_t bytes_per_second,
             std::uint32_t max_wait_ms) {
            const Quota quota{ops_per_second, bytes_per_second, max_wait_ms};
            waiting([&] { return h.node.set_quota(quota); });
          },
          py::kw_only(), "ops_per_second"_a = 0, "bytes_per_second"_a = 0,
          "max_wait_ms"_a = Quota().max_wait_ms)
      .def(
          "set_config",
          [](const NodeHandle& h, const std::string& name, const std::string& value) {
            waiting([&] { return h.node.set_config(name, value); });
          },
          "name"_a, "value"_a)
      .def(
          "move_to_shard",
          [](const NodeHandle& h, unsigned shard) {
            waiting([&] { return h.node.move_to_shard(shard); });
          },
          "shard"_a)
      .def("__repr__", [](const NodeHandle& h) {
        return "<miniredis.Node " + h.node.name() + " of " + h.node.tenant_name() + ", " +
               to_string(h.node.state()) + ">";
      });

  py::class_<SessionHandle> session(module, "Session");
  session.def("take_pushes", &take_pushes)
      .def("wait_push", &wait_push, "timeout"_a = py::none())
      .def("fileno", &wake_descriptor)
      .def("cancel",
           [](SessionHandle& h) { return without_gil([&] { return h.session.cancel(); }); })
      .def_property_readonly("closed",
                             getter([](const SessionHandle& h) { return h.session.closed(); }));
  add_calls(module, node, session);
}

}  // namespace miniredis::python
