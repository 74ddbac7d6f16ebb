// Digests of data as Redis' DEBUG DIGEST computes them: nodes, and servers, that hold the same have
// the same, whatever the order of their tables and the encodings of their values.
//
// A digest is the SHA-1 of what was mixed in one after the other; what has no order is digested
// apart and put together by XOR.
#pragma once

#include "base/sha1.h"
#include "commands/context.h"

namespace miniredis::engine {

// Of a value with its expiry; 20 zeros where there is no such key. O(n), with progress.
base::Sha1Digest digest_of_value(const types::Environment& environment,
                                 const keyspace::Entry* entry);

// Of all databases. O(n), with progress.
base::Sha1Digest digest_of_data(commands::Context& context);

}  // namespace miniredis::engine
