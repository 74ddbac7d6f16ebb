// Replies as text for a terminal, for a pipe, and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "miniredis/value.h"

namespace miniredis::mredis {

enum class ReplyFormat : unsigned char {
  kDrawn,  // (integer) 3, "text", 1) ...: as redis-cli on a terminal
  kRaw,    // the bytes themselves, one element a line: as redis-cli in a pipe
  kJson,   // one JSON text a reply
  kCsv,    // one line a reply, strings in double quotes
};

// The text of one reply with the line end that belongs behind it.
std::string print_reply(const Value& value, ReplyFormat format);

// Nil as null, sets and pushes as arrays, maps as objects (as [[key, value], ...] when two keys
// have the same text), errors as {"error": "..."}, big numbers, inf and nan as strings. Bytes that
// are not UTF-8 are shown one character each, U+0000 to U+00FF, so that JSON can hold them.
nlohmann::ordered_json to_json(const Value& value);

}  // namespace miniredis::mredis
