// Replies as the bytes of RESP3, and a way through them without a tree: for callers that make
// objects of their own of each reply, such as a binding of another language.
//
//   ReplyBytes bytes;
//   node.execute(words, bytes);
//   ReplyReader reader(bytes.view());
//   while (auto item = reader.next()) ...
//
// Values of these types are plain data: any thread may hold its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "miniredis/value.h"

namespace miniredis {

namespace resp {
class Buffer;
}

// Owns replies, one behind the other. Meant to be used again and again: a call that is given one
// replaces what it held, and small replies then cost no allocation.
class ReplyBytes {
 public:
  ReplyBytes();
  ~ReplyBytes();
  ReplyBytes(ReplyBytes&&) noexcept;
  ReplyBytes& operator=(ReplyBytes&&) noexcept;

  // Lives until the next call that this is given to.
  std::string_view view() const noexcept;
  // Forgets the replies, and gives the memory back if it is much.
  void clear() noexcept;

 private:
  friend class Node;
  friend class Session;
  std::unique_ptr<resp::Buffer> buffer_;
};

// One step of a reply. An aggregate is followed by its members, kMap by twice `count` of them.
struct ReplyItem {
  Value::Kind kind = Value::Kind::kNil;
  std::int64_t integer = 0;  // of kInteger; kBoolean has 0 or 1
  double real = 0;           // of kDouble
  std::string_view text;     // of text kinds; into the bytes that are read
  std::size_t count = 0;     // members of an aggregate, pairs of a kMap
};

// Reads replies from front to back. The bytes must outlive it.
class ReplyReader {
 public:
  explicit ReplyReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  // The next step, attributes passed over; nothing when the bytes are at their end, or cut, or make
  // no sense.
  std::optional<ReplyItem> next();
  // Bytes that were read, up to the last whole step.
  std::size_t position() const noexcept { return at_; }
  bool at_end() const noexcept { return at_ == bytes_.size(); }

 private:
  std::optional<ReplyItem> step();
  std::optional<std::uint64_t> attribute_pairs() noexcept;

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace miniredis
