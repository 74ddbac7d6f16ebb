#include <algorithm>
#include <cstring>

#include "types/hyper_log_log.h"

namespace miniredis::types::hyper_log_log {
namespace {

constexpr std::uint32_t kMaxValue = 32;
constexpr std::uint32_t kMaxValueLength = 4;
constexpr std::uint32_t kMaxShortZeros = 64;

bool is_value(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0x80U) != 0;
}
std::uint32_t value_of(char byte) noexcept {
  return (static_cast<unsigned char>(byte) >> 2 & 0x1fU) + 1;
}
std::uint32_t length_of(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 3U) + 1;
}
bool is_long_zeros(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x40;
}
char value_run(std::uint32_t value, std::uint32_t length) noexcept {
  return static_cast<char>(0x80U | (value - 1) << 2 | (length - 1));
}

// The runs that take the place of one: no more than zeros, a value, zeros.
class Runs {
 public:
  void add_value(std::uint32_t value, std::uint32_t length) noexcept {
    bytes_[size_++] = value_run(value, length);
  }
  void add_zeros(std::uint32_t length) noexcept {
    if (length > kMaxShortZeros) {
      bytes_[size_++] = static_cast<char>(0x40U | (length - 1) >> 8);
      bytes_[size_++] = static_cast<char>((length - 1) & 0xffU);
    } else {
      bytes_[size_++] = static_cast<char>(length - 1);
    }
  }
  // Nothing for a length of 0.
  void add(std::uint32_t value, std::uint32_t length) noexcept {
    if (length == 0) return;
    if (value == 0)
      add_zeros(length);
    else
      add_value(value, length);
  }
  const char* data() const noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return size_; }

 private:
  std::array<char, 5> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

Sparse::Sparse(Bytes value) noexcept : size_(std::min(value.size(), kMaxSparseBytes)) {
  std::copy_n(value.data(), size_, bytes_.data());
}

std::optional<Sparse::Run> Sparse::run_with(std::uint32_t index) noexcept {
  const Run start{.at = kHeaderBytes, .before = kHeaderBytes};
  Run run = index < earlier_.first ? start : earlier_;
  Run passed = start;
  while (run.at < size_) {
    const char byte = bytes_[run.at];
    run.bytes = 1;
    run.value = 0;
    if (is_value(byte)) {
      run.length = length_of(byte);
      run.value = value_of(byte);
    } else if (!is_long_zeros(byte)) {
      run.length = static_cast<std::uint32_t>(byte) + 1;
    } else {
      if (run.at + 1 == size_) return std::nullopt;
      run.bytes = 2;
      run.length = ((static_cast<unsigned char>(byte) & 0x3fU) << 8 |
                    static_cast<unsigned char>(bytes_[run.at + 1])) +
                   1;
    }
    if (index - run.first < run.length) {
      // A change reaches back to the run before this one, which stays where it begins.
      earlier_ = passed;
      return run;
    }
    passed = run;
    run.before = run.at;
    run.at += run.bytes;
    run.first += run.length;
  }
  return std::nullopt;
}

Sparse::Outcome Sparse::raise(const Update& update, std::uint64_t most) noexcept {
  if (update.run > kMaxValue) return Outcome::kTooLarge;
  const auto run = run_with(update.index);
  if (!run) return Outcome::kCorrupt;
  if (run->value >= update.run) return Outcome::kSame;
  const std::uint32_t left = update.index - run->first;
  Runs runs;
  runs.add(run->value, left);
  runs.add_value(update.run, 1);
  runs.add(run->value, run->length - left - 1);
  // A run of two bytes that was not needed may become shorter.
  const std::size_t grown = size_ - run->bytes + runs.size();
  if (grown > size_ && grown > most) return Outcome::kTooLarge;
  if (grown > kMaxSparseBytes) return Outcome::kCorrupt;
  const std::size_t behind = run->at + run->bytes;
  std::memmove(bytes_.data() + run->at + runs.size(), bytes_.data() + behind, size_ - behind);
  std::copy_n(runs.data(), runs.size(), bytes_.data() + run->at);
  size_ = grown;
  join_values(run->before);
  return Outcome::kRaised;
}

// Joins values that are the same, in the five runs from this one on: Redis looks no further, and
// the bytes must be the same.
void Sparse::join_values(std::size_t at) noexcept {
  for (int left = 5; at < size_ && left > 0; --left) {
    const char byte = bytes_[at];
    if (is_long_zeros(byte)) {
      at += 2;
      continue;
    }
    const bool joins = is_value(byte) && at + 1 < size_ && is_value(bytes_[at + 1]) &&
                       value_of(byte) == value_of(bytes_[at + 1]) &&
                       length_of(byte) + length_of(bytes_[at + 1]) <= kMaxValueLength;
    if (!joins) {
      ++at;
      continue;
    }
    bytes_[at + 1] = value_run(value_of(byte), length_of(byte) + length_of(bytes_[at + 1]));
    std::memmove(bytes_.data() + at, bytes_.data() + at + 1, size_ - at - 1);
    --size_;
  }
}

}  // namespace miniredis::types::hyper_log_log
