// One segment of a Dictionary: a run of cache lines of slots, in one block of an allocator's class.
//
//   block:  [ pad 0..48 | header 16 | line 0 | line 1 | ... ]     lines are aligned to 64
//
// A block of T bytes (T a multiple of 64) holds T/64 - 1 lines wherever the allocator puts it.
// The line counts in kLineSteps are those that fill a class of the allocator to the end.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "memory/account.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace miniredis::types::segment {

inline constexpr unsigned kSlots = 8;
inline constexpr std::uint64_t kPointerMask = (std::uint64_t{1} << 48) - 1;
inline constexpr std::array<std::uint8_t, 23> kLineSteps = {
    1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 19, 23, 27, 31, 39, 47, 55, 63, 79, 95, 111, 127};
inline constexpr std::uint32_t kMaxLines = kLineSteps.back();

struct Header {
  std::uint16_t count;  // blocks
  std::uint8_t depth;   // bits of the prefix that all hashes in it share
  std::uint8_t pad;     // bytes before the header, over 16
  std::uint32_t unused;
};
inline constexpr std::size_t kHeaderBytes = 16;

struct View {
  std::uint64_t* first;
  std::uint32_t lines;
};

inline View view_of(std::uint64_t word) noexcept {
  return {reinterpret_cast<std::uint64_t*>(word & kPointerMask),
          static_cast<std::uint32_t>(word >> 48)};
}
inline Header& header(std::uint64_t word) noexcept {
  return *reinterpret_cast<Header*>((word & kPointerMask) - kHeaderBytes);
}

inline std::uint64_t tag_of(std::uint64_t hash) noexcept {
  return hash & 0xffff;
}
inline std::uint32_t home_line(std::uint64_t tag, std::uint32_t lines) noexcept {
  return static_cast<std::uint32_t>((tag * lines) >> 16);
}
// Full enough that another line step is due.
inline bool is_full(std::uint32_t count, std::uint32_t lines) noexcept {
  return count >= lines * 7;
}

inline bool has_empty(const std::uint64_t* slots) noexcept {
  bool empty = false;
  for (unsigned i = 0; i < kSlots; ++i) empty |= slots[i] == 0;
  return empty;
}

// Bit i: slot i is empty.
inline std::uint32_t empty_slots(const std::uint64_t* slots) noexcept {
  std::uint32_t empty = 0;
#ifdef __SSE2__
  const __m128i zero = _mm_setzero_si128();
  // A slot is empty when both its words are: those of two slots at a time, side by side.
  const auto empty_of = [zero](const std::uint64_t* two) {
    const __m128i words =
        _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(two)), zero);
    return _mm_and_si128(words, _mm_shuffle_epi32(words, _MM_SHUFFLE(2, 3, 0, 1)));
  };
  const __m128i low = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(empty_of(slots)),
                                                      _mm_castsi128_ps(empty_of(slots + 2)),
                                                      _MM_SHUFFLE(2, 0, 2, 0)));
  const __m128i high = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(empty_of(slots + 4)),
                                                       _mm_castsi128_ps(empty_of(slots + 6)),
                                                       _MM_SHUFFLE(2, 0, 2, 0)));
  const __m128i all = _mm_packs_epi16(_mm_packs_epi32(low, high), zero);
  empty = static_cast<std::uint32_t>(_mm_movemask_epi8(all)) & 0xff;
#else
  for (unsigned i = 0; i < kSlots; ++i) empty |= static_cast<std::uint32_t>(slots[i] == 0) << i;
#endif
  return empty;
}

// What a look-up wants to know of a line.
struct LineView {
  std::uint32_t matches;  // bit i: slot i has the tag and is not empty
  bool has_empty;
};
inline LineView look_at(const std::uint64_t* slots, std::uint64_t tag) noexcept {
  std::uint32_t matches = 0;
  std::uint32_t zeros = 0;  // slots with tag 0: nearly always the empty ones
#ifdef __SSE2__
  // The tags are the upper halves of the slots' upper words: gather those, then compare all eight.
  const auto tags_of = [](const std::uint64_t* four) {
    const __m128 a = _mm_loadu_ps(reinterpret_cast<const float*>(four));
    const __m128 b = _mm_loadu_ps(reinterpret_cast<const float*>(four + 2));
    return _mm_srai_epi32(_mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1))), 16);
  };
  const __m128i tags = _mm_packs_epi32(tags_of(slots), tags_of(slots + 4));
  const __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16(static_cast<short>(tag)));
  const __m128i zero = _mm_cmpeq_epi16(tags, _mm_setzero_si128());
  const auto both = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal, zero)));
  matches = both & 0xff;
  zeros = both >> 8;
#else
  for (unsigned i = 0; i < kSlots; ++i) {
    matches |= static_cast<std::uint32_t>((slots[i] >> 48) == tag) << i;
    zeros |= static_cast<std::uint32_t>((slots[i] >> 48) == 0) << i;
  }
#endif
  if (zeros == 0) return {matches, false};
  if (tag == 0) [[unlikely]] {
    for (unsigned i = 0; i < kSlots; ++i) {
      if (slots[i] == 0) matches &= ~(1U << i);
    }
  }
  if (slots[std::countr_zero(zeros)] == 0) [[likely]]
    return {matches, true};
  return {matches, has_empty(slots)};
}
inline std::uint32_t match_tags(const std::uint64_t* slots, std::uint64_t tag) noexcept {
  return look_at(slots, tag).matches;
}

// An empty segment as a directory word. Throws std::bad_alloc.
std::uint64_t create(memory::Account& account, std::uint32_t lines, unsigned depth);
void destroy(memory::Account& account, std::uint64_t word) noexcept;
inline std::size_t bytes(std::uint64_t word) noexcept {
  return (std::size_t{view_of(word).lines} + 1) * 64;
}

// Puts a slot's content at or after its home. There is room.
void place(std::uint64_t word, std::uint64_t slot) noexcept;
// Moves every slot of `from` into `to`, which has room.
void move_all(std::uint64_t from, std::uint64_t to) noexcept;
// Empties `slot` and closes the gap.
void erase(std::uint64_t word, std::uint64_t* slot) noexcept;

// Smallest step with room for `count` blocks and some more; kMaxLines at most.
std::uint32_t lines_for(std::uint32_t count) noexcept;
// Smallest step that takes `count` blocks before another is due; kMaxLines at most.
std::uint32_t least_lines_for(std::uint32_t count) noexcept;
// The next larger step; 0 when `lines` is the largest.
std::uint32_t next_lines(std::uint32_t lines) noexcept;

}  // namespace miniredis::types::segment
