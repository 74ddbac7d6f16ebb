// HyperLogLog: how many different elements there were, to within 0.81 %, in 12 KiB at most.
//
// A value is a string whose bytes are those of Redis, so that it can be read, stored and carried
// over as such:
//
//   | "HYLL" | form 1 | 0 0 0 | count 8 |  header; the count of the last time it was asked for, of
//                                          which the highest bit says that it is out of date
//   dense   16,384 registers of 6 bits, the lowest bits of a byte first
//   sparse  runs of registers: | 00 length-1 6 |              zeros, up to 64
//                              | 01 length-1 14 |             zeros, up to 16,384
//                              | 1 value-1 5 | length-1 2 |   a value up to 32, up to 4
//
// A register holds the longest run of zeros, and one, that a hash of its elements began with.
// Values come from clients: whatever they hold, nothing here reads or writes beside them.
// Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal cardinality
// estimation algorithm", 2007.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace miniredis::types::hyper_log_log {

inline constexpr std::size_t kRegisters = 16'384;
inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;
// Every run has a register at least, and two bytes at most.
inline constexpr std::size_t kMaxSparseBytes = kHeaderBytes + 2 * kRegisters;

enum class Form : std::uint8_t { kNone, kDense, kSparse };
// kNone: no such value. A sparse one may still turn out to be corrupt.
Form form_of(Bytes value) noexcept;
// A value without elements.
Bytes empty_value() noexcept;

// What an element does to the registers: this one holds `run` at least.
struct Update {
  std::uint32_t index;
  std::uint32_t run;  // 1 to 51
};
Update update_of(Bytes element) noexcept;

// The count in the header.
std::optional<std::uint64_t> cached_count(Bytes value) noexcept;
void cache_count(char* value, std::uint64_t count) noexcept;
void forget_count(char* value) noexcept;

// Of a dense value.
std::uint32_t dense_register(Bytes value, std::size_t index) noexcept;
void set_dense_register(char* value, std::size_t index, std::uint32_t run) noexcept;

using Registers = std::array<std::uint8_t, kRegisters>;
// Raises each register to that of the value; false when the value is corrupt.
[[nodiscard]] bool merge(Registers& registers, Bytes value) noexcept;
// False when the value is corrupt.
[[nodiscard]] bool to_dense(Bytes sparse, char* dense) noexcept;

// Nothing when the value is corrupt.
std::optional<std::uint64_t> count(Bytes value) noexcept;
std::uint64_t count(const Registers& registers) noexcept;

// Calls visit(value, length, is_long) for each run of a sparse value: value 0 for zeros, is_long
// for those that take two bytes. False when the bytes end within a run or there are too many.
template <typename Visit>
[[nodiscard]] bool visit_runs(Bytes sparse, Visit&& visit) {
  if (sparse.size() > kMaxSparseBytes) return false;
  const auto* at = reinterpret_cast<const unsigned char*>(sparse.data()) + kHeaderBytes;
  const auto* const end = reinterpret_cast<const unsigned char*>(sparse.data()) + sparse.size();
  while (at < end) {
    if ((*at & 0x80) != 0) {
      visit((*at >> 2 & 0x1fU) + 1, (*at & 3U) + 1, false);
    } else if ((*at & 0x40) == 0) {
      visit(0U, (*at & 0x3fU) + 1, false);
    } else {
      if (at + 1 == end) return false;
      visit(0U, ((*at & 0x3fU) << 8 | at[1]) + 1, true);
      ++at;
    }
    ++at;
  }
  return true;
}

// A sparse value that is changed, in a place of its own.
class Sparse {
 public:
  // No longer than kMaxSparseBytes.
  explicit Sparse(Bytes value) noexcept;

  enum class Outcome : std::uint8_t {
    kSame,
    kRaised,
    kTooLarge,  // unchanged: it takes the dense form
    kCorrupt,   // unchanged
  };
  // Changes the same bytes as Redis does. `most`: how long the value may become.
  Outcome raise(const Update& update, std::uint64_t most) noexcept;
  Bytes value() const noexcept { return {bytes_.data(), size_}; }
  char* data() noexcept { return bytes_.data(); }

 private:
  struct Run {
    std::size_t at = 0;      // of its first byte
    std::size_t before = 0;  // of the run before it, or its own
    std::uint32_t first = 0;
    std::uint32_t length = 0;
    std::uint32_t value = 0;
    std::size_t bytes = 0;
  };
  std::optional<Run> run_with(std::uint32_t index) noexcept;
  void join_values(std::size_t at) noexcept;

  std::array<char, kMaxSparseBytes + 8> bytes_;
  std::size_t size_;
  // A run that no change has moved, for registers behind it need not be looked for from the start:
  // with many of them in order, that would take the square of their number.
  Run earlier_{.at = kHeaderBytes, .before = kHeaderBytes};
};

}  // namespace miniredis::types::hyper_log_log
