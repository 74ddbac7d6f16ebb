// Takes bytes that came from outside apart; whatever is not there or cannot be is a Malformed.
//
// Exceptions stay inside this layer: value_payload.h turns them into an answer.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace miniredis::persistence {

// The bytes are not what they should be.
struct Malformed {};

inline void require(bool holds) {
  if (!holds) throw Malformed{};
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) noexcept : left_(bytes) {}

  std::size_t left() const noexcept { return left_.size(); }
  bool at_end() const noexcept { return left_.empty(); }

  Bytes take(std::uint64_t count) {
    require(count <= left_.size());
    const Bytes taken = left_.substr(0, static_cast<std::size_t>(count));
    left_.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint8_t peek() const {
    require(!left_.empty());
    return static_cast<std::uint8_t>(left_[0]);
  }
  // Little endian, of `bytes` bytes.
  std::uint64_t little(unsigned bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, take(bytes).data(), bytes);
    return number;
  }
  // The same with a sign.
  std::int64_t signed_little(unsigned bytes) {
    const unsigned shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(little(bytes) << shift) >> shift;
  }
  std::uint64_t big(unsigned bytes) {
    std::uint64_t number = 0;
    for (const char c : take(bytes)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }
  double real() {
    const std::uint64_t bits = little(8);
    double number = 0;
    std::memcpy(&number, &bits, sizeof number);
    return number;
  }

 private:
  Bytes left_;
};

}  // namespace miniredis::persistence
