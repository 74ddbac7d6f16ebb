#include "persistence/listpack.h"

#include <algorithm>

namespace miniredis::persistence {
namespace {

constexpr unsigned char kEnd = 0xff;

enum Kind : unsigned char {
  kSmallInteger = 0x00,  // 0xxxxxxx
  kShortText = 0x80,     // 10xxxxxx: length below 64
  kInteger13 = 0xc0,     // 110xxxxx and a byte
  kMediumText = 0xe0,    // 1110xxxx and a byte: length below 4,096
  kLongText = 0xf0,      // and 4 bytes of length
  kInteger16 = 0xf1,
  kInteger24 = 0xf2,
  kInteger32 = 0xf3,
  kInteger64 = 0xf4,
};

void append_little(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

bool fits(std::int64_t number, unsigned bits) {
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return number >= -limit && number < limit;
}

// How many bytes tell, behind an element, that it has `length`. The ends are Redis' own: a length
// of 16,383 takes three.
unsigned bytes_of_length(std::size_t length) {
  if (length <= 127) return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  return length < 268435455 ? 4 : 5;
}

}  // namespace

double PackedItem::real() const {
  if (!is_text_) return static_cast<double>(integer_);
  const auto number = base::parse_double(text_);
  require(number.has_value());
  return *number;
}

void ListpackWriter::append(Bytes text) {
  if (text.size() < base::kMaxIntChars) {
    if (const auto integer = base::parse_int(text)) {
      append(*integer);
      return;
    }
  }
  const std::size_t begin = bytes_.size();
  const std::size_t length = text.size();
  if (length < 64) {
    bytes_ += static_cast<char>(kShortText | length);
  } else if (length < 4096) {
    bytes_ += static_cast<char>(kMediumText | length >> 8);
    bytes_ += static_cast<char>(length & 0xff);
  } else {
    bytes_ += static_cast<char>(kLongText);
    append_little(bytes_, length, 4);
  }
  bytes_ += text;
  close_element(begin);
}

void ListpackWriter::append(std::int64_t integer) {
  const std::size_t begin = bytes_.size();
  const auto bits = static_cast<std::uint64_t>(integer);
  if (integer >= 0 && integer <= 127) {
    bytes_ += static_cast<char>(integer);
  } else if (fits(integer, 13)) {
    bytes_ += static_cast<char>(kInteger13 | (bits >> 8 & 0x1f));
    bytes_ += static_cast<char>(bits & 0xff);
  } else if (fits(integer, 16)) {
    bytes_ += static_cast<char>(kInteger16);
    append_little(bytes_, bits, 2);
  } else if (fits(integer, 24)) {
    bytes_ += static_cast<char>(kInteger24);
    append_little(bytes_, bits, 3);
  } else if (fits(integer, 32)) {
    bytes_ += static_cast<char>(kInteger32);
    append_little(bytes_, bits, 4);
  } else {
    bytes_ += static_cast<char>(kInteger64);
    append_little(bytes_, bits, 8);
  }
  close_element(begin);
}

void ListpackWriter::close_element(std::size_t begin) {
  const std::size_t length = bytes_.size() - begin;
  for (unsigned left = bytes_of_length(length); left-- > 0;) {
    const std::size_t seven = length >> (7 * left) & 0x7f;
    const bool first = left + 1 == bytes_of_length(length);
    bytes_ += static_cast<char>(first ? seven : seven | 0x80);
  }
  ++count_;
}

std::string ListpackWriter::finish() {
  bytes_ += static_cast<char>(kEnd);
  const std::uint64_t head = bytes_.size() | std::uint64_t{std::min(count_, 0xffffU)} << 32;
  std::memcpy(bytes_.data(), &head, kHeaderBytes);
  std::string block(kHeaderBytes, '\0');
  block.swap(bytes_);
  count_ = 0;
  return block;
}

ListpackReader::ListpackReader(Bytes block) : reader_(block), counted_(0) {
  require(reader_.little(4) == block.size());
  counted_ = static_cast<std::size_t>(reader_.little(2));
  require(!reader_.at_end() && static_cast<unsigned char>(block.back()) == kEnd);
}

std::optional<PackedItem> ListpackReader::next() {
  if (reader_.left() == 1) {
    require(counted_ == kUncounted || counted_ == seen_);
    return std::nullopt;
  }
  const std::size_t before = reader_.left();
  const PackedItem item = decode();
  check_length_behind(before - reader_.left());
  require(!reader_.at_end());
  ++seen_;
  return item;
}

PackedItem ListpackReader::expect() {
  const auto item = next();
  require(item.has_value());
  return *item;
}

PackedItem ListpackReader::decode() {
  const std::uint8_t first = reader_.byte();
  if (first < kShortText) return PackedItem(std::int64_t{first});
  if (first < kInteger13) return PackedItem(reader_.take(first & 0x3fU));
  if (first < kMediumText) {
    const std::uint64_t bits = (first & 0x1fULL) << 8 | reader_.byte();
    return PackedItem(static_cast<std::int64_t>(bits << 51) >> 51);
  }
  if (first < kLongText) {
    const std::uint64_t length = (first & 0x0fULL) << 8 | reader_.byte();
    return PackedItem(reader_.take(length));
  }
  switch (first) {
    case kLongText: {
      const std::uint64_t length = reader_.little(4);
      return PackedItem(reader_.take(length));
    }
    case kInteger16:
      return PackedItem(reader_.signed_little(2));
    case kInteger24:
      return PackedItem(reader_.signed_little(3));
    case kInteger32:
      return PackedItem(reader_.signed_little(4));
    case kInteger64:
      return PackedItem(reader_.signed_little(8));
    default:
      throw Malformed{};
  }
}

void ListpackReader::check_length_behind(std::size_t length) {
  std::uint64_t said = 0;
  const unsigned bytes = bytes_of_length(length);
  for (unsigned i = 0; i < bytes; ++i) {
    const std::uint8_t byte = reader_.byte();
    require(i == 0 ? byte < 0x80 : byte >= 0x80);
    said = said << 7 | (byte & 0x7fU);
  }
  require(said == length);
}

}  // namespace miniredis::persistence
