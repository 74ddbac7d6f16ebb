// One numbered database of a node: its table and the indexes of its expiries.
#pragma once

#include <cstdint>

#include "keyspace/entry.h"
#include "types/dictionary.h"
#include "types/expiry_index.h"
#include "types/hash.h"

namespace miniredis::keyspace {

using types::ExpiryIndex;
using types::ExpiryRecord;
using Table = types::Dictionary<Entry, EntryPolicy>;

struct Database {
  Database(memory::Account& account, const base::HashKey& key)
      : table(account, key), expiry(account), field_expiry(account) {}

  Table::Slot* find(std::uint64_t hash, Bytes key) const noexcept {
    return table.find(hash, [key](const Entry& entry) { return base::equals(entry.key(), key); });
  }
  // The entry that a record of the expiry index speaks of; null when the record is stale.
  Table::Slot* find(const ExpiryRecord& record, const base::HashKey& key) const noexcept {
    return table.find(record.hash, [&](const Entry& entry) {
      return entry.expiry() == record.unix_ms && EntryPolicy::hash(entry, key) == record.hash;
    });
  }

  // The same for a record of `field_expiry`.
  Table::Slot* find_hash(const ExpiryRecord& record, const base::HashKey& key) const noexcept {
    return table.find(record.hash, [&](const Entry& entry) {
      return entry.type() == Type::kHash &&
             types::Hash::next_expiry_of(entry.object()) == record.unix_ms &&
             EntryPolicy::hash(entry, key) == record.hash;
    });
  }

  Table table;
  ExpiryIndex expiry;
  // The hashes with fields that expire: for each a record with its Hash::next_expiry_of.
  ExpiryIndex field_expiry;
  std::uint64_t with_expiry = 0;    // keys that have one
  std::uint64_t expiry_sum_ms = 0;  // of their expiries, modulo 2^64: for INFO's avg_ttl
};

}  // namespace miniredis::keyspace
