// A run of stream entries in one block.
//
//   | base id 16 | room 4 | names_end 4 | begin 4 | end 4 | entries 4 | names 4 |
//   | name | name | ... |  free  | entry | entry | ...  |  free |
//              names_end ^  begin ^                 end ^
//   name:   length prefix | bytes                       (of types/packed.h)
//   entry:  length prefix of what follows | flags 1 | ms | seq | count | strings |
//           the length prefix again, its bytes reversed
//
// `base` is the id of the entry that the node was made for, and the names are that entry's. Of an
// entry's id what is more than the base's is stored: ms if it is another one, then seq, counted
// from the base's seq if the ms is the same. An entry that has the node's names stores its values
// alone; another one stores a count of pairs, and names and values in turn. Numbers are varints of
// 7 bits a byte, low bits first.
//
// The length on both sides lets a run be walked from either end, and an entry be passed without a
// look at it. Offsets count from the first byte behind the header.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "memory/account.h"
#include "types/packed.h"
#include "types/stream_id.h"

namespace miniredis::types {

// An entry as it lies in its node; valid until the stream changes.
struct StreamEntry {
  StreamId id;
  std::uint32_t pairs = 0;
  const char* names = nullptr;    // where the node's names stand; null: names are beside values
  const char* strings = nullptr;  // values, or names and values

  template <typename Visit>  // visit(Bytes name, Bytes value)
  void each_pair(Visit&& visit) const {
    const char* name_at = names;
    const char* at = strings;
    for (std::uint32_t i = 0; i < pairs; ++i) {
      const Bytes name = Packed::next(names == nullptr ? at : name_at);
      visit(name, Packed::next(at));
    }
  }
};

struct StreamNode {
  StreamId base;
  std::uint32_t room;
  std::uint32_t names_end;
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t entries;
  std::uint32_t names;

  // What an entry takes in a node, and whether it has its names.
  struct Shape {
    std::size_t payload;
    bool same_names;
    std::size_t total() const noexcept { return 2 * length_prefix::bytes(payload) + payload; }
  };
  // `words`: name, value, name, value ...
  using Words = std::span<const Bytes>;

  // A node without entries but with the names of this first one, and at least so much room for
  // entries: the whole block of its allocator class is used. Throws std::bad_alloc.
  static StreamNode* make(memory::Account& account, StreamId base, Words words,
                          std::size_t entries_room);
  static std::size_t names_bytes(Words words) noexcept;
  static void destroy(memory::Account& account, StreamNode* node) noexcept;
  // A copy with so much room for entries, at least what those that there are take.
  StreamNode* copy(memory::Account& account, std::size_t entries_room) const;

  std::size_t allocated_bytes() const noexcept { return sizeof(StreamNode) + room; }
  std::size_t used() const noexcept { return names_end + (end - begin); }
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  // Of the first entry of a node that is still to be made.
  static Shape first_shape(Words words) noexcept;
  Shape shape_of(StreamId id, Words words) const noexcept;
  // Adds an entry at the end; there is room.
  void append(StreamId id, Words words, Shape shape) noexcept;
  // Moves the entries to the front of the room.
  void close_gap() noexcept;

  // The entry that begins at an offset, and that offset moved behind it.
  StreamEntry next(std::uint32_t& offset) const noexcept {
    const char* at = data() + offset;
    const std::size_t payload = length_prefix::take(at);
    offset += entry_bytes(payload);
    return decode(at);
  }
  // The id alone.
  StreamId next_id(std::uint32_t& offset) const noexcept {
    const char* at = data() + offset;
    const std::size_t payload = length_prefix::take(at);
    offset += entry_bytes(payload);
    const auto flags = static_cast<unsigned char>(*at++);
    return take_id(flags, at);
  }
  // The entry that ends at an offset, and that offset moved to its begin.
  StreamEntry previous(std::uint32_t& offset) const noexcept {
    offset -= entry_bytes(length_before(offset));
    std::uint32_t forward = offset;
    return next(forward);
  }
  StreamId first_id() const noexcept {
    std::uint32_t offset = begin;
    return next_id(offset);
  }
  StreamId last_id() const noexcept {
    std::uint32_t offset = end;
    return previous(offset).id;
  }
  // Where the first entry begins whose id is not before `id`; the end when there is none.
  std::uint32_t ceiling(StreamId id) const noexcept;

  // Takes out the entry in [from, to).
  void erase(std::uint32_t from, std::uint32_t to) noexcept;

 private:
  static constexpr unsigned char kSameNames = 1;
  static constexpr unsigned char kSameMs = 2;  // as the base: no ms
  static constexpr unsigned char kNoSeq = 4;   // seq (or what it is more) is 0: no seq

  static std::uint32_t entry_bytes(std::size_t payload) noexcept {
    return static_cast<std::uint32_t>(2 * length_prefix::bytes(payload) + payload);
  }
  static std::uint64_t take_varint(const char*& at) noexcept {
    auto byte = static_cast<unsigned char>(*at++);
    if (byte < 0x80) [[likely]]
      return byte;
    std::uint64_t number = byte & 0x7f;
    for (unsigned shift = 7;; shift += 7) {
      byte = static_cast<unsigned char>(*at++);
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  }
  StreamId take_id(unsigned char flags, const char*& at) const noexcept {
    const bool same_ms = (flags & kSameMs) != 0;
    const std::uint64_t ms = same_ms ? 0 : take_varint(at);
    const std::uint64_t seq = (flags & kNoSeq) != 0 ? 0 : take_varint(at);
    return {base.ms + ms, same_ms ? base.seq + seq : seq};
  }
  StreamEntry decode(const char* at) const noexcept {
    const auto flags = static_cast<unsigned char>(*at++);
    StreamEntry entry;
    entry.id = take_id(flags, at);
    if ((flags & kSameNames) != 0) {
      entry.pairs = names;
      entry.names = data();
    } else {
      entry.pairs = static_cast<std::uint32_t>(take_varint(at));
    }
    entry.strings = at;
    return entry;
  }
  std::uint32_t length_before(std::uint32_t offset) const noexcept;
  bool has_names(Words words) const noexcept;
};
static_assert(sizeof(StreamNode) == 40);

}  // namespace miniredis::types
