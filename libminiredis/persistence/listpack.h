// Redis' listpack: strings and integers in one block, each with its length behind it too.
//
//   | bytes of all 4 | count 2 | element | element | ... | 0xff |
//   element: kind and length, or kind and number | bytes | length of the former, backwards
//
// 65,535 as count says that nobody has counted. Integers that read as such are stored as numbers of
// 7, 13, 16, 24, 32 or 64 bits. A block lives here only while a value leaves or comes back.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/numbers.h"
#include "persistence/byte_reader.h"

namespace miniredis::persistence {

// An element of a block that is taken apart: a number, or a view into the block.
class PackedItem {
 public:
  explicit PackedItem(std::int64_t integer) noexcept : integer_(integer) {}
  explicit PackedItem(Bytes text) noexcept : text_(text), is_text_(true) {}

  // As text; that of a number is written to `scratch`, of base::kMaxIntChars.
  Bytes text(char* scratch) const noexcept {
    return is_text_ ? text_ : Bytes(scratch, base::format_int(integer_, scratch));
  }
  // As a number; a text has to read as one.
  std::int64_t integer() const {
    if (!is_text_) return integer_;
    const auto number = base::parse_int(text_);
    require(number.has_value());
    return *number;
  }
  // As the score of a sorted set.
  double real() const;

 private:
  Bytes text_;
  std::int64_t integer_ = 0;
  bool is_text_ = false;
};

class ListpackWriter {
 public:
  ListpackWriter() : bytes_(kHeaderBytes, '\0') {}

  void append(Bytes text);
  void append(std::int64_t integer);
  std::uint32_t count() const noexcept { return count_; }
  // Of what finish() would return.
  std::size_t size() const noexcept { return bytes_.size() + 1; }
  // The block; the writer is empty again.
  std::string finish();

 private:
  static constexpr std::size_t kHeaderBytes = 6;
  void close_element(std::size_t begin);

  std::string bytes_;
  std::uint32_t count_ = 0;
};

class ListpackReader {
 public:
  // Throws Malformed for a block whose frame is wrong; next() for one whose elements are.
  explicit ListpackReader(Bytes block);

  // Nothing at the end, where the count has turned out to be right.
  std::optional<PackedItem> next();
  // The next one, which has to be there.
  PackedItem expect();

 private:
  static constexpr std::size_t kUncounted = 0xffff;
  PackedItem decode();
  void check_length_behind(std::size_t length);

  ByteReader reader_;
  std::size_t counted_;
  std::size_t seen_ = 0;
};

}  // namespace miniredis::persistence
