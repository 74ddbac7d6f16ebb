// A hash: fields with values, some of which may expire.
//
//   kPacked       types::Packed: field, value, field, value ... in order of arrival
//   kTimedPacked  the same with times: earliest time, then field, value, time ...; a time is 8
//                 bytes, or none for a field that stays
//   kTable        types::Dictionary of FieldBlocks; once a field expires also an ExpiryIndex
//
// A packed hash becomes timed with its first expiry, and a table when it passes
// Limits::hash_max_packed_entries, or gets a field or value beyond hash_max_packed_value; never the
// other way. Arguments must not be views into the same hash; views that are returned are valid
// until the next change.
//
// A field whose time has come is seen by nobody, but counts in size() until expire_some() takes it
// out. next_expiry() tells when that pays: whoever keeps hashes calls it then.
#pragma once

#include <optional>
#include <utility>

#include "types/dictionary.h"
#include "types/expiry_index.h"
#include "types/field_block.h"
#include "types/object.h"
#include "types/packed.h"

namespace miniredis::types {

class Hash {
 public:
  static constexpr Type kType = Type::kHash;
  static constexpr std::int64_t kNever = FieldBlock::kNever;
  enum Form : std::uint16_t { kPacked, kTable, kTimedPacked };
  // What becomes of a field's expiry when it gets another value.
  enum class Lifetime : std::uint8_t { kForever, kKeep };
  struct Pair {
    Bytes field;
    Bytes value;
  };

  Hash(const Environment& environment, Object object) noexcept;
  Object object() const noexcept;

  // Fields, with those that have expired and are still there.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  // Fields that can be seen. O(n) while next_expiry() is past, else O(1).
  std::size_t live_size() const noexcept;

  std::optional<Bytes> get(Bytes field) const noexcept;
  // Returns whether the field is new. Throws std::bad_alloc, unchanged.
  bool set(Bytes field, Bytes value, Lifetime lifetime = Lifetime::kForever);
  // Returns whether it was there.
  bool erase(Bytes field) noexcept;
  // One field by chance, each with the same; only when live_size() is not 0.
  Pair random() const noexcept;

  // When the field expires, in Unix ms; kNever: not at all; nothing: there is no such field.
  std::optional<std::int64_t> expiry(Bytes field) const noexcept;
  // Only of a field that is there. Throws std::bad_alloc, unchanged.
  void set_expiry(Bytes field, std::int64_t unix_ms);
  // A time at or before that of the first field to expire; kNever when none does.
  std::int64_t next_expiry() const noexcept;
  // Takes out fields whose time has come, about `most`, and returns how many they were. When more
  // are left next_expiry() is still past. Throws std::bad_alloc, with some of them out.
  std::size_t expire_some(std::size_t most);

  template <typename Visit>  // visit(Bytes field, Bytes value)
  void each(Visit&& visit) const {
    each_timed([&](Bytes field, Bytes value, std::int64_t expiry) {
      if (expiry > environment_.now_ms) visit(field, value);
    });
  }
  // One step of a scan, with the guarantee of Dictionary::scan; a packed hash is walked in one.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (form_ != kTable) {
      each(visit);
      return 0;
    }
    return table_->fields.scan(cursor, [&](const FieldBlock& block) {
      if (block.expiry() > environment_.now_ms) visit(block.field(), block.value());
    });
  }

  static std::size_t size_of(Object object) noexcept;
  static std::int64_t next_expiry_of(Object object) noexcept;
  static const char* encoding_of(Object object) noexcept;
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples);
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  using Fields = Dictionary<FieldBlock, FieldPolicy>;
  struct Times {
    explicit Times(memory::Account& account) : index(account) {}
    ExpiryIndex index;
    std::int64_t next = kNever;
  };
  struct Table {
    explicit Table(const Environment& environment)
        : fields(environment.account, environment.hash_key) {}
    Fields fields;
    Times* times = nullptr;
    std::size_t torn_down = 0;  // position of destroy_some
  };
  struct Found {
    const char* field;  // null: not there
    const char* value;
    const char* time;  // end of the value
    const char* end;
  };
  static constexpr std::size_t kTimeItem = Packed::item_bytes(sizeof(std::int64_t));

  template <typename Visit>  // visit(Bytes field, Bytes value, std::int64_t expiry)
  void each_timed(Visit&& visit) const {
    if (form_ == kTable) {
      table_->fields.each(
          [&](const FieldBlock& block) { visit(block.field(), block.value(), block.expiry()); });
      return;
    }
    const char* at = packed_.begin();
    if (form_ == kTimedPacked) Packed::skip(at);
    while (at != packed_.end()) {
      const Bytes field = Packed::next(at);
      const Bytes value = Packed::next(at);
      visit(field, value, form_ == kTimedPacked ? time_in(Packed::next(at)) : kNever);
    }
  }
  static std::int64_t time_in(Bytes item) noexcept {
    if (item.empty()) return kNever;
    std::int64_t unix_ms = 0;
    std::memcpy(&unix_ms, item.data(), sizeof unix_ms);
    return unix_ms;
  }
  template <bool Timed>
  static Found find_in(const Packed& packed, Bytes field) noexcept;
  Found find_packed(Bytes field) const noexcept;
  std::int64_t time_of(const Found& found) const noexcept;
  Fields::Slot* find_slot(std::uint64_t hash, Bytes field) const noexcept;
  std::uint64_t hash_of(Bytes field) const noexcept {
    return base::hash_bytes(field, environment_.hash_key);
  }
  bool is_live(std::int64_t expiry) const noexcept { return expiry > environment_.now_ms; }
  bool fits_packed(Bytes field, Bytes value, std::size_t fields) const noexcept;
  bool set_packed(const Found& found, Bytes field, Bytes value, Lifetime lifetime);
  bool set_in_table(Bytes field, Bytes value, Lifetime lifetime);
  void insert_into_table(std::uint64_t hash, FieldBlock* block);
  // Fields whose times went with them or changed leave a stale record.
  void note_stale(const FieldBlock& block) noexcept {
    if (block.has_expiry()) table_->times->index.note_stale();
  }

  void become_timed();
  void write_next(std::int64_t unix_ms);
  void set_expiry_in_table(Bytes field, std::int64_t unix_ms);
  std::size_t expire_packed();
  std::size_t expire_in_table(std::size_t most);
  Fields::Slot* find_slot(const ExpiryRecord& record) const noexcept;

  // Adds all fields of another hash, which this table does not have, with their times.
  void copy_into_table(const Hash& from);
  static Object table_of(const Environment& environment, const Hash& from);
  void convert_to_table();
  static Table* make_table(const Environment& environment);
  static void free_table(const Environment& environment, Table* table) noexcept;

  const Environment& environment_;
  Form form_;
  Packed packed_;
  Table* table_ = nullptr;
};

}  // namespace miniredis::types
