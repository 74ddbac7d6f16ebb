#include "types/packed.h"

namespace miniredis::types {

const char* Packed::at(std::size_t index) const noexcept {
  if (index >= count()) return end();
  const char* at = begin();
  while (index-- > 0) skip(at);
  return at;
}

// The whole block of the allocator's class is used.
Packed::Block* Packed::make(memory::Account& account, std::size_t bytes) {
  const std::size_t total = memory::block_size(sizeof(Block) + bytes);
  auto* block = static_cast<Block*>(account.allocate(total));
  block->room = static_cast<std::uint32_t>(total - sizeof(Block));
  block->used = 0;
  block->count = 0;
  return block;
}

void Packed::move_to(memory::Account& account, std::size_t bytes) {
  Block* fresh = make(account, bytes);
  if (block_ != nullptr) {
    fresh->used = block_->used;
    fresh->count = block_->count;
    std::memcpy(fresh + 1, block_ + 1, block_->used);
    account.release(block_, sizeof(Block) + block_->room);
  }
  block_ = fresh;
}

void Packed::reserve(memory::Account& account, std::size_t bytes) {
  if (block_ == nullptr || block_->room < bytes) move_to(account, bytes);
}

const char* Packed::splice(memory::Account& account, const char* from, const char* to,
                           std::size_t old_count, std::initializer_list<Bytes> items) {
  std::size_t fresh = 0;
  for (const Bytes item : items) fresh += item_bytes(item.size());
  const std::size_t offset = block_ == nullptr ? 0 : static_cast<std::size_t>(from - data());
  const auto old = static_cast<std::size_t>(to - from);
  reserve(account, used() - old + fresh);
  char* const gap = data() + offset;
  const std::size_t behind = block_->used - offset - old;
  if (fresh != old && behind > 0) std::memmove(gap + fresh, gap + old, behind);
  char* at = gap;
  for (const Bytes item : items) {
    at = length_prefix::put(at, item.size());
    if (!item.empty()) std::memcpy(at, item.data(), item.size());
    at += item.size();
  }
  block_->used = static_cast<std::uint32_t>(block_->used - old + fresh);
  block_->count = static_cast<std::uint32_t>(block_->count - old_count + items.size());
  return gap;
}

const char* Packed::erase(memory::Account& account, const char* from, const char* to,
                          std::size_t count) noexcept {
  const auto offset = static_cast<std::size_t>(from - data());
  const auto bytes = static_cast<std::size_t>(to - from);
  std::memmove(data() + offset, to, block_->used - offset - bytes);
  block_->used -= static_cast<std::uint32_t>(bytes);
  block_->count -= static_cast<std::uint32_t>(count);
  if (block_->count == 0) {
    destroy(account);
    return nullptr;
  }
  if (block_->used < block_->room / 2 && block_->room > 64) {
    try {
      move_to(account, block_->used);
    } catch (const std::bad_alloc&) {
      // A smaller block would be a saving, not a need.
    }
  }
  return data() + offset;
}

Packed Packed::clone(memory::Account& account) const {
  Packed copy;
  if (block_ == nullptr) return copy;
  copy.block_ = make(account, block_->used);
  copy.block_->used = block_->used;
  copy.block_->count = block_->count;
  std::memcpy(copy.block_ + 1, block_ + 1, block_->used);
  return copy;
}

void Packed::destroy(memory::Account& account) noexcept {
  if (block_ == nullptr) return;
  account.release(block_, sizeof(Block) + block_->room);
  block_ = nullptr;
}

}  // namespace miniredis::types
