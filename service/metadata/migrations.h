// The steps that make the schema, as the files of migrations/ have them; put into the program when
// it is built.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "metadata/database.h"

namespace miniredis::service::metadata {

struct Migration {
  unsigned version;
  std::string_view name;
  std::optional<Engine> engine;  // nothing: for both
  std::string_view sql;          // ends with a NUL behind it
};

// Ascending by version; each version is there once for each engine.
std::span<const Migration> migrations();

}  // namespace miniredis::service::metadata
