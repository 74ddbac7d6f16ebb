#include "keyspace/write_scope.h"

#include <algorithm>
#include <string>

namespace miniredis::keyspace {
namespace {
// Evictions that one command may pay for; the rest is done by the commands after it.
constexpr std::uint32_t kEvictionsPerValue = 4096;
}  // namespace

WriteScope::Place WriteScope::find_counted(Bytes key) {
  const Place place = find(key);
  ++(place ? keyspace_.stats.hits : keyspace_.stats.misses);
  if (!place) keyspace_.notify(EventClass::kKeyMiss, "keymiss", index_, key);
  return place;
}

void WriteScope::note_new_expiry(std::int64_t old_expiry, std::int64_t expiry, std::uint64_t hash) {
  if (old_expiry == expiry) return;
  Database& db = keyspace_.make_database(index_);
  if (expiry != Entry::kNoExpiry) {
    db.expiry.add(expiry, hash);
    ++db.with_expiry;
    db.expiry_sum_ms += static_cast<std::uint64_t>(expiry);
  }
  if (old_expiry != Entry::kNoExpiry) Keyspace::forget_expiry(db, old_expiry);
}

void WriteScope::settle(Place& place, Bytes key, Entry* fresh) {
  if (place) {
    Entry* old = Table::block_in(*place.slot);
    fresh->set_access(old->access());
    Table::replace(place.slot, fresh);
    // Those who wait as consumers of a stream's group learn that it is gone.
    const bool was_stream = old->type() == Type::kStream;
    Keyspace::forget_field_expiry(*keyspace_.databases_[index_], *old);
    keyspace_.discard(old);
    if (was_stream || fresh->type() != Type::kString) keyspace_.note_ready(index_, key);
    return;
  }
  try {
    Database& db = keyspace_.make_database(index_);
    fresh->set_access(keyspace_.fresh_access());
    db.table.insert(place.hash, fresh);
    ++keyspace_.table_changes_;
    place.slot = nullptr;
  } catch (...) {
    keyspace_.discard(fresh);
    throw;
  }
  if (fresh->type() != Type::kString) keyspace_.note_ready(index_, key);
  keyspace_.notify(EventClass::kNew, "new", index_, key);
}

template <typename Make, typename Reuse>
void WriteScope::put_with(Place& place, Bytes key, std::int64_t expiry, Event event, Make&& make,
                          Reuse&& reuse) {
  const std::int64_t old_expiry = place ? place->expiry() : Entry::kNoExpiry;
  if (place) {
    Entry* entry = Table::block_in(*place.slot);
    if (entry->has_expiry() == (expiry != Entry::kNoExpiry) && reuse(*entry)) {
      if (old_expiry != expiry) {
        note_new_expiry(old_expiry, expiry, place.hash);
        entry->set_expiry(expiry);
      }
      changed(key, event);
      return;
    }
  }
  settle(place, key, make());
  note_new_expiry(old_expiry, expiry, place.hash);
  changed(key, event);
}

void WriteScope::put(Place& place, Bytes key, Bytes text, std::int64_t expiry, Event event) {
  memory::Account& account = keyspace_.account_;
  if (text.size() > Entry::kMaxEmbedded) expect_room(place, key, text.size());
  put_with(
      place, key, expiry, event, [&] { return Entry::create(account, key, text, expiry); },
      [&](Entry& entry) { return entry.assign(text); });
}

void WriteScope::put_object(Place& place, Bytes key, Type type, Object object, Event event) {
  const std::int64_t old_expiry = place ? place->expiry() : Entry::kNoExpiry;
  Entry* fresh = nullptr;
  try {
    fresh = Entry::create(keyspace_.account_, key, type, object, Entry::kNoExpiry);
  } catch (...) {
    keyspace_.discard(type, object);
    throw;
  }
  const std::int64_t field_expiry = Keyspace::field_expiry_of(*fresh);
  settle(place, key, fresh);
  note_new_expiry(old_expiry, Entry::kNoExpiry, place.hash);
  note_field_expiry(place.hash, types::Hash::kNever, field_expiry);
  changed(key, event);
}

void WriteScope::note_field_expiry(std::uint64_t hash, std::int64_t from, std::int64_t to) {
  if (from != to) Keyspace::move_field_expiry(keyspace_.make_database(index_), hash, from, to);
}

void WriteScope::put_integer(Place& place, Bytes key, std::int64_t n, std::int64_t expiry,
                             Event event) {
  memory::Account& account = keyspace_.account_;
  put_with(
      place, key, expiry, event, [&] { return Entry::create(account, key, n, expiry); },
      [&](Entry& entry) {
        if (!entry.is_integer()) return false;
        entry.assign_integer(n);
        return true;
      });
}

char* WriteScope::edit(Place& place, Bytes key, std::size_t size, Event event) {
  char* data = resize(place, key, size);
  changed(key, event);
  return data;
}

char* WriteScope::resize(Place& place, Bytes key, std::size_t size) {
  const std::size_t old = place->text_size();
  if (size > old + Entry::kMaxEmbedded) expect_room(place, key, size - old);
  if (!place) throw memory::OutOfMemory{};
  const Entry::Editable editable = Table::block_in(*place.slot)->edit(keyspace_.account_, size);
  Table::replace(place.slot, editable.entry);
  return editable.data;
}

void WriteScope::remove(Place& place, Bytes key, Event event) {
  Entry* entry = Table::block_in(*place.slot);
  Database& db = keyspace_.make_database(index_);
  Keyspace::forget_times(db, *entry);
  db.table.erase(place.slot, place.hash);
  ++keyspace_.table_changes_;
  place.slot = nullptr;
  if (entry->type() == Type::kStream) keyspace_.note_ready(index_, key);
  changed(key, event);
  keyspace_.discard(entry);
}

void WriteScope::remove_emptied(Place& place, Bytes key) noexcept {
  Entry* entry = Table::block_in(*place.slot);
  Database& db = *keyspace_.databases_[index_];
  Keyspace::forget_times(db, *entry);
  db.table.erase(place.slot, place.hash);
  ++keyspace_.table_changes_;
  place.slot = nullptr;
  keyspace_.notify(EventClass::kGeneric, "del", index_, key);
  keyspace_.discard(entry);
}

void WriteScope::set_expiry(Place& place, Bytes key, std::int64_t expiry, Event event) {
  Entry* entry = Table::block_in(*place.slot);
  const std::int64_t old_expiry = entry->expiry();
  if (entry->has_expiry() != (expiry != Entry::kNoExpiry)) {
    const std::uint32_t access = entry->access();
    entry = entry->rebuild(keyspace_.account_, key, expiry);
    entry->set_access(access);
    Table::replace(place.slot, entry);
  } else if (entry->has_expiry()) {
    entry->set_expiry(expiry);
  }
  note_new_expiry(old_expiry, expiry, place.hash);
  changed(key, event);
}

void WriteScope::move(Place& place, Bytes key, unsigned to_database, Bytes to_key) {
  Entry* entry = Table::block_in(*place.slot);
  const std::int64_t expiry = entry->expiry();
  const std::uint64_t to_hash = keyspace_.hash(to_key);
  Database& from = *keyspace_.databases_[index_];
  Database& to = keyspace_.make_database(to_database);
  ++keyspace_.table_changes_;
  const Type type = entry->type();
  const std::int64_t field_expiry = Keyspace::field_expiry_of(*entry);
  // In this order a failure at any step leaves the key where it was.
  to.table.insert(to_hash, entry);
  Table::Slot* slot = to.table.find(to_hash, [&](const Entry& e) { return &e == entry; });
  Entry* moved = nullptr;
  try {
    moved = entry->rebuild(keyspace_.account_, to_key, expiry);
  } catch (...) {
    to.table.erase(slot, to_hash);
    throw;
  }
  Table::replace(slot, moved);
  from.table.erase(from.table.find(place.hash, [&](const Entry& e) { return &e == entry; }),
                   place.hash);
  place.slot = nullptr;
  if (type != Type::kString) keyspace_.note_ready(to_database, to_key);
  if (type == Type::kStream) keyspace_.note_ready(index_, key);
  if (expiry != Entry::kNoExpiry) {
    Keyspace::forget_expiry(from, expiry);
    WriteScope(keyspace_, to_database).note_new_expiry(Entry::kNoExpiry, expiry, to_hash);
  }
  note_field_expiry(place.hash, field_expiry, types::Hash::kNever);
  WriteScope(keyspace_, to_database).note_field_expiry(to_hash, types::Hash::kNever, field_expiry);
  keyspace_.stats.changes += 2;
  if (keyspace_.has_watches()) {
    keyspace_.watches().changed(index_, key);
    keyspace_.watches().changed(to_database, to_key);
  }
}

Entry* WriteScope::clone(const Entry& entry, Bytes to_key) {
  if (entry.type() == Type::kString) {
    return entry.clone(keyspace_.account_, to_key, entry.expiry());
  }
  const Object object = types::clone(keyspace_.environment_, entry.type(), entry.object());
  try {
    Entry* copy = Entry::create(keyspace_.account_, to_key, entry.type(), object, entry.expiry());
    copy->set_access(entry.access());
    return copy;
  } catch (...) {
    keyspace_.discard(entry.type(), object);
    throw;
  }
}

void WriteScope::copy(const Place& place, unsigned to_database, Bytes to_key, Event event) {
  Place from = place;
  constexpr std::size_t kSamples = 16;
  expect_room(from, from->key(), keyspace_.allocated_bytes(*from.entry(), kSamples));
  if (!from) throw memory::OutOfMemory{};
  WriteScope target(keyspace_, to_database);
  const std::int64_t expiry = from->expiry();
  const std::int64_t field_expiry = Keyspace::field_expiry_of(*from.entry());
  Entry* const fresh = target.clone(*from.entry(), to_key);
  // What is there goes only now, when memory can no longer be wanting for the copy.
  Place to = target.find(to_key);
  if (to) target.remove(to, to_key, {EventClass{}, ""});
  target.settle(to, to_key, fresh);
  target.note_new_expiry(Entry::kNoExpiry, expiry, to.hash);
  target.note_field_expiry(to.hash, types::Hash::kNever, field_expiry);
  target.changed(to_key, event);
}

void WriteScope::set_idle(Place& place, std::int64_t idle_seconds) noexcept {
  if (keyspace_.uses_lfu()) return;
  // What is more than the bits can tell is as old as they can tell.
  constexpr std::int64_t kMostSeconds = access_bits::kMask * access_bits::kLruStepMs / 1000;
  const std::int64_t used_ms = keyspace_.now_ms() - std::min(idle_seconds, kMostSeconds) * 1000;
  Table::block_in(*place.slot)->set_access(access_bits::lru_now(used_ms));
}

void WriteScope::set_frequency(Place& place, std::uint8_t frequency) noexcept {
  if (!keyspace_.uses_lfu()) return;
  Table::block_in(*place.slot)->set_access(access_bits::lfu_with(keyspace_.now_ms(), frequency));
}

void WriteScope::expect_room(Place& place, Bytes key, std::size_t bytes) {
  if (keyspace_.account_.excess(bytes) == 0) return;
  const std::string name(key);  // the key may be a view into the entry that goes
  const bool room = keyspace_.make_room(kEvictionsPerValue, bytes);
  place.slot = keyspace_.find_live(index_, place.hash, name);
  if (!room || keyspace_.account_.excess(bytes) > 0) throw memory::OutOfMemory{};
}

}  // namespace miniredis::keyspace
