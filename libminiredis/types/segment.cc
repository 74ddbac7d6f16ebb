#include "types/segment.h"

namespace miniredis::types::segment {

std::uint64_t create(memory::Account& account, std::uint32_t lines, unsigned depth) {
  const std::size_t size = (std::size_t{lines} + 1) * 64;
  auto block = reinterpret_cast<std::uintptr_t>(account.allocate(size));
  const std::uintptr_t first = (block + kHeaderBytes + 63) & ~std::uintptr_t{63};
  auto* head = reinterpret_cast<Header*>(first - kHeaderBytes);
  *head = {0, static_cast<std::uint8_t>(depth),
           static_cast<std::uint8_t>(first - kHeaderBytes - block), 0};
  std::memset(reinterpret_cast<void*>(first), 0, std::size_t{lines} * 64);
  return first | (std::uint64_t{lines} << 48);
}

void destroy(memory::Account& account, std::uint64_t word) noexcept {
  const Header& head = header(word);
  const std::uintptr_t block = (word & kPointerMask) - kHeaderBytes - head.pad;
  account.release(reinterpret_cast<void*>(block), bytes(word));
}

void place(std::uint64_t word, std::uint64_t slot) noexcept {
  const View view = view_of(word);
  std::uint32_t line = home_line(slot >> 48, view.lines);
  for (;;) {
    std::uint64_t* slots = view.first + std::size_t{line} * kSlots;
    const std::uint32_t empty = empty_slots(slots);
    if (empty != 0) [[likely]] {
      slots[std::countr_zero(empty)] = slot;
      ++header(word).count;
      return;
    }
    if (++line == view.lines) line = 0;
  }
}

void move_all(std::uint64_t from, std::uint64_t to) noexcept {
  const View view = view_of(from);
  for (std::size_t i = 0; i < std::size_t{view.lines} * kSlots; ++i) {
    if (view.first[i] != 0) place(to, view.first[i]);
  }
}

void erase(std::uint64_t word, std::uint64_t* slot) noexcept {
  const View view = view_of(word);
  --header(word).count;
  auto hole_line = static_cast<std::uint32_t>(static_cast<std::size_t>(slot - view.first) / kSlots);
  bool was_full = !has_empty(view.first + std::size_t{hole_line} * kSlots);
  *slot = 0;
  if (!was_full) return;

  // A block further on whose probe passed over the hole's line is moved into the hole; that leaves
  // a hole where it stood. The search ends behind the first line that had room all along.
  std::uint32_t line = hole_line;
  for (std::uint32_t step = 1; step < view.lines; ++step) {
    if (++line == view.lines) line = 0;
    std::uint64_t* slots = view.first + std::size_t{line} * kSlots;
    const bool full = !has_empty(slots);
    const std::uint32_t from_hole = (line + view.lines - hole_line) % view.lines;
    for (unsigned i = 0; i < kSlots; ++i) {
      if (slots[i] == 0) continue;
      const std::uint32_t home = home_line(slots[i] >> 48, view.lines);
      const std::uint32_t displaced = (line + view.lines - home) % view.lines;
      if (displaced < from_hole) continue;
      *slot = slots[i];
      slots[i] = 0;
      slot = slots + i;
      hole_line = line;
      step = 0;
      break;
    }
    if (!full) return;
  }
}

std::uint32_t lines_for(std::uint32_t count) noexcept {
  for (const std::uint32_t lines : kLineSteps) {
    if (count < lines * 6) return lines;
  }
  return kMaxLines;
}

std::uint32_t least_lines_for(std::uint32_t count) noexcept {
  for (const std::uint32_t lines : kLineSteps) {
    if (!is_full(count - 1, lines)) return lines;
  }
  return kMaxLines;
}

std::uint32_t next_lines(std::uint32_t lines) noexcept {
  for (const std::uint32_t step : kLineSteps) {
    if (step > lines) return step;
  }
  return 0;
}

}  // namespace miniredis::types::segment
