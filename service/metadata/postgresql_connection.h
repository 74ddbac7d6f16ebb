// A connection to a server of PostgreSQL. Internal to this folder.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/failure.h"
#include "metadata/connection.h"
#include "metadata/watchdog.h"

namespace miniredis::service::metadata {

struct PostgresqlAddress {
  std::string full_url;  // with what was not said filled in; holds secrets
  std::string shown_url;
};

// kInvalidValue for a URL that libpq does not understand.
Outcome<PostgresqlAddress> parse_postgresql_url(const std::string& url);

// `timeout` is for each statement and each lock.
Outcome<std::unique_ptr<Connection>> open_postgresql(const PostgresqlAddress& address,
                                                     std::chrono::milliseconds timeout,
                                                     std::shared_ptr<Watchdog> watchdog,
                                                     Deadline deadline);

}  // namespace miniredis::service::metadata
