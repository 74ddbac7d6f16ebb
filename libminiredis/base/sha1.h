// SHA-1 (RFC 3174): names of scripts, as Redis has them. Not for secrets.
#pragma once

#include <string>

#include "base/bytes.h"

namespace miniredis::base {

// 40 lower-case hex digits.
std::string sha1_hex(Bytes data);

}  // namespace miniredis::base
