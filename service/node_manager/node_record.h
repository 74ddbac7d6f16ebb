// A node as the daemon knows it, and what can be asked for one. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/failure.h"
#include "common/names.h"
#include "miniredis/engine.h"
#include "node_manager/definition.h"

namespace miniredis::service {

// Never changed once it stands in the index: a change puts a new record in its place.
struct NodeRecord {
  NodeDefinition definition;
  std::optional<Node> node;  // nothing when it could not be brought up
  std::string trouble;       // why not
  bool listening = false;    // the server knows the node's port

  NodeState state() const;
};

struct PortWish {
  enum class Kind : std::uint8_t { kNone, kAny, kThis };
  Kind kind = Kind::kNone;
  std::uint16_t port = 0;  // of kThis
};

struct NewNode {
  std::string id;  // 16 hex digits, never used before; empty: one is made
  std::string tenant;
  NodeOptions options;
  PortWish port;
};

// What to change; nothing set: nothing changes.
struct NodeChange {
  std::optional<std::uint64_t> expected_version;  // kVersionMismatch when it is another by now
  std::optional<std::string> name;
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<EvictionPolicy> eviction_policy;
  std::optional<std::uint32_t> max_clients;
  std::optional<Quota> quota;
  std::optional<std::string> password;
  std::optional<PortWish> port;
  std::optional<int> shard;
  std::vector<std::pair<std::string, std::string>> config;
};

// All that a tenant is on a host.
struct TenantWish {
  std::string name;
  std::uint64_t memory_limit_bytes = 0;
  std::uint32_t max_nodes = 0;
  Quota quota;
  std::uint32_t max_connections = 0;
  bool suspended = false;
};

struct TenantChange {
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<std::uint32_t> max_nodes;
  std::optional<Quota> quota = {};
  std::optional<std::uint32_t> max_connections = {};
};

// Of a name that is_name() refuses.
Failure bad_name(const std::string& text);

// A failure when `config` names a parameter that has a field of its own, such as maxmemory.
std::optional<Failure> check_config_names(
    const std::vector<std::pair<std::string, std::string>>& config);

// Counters of nodes that are gone, so that sums over all nodes never go back.
struct RetiredTotals {
  std::uint64_t commands = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;
  std::uint64_t errors = 0;
  std::uint64_t net_input_bytes = 0;
  std::uint64_t net_output_bytes = 0;
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t cpu_ns = 0;

  void add(const NodeStats& stats);
};

}  // namespace miniredis::service
