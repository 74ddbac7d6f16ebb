// Replies out of bytes: RESP2 and RESP3 into the value tree that embedded callers see.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "miniredis/value.h"

namespace miniredis::resp {

struct Decoded {
  Value value;
  std::size_t consumed = 0;
};

// The first reply in `bytes`; nothing when it is not whole or makes no sense (depth over 64 too).
std::optional<Decoded> decode(Bytes bytes);

}  // namespace miniredis::resp
