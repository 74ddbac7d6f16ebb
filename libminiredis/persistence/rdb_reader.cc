#include "persistence/rdb_reader.h"

#include <liblzf/lzf.h>

namespace miniredis::persistence {
namespace {

// Three bytes of LZF stand for at most 264.
constexpr std::uint64_t kMostGrowth = 88;

std::string text_of(std::int64_t number) {
  return base::to_text(number);
}

}  // namespace

std::uint64_t RdbReader::length() {
  const std::uint8_t first = byte();
  switch (first >> 6) {
    case 0:
      return first;
    case 1:
      return (first & 0x3fULL) << 8 | byte();
    case 2:
      require(first == 0x80 || first == 0x81);
      return big(first == 0x80 ? 4 : 8);
    default:
      throw Malformed{};
  }
}

std::uint64_t RdbReader::count(std::size_t least) {
  const std::uint64_t many = length();
  require(many <= left() / least);
  return many;
}

RdbString RdbReader::string() {
  if (peek() >> 6 == 3) return encoded_string(byte());
  return RdbString(take(length()));
}

RdbString RdbReader::encoded_string(std::uint8_t kind) {
  switch (kind) {
    case 0xc0:
      return RdbString(text_of(signed_little(1)));
    case 0xc1:
      return RdbString(text_of(signed_little(2)));
    case 0xc2:
      return RdbString(text_of(signed_little(4)));
    case 0xc3: {
      const std::uint64_t packed_size = length();
      const std::uint64_t size = length();
      const Bytes packed = take(packed_size);
      require(size > 0 && size <= most_text_ && size / kMostGrowth <= packed_size);
      std::string text(static_cast<std::size_t>(size), '\0');
      const unsigned made = lzf_decompress(packed.data(), static_cast<unsigned>(packed.size()),
                                           text.data(), static_cast<unsigned>(size));
      require(made == size);
      return RdbString(std::move(text));
    }
    default:
      throw Malformed{};
  }
}

}  // namespace miniredis::persistence
