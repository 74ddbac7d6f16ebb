// The many ways in which commands say when a key expires, as one Unix time in ms.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/context.h"

namespace miniredis::commands {

enum class ExpiryKind : std::uint8_t {
  kNone,
  kSeconds,      // EX
  kMillis,       // PX
  kUnixSeconds,  // EXAT
  kUnixMillis,   // PXAT
  kKeep,         // KEEPTTL
  kPersist,      // PERSIST
};

// The time in Unix ms. Nothing, with the error answered, when it is out of range; when
// `must_be_positive`, 0 and less are.
std::optional<std::int64_t> expiry_time(Context& context, ExpiryKind kind, std::int64_t amount,
                                        Bytes command, bool must_be_positive);

}  // namespace miniredis::commands
