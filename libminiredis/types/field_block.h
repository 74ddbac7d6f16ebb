// A field of a large hash with its value: one block.
//
//   | kind 1 | field size 1 or 4 | value size 1 or 4 | expiry 8, if it has one | field | value |
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/hash.h"
#include "memory/account.h"

namespace miniredis::types {

class FieldBlock {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;

  // `expiry` in Unix ms, or kNever. Throws std::bad_alloc.
  static FieldBlock* create(memory::Account& account, Bytes field, Bytes value,
                            std::int64_t expiry = kNever);
  static void destroy(memory::Account& account, FieldBlock* block) noexcept;

  Bytes field() const noexcept { return {at(head()), field_size()}; }
  Bytes value() const noexcept { return {at(head() + field_size()), value_size()}; }
  // Bytes asked of the allocator.
  std::size_t total() const noexcept { return head() + field_size() + value_size(); }
  // Puts another value in place if the block's class allows it; the expiry stays.
  bool assign(Bytes value) noexcept;

  bool has_expiry() const noexcept { return (kind_ & kTimed) != 0; }
  std::int64_t expiry() const noexcept {
    if (!has_expiry()) [[likely]]
      return kNever;
    std::int64_t unix_ms = 0;
    std::memcpy(&unix_ms, at(expiry_offset()), sizeof unix_ms);
    return unix_ms;
  }
  // Only when has_expiry().
  void set_expiry(std::int64_t unix_ms) noexcept {
    std::memcpy(at(expiry_offset()), &unix_ms, sizeof unix_ms);
  }

 private:
  static constexpr std::uint8_t kWide = 1;
  static constexpr std::uint8_t kTimed = 2;

  std::size_t expiry_offset() const noexcept { return (kind_ & kWide) != 0 ? 9 : 3; }
  std::size_t head() const noexcept {
    return expiry_offset() + (has_expiry() ? sizeof(std::int64_t) : 0);
  }
  std::size_t field_size() const noexcept { return size_at(1, 1); }
  std::size_t value_size() const noexcept { return size_at(2, 5); }
  std::size_t size_at(std::size_t narrow, std::size_t wide) const noexcept {
    if ((kind_ & kWide) == 0) return static_cast<unsigned char>(*at(narrow));
    std::uint32_t size = 0;
    std::memcpy(&size, at(wide), sizeof size);
    return size;
  }
  const char* at(std::size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  char* at(std::size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }

  std::uint8_t kind_;
};

struct FieldPolicy {
  static std::uint64_t hash(const FieldBlock& block, const base::HashKey& key) noexcept {
    return base::hash_bytes(block.field(), key);
  }
};

}  // namespace miniredis::types
