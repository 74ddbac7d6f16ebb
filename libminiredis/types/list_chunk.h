// A run of list elements in one block that grows at both ends.
//
//   | links 16 | room 4 | begin 4 | end 4 | count 4 |  free  | item | item | ... |  free  |
//                                                     begin ^                end ^
//   item:  length prefix | bytes | the same length again, its bytes reversed
//
// The length stands on both sides (see types/packed.h for its form), so that a run can be walked
// from either end. Offsets count from the first byte behind the header.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "memory/account.h"
#include "types/packed.h"

namespace miniredis::types {

struct ListChunk {
  ListChunk* previous;
  ListChunk* next;
  std::uint32_t room;
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t count;

  static constexpr std::size_t item_bytes(std::size_t length) noexcept {
    return 2 * length_prefix::bytes(length) + length;
  }

  // An empty chunk with room for at least so many bytes of items; the whole block of its allocator
  // class is used. Throws std::bad_alloc.
  static ListChunk* make(memory::Account& account, std::size_t room);
  static void destroy(memory::Account& account, ListChunk* chunk) noexcept;

  std::size_t used() const noexcept { return end - begin; }
  std::size_t allocated_bytes() const noexcept { return sizeof(ListChunk) + room; }
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  // The item at an offset, and that offset moved behind it.
  Bytes next_item(std::uint32_t& offset) const noexcept {
    const char* at = data() + offset;
    const std::size_t length = length_prefix::take(at);
    offset += static_cast<std::uint32_t>(item_bytes(length));
    return {at, length};
  }
  // The item that ends at an offset, and that offset moved to its start.
  Bytes previous_item(std::uint32_t& offset) const noexcept {
    const std::size_t length = length_before(offset);
    offset -= static_cast<std::uint32_t>(item_bytes(length));
    return {data() + offset + length_prefix::bytes(length), length};
  }
  // Where the item at `index` < count begins; walks from the nearer end.
  std::uint32_t offset_of(std::size_t index) const noexcept;

  // Whether an item of this length fits at an end as the chunk is.
  bool fits_behind(std::size_t length) const noexcept { return room - end >= item_bytes(length); }
  bool fits_before(std::size_t length) const noexcept { return begin >= item_bytes(length); }
  // Only when they fit.
  void push_back(Bytes item) noexcept {
    write_item(data() + end, item);
    end += static_cast<std::uint32_t>(item_bytes(item.size()));
    ++count;
  }
  void push_front(Bytes item) noexcept {
    begin -= static_cast<std::uint32_t>(item_bytes(item.size()));
    write_item(data() + begin, item);
    ++count;
  }
  // Takes out the items in [from, to).
  void erase(std::uint32_t from, std::uint32_t to, std::uint32_t items) noexcept;
  // Puts an item at an offset; there is room for it behind the end.
  void insert(std::uint32_t offset, Bytes item) noexcept;
  // Moves all items to the front or to the back of the room.
  void move_items(std::uint32_t to) noexcept;
  // Adds copies of the items [from, to) of another chunk at the end; there is room.
  void append(const ListChunk& other, std::uint32_t from, std::uint32_t to,
              std::uint32_t items) noexcept;

 private:
  static void write_item(char* at, Bytes item) noexcept;
  std::size_t length_before(std::uint32_t offset) const noexcept;
};

}  // namespace miniredis::types
