// "FIELDS numfields field [field ...]", as the commands on single fields of a hash have it.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/command.h"
#include "commands/context.h"

namespace miniredis::commands {

inline constexpr Arg kFieldListParts[] = {integer("numfields", nullptr),
                                          multiple(string("field", nullptr))};
constexpr Arg field_list() {
  Arg arg = block("fields", kFieldListParts, nullptr);
  arg.token = "FIELDS";
  return arg;
}

// The fields; nothing, with the error answered. `words` begin at FIELDS; `count_error` is the line
// for a count that is none.
std::optional<Arguments> read_field_list(Context& context, Arguments words, Bytes count_error);

// No field expires later than this, as in Redis: 2^46 - 1, the year 4199.
inline constexpr std::int64_t kLatestFieldExpiry = (std::int64_t{1} << 46) - 1;

// When fields expire, in Unix ms; nothing, with the error answered. `word` counts `unit_ms` from
// `start_ms`.
std::optional<std::int64_t> read_field_expiry(Context& context, Bytes word, std::int64_t unit_ms,
                                              std::int64_t start_ms);

}  // namespace miniredis::commands
