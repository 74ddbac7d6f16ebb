// Writes a value as RDB has it: the byte of its type, then the value.
#pragma once

#include "keyspace/entry.h"
#include "persistence/rdb_writer.h"

namespace miniredis::persistence {

// Returns the least version of RDB that knows the form. Tells the environment's progress of each
// element. Fields of hashes whose time has come are left out; nothing may be left of a hash then:
// take them out first. O(n).
std::uint16_t save_value(RdbWriter& out, const types::Environment& environment,
                         const keyspace::Entry& entry);

// What save_value() does for streams.
void save_stream(RdbWriter& out, const types::Environment& environment, types::Object object);

}  // namespace miniredis::persistence
