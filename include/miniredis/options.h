// What can be set when an engine, a tenant, a node or a server is made.
//
// Plain structs with their defaults in place. A value out of its range is refused with
// ErrorCode::kInvalidArgument and a detail that names the range; nothing is clipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace miniredis {

// What happens when a node's memory limit is reached.
enum class EvictionPolicy : std::uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};

// "noeviction", "allkeys-lru", ... as CONFIG SET maxmemory-policy takes it.
const char* to_string(EvictionPolicy policy) noexcept;
std::optional<EvictionPolicy> eviction_policy_from(const std::string& name);

inline constexpr std::uint64_t kDefaultNodeMemoryBytes = 40ULL << 20;
// Below this a node cannot hold its own client buffers.
inline constexpr std::uint64_t kMinNodeMemoryBytes = 1ULL << 20;

// How fast a node, or all nodes of a tenant together, may go. Each figure is a bucket that fills at
// its rate and holds what one second fills: after a pause that much can be done at once, so that
// any span of t seconds sees at most (t + 1) times the figure. docs/quotas.md has the details. All
// of it can change while running.
struct Quota {
  // Commands; those queued by MULTI count as they are queued. 0: no limit; up to 10^9.
  std::uint64_t ops_per_second = 0;
  // Bytes of requests and replies together. A reply larger than what is left is sent all the same;
  // what it took too much is waited for by those after it. 0: no limit; up to 10^12.
  std::uint64_t bytes_per_second = 0;
  // A connection whose quota is used up is not read for so long as tokens need to come, but at most
  // this; commands that would wait longer are answered -THROTTLED and not run. Raised, more is
  // delayed and less refused. 0: nothing waits; up to 60,000.
  std::uint32_t max_wait_ms = 1000;
  bool operator==(const Quota&) const = default;
};

struct EngineOptions {
  // Threads that own nodes, one event loop each. 0: one per core. 1..256.
  unsigned shards = 0;
  // Limit of all nodes together in bytes; 0: none. Reached: writes answer OOM, as at a node's
  // limit.
  std::uint64_t memory_limit_bytes = 0;
  // Whether the engine's own threads run expiry, lazy freeing and other sliced work. When false the
  // caller does it with Engine::run_pending_work(); a Server that is attached always does it.
  bool background_threads = true;
};

struct TenantOptions {
  // 1..64 characters out of a-z A-Z 0-9 _ - . ; unique in the engine.
  std::string name;
  // Limit of all nodes of the tenant together in bytes; 0: none.
  std::uint64_t memory_limit_bytes = 0;
  // Nodes the tenant may have; 0: no limit.
  std::uint32_t max_nodes = 0;
  // Over all nodes of the tenant together, beside each node's own.
  Quota quota;
  // Connections at once over all nodes of the tenant, beside each node's max_clients; 0: no limit;
  // up to 100,000,000. Lowered, those that are there stay. Can change while running.
  std::uint32_t max_connections = 0;
};

struct NodeOptions {
  // 1..64 characters out of a-z A-Z 0-9 _ - . ; unique in the engine: the router finds nodes by it.
  std::string name;
  // Everything the node holds, client buffers too. kMinNodeMemoryBytes..2^48. Can change while
  // running.
  std::uint64_t memory_limit_bytes = kDefaultNodeMemoryBytes;
  // Can change while running.
  EvictionPolicy eviction_policy = EvictionPolicy::kNoEviction;
  // Password of the user `default`. Empty: the node's own port asks for none and the router refuses
  // the node. Can change while running (CONFIG SET requirepass).
  std::string password;
  // File of the node's ACL users, which no other node has: read when the node is made, if it is
  // there, and by ACL LOAD; written by ACL SAVE, with a temporary file beside it. What it says of
  // the user `default` counts more than `password`. Empty: users live as long as the node.
  std::string acl_file;
  // File of the node's settings, which no other node has: lines `name value` with the names of
  // CONFIG, read when the node is made, if it is there; written by CONFIG REWRITE, with a temporary
  // file beside it. What it says counts more than these options, but for the memory limit, which
  // its maxmemory cannot pass. Empty: settings live as long as the node.
  std::string config_file;
  // Connections at once, 1..1,000,000. Can change while running.
  std::uint32_t max_clients = 1000;
  // Can change while running.
  Quota quota;
  // Shard to pin the node to; -1: the one with the fewest nodes.
  int shard = -1;
  // Further parameters by their CONFIG names, such as {"timeout", "300"}. Unknown names are
  // refused.
  std::vector<std::pair<std::string, std::string>> config;
};

struct TlsOptions {
  std::string certificate_file;  // PEM chain
  std::string key_file;          // PEM
  std::string ca_file;           // PEM; empty: clients show no certificate
};

struct ServerOptions {
  // Address that node ports and the router port listen on. IPv4 or IPv6 literal.
  std::string bind_address = "127.0.0.1";
  // Port shared by all nodes; 0: any free port; -1: no router.
  int router_port = -1;
  // Router over TLS; -1: none. Needs `tls`.
  int router_tls_port = -1;
  // Router on a unix socket; empty: none. Mode 0600.
  std::string router_unix_socket;
  std::optional<TlsOptions> tls;
  // Connections that have not yet authenticated, over all endpoints; more are closed at accept.
  std::uint32_t max_unauthenticated = 1000;
  // A connection that has not authenticated after this long is closed. 0: never.
  std::uint32_t authentication_timeout_ms = 10'000;
  // Failed log-ins that one peer address (IPv6: its /64 network) may make in a minute, over all
  // endpoints of the server. Beyond it AUTH and HELLO ... AUTH are refused, whatever the password,
  // until a minute after the first of them. Unix sockets have no such limit. 0: none; up to
  // 1,000,000.
  std::uint32_t max_failed_logins_per_minute = 60;
  // Servers that nodes may send keys to by MIGRATE: "host:port" as the command says it, or patterns
  // of numeric addresses ("10.0.0.*:6379"), which a name's address must match. None: MIGRATE is
  // refused, lest a tenant reach what only this machine can.
  std::vector<std::string> migrate_targets;
};

}  // namespace miniredis
