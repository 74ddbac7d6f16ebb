// Integers in ascending order in one block: the smallest form of a set.
//
//   | room 4 | count 4 | width 1 | pad 7 | n[0] | n[1] | ...      each `width` bytes: 2, 4 or 8
//
// The width is that of the widest member that ever came; it does not shrink. An IntegerSet is a
// pointer to such a block, null for none; it owns nothing by itself: whoever holds it must
// destroy() it.
#pragma once

#include <cstdint>

#include "memory/account.h"

namespace miniredis::types {

class IntegerSet {
 public:
  IntegerSet() noexcept = default;
  explicit IntegerSet(void* block) noexcept : block_(static_cast<Block*>(block)) {}
  void* block() const noexcept { return block_; }

  std::size_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
  std::size_t allocated_bytes() const noexcept {
    return block_ == nullptr ? 0 : sizeof(Block) + block_->room;
  }
  std::int64_t at(std::size_t index) const noexcept;
  bool contains(std::int64_t n) const noexcept;
  // Returns whether it is new. Throws std::bad_alloc, unchanged.
  bool add(memory::Account& account, std::int64_t n);
  bool erase(memory::Account& account, std::int64_t n) noexcept;

  IntegerSet clone(memory::Account& account) const;
  void destroy(memory::Account& account) noexcept;

 private:
  struct Block {
    std::uint32_t room;  // bytes for members
    std::uint32_t count;
    std::uint8_t width;
    std::uint8_t unused[7];
  };
  static std::uint8_t width_of(std::int64_t n) noexcept;
  static Block* make(memory::Account& account, std::size_t members, std::uint8_t width);
  char* data() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
  void put(std::size_t index, std::int64_t n) noexcept;
  // Index of the first member that is not below n.
  std::size_t lower_bound(std::int64_t n) const noexcept;
  // The same members in a block of another size or width.
  void move_to(memory::Account& account, std::size_t members, std::uint8_t width);

  Block* block_ = nullptr;
};

}  // namespace miniredis::types
