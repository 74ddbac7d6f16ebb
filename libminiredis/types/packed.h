// A short run of byte strings in one block: the small form of hashes, sets and sorted sets.
//
//   | room 4 | used 4 | count 4 | item | item | ...
//   item:  length 1, 3 or 5 bytes; bytes        (a length below 254 is itself; 254 and 255 are
//                                                followed by 2 and 4 bytes, little endian)
//
// Reading is walking from the front: right for some hundred items, which lie in a few cache lines.
// A Packed is a pointer to such a block, null for none; it owns nothing by itself: whoever holds it
// must destroy() it. Views and positions are valid until the next change.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "base/bytes.h"
#include "memory/account.h"

namespace miniredis::types {

namespace length_prefix {

inline constexpr std::size_t kMost = 5;

constexpr std::size_t bytes(std::size_t length) noexcept {
  if (length < 254) return 1;
  return length <= 0xffff ? 3 : 5;
}
// Returns where the item's bytes go.
inline char* put(char* at, std::size_t length) noexcept {
  if (length < 254) {
    *at = static_cast<char>(length);
    return at + 1;
  }
  if (length <= 0xffff) {
    *at = static_cast<char>(254);
    const auto n = static_cast<std::uint16_t>(length);
    std::memcpy(at + 1, &n, sizeof n);
    return at + 3;
  }
  *at = static_cast<char>(255);
  const auto n = static_cast<std::uint32_t>(length);
  std::memcpy(at + 1, &n, sizeof n);
  return at + 5;
}
// Moves `at` to the item's bytes.
inline std::size_t take(const char*& at) noexcept {
  const auto first = static_cast<unsigned char>(*at);
  if (first < 254) [[likely]] {
    ++at;
    return first;
  }
  if (first == 254) {
    std::uint16_t n = 0;
    std::memcpy(&n, at + 1, sizeof n);
    at += 3;
    return n;
  }
  std::uint32_t n = 0;
  std::memcpy(&n, at + 1, sizeof n);
  at += 5;
  return n;
}

}  // namespace length_prefix

class Packed {
 public:
  // No block grows beyond this; collections change their form before.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  Packed() noexcept = default;
  explicit Packed(void* block) noexcept : block_(static_cast<Block*>(block)) {}
  void* block() const noexcept { return block_; }

  std::size_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
  bool empty() const noexcept { return count() == 0; }
  std::size_t used() const noexcept { return block_ == nullptr ? 0 : block_->used; }
  std::size_t allocated_bytes() const noexcept {
    return block_ == nullptr ? 0 : memory::block_size(sizeof(Block) + block_->room);
  }

  // Walking: for (const char* at = begin(); at != end();) { const Bytes item = next(at); ... }
  const char* begin() const noexcept { return block_ == nullptr ? nullptr : data(); }
  const char* end() const noexcept { return block_ == nullptr ? nullptr : data() + block_->used; }
  static Bytes next(const char*& at) noexcept {
    const std::size_t length = length_prefix::take(at);
    const Bytes item(at, length);
    at += length;
    return item;
  }
  static void skip(const char*& at) noexcept {
    const std::size_t length = length_prefix::take(at);
    at += length;
  }
  // Where the item at `index` begins; end() when there are not as many. O(index).
  const char* at(std::size_t index) const noexcept;

  // Bytes that an item of this length takes.
  static constexpr std::size_t item_bytes(std::size_t length) noexcept {
    return length_prefix::bytes(length) + length;
  }

  // Puts `items` in place of the `old_count` items in [from, to). The items must not lie in this
  // block. Returns where the first of them begins. Throws std::bad_alloc, unchanged.
  const char* splice(memory::Account& account, const char* from, const char* to,
                     std::size_t old_count, std::initializer_list<Bytes> items);
  void append(memory::Account& account, std::initializer_list<Bytes> items) {
    splice(account, end(), end(), 0, items);
  }
  // Takes the items in [from, to) out; the block shrinks when much of it is unused, and goes with
  // its last item. Returns where the item behind them is now.
  const char* erase(memory::Account& account, const char* from, const char* to,
                    std::size_t count) noexcept;
  // Makes room for so many bytes of items, lest appending many allocates often. Throws
  // std::bad_alloc.
  void reserve(memory::Account& account, std::size_t bytes);

  Packed clone(memory::Account& account) const;
  void destroy(memory::Account& account) noexcept;

 private:
  struct Block {
    std::uint32_t room;  // bytes for items
    std::uint32_t used;
    std::uint32_t count;
  };
  char* data() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
  static Block* make(memory::Account& account, std::size_t bytes);
  void move_to(memory::Account& account, std::size_t bytes);

  Block* block_ = nullptr;
};

}  // namespace miniredis::types
