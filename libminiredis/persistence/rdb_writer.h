// Puts together what RDB consists of: lengths, numbers and strings.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "persistence/rdb_types.h"

namespace miniredis::persistence {

class RdbWriter {
 public:
  void type(RdbType type) { out_ += static_cast<char>(type); }
  void byte(std::uint8_t byte) { out_ += static_cast<char>(byte); }
  void little(std::uint64_t number, unsigned bytes);
  void big(std::uint64_t number, unsigned bytes);
  void real(double number);
  void append(Bytes bytes) { out_ += bytes; }
  // 6, 14, 32 or 64 bits.
  void length(std::uint64_t length);
  // As a number where the text is a short one, compressed where that pays, else as it is.
  void string(Bytes text);

  const std::string& bytes() const noexcept { return out_; }
  std::string take() noexcept { return std::move(out_); }

 private:
  bool string_as_integer(Bytes text);
  bool string_compressed(Bytes text);

  std::string out_;
};

}  // namespace miniredis::persistence
