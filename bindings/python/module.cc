#include "handles.h"
#include "miniredis/commands.h"

PYBIND11_MODULE(_core, module) {
  using namespace miniredis::python;
  module.doc() = "The compiled part of miniredis.";
  add_errors(module);
  add_engine(module);
  add_node(module);
  add_server(module);
  module.attr("__version__") = miniredis::version();
  module.attr("redis_version") = miniredis::redis_version();
}
