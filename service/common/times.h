// Times in requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace miniredis::service {

// RFC 3339 as Unix milliseconds, of the years 1970 to 9999: "2030-01-31T12:00:00Z", with a fraction
// of which three digits count, with an offset. Nothing when malformed.
std::optional<std::uint64_t> parse_time(std::string_view text);

}  // namespace miniredis::service
