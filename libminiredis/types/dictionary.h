// A set of pointers to blocks that carry their own key: the table under every keyspace.
//
// Source of the scheme: extendible hashing (Fagin et al., "Extendible hashing: a fast access method
// for dynamic files", 1979) with small open-addressing segments.
//
//   hash (64 bits)   [ prefix: picks the segment | ................ | tag: low 16 bits ]
//   directory        2^depth words; a word is a segment's lines (48 bits) and their count (16 bits)
//   segment          1..127 cache lines, each of eight slots
//   slot             8 bytes: tag (16 bits) and pointer (48 bits); 0 is empty
//
// A block's home line follows from its tag alone, so a segment grows and shrinks in about 20 %
// steps without looking at a single block; only when a segment is full is it split in two, which
// reads its at most ~890 blocks. That bounds the pause of any insertion; nothing is ever rehashed
// as a whole. A lookup touches one directory word and, nearly always, one line, then the block
// itself.
//
// Lines are probed linearly. A line with an empty slot ends the probe, so erasing from a full line
// moves displaced blocks back: there are no tombstones.
//
// Policy gives `static std::uint64_t hash(const Block&, const base::HashKey&)`.
// Owned: lines and directory, through the account. Not owned: the blocks.
// Threads: one at a time. References and slots are valid until the next insert or erase.
#pragma once

#include <bit>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "base/hash.h"
#include "base/prefetch.h"
#include "base/rng.h"
#include "memory/account.h"
#include "types/segment.h"

namespace miniredis::types {

template <typename Block, typename Policy>
class Dictionary {
 public:
  using Slot = std::uint64_t;

  Dictionary(memory::Account& account, const base::HashKey& key) noexcept
      : account_(&account), key_(&key) {}
  ~Dictionary() { clear(); }
  Dictionary(Dictionary&& other) noexcept
      : account_(other.account_),
        key_(other.key_),
        directory_(std::exchange(other.directory_, nullptr)),
        only_(std::exchange(other.only_, 0)),
        size_(std::exchange(other.size_, 0)),
        depth_(std::exchange(other.depth_, 0)) {}
  Dictionary& operator=(Dictionary&&) = delete;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // Bytes of lines and directory. O(segments).
  std::size_t table_bytes() const noexcept;

  static Block* block_in(Slot slot) noexcept {
    return reinterpret_cast<Block*>(slot & segment::kPointerMask);
  }

  // The slot of the block of this hash for which `same(block)` holds; null when there is none.
  template <typename Same>
  Slot* find(std::uint64_t hash, Same&& same) const noexcept {
    if (size_ == 0) return nullptr;
    const segment::View view = segment::view_of(word_for(hash));
    const std::uint64_t tag = segment::tag_of(hash);
    std::uint32_t line = segment::home_line(tag, view.lines);
    for (std::uint32_t probed = 0; probed < view.lines; ++probed) {
      Slot* slots = view.first + std::size_t{line} * segment::kSlots;
      auto [matches, has_empty] = segment::look_at(slots, tag);
      while (matches != 0) {
        Slot* slot = slots + std::countr_zero(matches);
        if (same(*block_in(*slot))) return slot;
        matches &= matches - 1;
      }
      if (has_empty) return nullptr;
      if (++line == view.lines) line = 0;
    }
    return nullptr;
  }

  // Asks the processor to fetch the line that `find` will read first.
  void prefetch(std::uint64_t hash) const noexcept {
    if (size_ == 0) return;
    const segment::View view = segment::view_of(word_for(hash));
    base::prefetch(view.first + std::size_t{segment::home_line(segment::tag_of(hash), view.lines)} *
                                    segment::kSlots);
  }

  // The same for the block that stands in that line, if one has the hash's tag: for its first kSpan
  // bytes, which may lie in two lines.
  static constexpr std::size_t kSpan = 48;
  void prefetch_block(std::uint64_t hash) const noexcept {
    if (size_ == 0) return;
    const segment::View view = segment::view_of(word_for(hash));
    const std::uint64_t tag = segment::tag_of(hash);
    const Slot* slots =
        view.first + std::size_t{segment::home_line(tag, view.lines)} * segment::kSlots;
    const std::uint32_t matches = segment::match_tags(slots, tag);
    if (matches == 0) return;
    const Block* block = block_in(slots[std::countr_zero(matches)]);
    base::prefetch(block);
    base::prefetch(reinterpret_cast<const char*>(block) + kSpan);
  }

  // Makes an empty table as large as `count` blocks need, so that it need not grow in steps; no
  // larger than for kMostReserved, which bounds the pause. To be called before the first insert.
  // Throws std::bad_alloc and is then unchanged.
  static constexpr std::size_t kMostReserved = 16384;
  void reserve(std::size_t count);

  // Adds a block whose key is not in the table yet. Throws std::bad_alloc and is then unchanged.
  void insert(std::uint64_t hash, Block* block);
  // Puts another block with the same key into the slot.
  static void replace(Slot* slot, Block* block) noexcept {
    *slot = (*slot & ~segment::kPointerMask) | reinterpret_cast<std::uintptr_t>(block);
  }
  // Empties the slot. The block is the caller's. Never throws; table memory shrinks step by step.
  void erase(Slot* slot, std::uint64_t hash) noexcept;

  // Visits each block at least once in a walk that starts and ends with cursor 0, if it is there
  // from the walk's start to its end, however the table changes in between. One call visits the
  // blocks of a narrow window of tags, about eight of them. Returns the next cursor.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const;

  // Visits every block once, in table order; nothing may change meanwhile.
  template <typename Visit>
  void each(Visit&& visit) const;
  // A block chosen with equal chances; null when empty.
  Block* random(base::Rng& rng) const noexcept;
  // Up to `count` blocks that lie side by side at a random place: cheap, for sampling only.
  template <typename Visit>
  void sample(base::Rng& rng, std::size_t count, Visit&& visit) const;

  // Takes out up to `count` blocks in table order, giving each to `take`, and frees the table when
  // the last one is out. For tearing a table down in slices: start with position 0, hand the result
  // to the next call, call nothing else but empty() and the destructor in between.
  template <typename Take>
  std::size_t take_some(std::size_t position, std::size_t count, Take&& take) noexcept;

  // Frees lines and directory, not the blocks.
  void clear() noexcept;

 private:
  std::uint64_t* words() const noexcept {
    return depth_ == 0 ? const_cast<std::uint64_t*>(&only_) : directory_;
  }
  std::size_t word_index(std::uint64_t hash) const noexcept {
    return depth_ == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - depth_));
  }
  std::uint64_t word_for(std::uint64_t hash) const noexcept { return words()[word_index(hash)]; }
  // Words first..first+count-1 that name the segment at `index`.
  std::pair<std::size_t, std::size_t> span_of(std::size_t index) const noexcept {
    const unsigned shared = depth_ - segment::header(words()[index]).depth;
    return {(index >> shared) << shared, std::size_t{1} << shared};
  }
  void point_to(std::size_t index, std::uint64_t word) noexcept;
  void resize(std::size_t index, std::uint32_t lines);
  void split(std::size_t index);
  void merge_if_small(std::size_t index) noexcept;
  void double_directory();
  void halve_directory_if_possible() noexcept;
  template <typename Visit>
  void visit_window(std::uint64_t word, std::uint32_t from, std::uint32_t to, Visit&& visit) const;

  memory::Account* account_;
  const base::HashKey* key_;
  std::uint64_t* directory_ = nullptr;  // 2^depth_ words when depth_ > 0
  std::uint64_t only_ = 0;              // the word when depth_ == 0
  std::size_t size_ = 0;
  unsigned depth_ = 0;
};

}  // namespace miniredis::types

#include "types/dictionary_inl.h"  // IWYU pragma: export
