// Blocks in which Redis kept small collections before listpacks, and still reads them: ziplists
// (until 7.0), zipmaps (until 2.6), and integers of a set in ascending order.
#pragma once

#include <optional>

#include "persistence/listpack.h"

namespace miniredis::persistence {

//   | bytes 4 | where the last begins 4 | count 2 | element | ... | 0xff |
//   element: length of the one before | kind and length or number | bytes
class ZiplistReader {
 public:
  explicit ZiplistReader(Bytes block);
  // Nothing at the end.
  std::optional<PackedItem> next();

 private:
  static constexpr std::size_t kUncounted = 0xffff;
  PackedItem decode();

  ByteReader reader_;
  std::size_t counted_;
  std::size_t seen_ = 0;
  std::size_t length_before_ = 0;
};

//   | count 1 | length, field, length, free 1, value, free bytes | ... | 0xff |
class ZipmapReader {
 public:
  struct Pair {
    Bytes field;
    Bytes value;
  };
  explicit ZipmapReader(Bytes block);
  std::optional<Pair> next();

 private:
  std::uint64_t length();

  ByteReader reader_;
};

//   | width 4 | count 4 | integers of that width |
class IntegerBlockReader {
 public:
  explicit IntegerBlockReader(Bytes block);
  std::optional<std::int64_t> next();

 private:
  ByteReader reader_;
  unsigned width_;
};

}  // namespace miniredis::persistence
