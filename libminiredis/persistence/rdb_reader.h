// Takes RDB apart: lengths, numbers and strings. Throws Malformed.
#pragma once

#include <cstdint>
#include <string>

#include "base/numbers.h"
#include "persistence/byte_reader.h"

namespace miniredis::persistence {

// A string that was read: a view into what is read from, or made up from it.
class RdbString {
 public:
  explicit RdbString(Bytes view) noexcept : view_(view) {}
  explicit RdbString(std::string made) noexcept : made_(std::move(made)), is_made_(true) {}
  Bytes bytes() const noexcept { return is_made_ ? Bytes(made_) : view_; }

 private:
  Bytes view_;
  std::string made_;
  bool is_made_ = false;
};

class RdbReader : public ByteReader {
 public:
  // A compressed string of more than `most_text` bytes is malformed: its length costs its sender
  // nothing.
  RdbReader(Bytes bytes, std::uint64_t most_text) noexcept
      : ByteReader(bytes), most_text_(most_text) {}

  std::uint64_t length();
  // A length that counts things of at least `least` bytes each, which have to follow.
  std::uint64_t count(std::size_t least);
  RdbString string();

 private:
  RdbString encoded_string(std::uint8_t kind);

  std::uint64_t most_text_;
};

}  // namespace miniredis::persistence
