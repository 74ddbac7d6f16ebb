// A connection to a file of SQLite. Internal to this folder.
#pragma once

#include "common/failure.h"
#include "metadata/connection.h"

namespace miniredis::service::metadata {

// `path`: absolute, or ":memory:". Made with mode 0600 when it is not there; its directory has to
// be.
Outcome<std::unique_ptr<Connection>> open_sqlite(const std::string& path, Deadline deadline);

}  // namespace miniredis::service::metadata
