// Figures of nodes, tenants and engines at one moment. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "miniredis/options.h"

namespace miniredis {

enum class NodeState : std::uint8_t { kCreating, kRunning, kStopped, kFailed, kDeleting };
const char* to_string(NodeState state) noexcept;  // "running", ...

struct DatabaseStats {
  std::uint32_t index = 0;  // 0..15
  std::uint64_t keys = 0;
  std::uint64_t keys_with_expiry = 0;
};

// Counters count from the node's creation or the last CONFIG RESETSTAT.
struct NodeStats {
  std::uint64_t memory_used_bytes = 0;  // what deleting the node gives back
  std::uint64_t memory_peak_bytes = 0;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t memory_clients_bytes = 0;  // client buffers, part of memory_used_bytes
  std::uint64_t commands = 0;
  double ops_per_second = 0;  // over the last seconds
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;
  std::uint64_t errors = 0;  // error replies
  std::uint64_t net_input_bytes = 0;
  std::uint64_t net_output_bytes = 0;
  std::uint64_t clients = 0;
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t quota_waits = 0;    // times that a connection was held back by a quota
  std::uint64_t quota_wait_ms = 0;  // how long, in all
  std::uint64_t throttled = 0;      // commands answered THROTTLED
  std::uint64_t cpu_ns = 0;         // time spent in commands and in background work for this node
  double latency_p50_us = 0;        // of commands; 0 before the first
  double latency_p99_us = 0;
  std::vector<DatabaseStats> databases;  // those with keys, ascending by index
};

// Counters count from the tenant's creation, over all nodes that it has or had.
struct TenantStats {
  std::uint64_t connections = 0;    // now, of all its nodes
  std::uint64_t quota_waits = 0;    // times that a connection was held back, by any quota
  std::uint64_t quota_wait_ms = 0;  // how long, in all
  std::uint64_t throttled = 0;      // commands answered THROTTLED
};

struct EngineStats {
  std::uint64_t memory_used_bytes = 0;      // sum of all accounts
  std::uint64_t memory_limit_bytes = 0;     // 0: none
  std::uint64_t memory_promised_bytes = 0;  // sum of the nodes' limits
  std::uint64_t allocator_bytes = 0;        // what the allocator holds from the system
  std::uint64_t tenants = 0;
  std::uint64_t nodes = 0;
  std::uint64_t nodes_running = 0;
  unsigned shards = 0;
};

}  // namespace miniredis
