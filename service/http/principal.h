// Who asks: what a request was authenticated as, and what that allows.
//
// The gateway finds it out from a token or key; roles behind it are told, by a header that they
// believe only from one who shows the admin token. Plain data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace miniredis::service {

// What a principal may do; API keys are given these by name.
enum class Scope : std::uint32_t {
  kNone = 0,
  kNodesRead = 1U << 0,      // "nodes:read": see nodes, figures and history
  kNodesWrite = 1U << 1,     // "nodes:write": make, change, start, stop, delete nodes
  kCommandsRead = 1U << 2,   // "commands:read": run commands that change nothing
  kCommandsWrite = 1U << 3,  // "commands:write": run all commands; MONITOR too
  kTenantRead = 1U << 4,     // "tenant:read": see the tenant
  kTenantWrite = 1U << 5,    // "tenant:write": change it
  kKeysRead = 1U << 6,       // "keys:read": see keys and tokens, never their secrets
  kKeysWrite = 1U << 7,      // "keys:write": make and revoke them
  kAuditRead = 1U << 8,      // "audit:read"
  kPlatform = 1U << 9,       // "platform": tenants, plans, hosts, the whole
};

using Scopes = std::uint32_t;
inline constexpr Scopes kAllScopes = (1U << 10) - 1;

constexpr Scopes bits(Scope scope) {
  return static_cast<Scopes>(scope);
}
constexpr Scopes operator|(Scope a, Scope b) {
  return bits(a) | bits(b);
}
constexpr Scopes operator|(Scopes a, Scope b) {
  return a | bits(b);
}

const char* to_string(Scope scope);
std::optional<Scope> scope_from(std::string_view name);
std::vector<std::string> scope_names(Scopes scopes);
// What a role of a tenant's user allows: owner, admin, member or viewer; nothing for other names.
std::optional<Scopes> scopes_of_role(std::string_view role);

struct Principal {
  std::string actor;   // "admin", "user:4711", "key:5f0c...", "token:...", "system"
  std::string tenant;  // it sees nothing of others; empty: all tenants
  std::string node;    // id of the one node that a node token opens; empty: any
  Scopes scopes = 0;
  std::string address;  // of the client, as the gateway saw it
  // When what it was known by expires, Unix milliseconds; 0: never. The gateway's alone.
  std::uint64_t expires_at_ms = 0;

  bool may(Scope scope) const { return (scopes & bits(scope)) == bits(scope); }
  bool sees(std::string_view other_tenant) const {
    return tenant.empty() || tenant == other_tenant;
  }
};
using PrincipalPointer = std::shared_ptr<const Principal>;

// The header that tells a role behind the gateway who asks.
inline constexpr const char* kPrincipalHeader = "X-Miniredis-Principal";
// One line of ASCII, and back; nothing for a text that encode() did not make.
std::string encode(const Principal& principal);
std::optional<Principal> decode_principal(std::string_view text);

// The one who holds the admin token: may do everything.
PrincipalPointer administrator();

}  // namespace miniredis::service
