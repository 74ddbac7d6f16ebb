// Small files, read whole and written so that a crash leaves the old content or the new. Calls wait
// for the disk.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "miniredis/error.h"

namespace miniredis::base {

// The whole file; nothing when there is none. One of more than `most_bytes` is refused.
Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most_bytes);

// Puts `content` under `path` with mode 0600: temporary file beside it, fsync, rename, fsync of the
// directory.
Result<void> write_file_atomically(const std::string& path, Bytes content);

}  // namespace miniredis::base
