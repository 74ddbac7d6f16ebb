// The words for the enumerations of the public headers.
#include <array>

#include "base/bytes.h"
#include "miniredis/options.h"
#include "miniredis/stats.h"

namespace miniredis {
namespace {

constexpr std::array kPolicyNames = {
    "noeviction",   "allkeys-lru",  "allkeys-lfu",     "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
};
static_assert(static_cast<std::size_t>(EvictionPolicy::kVolatileTtl) + 1 == kPolicyNames.size());

constexpr std::array kStateNames = {"creating", "running", "stopped", "failed", "deleting"};
static_assert(static_cast<std::size_t>(NodeState::kDeleting) + 1 == kStateNames.size());

}  // namespace

const char* to_string(EvictionPolicy policy) noexcept {
  const auto index = static_cast<std::size_t>(policy);
  return index < kPolicyNames.size() ? kPolicyNames[index] : "unknown";
}

std::optional<EvictionPolicy> eviction_policy_from(const std::string& name) {
  for (std::size_t i = 0; i < kPolicyNames.size(); ++i) {
    if (base::equals_ignore_case(name, kPolicyNames[i])) return static_cast<EvictionPolicy>(i);
  }
  return std::nullopt;
}

const char* to_string(NodeState state) noexcept {
  const auto index = static_cast<std::size_t>(state);
  return index < kStateNames.size() ? kStateNames[index] : "unknown";
}

}  // namespace miniredis
