// Which members of a sorted set lie inside of a shape: what GEOSEARCH, GEORADIUS and their like
// share.
#pragma once

#include "commands/command.h"

namespace miniredis::commands {

enum class GeoQuery : std::uint8_t {
  kSearch,          // key options
  kSearchStore,     // destination key options
  kRadius,          // key longitude latitude radius unit options
  kRadiusReadOnly,  // the same without STORE and STOREDIST
  kMember,          // key member radius unit options
  kMemberReadOnly,  // the same without STORE and STOREDIST
};

// Reads the words behind the name, looks, and answers or stores.
void run_geo_query(Context& context, GeoQuery query, Arguments words);

}  // namespace miniredis::commands
