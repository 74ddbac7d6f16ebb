// Server.
#include <pybind11/stl.h>

#include "handles.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using py::literals::operator""_a;

ServerHandle start_server(const EngineHandle& engine, std::string bind_address,
                          std::optional<std::uint16_t> router_port,
                          std::optional<std::uint16_t> router_tls_port,
                          std::string router_unix_socket, std::string certificate_file,
                          std::string key_file, std::string ca_file) {
  ServerOptions options;
  options.bind_address = std::move(bind_address);
  options.router_port = router_port ? *router_port : -1;
  options.router_tls_port = router_tls_port ? *router_tls_port : -1;
  options.router_unix_socket = std::move(router_unix_socket);
  if (!certificate_file.empty() || !key_file.empty() || !ca_file.empty()) {
    options.tls = TlsOptions{std::move(certificate_file), std::move(key_file), std::move(ca_file)};
  }
  return {engine, waiting([&] { return Server::start(*engine, std::move(options)); })};
}

std::optional<int> port_or_none(int port) {
  if (port < 0) return std::nullopt;
  return port;
}

}  // namespace

void add_server(py::module_& module) {
  py::class_<ServerHandle, std::unique_ptr<ServerHandle, ReleaseWithoutGil>>(module, "Server")
      .def(py::init(&start_server), "engine"_a, py::kw_only(), "bind_address"_a = "127.0.0.1",
           "router_port"_a = py::none(), "router_tls_port"_a = py::none(),
           "router_unix_socket"_a = "", "certificate_file"_a = "", "key_file"_a = "",
           "ca_file"_a = "")
      .def(
          "listen",
          [](ServerHandle& h, const NodeHandle& node, std::uint16_t port) {
            return waiting([&] { return h.server.listen(node.node, port); });
          },
          "node"_a, "port"_a = 0)
      .def(
          "listen_unix",
          [](ServerHandle& h, const NodeHandle& node, const std::string& path) {
            waiting([&] { return h.server.listen_unix(node.node, path); });
          },
          "node"_a, "path"_a)
      .def(
          "unlisten",
          [](ServerHandle& h, const NodeHandle& node) {
            waiting([&] { return h.server.unlisten(node.node); });
          },
          "node"_a)
      .def_property_readonly("router_port", getter([](const ServerHandle& h) {
                               return port_or_none(h.server.router_port());
                             }))
      .def_property_readonly("router_tls_port", getter([](const ServerHandle& h) {
                               return port_or_none(h.server.router_tls_port());
                             }))
      .def("stats",
           [](const ServerHandle& h) {
             return to_dict(without_gil([&] { return h.server.stats(); }));
           })
      .def(
          "stop", [](ServerHandle& h, std::uint32_t drain_ms) { h.server.stop(drain_ms); },
          "drain_ms"_a = 1000, WithoutGil());
}

}  // namespace miniredis::python
