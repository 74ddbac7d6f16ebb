// What the control plane keeps in its database, as plain data. Times are Unix milliseconds; the API
// writes them as RFC 3339. `version` counts a row's changes from 1: it is the ETag of the resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace miniredis::service::metadata {

enum class TenantState : std::uint8_t { kActive, kSuspended, kDeleting };
const char* to_string(TenantState state);  // "active", ...
std::optional<TenantState> tenant_state_from(const std::string& name);

struct Plan {
  std::string name;
  std::uint64_t memory_bytes = 0;  // of all nodes' limits together; 0 in any figure: no limit
  std::uint32_t max_nodes = 0;
  std::uint32_t max_connections = 0;
  std::uint64_t ops_per_second = 0;
  std::uint64_t bytes_per_second = 0;
  std::uint64_t created_at_ms = 0;
  std::uint64_t updated_at_ms = 0;
  std::uint64_t version = 1;

  bool operator==(const Plan&) const = default;
};

struct Tenant {
  std::string name;          // the key: never changes
  std::string display_name;  // for people
  std::string plan;
  TenantState state = TenantState::kActive;
  std::optional<std::uint64_t> purge_at_ms;  // of kDeleting: when its data goes
  std::uint64_t created_at_ms = 0;
  std::uint64_t updated_at_ms = 0;
  std::uint64_t version = 1;

  bool operator==(const Tenant&) const = default;
};

// A machine with a node manager.
struct Host {
  std::string name;
  std::string url;  // of its node manager; empty: the one in this process
  std::uint64_t seen_at_ms = 0;
  std::uint64_t created_at_ms = 0;
};

// kCreating and kDeleting are work under way: whoever finds such a row after a crash ends the work.
// The life of the node in between (running, stopped ...) is its node manager's to know.
enum class NodeRowState : std::uint8_t { kCreating, kReady, kDeleting };
const char* to_string(NodeRowState state);
std::optional<NodeRowState> node_row_state_from(const std::string& name);

struct NodeRow {
  std::string id;  // 16 hex digits
  std::string tenant;
  std::string name;  // unique among all nodes
  std::string host;
  NodeRowState state = NodeRowState::kCreating;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t created_at_ms = 0;
  std::uint64_t updated_at_ms = 0;
  std::uint64_t version = 1;

  bool operator==(const NodeRow&) const = default;
};

struct NodeEvent {
  std::uint64_t id = 0;  // ascending
  std::string node;      // id
  std::string tenant;
  std::uint64_t at_ms = 0;
  std::string from_state;  // empty: the first
  std::string to_state;
  std::string cause;  // "created", "start requested", "tenant suspended", "recovered" ...
  std::string actor;
};

struct ApiKey {
  std::string id;
  std::string tenant;       // empty: of the platform
  std::string name;         // for people
  std::string secret_hash;  // SHA-256 of the secret, hex
  std::vector<std::string> scopes;
  std::string created_by;
  std::uint64_t created_at_ms = 0;
  std::optional<std::uint64_t> expires_at_ms;
  std::optional<std::uint64_t> last_used_at_ms;
  std::optional<std::uint64_t> revoked_at_ms;

  bool operator==(const ApiKey&) const = default;
};

// Opens the REST face of one node.
struct NodeToken {
  std::string id;
  std::string node;  // id
  std::string tenant;
  std::string name;
  std::string secret_hash;
  bool read_only = false;
  std::string created_by;
  std::uint64_t created_at_ms = 0;
  std::optional<std::uint64_t> expires_at_ms;
  std::optional<std::uint64_t> last_used_at_ms;
  std::optional<std::uint64_t> revoked_at_ms;

  bool operator==(const NodeToken&) const = default;
};

struct AuditEntry {
  std::uint64_t id = 0;  // ascending
  std::uint64_t at_ms = 0;
  std::string actor;       // "key:4f..", "user:..", "admin", "system"
  std::string address;     // the peer's; empty: none
  std::string request_id;  // empty: none
  std::string tenant;      // whose thing was changed; empty: the platform's
  std::string action;      // "node.create", "key.revoke" ...
  std::string target;      // what was changed, e.g. "node/5f0c..."
  std::string detail;      // JSON object: what changed; never a secret
};

// The answer to a request that must not be carried out twice.
struct IdempotentAnswer {
  std::string principal;
  std::string key;
  std::string fingerprint;   // hash of method, path and body
  std::string target;        // what the request makes, once it is known
  std::uint32_t status = 0;  // 0: still under way
  std::string headers;       // JSON object
  std::string body;
  std::uint64_t created_at_ms = 0;
};

}  // namespace miniredis::service::metadata
