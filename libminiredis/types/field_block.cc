#include "types/field_block.h"

namespace miniredis::types {

FieldBlock* FieldBlock::create(memory::Account& account, Bytes field, Bytes value,
                               std::int64_t expiry) {
  const bool wide = field.size() > 0xff || value.size() > 0xff;
  const bool timed = expiry != kNever;
  const std::size_t head = (wide ? 9 : 3) + (timed ? sizeof expiry : 0);
  auto* block = static_cast<FieldBlock*>(account.allocate(head + field.size() + value.size()));
  block->kind_ = static_cast<std::uint8_t>((wide ? kWide : 0) | (timed ? kTimed : 0));
  if (wide) {
    const auto field_size = static_cast<std::uint32_t>(field.size());
    const auto value_size = static_cast<std::uint32_t>(value.size());
    std::memcpy(block->at(1), &field_size, sizeof field_size);
    std::memcpy(block->at(5), &value_size, sizeof value_size);
  } else {
    *block->at(1) = static_cast<char>(field.size());
    *block->at(2) = static_cast<char>(value.size());
  }
  if (timed) block->set_expiry(expiry);
  if (!field.empty()) std::memcpy(block->at(head), field.data(), field.size());
  if (!value.empty()) std::memcpy(block->at(head + field.size()), value.data(), value.size());
  return block;
}

void FieldBlock::destroy(memory::Account& account, FieldBlock* block) noexcept {
  account.release(block, block->total());
}

bool FieldBlock::assign(Bytes value) noexcept {
  const bool wide = (kind_ & kWide) != 0;
  if (!wide && value.size() > 0xff) return false;
  const std::size_t keep = head() + field_size();
  if (memory::block_size(keep + value.size()) != memory::block_size(total())) return false;
  if (wide) {
    const auto size = static_cast<std::uint32_t>(value.size());
    std::memcpy(at(5), &size, sizeof size);
  } else {
    *at(2) = static_cast<char>(value.size());
  }
  if (!value.empty()) std::memcpy(at(keep), value.data(), value.size());
  return true;
}

}  // namespace miniredis::types
