// Different integers in ascending order, in one block: the small form of sets of numbers.
//
//   | count 4 | room 28 bits, width 4 bits | integer | integer | ...
//
// All integers have the same width, 2, 4 or 8 bytes: that of the widest one that has been added.
// Finding is a binary search; adding and erasing move what is behind. An IntegerSet is a pointer to
// such a block, null for none; it owns nothing by itself: whoever holds it must destroy() it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "memory/account.h"

namespace miniredis::types {

class IntegerSet {
 public:
  // No block grows beyond this; collections change their form before.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  IntegerSet() noexcept = default;
  explicit IntegerSet(void* block) noexcept : block_(static_cast<Block*>(block)) {}
  void* block() const noexcept { return block_; }

  std::size_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
  std::size_t allocated_bytes() const noexcept {
    return block_ == nullptr ? 0 : memory::block_size(sizeof(Block) + block_->room);
  }
  // Whether another integer may be added.
  bool has_room_for_one() const noexcept { return count() < kMostBytes / sizeof(std::int64_t); }

  // index < count()
  std::int64_t at(std::size_t index) const noexcept { return load(data(), block_->width, index); }
  // How many integers are below `value`: its index, if it is there.
  std::size_t lower_bound(std::int64_t value) const noexcept;
  // The same when that is likely not far behind `from`; all integers before `from` are below.
  std::size_t lower_bound_from(std::size_t from, std::int64_t value) const noexcept;
  bool contains(std::int64_t value) const noexcept {
    const std::size_t index = lower_bound(value);
    return index < count() && at(index) == value;
  }
  // In ascending order.
  template <typename Visit>
  void each(Visit&& visit) const {
    const std::size_t many = count();
    for (std::size_t i = 0; i < many; ++i) visit(at(i));
  }

  // Returns whether it is new. Throws std::bad_alloc, unchanged.
  bool add(memory::Account& account, std::int64_t value);
  // Returns whether it was there. The block goes with its last integer.
  bool erase(memory::Account& account, std::int64_t value) noexcept;

  IntegerSet clone(memory::Account& account) const;
  void destroy(memory::Account& account) noexcept;

 private:
  struct Block {
    std::uint32_t count;
    std::uint32_t room : 28;  // bytes for integers
    std::uint32_t width : 4;
  };
  static_assert(sizeof(Block) == 8);

  static unsigned width_of(std::int64_t value) noexcept {
    if (value == static_cast<std::int16_t>(value)) return 2;
    return value == static_cast<std::int32_t>(value) ? 4 : 8;
  }
  static std::int64_t load(const char* data, unsigned width, std::size_t index) noexcept {
    const auto as = [&](auto integer) -> std::int64_t {
      std::memcpy(&integer, data + index * sizeof integer, sizeof integer);
      return integer;
    };
    if (width == 2) return as(std::int16_t{});
    return width == 4 ? as(std::int32_t{}) : as(std::int64_t{});
  }
  static void store(char* data, unsigned width, std::size_t index, std::int64_t value) noexcept {
    // Little endian: the lower bytes come first.
    if (width == 2)
      std::memcpy(data + index * 2, &value, 2);
    else if (width == 4)
      std::memcpy(data + index * 4, &value, 4);
    else
      std::memcpy(data + index * 8, &value, 8);
  }
  template <typename Integer>
  std::size_t lower_bound_in(std::int64_t value) const noexcept;
  char* data() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
  static Block* make(memory::Account& account, unsigned width, std::size_t count);

  Block* block_ = nullptr;
};

}  // namespace miniredis::types
