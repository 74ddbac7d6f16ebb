#include "persistence/rdb_writer.h"

#include <liblzf/lzf.h>

#include <vector>

#include "base/numbers.h"

namespace miniredis::persistence {
namespace {

constexpr std::size_t kMostIntegerText = 11;
constexpr std::size_t kLeastCompressed = 21;
// Compressing is not cut in slices: what is larger than this would hold others up for longer than
// its space is worth.
constexpr std::size_t kMostCompressed = std::size_t{1} << 20;

}  // namespace

void RdbWriter::little(std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) byte(static_cast<std::uint8_t>(number >> (8 * i)));
}

void RdbWriter::big(std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) byte(static_cast<std::uint8_t>(number >> (8 * i)));
}

void RdbWriter::real(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  little(bits, 8);
}

void RdbWriter::length(std::uint64_t length) {
  if (length < 1 << 6) {
    byte(static_cast<std::uint8_t>(length));
  } else if (length < 1 << 14) {
    byte(static_cast<std::uint8_t>(0x40 | length >> 8));
    byte(static_cast<std::uint8_t>(length));
  } else if (length <= UINT32_MAX) {
    byte(0x80);
    big(length, 4);
  } else {
    byte(0x81);
    big(length, 8);
  }
}

void RdbWriter::string(Bytes text) {
  if (text.size() <= kMostIntegerText && string_as_integer(text)) return;
  if (text.size() >= kLeastCompressed && text.size() <= kMostCompressed &&
      string_compressed(text)) {
    return;
  }
  length(text.size());
  out_ += text;
}

bool RdbWriter::string_as_integer(Bytes text) {
  const auto number = base::parse_int(text);
  if (!number || *number < INT32_MIN || *number > INT32_MAX) return false;
  const auto bits = static_cast<std::uint64_t>(*number);
  if (*number == static_cast<std::int8_t>(*number)) {
    byte(0xc0);
    little(bits, 1);
  } else if (*number == static_cast<std::int16_t>(*number)) {
    byte(0xc1);
    little(bits, 2);
  } else {
    byte(0xc2);
    little(bits, 4);
  }
  return true;
}

bool RdbWriter::string_compressed(Bytes text) {
  std::vector<char> room(text.size() - 4);
  const unsigned size = lzf_compress(text.data(), static_cast<unsigned>(text.size()), room.data(),
                                     static_cast<unsigned>(room.size()));
  if (size == 0) return false;
  byte(0xc3);
  length(size);
  length(text.size());
  out_.append(room.data(), size);
  return true;
}

}  // namespace miniredis::persistence
