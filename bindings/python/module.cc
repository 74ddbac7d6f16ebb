#include <pybind11/stl.h>

#include "handles.h"
#include "miniredis/commands.h"

PYBIND11_MODULE(_core, module) {
  using namespace miniredis::python;
  module.doc() = "The compiled part of miniredis.";
  add_errors(module);
  add_engine(module);
  add_node(module);
  add_server(module);
  module.def("command_infos", [] {
    namespace py = pybind11;
    py::list infos;
    for (const miniredis::CommandInfo& info : miniredis::command_infos()) {
      py::dict row;
      row["name"] = info.name;
      row["summary"] = info.summary;
      row["syntax"] = info.syntax;
      row["group"] = info.group;
      row["since"] = info.since;
      row["complexity"] = info.complexity;
      row["example"] = info.example;
      row["example_reply"] = info.example_reply;
      row["arity"] = info.arity;
      row["flags"] = py::tuple(py::cast(info.flags));
      infos.append(row);
    }
    return infos;
  });
  module.attr("__version__") = miniredis::version();
  module.attr("redis_version") = miniredis::redis_version();
}
