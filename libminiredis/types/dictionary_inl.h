// Bodies of types/dictionary.h; include that.
#pragma once

#include "types/dictionary.h"  // IWYU pragma: keep

namespace miniredis::types {

template <typename Block, typename Policy>
std::size_t Dictionary<Block, Policy>::table_bytes() const noexcept {
  if (only_ == 0 && directory_ == nullptr) return 0;
  std::size_t total = 0;
  const std::size_t count = std::size_t{1} << depth_;
  for (std::size_t i = 0; i < count; i += span_of(i).second) {
    total += memory::block_size(segment::bytes(words()[i]));
  }
  return total + (depth_ == 0 ? 0 : memory::block_size(count * sizeof(std::uint64_t)));
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::reserve(std::size_t count) {
  count = count < kMostReserved ? count : kMostReserved;
  if (count == 0 || only_ != 0 || directory_ != nullptr) return;
  constexpr std::size_t kMostInOne = std::size_t{segment::kMaxLines} * 7;
  if (count <= kMostInOne) {
    only_ =
        segment::create(*account_, segment::least_lines_for(static_cast<std::uint32_t>(count)), 0);
    return;
  }
  // Hashes do not divide evenly: each segment gets some more.
  const auto depth = static_cast<unsigned>(std::bit_width((count - 1) / (kMostInOne * 6 / 7)));
  const std::size_t words = std::size_t{1} << depth;
  const auto each = static_cast<std::uint32_t>(count >> depth);
  auto* directory = static_cast<std::uint64_t*>(account_->allocate(words * sizeof(std::uint64_t)));
  std::size_t made = 0;
  try {
    for (; made < words; ++made) {
      directory[made] = segment::create(*account_, segment::lines_for(each), depth);
    }
  } catch (const std::bad_alloc&) {
    while (made > 0) segment::destroy(*account_, directory[--made]);
    account_->release(directory, words * sizeof(std::uint64_t));
    throw;
  }
  directory_ = directory;
  depth_ = depth;
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::insert(std::uint64_t hash, Block* block) {
  if (depth_ == 0 && only_ == 0) only_ = segment::create(*account_, 1, 0);
  std::size_t index = word_index(hash);
  while (segment::is_full(segment::header(words()[index]).count,
                          segment::view_of(words()[index]).lines)) {
    const std::uint32_t larger = segment::next_lines(segment::view_of(words()[index]).lines);
    if (larger != 0) {
      resize(index, larger);
    } else {
      split(index);
      index = word_index(hash);
    }
  }
  segment::place(words()[index],
                 segment::tag_of(hash) << 48 | reinterpret_cast<std::uintptr_t>(block));
  ++size_;
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::erase(Slot* slot, std::uint64_t hash) noexcept {
  const std::size_t index = word_index(hash);
  segment::erase(words()[index], slot);
  --size_;
  if (size_ == 0) {
    clear();
    return;
  }
  const std::uint32_t lines = segment::view_of(words()[index]).lines;
  const std::uint32_t count = segment::header(words()[index]).count;
  if (lines > 1 && count < lines * 2) {
    // Smaller lines or none at all are a saving, not a need: without memory for them all stays.
    try {
      resize(index, segment::lines_for(count));
    } catch (const std::bad_alloc&) {
      return;
    }
    merge_if_small(index);
  }
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::point_to(std::size_t index, std::uint64_t word) noexcept {
  const auto [first, count] = span_of(index);
  for (std::size_t i = first; i < first + count; ++i) words()[i] = word;
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::resize(std::size_t index, std::uint32_t lines) {
  const std::uint64_t old = words()[index];
  const std::uint64_t fresh = segment::create(*account_, lines, segment::header(old).depth);
  segment::move_all(old, fresh);
  point_to(index, fresh);
  segment::destroy(*account_, old);
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::split(std::size_t index) {
  if (segment::header(words()[index]).depth == depth_) {
    double_directory();
    index *= 2;
  }
  const std::uint64_t old = words()[index];
  const unsigned depth = segment::header(old).depth + 1U;
  const auto [first, count] = span_of(index);
  const segment::View view = segment::view_of(old);
  const std::size_t slots = std::size_t{view.lines} * segment::kSlots;

  for (std::size_t i = 0; i < slots; ++i) {
    if (view.first[i] != 0) base::prefetch(block_in(view.first[i]));
  }
  std::bitset<std::size_t{segment::kMaxLines} * segment::kSlots> upper;
  for (std::size_t i = 0; i < slots; ++i) {
    if (view.first[i] == 0) continue;
    upper[i] = (Policy::hash(*block_in(view.first[i]), *key_) >> (64 - depth) & 1) != 0;
  }
  const auto in_upper = static_cast<std::uint32_t>(upper.count());
  const std::uint32_t in_lower = segment::header(old).count - in_upper;
  std::uint64_t halves[2] = {segment::create(*account_, segment::lines_for(in_lower), depth), 0};
  try {
    halves[1] = segment::create(*account_, segment::lines_for(in_upper), depth);
  } catch (const std::bad_alloc&) {
    segment::destroy(*account_, halves[0]);
    throw;
  }
  for (std::size_t i = 0; i < slots; ++i) {
    if (view.first[i] != 0) segment::place(halves[upper[i] ? 1 : 0], view.first[i]);
  }
  for (std::size_t i = 0; i < count; ++i) words()[first + i] = halves[i >= count / 2 ? 1 : 0];
  segment::destroy(*account_, old);
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::merge_if_small(std::size_t index) noexcept {
  const unsigned depth = segment::header(words()[index]).depth;
  if (depth == 0) return;
  const auto [first, count] = span_of(index);
  const std::size_t buddy = first ^ count;
  const std::uint64_t a = words()[first];
  const std::uint64_t b = words()[buddy];
  const std::uint32_t total = segment::header(a).count + segment::header(b).count;
  if (segment::header(b).depth != depth || total > segment::kMaxLines * 2) return;
  try {
    const std::uint64_t both = segment::create(*account_, segment::lines_for(total), depth - 1);
    segment::move_all(a, both);
    segment::move_all(b, both);
    const std::size_t start = first < buddy ? first : buddy;
    for (std::size_t i = start; i < start + 2 * count; ++i) words()[i] = both;
    segment::destroy(*account_, a);
    segment::destroy(*account_, b);
  } catch (const std::bad_alloc&) {
    return;
  }
  if (count == 1) halve_directory_if_possible();
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::double_directory() {
  const std::size_t count = std::size_t{1} << depth_;
  auto* larger = static_cast<std::uint64_t*>(account_->allocate(2 * count * sizeof(std::uint64_t)));
  for (std::size_t i = 0; i < count; ++i) larger[2 * i] = larger[2 * i + 1] = words()[i];
  if (depth_ > 0) account_->release(directory_, count * sizeof(std::uint64_t));
  directory_ = larger;
  only_ = 0;
  ++depth_;
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::halve_directory_if_possible() noexcept {
  const std::size_t count = std::size_t{1} << depth_;
  for (std::size_t i = 0; i < count; i += 2) {
    if (directory_[i] != directory_[i + 1]) return;
  }
  try {
    std::uint64_t* smaller = nullptr;
    if (depth_ > 1) {
      smaller = static_cast<std::uint64_t*>(account_->allocate(count / 2 * sizeof(std::uint64_t)));
      for (std::size_t i = 0; i < count / 2; ++i) smaller[i] = directory_[2 * i];
    } else {
      only_ = directory_[0];
    }
    account_->release(directory_, count * sizeof(std::uint64_t));
    directory_ = smaller;
    --depth_;
  } catch (const std::bad_alloc&) {
    return;
  }
}

template <typename Block, typename Policy>
template <typename Visit>
void Dictionary<Block, Policy>::visit_window(std::uint64_t word, std::uint32_t from,
                                             std::uint32_t to, Visit&& visit) const {
  const segment::View view = segment::view_of(word);
  std::uint32_t line = segment::home_line(from, view.lines);
  const std::uint32_t last_home = segment::home_line(to - 1, view.lines);
  bool past_last = false;
  for (std::uint32_t visited = 0; visited < view.lines; ++visited) {
    const std::uint64_t* slots = view.first + std::size_t{line} * segment::kSlots;
    for (unsigned i = 0; i < segment::kSlots; ++i) {
      const std::uint64_t tag = slots[i] >> 48;
      if (slots[i] != 0 && tag >= from && tag < to) visit(*block_in(slots[i]));
    }
    past_last = past_last || line == last_home;
    if (past_last && segment::has_empty(slots)) return;
    if (++line == view.lines) line = 0;
  }
}

// A cursor names a point in the order (prefix, tag) and the depth at which the prefix was read:
//   [ prefix: 42 bits | depth: 6 | tag: 16 ]
// Splits and merges only regroup prefixes; tags never change. So the window of tags of all segments
// that now hold the prefix is exactly what was still to be visited.
template <typename Block, typename Policy>
template <typename Visit>
std::uint64_t Dictionary<Block, Policy>::scan(std::uint64_t cursor, Visit&& visit) const {
  if (size_ == 0) return 0;
  const auto from = static_cast<std::uint32_t>(cursor & 0xffff);
  auto depth = static_cast<unsigned>(cursor >> 16 & 0x3f);
  std::uint64_t prefix = cursor >> 22;
  if (depth > 42 || prefix >> depth != 0) return 0;  // not a cursor of ours

  const auto first_index = [&](unsigned at_depth, std::uint64_t at_prefix) -> std::size_t {
    return at_depth >= depth_ ? at_prefix >> (at_depth - depth_) : at_prefix << (depth_ - at_depth);
  };
  std::size_t index = first_index(depth, prefix);
  if (from == 0) {  // a fresh prefix: read it at its segment's own depth
    const unsigned actual = segment::header(words()[index]).depth;
    while (depth > actual && (prefix & 1) == 0) prefix >>= 1, --depth;
    if (depth < actual) prefix <<= actual - depth, depth = actual;
    index = first_index(depth, prefix);
  }

  const std::uint32_t lines = segment::view_of(words()[index]).lines;
  const std::uint32_t next_home = segment::home_line(from, lines) + 1;
  const std::uint32_t to = ((next_home << 16) + lines - 1) / lines;
  const std::size_t end =
      depth >= depth_ ? index + 1 : index + (std::size_t{1} << (depth_ - depth));
  while (index < end) {
    const std::uint64_t word = words()[index];
    const unsigned actual = segment::header(word).depth;
    visit_window(word, from, to, [&](Block& block) {
      if (actual >= depth || Policy::hash(block, *key_) >> (64 - depth) == prefix) visit(block);
    });
    index += span_of(index).second - (index - span_of(index).first);
  }

  if (to < 0x10000) return prefix << 22 | std::uint64_t{depth} << 16 | to;
  if (++prefix >> depth != 0) return 0;
  return prefix << 22 | std::uint64_t{depth} << 16;
}

template <typename Block, typename Policy>
template <typename Visit>
void Dictionary<Block, Policy>::each(Visit&& visit) const {
  if (size_ == 0) return;
  // Blocks lie anywhere: those of the lines ahead are fetched while one is visited.
  constexpr std::size_t kAhead = 8;
  for (std::size_t index = 0; index < std::size_t{1} << depth_; index += span_of(index).second) {
    const segment::View view = segment::view_of(words()[index]);
    const std::size_t slots = std::size_t{view.lines} * segment::kSlots;
    for (std::size_t i = 0; i < slots; ++i) {
      if (i + kAhead < slots && view.first[i + kAhead] != 0) {
        base::prefetch(block_in(view.first[i + kAhead]));
      }
      if (view.first[i] != 0) visit(*block_in(view.first[i]));
    }
  }
}

template <typename Block, typename Policy>
Block* Dictionary<Block, Policy>::random(base::Rng& rng) const noexcept {
  if (size_ == 0) return nullptr;
  const std::size_t most = depth_ == 0
                               ? std::size_t{segment::view_of(only_).lines} * segment::kSlots
                               : std::size_t{segment::kMaxLines} * segment::kSlots;
  // Every slot of the table is drawn with the same chance, and drawn again when it is empty: a
  // segment that owns several words counts by its first only.
  for (;;) {
    const std::size_t index = rng.below(std::uint64_t{1} << depth_);
    if (depth_ > 0 && span_of(index).first != index) continue;
    const segment::View view = segment::view_of(words()[index]);
    const std::size_t slot = rng.below(most);
    if (slot >= std::size_t{view.lines} * segment::kSlots || view.first[slot] == 0) continue;
    return block_in(view.first[slot]);
  }
}

template <typename Block, typename Policy>
template <typename Visit>
void Dictionary<Block, Policy>::sample(base::Rng& rng, std::size_t count, Visit&& visit) const {
  if (size_ == 0) return;
  const segment::View view =
      segment::view_of(words()[static_cast<std::size_t>(rng.below(std::uint64_t{1} << depth_))]);
  const std::size_t slots = std::size_t{view.lines} * segment::kSlots;
  std::size_t slot = rng.below(slots);
  for (std::size_t looked = 0; looked < slots && count > 0; ++looked) {
    if (view.first[slot] != 0) {
      visit(*block_in(view.first[slot]));
      --count;
    }
    if (++slot == slots) slot = 0;
  }
}

template <typename Block, typename Policy>
template <typename Take>
std::size_t Dictionary<Block, Policy>::take_some(std::size_t position, std::size_t count,
                                                 Take&& take) noexcept {
  while (size_ > 0 && count > 0) {
    const std::uint64_t word = words()[position];
    const segment::View view = segment::view_of(word);
    std::uint16_t& left = segment::header(word).count;
    for (std::size_t i = 0; left > 0 && count > 0; ++i) {
      if (view.first[i] == 0) continue;
      take(*block_in(view.first[i]));
      view.first[i] = 0;
      --left;
      --size_;
      --count;
    }
    if (left == 0 && size_ > 0) {
      // Line by line as it goes: freeing all segments at the end would take milliseconds.
      const std::size_t span = span_of(position).second;
      for (std::size_t i = position; i < position + span; ++i) words()[i] = 0;
      segment::destroy(*account_, word);
      position += span;
    }
  }
  if (size_ == 0) clear();
  return position;
}

template <typename Block, typename Policy>
void Dictionary<Block, Policy>::clear() noexcept {
  if (depth_ == 0) {
    if (only_ != 0) segment::destroy(*account_, only_);
  } else {
    const std::size_t count = std::size_t{1} << depth_;
    for (std::size_t i = 0; i < count;) {
      if (directory_[i] == 0) {  // taken by take_some()
        ++i;
        continue;
      }
      const std::size_t shared = span_of(i).second;
      segment::destroy(*account_, directory_[i]);
      i += shared;
    }
    account_->release(directory_, count * sizeof(std::uint64_t));
  }
  directory_ = nullptr;
  only_ = 0;
  size_ = 0;
  depth_ = 0;
}

}  // namespace miniredis::types
