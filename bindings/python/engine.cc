// Engine and Tenant.
#include <pybind11/stl.h>

#include "errors.h"
#include "handles.h"

namespace miniredis::python {
namespace {

namespace py = pybind11;
using py::literals::operator""_a;
EngineHandle open_engine(unsigned shards, const py::object& memory_limit, bool background_threads) {
  EngineOptions options;
  options.shards = shards;
  options.memory_limit_bytes = memory_size(memory_limit);
  options.background_threads = background_threads;
  return EngineHandle(new Engine(waiting([&] { return Engine::open(options); })),
                      ReleaseWithoutGil());
}

TenantHandle create_tenant(const EngineHandle& engine, std::string name,
                           const py::object& memory_limit, std::uint32_t max_nodes,
                           std::uint32_t max_connections, std::uint64_t ops_per_second,
                           std::uint64_t bytes_per_second, std::uint32_t max_wait_ms) {
  TenantOptions options;
  options.max_connections = max_connections;
  options.quota = {ops_per_second, bytes_per_second, max_wait_ms};
  options.name = std::move(name);
  options.memory_limit_bytes = memory_size(memory_limit);
  options.max_nodes = max_nodes;
  return {engine, waiting([&] { return engine->create_tenant(options); })};
}

std::optional<TenantHandle> find_tenant(const EngineHandle& engine, const std::string& name) {
  std::optional<Tenant> tenant = engine->find_tenant(name);
  if (!tenant) return std::nullopt;
  return TenantHandle{engine, *tenant};
}

std::vector<TenantHandle> tenants_of(const EngineHandle& engine) {
  std::vector<TenantHandle> handles;
  for (Tenant& tenant : engine->tenants()) handles.push_back({engine, std::move(tenant)});
  return handles;
}

std::optional<NodeHandle> find_node(const EngineHandle& engine, const std::string& name_or_id) {
  std::optional<Node> node = engine->find_node(name_or_id);
  if (!node) return std::nullopt;
  return NodeHandle{engine, *node};
}

std::vector<NodeHandle> handles_of(const EngineHandle& engine, std::vector<Node> nodes) {
  std::vector<NodeHandle> handles;
  for (Node& node : nodes) handles.push_back({engine, std::move(node)});
  return handles;
}

NodeHandle create_node(const TenantHandle& handle, std::string name, const py::object& memory_limit,
                       const std::string& eviction_policy, std::string password,
                       std::string acl_file, std::string config_file, std::uint32_t max_clients,
                       std::uint64_t ops_per_second, std::uint64_t bytes_per_second,
                       std::uint32_t max_wait_ms, int shard,
                       std::map<std::string, std::string> config, bool decode_responses) {
  NodeOptions options;
  options.quota = {ops_per_second, bytes_per_second, max_wait_ms};
  options.name = std::move(name);
  options.memory_limit_bytes = memory_size(memory_limit);
  const auto policy = eviction_policy_from(eviction_policy);
  if (!policy) throw py::value_error("unknown eviction policy '" + eviction_policy + "'");
  options.eviction_policy = *policy;
  options.password = std::move(password);
  options.acl_file = std::move(acl_file);
  options.config_file = std::move(config_file);
  options.max_clients = max_clients;
  options.shard = shard;
  options.config.assign(config.begin(), config.end());
  return {handle.engine, waiting([&] { return handle.tenant.create_node(options); }),
          decode_responses};
}

}  // namespace

void add_engine(py::module_& module) {
  py::class_<Engine, EngineHandle>(module, "Engine")
      .def(py::init(&open_engine), py::kw_only(), "shards"_a = 0, "memory_limit"_a = 0,
           "background_threads"_a = true)
      .def("create_tenant", &create_tenant, "name"_a, py::kw_only(), "memory_limit"_a = 0,
           "max_nodes"_a = 0, "max_connections"_a = 0, "ops_per_second"_a = 0,
           "bytes_per_second"_a = 0, "max_wait_ms"_a = Quota().max_wait_ms)
      .def("find_tenant", &find_tenant, "name"_a, WithoutGil())
      .def("tenants", &tenants_of, WithoutGil())
      .def("find_node", &find_node, "name_or_id"_a, WithoutGil())
      .def(
          "nodes", [](const EngineHandle& engine) { return handles_of(engine, engine->nodes()); },
          WithoutGil())
      .def(
          "stats",
          [](const Engine& engine) { return to_dict(without_gil([&] { return engine.stats(); })); })
      .def("run_pending_work", &Engine::run_pending_work, "budget_us"_a = 1000, WithoutGil());

  py::class_<TenantHandle>(module, "Tenant")
      .def_property_readonly("name", getter([](const TenantHandle& h) { return h.tenant.name(); }))
      .def_property_readonly("created_at_ms",
                             getter([](const TenantHandle& h) { return h.tenant.created_at_ms(); }))
      .def_property_readonly("memory_used_bytes", getter([](const TenantHandle& h) {
                               return h.tenant.memory_used_bytes();
                             }))
      .def("create_node", &create_node, "name"_a, py::kw_only(),
           "memory_limit"_a = kDefaultNodeMemoryBytes, "eviction_policy"_a = "noeviction",
           "password"_a = "", "acl_file"_a = "", "config_file"_a = "",
           "max_clients"_a = NodeOptions().max_clients, "ops_per_second"_a = 0,
           "bytes_per_second"_a = 0, "max_wait_ms"_a = Quota().max_wait_ms, "shard"_a = -1,
           "config"_a = std::map<std::string, std::string>(), "decode_responses"_a = false)
      .def(
          "nodes", [](const TenantHandle& h) { return handles_of(h.engine, h.tenant.nodes()); },
          WithoutGil())
      .def(
          "set_memory_limit",
          [](const TenantHandle& h, const py::object& size) {
            const std::uint64_t bytes = memory_size(size);
            waiting([&] { return h.tenant.set_memory_limit(bytes); });
          },
          "size"_a)
      .def(
          "set_max_nodes",
          [](const TenantHandle& h, std::uint32_t count) {
            waiting([&] { return h.tenant.set_max_nodes(count); });
          },
          "count"_a)
      .def(
          "set_max_connections",
          [](const TenantHandle& h, std::uint32_t count) {
            waiting([&] { return h.tenant.set_max_connections(count); });
          },
          "count"_a)
      .def(
          "set_quota",
          [](const TenantHandle& h, std::uint64_t ops_per_second, std::uint64_t bytes_per_second,
             std::uint32_t max_wait_ms) {
            const Quota quota{ops_per_second, bytes_per_second, max_wait_ms};
            waiting([&] { return h.tenant.set_quota(quota); });
          },
          py::kw_only(), "ops_per_second"_a = 0, "bytes_per_second"_a = 0,
          "max_wait_ms"_a = Quota().max_wait_ms)
      .def_property_readonly(
          "quota",
          [](const TenantHandle& h) {
            return to_dict(without_gil([&] { return h.tenant.options().quota; }));
          })
      .def("stats",
           [](const TenantHandle& h) {
             return to_dict(without_gil([&] { return h.tenant.stats(); }));
           })
      .def("remove", [](const TenantHandle& h) { waiting([&] { return h.tenant.remove(); }); })
      .def("__repr__",
           [](const TenantHandle& h) { return "<miniredis.Tenant " + h.tenant.name() + ">"; });
}

}  // namespace miniredis::python
