#include "types/integer_set.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace miniredis::types {

std::uint8_t IntegerSet::width_of(std::int64_t n) noexcept {
  const auto fits = [n](auto narrow) {
    using Narrow = std::numeric_limits<decltype(narrow)>;
    return n >= Narrow::min() && n <= Narrow::max();
  };
  if (fits(std::int16_t{})) return 2;
  return fits(std::int32_t{}) ? 4 : 8;
}

IntegerSet::Block* IntegerSet::make(memory::Account& account, std::size_t members,
                                    std::uint8_t width) {
  const std::size_t total = memory::block_size(sizeof(Block) + members * width);
  auto* block = static_cast<Block*>(account.allocate(total));
  *block = {static_cast<std::uint32_t>(total - sizeof(Block)), 0, width, {}};
  return block;
}

std::int64_t IntegerSet::at(std::size_t index) const noexcept {
  const char* const from = data() + index * block_->width;
  const auto read = [from](auto n) -> std::int64_t {
    std::memcpy(&n, from, sizeof n);
    return n;
  };
  if (block_->width == 2) return read(std::int16_t{});
  return block_->width == 4 ? read(std::int32_t{}) : read(std::int64_t{});
}

void IntegerSet::put(std::size_t index, std::int64_t n) noexcept {
  // The low bytes come first: the machines that this is built for are little endian.
  std::memcpy(data() + index * block_->width, &n, block_->width);
}

std::size_t IntegerSet::lower_bound(std::int64_t n) const noexcept {
  std::size_t begin = 0;
  std::size_t left = count();
  while (left > 0) {
    const std::size_t half = left / 2;
    if (at(begin + half) < n) {
      begin += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  return begin;
}

bool IntegerSet::contains(std::int64_t n) const noexcept {
  const std::size_t index = lower_bound(n);
  return index < count() && at(index) == n;
}

void IntegerSet::move_to(memory::Account& account, std::size_t members, std::uint8_t width) {
  IntegerSet fresh(make(account, members, width));
  const std::size_t n = count();
  for (std::size_t i = 0; i < n; ++i) fresh.put(i, at(i));
  fresh.block_->count = static_cast<std::uint32_t>(n);
  destroy(account);
  block_ = fresh.block_;
}

bool IntegerSet::add(memory::Account& account, std::int64_t n) {
  const std::size_t index = lower_bound(n);
  const std::size_t size = count();
  if (index < size && at(index) == n) return false;
  const std::uint8_t wanted = width_of(n);
  const std::uint8_t width = block_ == nullptr ? wanted : std::max(block_->width, wanted);
  if (block_ == nullptr || width != block_->width || block_->room < (size + 1) * width) {
    move_to(account, size + 1, width);
  }
  char* const place = data() + index * width;
  std::memmove(place + width, place, (size - index) * width);
  put(index, n);
  ++block_->count;
  return true;
}

bool IntegerSet::erase(memory::Account& account, std::int64_t n) noexcept {
  const std::size_t index = lower_bound(n);
  const std::size_t size = count();
  if (index == size || at(index) != n) return false;
  if (size == 1) {
    destroy(account);
    return true;
  }
  const std::uint8_t width = block_->width;
  char* const place = data() + index * width;
  std::memmove(place, place + width, (size - index - 1) * width);
  --block_->count;
  if (block_->room > 64 && (size - 1) * width < block_->room / 2) {
    try {
      move_to(account, size - 1, width);
    } catch (const std::bad_alloc&) {
      // A smaller block would be a saving, not a need.
    }
  }
  return true;
}

IntegerSet IntegerSet::clone(memory::Account& account) const {
  IntegerSet copy;
  if (block_ == nullptr) return copy;
  copy.block_ = make(account, count(), block_->width);
  copy.block_->count = block_->count;
  std::memcpy(copy.data(), data(), count() * block_->width);
  return copy;
}

void IntegerSet::destroy(memory::Account& account) noexcept {
  if (block_ == nullptr) return;
  account.release(block_, allocated_bytes());
  block_ = nullptr;
}

}  // namespace miniredis::types
