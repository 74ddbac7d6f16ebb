#include "types/hyper_log_log.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "types/hyper_log_log_registers.h"

namespace miniredis::types::hyper_log_log {
namespace {

constexpr char kMagic[] = {'H', 'Y', 'L', 'L'};
constexpr std::size_t kFormAt = 4;
constexpr std::size_t kCountAt = 8;
constexpr char kDenseForm = 0;
constexpr char kSparseForm = 1;

std::uint64_t load(const char* at, std::size_t bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = bytes; i-- > 0;) word = word << 8 | static_cast<unsigned char>(at[i]);
  return word;
}

std::uint64_t load_word(const char* at) noexcept {
  if constexpr (std::endian::native != std::endian::little) return load(at, 8);
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  return word;
}

void store_word(char* at, std::uint64_t word) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(at, &word, 8);
  } else {
    for (std::size_t i = 0; i < 8; ++i) at[i] = static_cast<char>(word >> 8 * i);
  }
}

// MurmurHash64A (A. Appleby, "MurmurHash2, 64-bit versions", in the public domain), with the seed
// that Redis has: elements must come to the same registers.
std::uint64_t hash(Bytes element) noexcept {
  constexpr std::uint64_t kSeed = 0xadc83b19;
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  std::uint64_t state = kSeed ^ (element.size() * kMultiplier);
  const char* at = element.data();
  const char* const end = at + element.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = load_word(at) * kMultiplier;
    word ^= word >> kShift;
    state = (state ^ word * kMultiplier) * kMultiplier;
  }
  if (at != end) state = (state ^ load(at, static_cast<std::size_t>(end - at))) * kMultiplier;
  state = (state ^ state >> kShift) * kMultiplier;
  return state ^ state >> kShift;
}

}  // namespace

Form form_of(Bytes value) noexcept {
  if (value.size() < kHeaderBytes || std::memcmp(value.data(), kMagic, sizeof kMagic) != 0) {
    return Form::kNone;
  }
  if (value[kFormAt] == kSparseForm) return Form::kSparse;
  return value[kFormAt] == kDenseForm && value.size() == kDenseBytes ? Form::kDense : Form::kNone;
}

Bytes empty_value() noexcept {
  static constexpr char kEmpty[] = {'H', 'Y', 'L', 'L', kSparseForm, 0, 0, 0,    0,
                                    0,   0,   0,   0,   0,           0, 0, 0x7f, '\xff'};
  return {kEmpty, sizeof kEmpty};
}

Update update_of(Bytes element) noexcept {
  constexpr int kIndexBits = 14;
  const std::uint64_t bits = hash(element);
  // A one behind the last bit ends the longest run.
  const std::uint64_t rest = bits >> kIndexBits | std::uint64_t{1} << (64 - kIndexBits);
  return {static_cast<std::uint32_t>(bits % kRegisters),
          static_cast<std::uint32_t>(std::countr_zero(rest)) + 1};
}

std::optional<std::uint64_t> cached_count(Bytes value) noexcept {
  const std::uint64_t count = load(value.data() + kCountAt, 8);
  if (count >> 63 != 0) return std::nullopt;
  return count;
}

void cache_count(char* value, std::uint64_t count) noexcept {
  for (std::size_t i = 0; i < 8; ++i) value[kCountAt + i] = static_cast<char>(count >> 8 * i);
}

void forget_count(char* value) noexcept {
  value[kCountAt + 7] = static_cast<char>(static_cast<unsigned char>(value[kCountAt + 7]) | 0x80U);
}

std::uint32_t dense_register(Bytes value, std::size_t index) noexcept {
  const std::size_t bit = index * 6;
  const auto* at = reinterpret_cast<const unsigned char*>(value.data()) + kHeaderBytes + bit / 8;
  std::uint32_t bits = at[0];
  if (bit % 8 > 2) bits |= std::uint32_t{at[1]} << 8;
  return bits >> bit % 8 & 0x3f;
}

void set_dense_register(char* value, std::size_t index, std::uint32_t run) noexcept {
  const std::size_t bit = index * 6;
  auto* at = reinterpret_cast<unsigned char*>(value) + kHeaderBytes + bit / 8;
  const std::uint32_t mask = 0x3fU << bit % 8;
  const std::uint32_t bits = run << bit % 8;
  at[0] = static_cast<unsigned char>((at[0] & ~mask) | bits);
  if (bit % 8 > 2) at[1] = static_cast<unsigned char>((at[1] & ~(mask >> 8)) | bits >> 8);
}

bool merge(Registers& registers, Bytes value) noexcept {
  if (form_of(value) == Form::kDense) {
    visit_dense(value, [&](std::size_t first, std::uint64_t eight) {
      char* const at = reinterpret_cast<char*>(registers.data() + first);
      store_word(at, larger_of_each(load_word(at), eight));
    });
    return true;
  }
  std::size_t index = 0;
  const bool whole = visit_runs(value, [&](std::uint32_t run, std::uint32_t length, bool) {
    if (run > 0 && index + length <= kRegisters) {
      for (std::size_t i = index; i < index + length; ++i) {
        registers[i] = std::max(registers[i], static_cast<std::uint8_t>(run));
      }
    }
    index += length;
  });
  return whole && index == kRegisters;
}

bool to_dense(Bytes sparse, char* dense) noexcept {
  std::copy_n(sparse.data(), kHeaderBytes, dense);
  std::fill(dense + kHeaderBytes, dense + kDenseBytes, '\0');
  dense[kFormAt] = kDenseForm;
  std::size_t index = 0;
  const bool whole = visit_runs(sparse, [&](std::uint32_t run, std::uint32_t length, bool) {
    if (run > 0 && index + length <= kRegisters) {
      for (std::size_t i = index; i < index + length; ++i) set_dense_register(dense, i, run);
    }
    index += length;
  });
  return whole && index == kRegisters;
}

}  // namespace miniredis::types::hyper_log_log
