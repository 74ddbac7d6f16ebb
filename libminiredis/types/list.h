// A list: elements in order, cheap at both ends.
//
//   kPacked   one ListChunk of up to Limits::list_max_packed_size ("listpack")
//   kChunks   a chain of chunks, linked both ways ("quicklist")
//
// A chunk is as large as Limits::list_max_packed_size says (8 KiB by default) once it is full; an
// element that is larger has a chunk of its own. Pushing and popping at either end are O(1); an
// index is found from the nearer end, chunk by chunk. A list becomes packed again when it has
// shrunk to half of a chunk.
//
// Arguments must not be views into the same list; views that are returned are valid until the next
// change.
#pragma once

#include <optional>

#include "types/list_chunk.h"
#include "types/object.h"

namespace miniredis::types {

class List {
 public:
  static constexpr Type kType = Type::kList;
  enum Form : std::uint16_t { kPacked, kChunks };
  enum class End : std::uint8_t { kFront, kBack };

  // An element: valid until the next change.
  struct Position {
    ListChunk* chunk = nullptr;  // null: behind the last, or before the first
    std::uint32_t offset = 0;
    explicit operator bool() const noexcept { return chunk != nullptr; }
  };

  List(const Environment& environment, Object object) noexcept;
  Object object() const noexcept;

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

  // Throws std::bad_alloc, unchanged.
  void push(End end, Bytes element);
  // Only when not empty.
  Bytes peek(End end) const noexcept;
  void pop(End end) noexcept;

  // The element at `index` < size().
  Position at(std::size_t index) const noexcept;
  static Bytes read(const Position& position) noexcept;
  // The element behind it (or, walking to the front, before it).
  static void step(Position& position, End to) noexcept;
  Position first(End from) const noexcept;

  // Puts another element in its place. Throws std::bad_alloc, unchanged.
  void replace(const Position& position, Bytes element);
  void insert_before(const Position& position, Bytes element);
  void insert_behind(const Position& position, Bytes element);
  // Takes it out and returns the one behind it.
  Position erase(const Position& position) noexcept;
  // Takes out `count` elements from `index` on, as many as there are.
  void erase_range(std::size_t index, std::size_t count) noexcept;

  // Visits `count` elements from `index` on, or towards the front.
  template <typename Visit>  // visit(Bytes)
  void each(std::size_t index, std::size_t count, Visit&& visit, End to = End::kBack) const {
    if (count == 0) return;
    for (Position position = at(index); count > 0; --count) {
      visit(read(position));
      step(position, to);
    }
  }

  static std::size_t size_of(Object object) noexcept;
  static const char* encoding_of(Object object) noexcept;
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples);
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  struct Chain {
    ListChunk* head;
    ListChunk* tail;
    std::size_t count;
  };

  std::size_t most_room() const noexcept;
  bool may_hold(const ListChunk& chunk, std::size_t length) const noexcept;
  void make_chain();
  void drop_chain_if_small() noexcept;
  void link_behind(ListChunk* chunk, ListChunk* fresh) noexcept;
  void unlink(ListChunk* chunk) noexcept;
  // The same items in a chunk of another size, in place of `chunk`; those are at its front, or at
  // its back if it is to grow there.
  ListChunk* resize(ListChunk* chunk, std::size_t room, End grows);
  ListChunk* room_at(End end, std::size_t length);
  void add_chunk(End end, ListChunk* fresh);
  // Splits a chunk at an offset within it into two.
  void split(ListChunk* chunk, std::uint32_t offset, std::uint32_t items_before);
  Position insert(ListChunk* chunk, std::uint32_t offset, Bytes element);
  // After elements have gone from a chunk: joins the next one to it if both are small, and shrinks
  // it. Returns the chunk with its items, in the same order from its begin.
  ListChunk* tidy(ListChunk* chunk) noexcept;
  ListChunk* shrink(ListChunk* chunk) noexcept;

  const Environment& environment_;
  ListChunk* head_ = nullptr;
  ListChunk* tail_ = nullptr;
  std::size_t count_ = 0;
  Chain* chain_ = nullptr;  // kChunks
};

}  // namespace miniredis::types
