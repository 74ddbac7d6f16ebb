// What is kept of tenants and nodes over a restart of the daemon: how to make them, not their data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "miniredis/options.h"

namespace miniredis::service {

struct TenantDefinition {
  std::string name;
  std::uint64_t memory_limit_bytes = 0;
  std::uint32_t max_nodes = 0;
  std::uint64_t created_at_ms = 0;
  Quota quota;
  std::uint32_t max_connections = 0;
  bool suspended = false;  // its nodes do not run, whatever their own definitions say

  bool operator==(const TenantDefinition&) const = default;
};

struct NodeDefinition {
  std::string id;              // 16 hex digits, made at creation, the same after every restart
  std::uint64_t sequence = 0;  // ascending by creation
  std::string tenant;
  std::string name;
  std::uint64_t memory_limit_bytes = kDefaultNodeMemoryBytes;
  EvictionPolicy eviction_policy = EvictionPolicy::kNoEviction;
  std::uint32_t max_clients = 1000;
  Quota quota;
  // In the clear, for the library takes it so: without it the node could not be brought back.
  std::string password;
  std::optional<std::uint16_t> port;
  int shard = -1;
  std::vector<std::pair<std::string, std::string>> config;
  bool stopped = false;  // was stopped by its owner, and stays so over a restart
  std::uint64_t created_at_ms = 0;
  std::uint64_t version = 1;  // of the definition: one more with each change

  bool operator==(const NodeDefinition&) const = default;
};

// One line of the file of definitions, in the form it is written in.
struct TenantRemoved {
  std::string name;
};
struct NodeRemoved {
  std::string id;
};
using DefinitionRecord = std::variant<TenantDefinition, NodeDefinition, TenantRemoved, NodeRemoved>;

// One JSON object without a line end.
std::string encode(const DefinitionRecord& record);

// The reverse. A text says what is wrong with the line.
std::variant<DefinitionRecord, std::string> decode(const std::string& line);

}  // namespace miniredis::service
