#include "persistence/old_blocks.h"

namespace miniredis::persistence {
namespace {

constexpr std::uint8_t kLastByte = 0xff;
constexpr std::uint8_t kLongLength = 0xfe;  // four bytes follow

}  // namespace

ZiplistReader::ZiplistReader(Bytes block) : reader_(block), counted_(0) {
  require(reader_.little(4) == block.size());
  const std::uint64_t last = reader_.little(4);
  require(last < block.size());
  counted_ = static_cast<std::size_t>(reader_.little(2));
  require(!reader_.at_end() && static_cast<unsigned char>(block.back()) == kLastByte);
}

std::optional<PackedItem> ZiplistReader::next() {
  if (reader_.left() == 1) {
    require(counted_ == kUncounted || counted_ == seen_);
    return std::nullopt;
  }
  const std::size_t before = reader_.left();
  std::uint64_t length = reader_.byte();
  require(length != kLastByte);
  if (length == kLongLength) length = reader_.little(4);
  require(length == length_before_);
  const PackedItem item = decode();
  require(!reader_.at_end());
  length_before_ = before - reader_.left();
  ++seen_;
  return item;
}

PackedItem ZiplistReader::decode() {
  const std::uint8_t first = reader_.byte();
  switch (first >> 6) {
    case 0:
      return PackedItem(reader_.take(first & 0x3fU));
    case 1: {
      const std::uint64_t length = (first & 0x3fULL) << 8 | reader_.byte();
      return PackedItem(reader_.take(length));
    }
    case 2: {
      require(first == 0x80);
      const std::uint64_t length = reader_.big(4);
      return PackedItem(reader_.take(length));
    }
    default:
      break;
  }
  switch (first) {
    case 0xc0:
      return PackedItem(reader_.signed_little(2));
    case 0xd0:
      return PackedItem(reader_.signed_little(4));
    case 0xe0:
      return PackedItem(reader_.signed_little(8));
    case 0xf0:
      return PackedItem(reader_.signed_little(3));
    case 0xfe:
      return PackedItem(reader_.signed_little(1));
    default:
      // 0xf1 to 0xfd are the numbers 0 to 12.
      require(first >= 0xf1 && first <= 0xfd);
      return PackedItem(std::int64_t{first} - 0xf1);
  }
}

ZipmapReader::ZipmapReader(Bytes block) : reader_(block) {
  reader_.byte();  // the count, which says nothing from 254 on
}

std::optional<ZipmapReader::Pair> ZipmapReader::next() {
  if (reader_.peek() == kLastByte) {
    require(reader_.left() == 1);
    return std::nullopt;
  }
  Pair pair;
  pair.field = reader_.take(length());
  const std::uint64_t value = length();
  const std::uint8_t free = reader_.byte();
  pair.value = reader_.take(value);
  reader_.take(free);
  return pair;
}

std::uint64_t ZipmapReader::length() {
  const std::uint8_t first = reader_.byte();
  require(first != kLastByte);
  return first == kLongLength ? reader_.little(4) : first;
}

IntegerBlockReader::IntegerBlockReader(Bytes block) : reader_(block), width_(0) {
  const std::uint64_t width = reader_.little(4);
  require(width == 2 || width == 4 || width == 8);
  width_ = static_cast<unsigned>(width);
  const std::uint64_t count = reader_.little(4);
  require(reader_.left() == count * width);
}

std::optional<std::int64_t> IntegerBlockReader::next() {
  if (reader_.at_end()) return std::nullopt;
  return reader_.signed_little(width_);
}

}  // namespace miniredis::persistence
