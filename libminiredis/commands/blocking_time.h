// The time-out of a blocking command: seconds, with a fraction, 0 for ever.
#pragma once

#include <cmath>
#include <optional>

#include "commands/context.h"

namespace miniredis::commands {

// Milliseconds; nothing, with the error answered, when the text is none.
inline std::optional<std::int64_t> blocking_time(Context& context, Bytes text) {
  const auto seconds = base::parse_long_double(text);
  if (!seconds) {
    context.fail(wire::kTimeoutNotFloat);
    return std::nullopt;
  }
  if (*seconds < 0) {
    context.fail(wire::kTimeoutNegative);
    return std::nullopt;
  }
  const long double ms = std::ceil(*seconds * 1000);
  constexpr long double kMost = 9223372036854775807.0L;
  if (ms > kMost - static_cast<long double>(context.now_ms())) {
    context.fail(wire::kTimeoutOutOfRange);
    return std::nullopt;
  }
  return static_cast<std::int64_t>(ms);
}

}  // namespace miniredis::commands
