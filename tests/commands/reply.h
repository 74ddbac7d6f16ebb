// A reply as it stood on the wire: the tree of RESP2 and RESP3 with the type bytes kept.
//
// The transcripts must see what miniredis::Value leaves out on purpose: whether a nil was a null
// bulk, a null array or RESP3's null, and whether a map came as a map or as a flat array.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace miniredis::transcripts {

struct Reply {
  // The RESP type byte: + - : $ * _ , # ( ! = % ~ >
  // A null bulk is '$' with is_null, a null array '*' with is_null.
  char type = '_';
  bool is_null = false;
  std::string text;          // scalars: the bytes as sent, without type byte and line end
  std::vector<Reply> items;  // aggregates; a map holds key, value, key, value, ...
};

// What of `bytes` is the first whole reply. kPartial: more bytes are needed. kBroken: no RESP.
struct Decoded {
  enum class State { kWhole, kPartial, kBroken } state = State::kPartial;
  Reply reply;
  std::size_t consumed = 0;
};
Decoded decode(std::string_view bytes);

// The reply in the words of a transcript, `indent` levels deep, with a line end after each line.
std::string to_transcript(const Reply& reply, int indent = 0);

// `bytes` in double quotes with escapes, as arguments and replies are written in transcripts.
std::string in_quotes(std::string_view bytes);

}  // namespace miniredis::transcripts
