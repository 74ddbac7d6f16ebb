// Which names and options tenants and nodes may have.
#pragma once

#include "base/bytes.h"
#include "miniredis/error.h"
#include "miniredis/options.h"

namespace miniredis::tenants {

// 1..64 characters out of a-z A-Z 0-9 _ - . ; `what` ("tenant", "node") is for the error.
Result<void> check_name(Bytes what, Bytes name);
// kMinNodeMemoryBytes..2^48.
Result<void> check_memory_limit(std::uint64_t bytes);
Result<void> check_options(const TenantOptions& options);
Result<void> check_options(const NodeOptions& options, unsigned shards);

inline constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{1} << 48;
inline constexpr std::uint32_t kMaxClients = 1'000'000;

}  // namespace miniredis::tenants
