#include "keyspace/keyspace.h"

#include <algorithm>

namespace miniredis::keyspace {
namespace {

// Keys handled between two looks at the clock: some microseconds' work.
constexpr std::size_t kSlice = 32;
constexpr std::size_t kGarbageSlice = 256;
// Fields that expire at once in a hash.
constexpr std::size_t kFieldSlice = 256;
// Elements of a collection that are freed on the spot.
constexpr std::size_t kFreedAtOnce = 64;

}  // namespace

Keyspace::Keyspace(memory::Account& account, const base::HashKey& key, base::Rng& rng)
    : account_(account), key_(key), rng_(rng), environment_{account, key, rng} {}

Keyspace::~Keyspace() {
  for (auto& db : databases_) {
    if (db != nullptr) garbage_.push_back({std::move(db)});
  }
  while (free_garbage(SIZE_MAX)) {
  }
}

std::size_t Keyspace::size(unsigned index) const noexcept {
  const Database* db = database(index);
  return db == nullptr ? 0 : db->table.size();
}

std::uint64_t Keyspace::with_expiry(unsigned index) const noexcept {
  const Database* db = database(index);
  return db == nullptr ? 0 : db->with_expiry;
}

std::int64_t Keyspace::average_ttl_ms(unsigned index) const noexcept {
  const Database* db = database(index);
  if (db == nullptr || db->with_expiry == 0) return 0;
  const std::uint64_t sum_of_now = static_cast<std::uint64_t>(now_ms_) * db->with_expiry;
  const auto sum = static_cast<std::int64_t>(db->expiry_sum_ms - sum_of_now);
  return std::max<std::int64_t>(0, sum / static_cast<std::int64_t>(db->with_expiry));
}

std::size_t Keyspace::table_bytes(unsigned index) const noexcept {
  const Database* db = database(index);
  return db == nullptr ? 0 : db->table.table_bytes();
}

std::uint64_t Keyspace::garbage_keys() const noexcept {
  std::uint64_t keys = 0;
  for (const Garbage& garbage : garbage_) keys += garbage.database->table.size();
  return keys + garbage_objects_.size();
}

std::size_t Keyspace::allocated_bytes(const Entry& entry, std::size_t samples) const {
  if (entry.type() == Type::kString) return entry.allocated_bytes();
  return entry.allocated_bytes() +
         types::allocated_bytes(environment_, entry.type(), entry.object(), samples);
}

void Keyspace::discard(Entry* entry) noexcept {
  if (entry->type() != Type::kString) discard(entry->type(), entry->object());
  Entry::destroy(account_, entry);
}

void Keyspace::discard(Type type, Object object) noexcept {
  if (object.data == nullptr) return;
  if (types::destroy_some(environment_, type, object, kFreedAtOnce)) return;
  try {
    garbage_objects_.push_back({type, object});
  } catch (const std::bad_alloc&) {
    while (!types::destroy_some(environment_, type, object, SIZE_MAX)) {
    }
  }
}

Database& Keyspace::make_database(unsigned index) {
  if (databases_[index] == nullptr) {
    auto db = std::make_unique<Database>(account_, key_);
    account_.charge(static_cast<std::int64_t>(memory::block_size(sizeof(Database))));
    databases_[index] = std::move(db);
  }
  return *databases_[index];
}

WatchRegistry& Keyspace::watches() {
  if (watches_ == nullptr) watches_ = std::make_unique<WatchRegistry>(account_);
  return *watches_;
}

void Keyspace::flush(unsigned index) {
  if (has_watches()) watches_->flushed();
  if (databases_[index] == nullptr) return;
  stats.changes += databases_[index]->table.size();
  if (has_watches()) {
    watches_->changed_if(
        index, [&](Bytes key) { return databases_[index]->find(hash(key), key) != nullptr; });
  }
  if (waited_keys > 0) events->on_replaced(index);
  ++table_changes_;
  garbage_.push_back({std::move(databases_[index])});
}

void Keyspace::swap(unsigned a, unsigned b) {
  if (a == b) return;
  if (has_watches()) {
    const auto in_either = [&](Bytes key) {
      const std::uint64_t h = hash(key);
      const auto there = [&](unsigned i) {
        return databases_[i] != nullptr && databases_[i]->find(h, key) != nullptr;
      };
      return there(a) || there(b);
    };
    watches_->changed_if(a, in_either);
    watches_->changed_if(b, in_either);
  }
  std::swap(databases_[a], databases_[b]);
  ++table_changes_;
  if (waited_keys > 0) {
    events->on_replaced(a);
    events->on_replaced(b);
  }
  ++stats.changes;
}

bool Keyspace::free_garbage(std::size_t elements) noexcept {
  if (!garbage_objects_.empty()) {
    GarbageObject& last = garbage_objects_.back();
    if (types::destroy_some(environment_, last.type, last.object, elements)) {
      garbage_objects_.pop_back();
    }
    return has_garbage();
  }
  if (garbage_.empty()) return false;
  Garbage& last = garbage_.back();
  last.position = last.database->table.take_some(last.position, elements,
                                                 [&](Entry& entry) { discard(&entry); });
  if (last.database->table.empty()) {
    account_.charge(-static_cast<std::int64_t>(memory::block_size(sizeof(Database))));
    garbage_.pop_back();
  }
  return has_garbage();
}

void Keyspace::remove_unasked(unsigned index, Table::Slot* slot, std::uint64_t hash,
                              EventClass event_class, Bytes event) {
  Database& db = *databases_[index];
  Entry* entry = Table::block_in(*slot);
  forget_times(db, *entry);
  db.table.erase(slot, hash);
  ++table_changes_;
  ++stats.changes;
  if (has_watches()) watches_->changed(index, entry->key());
  notify(event_class, event, index, entry->key());
  if (entry->type() == Type::kStream) note_ready(index, entry->key());
  discard(entry);
}

void Keyspace::remove_expired(unsigned index, Table::Slot* slot, std::uint64_t hash) {
  ++stats.expired;
  remove_unasked(index, slot, hash, EventClass::kExpired, "expired");
}

void Keyspace::remove_evicted(unsigned index, Table::Slot* slot, std::uint64_t hash) {
  ++stats.evicted;
  remove_unasked(index, slot, hash, EventClass::kEvicted, "evicted");
}

bool Keyspace::expire_slice(unsigned index) {
  Database& db = *databases_[index];
  bool worked = false;
  for (std::size_t n = 0; n < kSlice; ++n) {
    const auto due = db.expiry.next_due();
    if (!due || *due > now_ms_) break;
    worked = true;
    const auto record = db.expiry.take_due(now_ms_);
    if (!record) continue;
    Table::Slot* slot = db.find(*record, key_);
    if (slot != nullptr) remove_expired(index, slot, record->hash);
  }
  if (db.expiry.wants_sweep()) {
    db.expiry.sweep(kSlice,
                    [&](const ExpiryRecord& record) { return db.find(record, key_) != nullptr; });
    worked = true;
  }
  return worked;
}

bool Keyspace::expire_fields(unsigned index, Table::Slot* slot, std::uint64_t hash, bool taken) {
  Database& db = *databases_[index];
  Entry* entry = Table::block_in(*slot);
  types::Hash fields(environment_, entry->object());
  const std::int64_t before = fields.next_expiry();
  const std::size_t expired = fields.expire_some(kFieldSlice);
  entry->set_object(fields.object());
  move_field_expiry(db, hash, taken ? types::Hash::kNever : before, fields.next_expiry());
  if (expired == 0) return true;
  stats.expired_fields += expired;
  notify(EventClass::kHash, "hexpired", index, entry->key());
  if (fields.empty()) {
    remove_unasked(index, slot, hash, EventClass::kGeneric, "del");
    return false;
  }
  ++stats.changes;
  if (has_watches()) watches_->changed(index, entry->key());
  return true;
}

bool Keyspace::expire_fields_slice(unsigned index) {
  Database& db = *databases_[index];
  bool worked = false;
  for (std::size_t n = 0; n < kSlice; ++n) {
    const auto due = db.field_expiry.next_due();
    if (!due || *due > now_ms_) break;
    worked = true;
    const auto record = db.field_expiry.take_due(now_ms_);
    if (!record) continue;
    Table::Slot* slot = db.find_hash(*record, key_);
    if (slot == nullptr) continue;
    expire_fields(index, slot, record->hash, true);
    break;
  }
  if (db.field_expiry.wants_sweep()) {
    db.field_expiry.sweep(
        kSlice, [&](const ExpiryRecord& record) { return db.find_hash(record, key_) != nullptr; });
    worked = true;
  }
  return worked;
}

bool Keyspace::work_slice() {
  bool worked = has_garbage();
  free_garbage(kGarbageSlice);
  if (!expires_actively) return worked;
  for (unsigned i = 0; i < kDatabases; ++i) {
    if (databases_[i] == nullptr) continue;
    worked |= expire_slice(i);
    worked |= expire_fields_slice(i);
  }
  return worked;
}

std::optional<std::int64_t> Keyspace::next_work() const noexcept {
  if (has_garbage()) return 0;
  if (!expires_actively) return std::nullopt;
  std::optional<std::int64_t> next;
  for (const auto& db : databases_) {
    if (db == nullptr) continue;
    for (const ExpiryIndex* index : {&db->expiry, &db->field_expiry}) {
      if (index->wants_sweep()) return 0;
      const auto due = index->next_due();
      if (due && (!next || *due < *next)) next = due;
    }
  }
  return next;
}

bool Keyspace::make_room(std::uint32_t max_evictions, std::size_t bytes) {
  std::uint32_t evicted = 0;
  while (account_.excess(bytes) > 0) {
    if (has_garbage()) {
      free_garbage(kGarbageSlice);
      continue;
    }
    if (evicted == max_evictions) return true;
    if (eviction.policy == EvictionPolicy::kNoEviction) return false;
    if (evictor_ == nullptr) evictor_ = std::make_unique<Evictor>();
    if (!evictor_->evict_one(*this)) return false;
    ++evicted;
  }
  return true;
}

}  // namespace miniredis::keyspace
