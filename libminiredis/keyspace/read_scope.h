// The door for reading one database of a node.
#pragma once

#include "keyspace/keyspace.h"

namespace miniredis::keyspace {

class ReadScope {
 public:
  ReadScope(Keyspace& keyspace, unsigned database) noexcept
      : keyspace_(keyspace), index_(database) {}

  // The entry, counted as a hit or a miss and as an access. Lives until the next write.
  const Entry* find(Bytes key) {
    Table::Slot* slot = keyspace_.find_live(index_, keyspace_.hash(key), key);
    if (slot == nullptr) {
      ++keyspace_.stats.misses;
      keyspace_.notify(EventClass::kKeyMiss, "keymiss", index_, key);
      return nullptr;
    }
    ++keyspace_.stats.hits;
    Entry* entry = Table::block_in(*slot);
    if (keyspace_.touch) keyspace_.touch_entry(*entry);
    return entry;
  }
  // A hash before anybody looks into it, without the fields whose time has come; null: it has gone
  // with them.
  const Entry* expire_fields(const Entry* entry) {
    if (types::Hash::next_expiry_of(entry->object()) > keyspace_.now_ms()) [[likely]]
      return entry;
    const std::uint64_t hash = keyspace_.hash(entry->key());
    Table::Slot* slot = keyspace_.find_live(index_, hash, entry->key());
    slot = keyspace_.without_expired_fields(index_, slot, hash);
    return slot == nullptr ? nullptr : Table::block_in(*slot);
  }
  // The entry, with no trace left behind: for TTL, TYPE, OBJECT and the like.
  const Entry* peek(Bytes key) {
    Table::Slot* slot = keyspace_.find_live(index_, keyspace_.hash(key), key);
    return slot == nullptr ? nullptr : Table::block_in(*slot);
  }
  // The entry's collection for reading; of no entry the empty one. The type has been checked.
  template <typename T>
  T open(const Entry* entry) const noexcept {
    return T(keyspace_.environment(), entry == nullptr ? Object{} : entry->object());
  }
  // As peek, but counted as hit or miss.
  const Entry* peek_counted(Bytes key);

  std::size_t size() const noexcept { return keyspace_.size(index_); }
  // A key that has not expired, each with the same chance; null when there is none.
  const Entry* random();

  // One step of a SCAN: visits about eight live entries and returns the next cursor; 0 at the end.
  // `visit` changes nothing. The guarantee is that of Dictionary::scan.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) {
    const Database* db = keyspace_.database(index_);
    if (db == nullptr) return 0;
    return db->table.scan(cursor, [&](const Entry& entry) {
      if (!entry.has_expiry() || entry.expiry() > keyspace_.now_ms()) visit(entry);
    });
  }

  std::int64_t now_ms() const noexcept { return keyspace_.now_ms(); }
  std::int64_t idle_seconds(const Entry& entry) const noexcept;
  // Nothing when the policy does not count accesses.
  std::optional<std::uint32_t> frequency(const Entry& entry) const noexcept;

 private:
  Keyspace& keyspace_;
  unsigned index_;
};

}  // namespace miniredis::keyspace
