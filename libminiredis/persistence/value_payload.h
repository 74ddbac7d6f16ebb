// A value on its own, as DUMP gives it and RESTORE takes it.
//
//   | type 1 | value | version of RDB 2 | CRC-64 of all before 8 |
//
// The bytes are those of Redis 7.2, but for hashes whose fields expire: they have the form and the
// version of 7.4. What is read may be of any version up to that.
#pragma once

#include <optional>
#include <string>

#include "persistence/rdb_load.h"
#include "persistence/rdb_writer.h"

namespace miniredis::persistence {

// Tells the environment's progress of each element. O(n).
std::string dump_value(const types::Environment& environment, const keyspace::Entry& entry);

// Adds version and checksum.
void close_frame(RdbWriter& out, std::uint16_t version);
// Whether version and checksum are right.
bool has_sound_frame(Bytes payload) noexcept;
// What stands in a sound frame.
Bytes framed_bytes(Bytes payload) noexcept;

// Makes the value of a payload whose frame is sound. False: it is malformed, and nothing is left of
// it. Throws std::bad_alloc, and what the environment's progress throws. `payload` outlives the
// value. A text that would be longer than `most_text` bytes once it is no longer compressed is
// malformed.
bool restore_value(LoadedValue& value, Bytes payload, std::uint64_t most_text);

}  // namespace miniredis::persistence
