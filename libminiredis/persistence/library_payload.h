// The libraries of a node's functions, as FUNCTION DUMP gives them and FUNCTION RESTORE takes them.
//
//   | f5, code as a string | ... | version of RDB 2 | CRC-64 of all before 8 |
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace miniredis::persistence {

std::string dump_libraries(const std::vector<Bytes>& codes);

// The code of each; nothing when it is malformed. The frame is sound (value_payload.h). A code that
// would be longer than `most_text` bytes once it is no longer compressed is malformed.
std::optional<std::vector<std::string>> read_libraries(Bytes payload, std::uint64_t most_text);

}  // namespace miniredis::persistence
