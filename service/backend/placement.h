// Which host a new node goes to.
#pragma once

#include <cstdint>

#include "backend/backend.h"

namespace miniredis::service {

// The reachable host with most memory that is not yet promised; among hosts without a limit the one
// with the fewest nodes. Throws kMemoryExhausted when none has room for `bytes`, kUnavailable when
// none can be reached.
const BackendHost& place(const BackendContext& context, std::uint64_t bytes);

}  // namespace miniredis::service
