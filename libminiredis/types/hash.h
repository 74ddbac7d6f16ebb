// A hash: fields with values.
//
//   kPacked   types::Packed: field, value, field, value ... in order of arrival
//   kTable    types::Dictionary of FieldBlocks
//
// A packed hash becomes a table when it passes Limits::hash_max_packed_entries, or gets a field or
// value beyond hash_max_packed_value; never the other way. Arguments must not be views into the
// same hash; views that are returned are valid until the next change.
#pragma once

#include <optional>
#include <utility>

#include "types/dictionary.h"
#include "types/object.h"
#include "types/packed.h"

namespace miniredis::types {

// | kind 1 | field size 1 or 4 | value size 1 or 4 | field | value |
class FieldBlock {
 public:
  static FieldBlock* create(memory::Account& account, Bytes field, Bytes value);
  static void destroy(memory::Account& account, FieldBlock* block) noexcept;

  Bytes field() const noexcept { return {at(head()), field_size()}; }
  Bytes value() const noexcept { return {at(head() + field_size()), value_size()}; }
  // Bytes asked of the allocator.
  std::size_t total() const noexcept { return head() + field_size() + value_size(); }
  // Puts another value in place if the block's class allows it.
  bool assign(Bytes value) noexcept;

 private:
  static constexpr std::uint8_t kWide = 1;

  std::size_t head() const noexcept { return (kind_ & kWide) != 0 ? 9 : 3; }
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

class Hash {
 public:
  static constexpr Type kType = Type::kHash;
  enum Form : std::uint16_t { kPacked, kTable };
  struct Pair {
    Bytes field;
    Bytes value;
  };

  Hash(const Environment& environment, Object object) noexcept;
  Object object() const noexcept;

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  std::optional<Bytes> get(Bytes field) const noexcept;
  // Returns whether the field is new. Throws std::bad_alloc, unchanged.
  bool set(Bytes field, Bytes value);
  // Returns whether it was there.
  bool erase(Bytes field) noexcept;
  // One field by chance, each with the same; only when there is one.
  Pair random() const noexcept;

  template <typename Visit>  // visit(Bytes field, Bytes value)
  void each(Visit&& visit) const {
    if (form_ == kPacked) {
      for (const char* at = packed_.begin(); at != packed_.end();) {
        const Bytes field = Packed::next(at);
        visit(field, Packed::next(at));
      }
    } else {
      table_->fields.each([&](const FieldBlock& block) { visit(block.field(), block.value()); });
    }
  }
  // One step of a scan, with the guarantee of Dictionary::scan; a packed hash is walked in one.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (form_ == kPacked) {
      each(visit);
      return 0;
    }
    return table_->fields.scan(
        cursor, [&](const FieldBlock& block) { visit(block.field(), block.value()); });
  }

  static std::size_t size_of(Object object) noexcept;
  static const char* encoding_of(Object object) noexcept;
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples) noexcept;
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  using Fields = Dictionary<FieldBlock, FieldPolicy>;
  struct Table {
    explicit Table(const Environment& environment)
        : fields(environment.account, environment.hash_key) {}
    Fields fields;
    std::size_t torn_down = 0;  // position of destroy_some
  };
  struct Found {
    const char* field;  // null: not there
    const char* value;
    const char* end;
  };
  Found find_packed(Bytes field) const noexcept;
  Fields::Slot* find_slot(std::uint64_t hash, Bytes field) const noexcept;
  std::uint64_t hash_of(Bytes field) const noexcept {
    return base::hash_bytes(field, environment_.hash_key);
  }
  bool fits_packed(Bytes field, Bytes value, std::size_t fields) const noexcept;
  void convert_to_table();
  static Table* make_table(const Environment& environment);
  static void free_table(const Environment& environment, Table* table) noexcept;

  const Environment& environment_;
  Form form_;
  Packed packed_;
  Table* table_ = nullptr;
};

}  // namespace miniredis::types
