// How much output a client may leave unread before it is closed: client-output-buffer-limit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace miniredis::tenants {

struct OutputLimit {
  std::uint64_t hard_bytes = 0;  // 0: none
  std::uint64_t soft_bytes = 0;  // 0: none; may be passed for soft_seconds
  std::uint64_t soft_seconds = 0;
  bool operator==(const OutputLimit&) const = default;
};

enum class ClientClass : std::uint8_t { kNormal, kReplica, kPubSub };

struct OutputLimits {
  std::array<OutputLimit, 3> of;  // by ClientClass
  const OutputLimit& for_class(ClientClass c) const noexcept {
    return of[static_cast<std::size_t>(c)];
  }
  bool operator==(const OutputLimits&) const = default;
};

// "normal 0 0 0 slave 268435456 67108864 60 pubsub ..."
std::string to_text(const OutputLimits& limits);
// Groups of class, hard, soft, seconds; classes not named stay. Nothing when it makes no sense.
std::optional<OutputLimits> parse_output_limits(Bytes text, OutputLimits base);

}  // namespace miniredis::tenants
