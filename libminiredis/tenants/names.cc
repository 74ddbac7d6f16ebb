#include "tenants/names.h"

#include <algorithm>
#include <string>

#include "tenants/quota.h"

namespace miniredis::tenants {
namespace {

constexpr std::size_t kMaxName = 64;

bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// A name for an error message: cut short, nothing in it that a terminal would act on.
std::string shown(Bytes name) {
  std::string out;
  for (const char c : name.substr(0, kMaxName)) out += c >= ' ' && c <= '~' ? c : '?';
  if (name.size() > kMaxName) out += "...";
  return out;
}

Error invalid(std::string detail) {
  return {ErrorCode::kInvalidArgument, std::move(detail)};
}

}  // namespace

Result<void> check_name(Bytes what, Bytes name) {
  if (name.empty() || name.size() > kMaxName ||
      !std::all_of(name.begin(), name.end(), is_name_char)) {
    return invalid(std::string(what) + " name '" + shown(name) +
                   "' is not allowed: 1 to 64 characters out of a-z A-Z 0-9 _ - .");
  }
  return {};
}

Result<void> check_memory_limit(std::uint64_t bytes) {
  if (bytes < kMinNodeMemoryBytes || bytes > kMaxMemoryBytes) {
    return invalid("memory limit " + std::to_string(bytes) +
                   " is out of range: " + std::to_string(kMinNodeMemoryBytes) + " to " +
                   std::to_string(kMaxMemoryBytes) + " bytes");
  }
  return {};
}

Result<void> check_options(const TenantOptions& options) {
  if (options.memory_limit_bytes > kMaxMemoryBytes) {
    return invalid("memory limit " + std::to_string(options.memory_limit_bytes) +
                   " of tenant is out of range: 0 (none) to " + std::to_string(kMaxMemoryBytes) +
                   " bytes");
  }
  if (auto quota = check_quota(options.quota); !quota) return quota;
  if (auto connections = check_max_connections(options.max_connections); !connections) {
    return connections;
  }
  return check_name("tenant", options.name);
}

Result<void> check_options(const NodeOptions& options, unsigned shards) {
  if (auto named = check_name("node", options.name); !named) return named;
  if (auto limit = check_memory_limit(options.memory_limit_bytes); !limit) return limit;
  if (options.max_clients < 1 || options.max_clients > kMaxClients) {
    return invalid("max_clients " + std::to_string(options.max_clients) +
                   " is out of range: 1 to " + std::to_string(kMaxClients));
  }
  if (auto quota = check_quota(options.quota); !quota) return quota;
  if (options.shard < -1 || options.shard >= static_cast<int>(shards)) {
    return invalid("shard " + std::to_string(options.shard) +
                   " is out of range: -1 (any) or 0 to " + std::to_string(shards - 1));
  }
  return {};
}

}  // namespace miniredis::tenants
