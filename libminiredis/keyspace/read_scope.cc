#include "keyspace/read_scope.h"

namespace miniredis::keyspace {

const Entry* ReadScope::peek_counted(Bytes key) {
  const Entry* entry = peek(key);
  ++(entry == nullptr ? keyspace_.stats.misses : keyspace_.stats.hits);
  if (entry == nullptr) keyspace_.notify(EventClass::kKeyMiss, "keymiss", index_, key);
  return entry;
}

const Entry* ReadScope::random() {
  // Keys that have expired are deleted when they are drawn, so this ends.
  for (;;) {
    const Database* db = keyspace_.database(index_);
    if (db == nullptr) return nullptr;
    const Entry* entry = db->table.random(keyspace_.rng());
    if (entry == nullptr) return nullptr;
    if (!entry->has_expiry() || entry->expiry() > keyspace_.now_ms()) return entry;
    keyspace_.find_live(index_, EntryPolicy::hash(*entry, keyspace_.hash_key()), entry->key());
  }
}

std::int64_t ReadScope::idle_seconds(const Entry& entry) const noexcept {
  return access_bits::lru_idle_ms(entry.access(), keyspace_.now_ms()) / 1000;
}

std::optional<std::uint32_t> ReadScope::frequency(const Entry& entry) const noexcept {
  if (!keyspace_.uses_lfu()) return std::nullopt;
  return access_bits::lfu_frequency(entry.access(), keyspace_.now_ms(), keyspace_.eviction);
}

}  // namespace miniredis::keyspace
