// RESP2 and RESP3 replies out of a stream of bytes. Keeps its place between calls, so that a reply
// that comes in many pieces is read once.
//
// Attributes are read and dropped. A reply nested deeper than kMaxDepth, or bytes that are not
// RESP, throw ConnectionError; the reader is of no use afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "miniredis/value.h"

namespace miniredis::mredis {

class ReplyReader {
 public:
  static constexpr std::size_t kMaxDepth = 128;

  void feed(std::string_view bytes);
  // The next whole reply, or nothing when more bytes are needed.
  std::optional<Value> next();

 private:
  struct Frame {
    Value::Kind kind;
    bool dropped;            // an attribute
    std::size_t wanted = 0;  // items
    std::vector<Value> items;
  };

  std::optional<std::string_view> take_line();
  // Reads one element: a scalar into `out`, or the head of an aggregate into frames_.
  // False when bytes are missing; then nothing is consumed.
  bool take_element(std::optional<Value>& out);
  bool take_bulk(char mark, std::int64_t length, std::optional<Value>& out);
  void open_frame(char mark, std::int64_t count, std::optional<Value>& out);
  // Puts a whole element where it belongs; gives it back when it is the reply itself.
  std::optional<Value> place(std::optional<Value> element);

  std::string buffer_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
};

}  // namespace miniredis::mredis
