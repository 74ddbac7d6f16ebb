// What a Database owns. Internal to this folder.
#pragma once

#include <chrono>
#include <random>
#include <string>

#include "metadata/database.h"
#include "metadata/pool.h"

namespace miniredis::service::metadata {

struct Database::Impl {
  Impl(Engine its_engine, std::string its_shown_url, std::chrono::milliseconds its_timeout,
       unsigned connections, const Pool::Open& its_open)
      : engine(its_engine),
        shown_url(std::move(its_shown_url)),
        timeout(its_timeout),
        open(its_open),
        pool(connections, its_open) {}

  // A connection with a transaction begun on it. One that broke while nobody used it is replaced.
  Outcome<Pool::Lease> begin(Deadline deadline, bool exclusive);
  Deadline deadline() const { return std::chrono::steady_clock::now() + timeout; }

  const Engine engine;
  const std::string shown_url;
  const std::chrono::milliseconds timeout;
  const Pool::Open open;
  Pool pool;
};

}  // namespace miniredis::service::metadata
