#include "handles.h"

namespace miniredis::python {

namespace py = pybind11;
using py::literals::operator""_a;

py::dict to_dict(const NodeStats& stats) {
  py::list databases;
  for (const DatabaseStats& database : stats.databases) {
    databases.append(py::dict("index"_a = database.index, "keys"_a = database.keys,
                              "keys_with_expiry"_a = database.keys_with_expiry));
  }
  return py::dict(
      "memory_used_bytes"_a = stats.memory_used_bytes,
      "memory_peak_bytes"_a = stats.memory_peak_bytes,
      "memory_limit_bytes"_a = stats.memory_limit_bytes,
      "memory_clients_bytes"_a = stats.memory_clients_bytes, "commands"_a = stats.commands,
      "ops_per_second"_a = stats.ops_per_second, "hits"_a = stats.hits, "misses"_a = stats.misses,
      "evicted"_a = stats.evicted, "expired"_a = stats.expired, "errors"_a = stats.errors,
      "net_input_bytes"_a = stats.net_input_bytes, "net_output_bytes"_a = stats.net_output_bytes,
      "clients"_a = stats.clients, "connections_received"_a = stats.connections_received,
      "connections_rejected"_a = stats.connections_rejected, "quota_waits"_a = stats.quota_waits,
      "quota_wait_ms"_a = stats.quota_wait_ms, "throttled"_a = stats.throttled,
      "cpu_ns"_a = stats.cpu_ns, "latency_p50_us"_a = stats.latency_p50_us,
      "latency_p99_us"_a = stats.latency_p99_us, "databases"_a = std::move(databases));
}

py::dict to_dict(const TenantStats& stats) {
  return py::dict("connections"_a = stats.connections, "quota_waits"_a = stats.quota_waits,
                  "quota_wait_ms"_a = stats.quota_wait_ms, "throttled"_a = stats.throttled);
}

py::dict to_dict(const Quota& quota) {
  return py::dict("ops_per_second"_a = quota.ops_per_second,
                  "bytes_per_second"_a = quota.bytes_per_second,
                  "max_wait_ms"_a = quota.max_wait_ms);
}

py::dict to_dict(const EngineStats& stats) {
  return py::dict("memory_used_bytes"_a = stats.memory_used_bytes,
                  "memory_limit_bytes"_a = stats.memory_limit_bytes,
                  "memory_promised_bytes"_a = stats.memory_promised_bytes,
                  "allocator_bytes"_a = stats.allocator_bytes, "tenants"_a = stats.tenants,
                  "nodes"_a = stats.nodes, "nodes_running"_a = stats.nodes_running,
                  "shards"_a = stats.shards);
}

py::dict to_dict(const ServerStats& stats) {
  return py::dict("connections"_a = stats.connections, "unauthenticated"_a = stats.unauthenticated,
                  "accepted"_a = stats.accepted, "rejected"_a = stats.rejected);
}

}  // namespace miniredis::python
