// Which bit of a string a client means.
#pragma once

#include <optional>

#include "commands/string_value.h"

namespace miniredis::commands {

// "17": the number of a bit; "#3": the third field of `field_bits` each, if those are given.
// Nothing, with the error answered, when the field would end behind the longest string there is.
inline std::optional<std::uint64_t> read_bit_offset(Context& context, Bytes text,
                                                    std::int64_t field_bits = 0) {
  const bool counts_fields = field_bits > 0 && text.starts_with('#');
  auto offset = base::parse_int(counts_fields ? text.substr(1) : text);
  if (offset && counts_fields) offset = base::checked_multiply(*offset, field_bits);
  constexpr auto kBits = static_cast<std::int64_t>(Entry::kMaxString) * 8;
  const std::int64_t last = kBits - std::max<std::int64_t>(field_bits, 1);
  if (!offset || *offset < 0 || *offset > last) {
    context.fail(wire::kBitOffset);
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*offset);
}

// The string under `place` made at least `size` bytes long, for writing; a key that is not there
// comes to be. Tells of no event.
inline char* grow_string(keyspace::WriteScope& scope, keyspace::WriteScope::Place& place, Bytes key,
                         std::size_t size) {
  if (!place) {
    scope.expect_room(place, key, size);
    scope.put(place, key, "", Entry::kNoExpiry, events::kUntold);
    place = scope.find(key);
    return scope.resize(place, key, size);
  }
  return scope.edit(place, key, std::max(place->text_size(), size), events::kUntold);
}

}  // namespace miniredis::commands
