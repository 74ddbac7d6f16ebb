#include "types/integer_set.h"

#include <algorithm>
#include <bit>
#include <new>

namespace miniredis::types {

static_assert(std::endian::native == std::endian::little);

// The whole block of the allocator's class is used.
IntegerSet::Block* IntegerSet::make(memory::Account& account, unsigned width, std::size_t count) {
  const std::size_t total = memory::block_size(sizeof(Block) + count * width);
  auto* block = static_cast<Block*>(account.allocate(total));
  block->count = static_cast<std::uint32_t>(count);
  block->room = static_cast<std::uint32_t>(total - sizeof(Block)) & ((1U << 28) - 1);
  block->width = width & 0xf;
  return block;
}

// Without a branch that depends on what is found: half of them would be guessed wrong.
template <typename Integer>
std::size_t IntegerSet::lower_bound_in(std::int64_t value) const noexcept {
  const char* const first = data();
  const auto at = [first](std::size_t index) {
    Integer integer = 0;
    std::memcpy(&integer, first + index * sizeof integer, sizeof integer);
    return std::int64_t{integer};
  };
  std::size_t start = 0;
  std::size_t left = block_->count;
  while (left > 1) {
    const std::size_t half = left / 2;
    start += at(start + half - 1) < value ? half : 0;
    left -= half;
  }
  return start + (left == 1 && at(start) < value ? 1 : 0);
}

std::size_t IntegerSet::lower_bound(std::int64_t value) const noexcept {
  const std::size_t many = count();
  // Numbers often come in order.
  if (many == 0 || value > at(many - 1)) return many;
  if (block_->width == 2) return lower_bound_in<std::int16_t>(value);
  return block_->width == 4 ? lower_bound_in<std::int32_t>(value)
                            : lower_bound_in<std::int64_t>(value);
}

std::size_t IntegerSet::lower_bound_from(std::size_t from, std::int64_t value) const noexcept {
  const std::size_t many = count();
  std::size_t step = 1;
  std::size_t low = from;
  while (low + step <= many && at(low + step - 1) < value) {
    low += step;
    step *= 2;
  }
  std::size_t high = std::min(low + step - 1, many);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (at(middle) < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool IntegerSet::add(memory::Account& account, std::int64_t value) {
  const std::size_t index = lower_bound(value);
  const std::size_t many = count();
  if (index < many && at(index) == value) return false;
  const unsigned old_width = block_ == nullptr ? 0 : block_->width;
  const unsigned width = std::max(old_width, width_of(value));
  if (width == old_width && block_->room >= (many + 1) * width) {
    char* const gap = data() + index * width;
    std::memmove(gap + width, gap, (many - index) * width);
    store(data(), width, index, value);
    ++block_->count;
    return true;
  }
  Block* const fresh = make(account, width, many + 1);
  char* const to = reinterpret_cast<char*>(fresh + 1);
  if (many > 0 && width == old_width) {
    std::memcpy(to, data(), index * width);
    std::memcpy(to + (index + 1) * width, data() + index * width, (many - index) * width);
  } else {
    for (std::size_t i = 0; i < many; ++i) store(to, width, i + (i < index ? 0 : 1), at(i));
  }
  store(to, width, index, value);
  destroy(account);
  block_ = fresh;
  return true;
}

bool IntegerSet::erase(memory::Account& account, std::int64_t value) noexcept {
  const std::size_t index = lower_bound(value);
  const std::size_t many = count();
  if (index == many || at(index) != value) return false;
  if (many == 1) {
    destroy(account);
    return true;
  }
  const unsigned width = block_->width;
  char* const gap = data() + index * width;
  std::memmove(gap, gap + width, (many - index - 1) * width);
  --block_->count;
  if (block_->count * width < block_->room / 2 && block_->room > 64) {
    try {
      const IntegerSet smaller = clone(account);
      destroy(account);
      block_ = smaller.block_;
    } catch (const std::bad_alloc&) {
      // A smaller block would be a saving, not a need.
    }
  }
  return true;
}

IntegerSet IntegerSet::clone(memory::Account& account) const {
  IntegerSet copy;
  if (block_ == nullptr) return copy;
  copy.block_ = make(account, block_->width, block_->count);
  std::memcpy(copy.data(), data(), std::size_t{block_->count} * block_->width);
  return copy;
}

void IntegerSet::destroy(memory::Account& account) noexcept {
  if (block_ == nullptr) return;
  account.release(block_, sizeof(Block) + block_->room);
  block_ = nullptr;
}

}  // namespace miniredis::types
