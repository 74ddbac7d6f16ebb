// Node and Session.
#include <pybind11/stl.h>

#include "handles.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using py::literals::operator""_a;

py::object execute(const NodeHandle& handle, const py::args& arguments) {
  const CommandArguments command(arguments);
  const Value reply = without_gil([&] { return handle.node.execute(command.views()); });
  return to_python_or_raise(reply, handle.strings());
}

py::list execute_batch(const NodeHandle& handle, const py::iterable& commands) {
  std::vector<std::vector<std::string>> batch;
  for (const py::handle command : commands) {
    const CommandArguments arguments{py::args(py::reinterpret_borrow<py::object>(command))};
    batch.emplace_back(arguments.views().begin(), arguments.views().end());
  }
  const std::vector<Value> replies = without_gil([&] { return handle.node.execute_batch(batch); });
  py::list list(replies.size());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    list[i] = to_python(replies[i], handle.strings());
  }
  return list;
}

SessionHandle open_session(const NodeHandle& handle, unsigned database) {
  return {handle.engine, waiting([&] { return handle.node.open_session(database); }),
          handle.strings()};
}

py::object execute_in_session(SessionHandle& handle, const py::args& arguments) {
  const CommandArguments command(arguments);
  const Value reply = without_gil([&] { return handle.session.execute(command.views()); });
  return to_python_or_raise(reply, handle.strings);
}

py::list take_pushes(SessionHandle& handle) {
  py::list list;
  for (const Value& push : without_gil([&] { return handle.session.take_pushes(); })) {
    list.append(to_python(push, handle.strings));
  }
  return list;
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
      .def_readwrite("decode_responses", &NodeHandle::decode_responses);
}

}  // namespace

void add_node(py::module_& module) {
  py::class_<NodeHandle> node(module, "Node");
  add_properties(node);
  node.def("execute", &execute)
      .def("execute_batch", &execute_batch, "commands"_a)
      .def("open_session", &open_session, "database"_a = 0)
      .def("stats",
           [](const NodeHandle& h) { return to_dict(without_gil([&] { return h.node.stats(); })); })
      .def("stop", [](const NodeHandle& h) { waiting([&] { return h.node.stop(); }); })
      .def("start", [](const NodeHandle& h) { waiting([&] { return h.node.start(); }); })
      .def("restart", [](const NodeHandle& h) { waiting([&] { return h.node.restart(); }); })
      .def("remove", [](const NodeHandle& h) { waiting([&] { return h.node.remove(); }); })
      .def(
          "rename",
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

  py::class_<SessionHandle>(module, "Session")
      .def("execute", &execute_in_session)
      .def("take_pushes", &take_pushes)
      .def_property_readonly("closed",
                             getter([](const SessionHandle& h) { return h.session.closed(); }));
}

}  // namespace miniredis::python
