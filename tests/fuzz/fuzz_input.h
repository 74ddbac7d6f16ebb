// Decisions out of the fuzzer's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

namespace miniredis::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  // 0 when they are used up.
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }
  // `bound` up to 65,536.
  std::size_t below(std::size_t bound) {
    const std::size_t number = byte();
    return (bound > 256 ? number << 8 | byte() : number) % bound;
  }
  template <typename Choices>
  auto one_of(const Choices& choices) {
    return choices[byte() % std::size(choices)];
  }
  // A string of one of these sizes, all of one character.
  template <typename Sizes>
  std::string text(const Sizes& sizes) {
    const std::size_t size = one_of(sizes);
    return std::string(size, static_cast<char>(byte()));
  }
  // Texts of the sizes where lengths take more bytes and forms change.
  std::string text() {
    static constexpr std::size_t kSizes[] = {0,  1,   2,   3,   20,  63,    64,
                                             65, 253, 254, 255, 300, 66'000};
    const std::uint8_t kind = byte();
    if (kind % 2 == 0) return std::to_string(kind / 2 * 1000 + byte());
    return std::string(kSizes[kind / 2 % std::size(kSizes)], static_cast<char>(byte()));
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

inline void require(bool held) {
  if (!held) std::abort();
}

}  // namespace miniredis::fuzz
