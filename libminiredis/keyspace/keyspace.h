// The data of one node: 16 databases, their eviction, and the two doors to them.
//
// Commands read through a ReadScope and change through a WriteScope; nothing else touches an entry.
// The keyspace knows no client, no reply and no node; it is told the time, and tells what happened
// through KeyspaceEvents.
//
// Owned: all entries, tables and indexes, through the node's account.
// Threads: one at a time (the node's lock).
// Invariant: a key that has expired is never seen, whether or not it has been deleted yet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/hash.h"
#include "base/rng.h"
#include "keyspace/database.h"
#include "keyspace/eviction.h"
#include "keyspace/watch.h"
#include "miniredis/options.h"

namespace miniredis::keyspace {

inline constexpr unsigned kDatabases = 16;

// The classes of keyspace events, as in CONFIG notify-keyspace-events.
enum class EventClass : std::uint32_t {
  kGeneric = 1 << 0,    // g
  kString = 1 << 1,     // $
  kExpired = 1 << 2,    // x
  kEvicted = 1 << 3,    // e
  kKeyMiss = 1 << 4,    // m
  kNew = 1 << 5,        // n
  kList = 1 << 6,       // l
  kSet = 1 << 7,        // s
  kHash = 1 << 8,       // h
  kSortedSet = 1 << 9,  // z
  kStream = 1 << 10,    // t
};

class KeyspaceEvents {
 public:
  virtual ~KeyspaceEvents() = default;
  virtual void on_event(EventClass event_class, Bytes event, unsigned database, Bytes key) = 0;
  // A collection has come under a key, or has more than before, or a stream is gone. Told only
  // while Keyspace::waited_keys is not 0. Must not touch the keyspace.
  virtual void on_ready(unsigned database, Bytes key) = 0;
  // The same for all keys of a database.
  virtual void on_replaced(unsigned database) = 0;
};

struct KeyspaceStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t expired = 0;
  std::uint64_t expired_fields = 0;
  std::uint64_t evicted = 0;
  std::uint64_t changes = 0;  // since the last snapshot
};

// How the eviction works; moves with CONFIG.
struct EvictionSettings {
  EvictionPolicy policy = EvictionPolicy::kNoEviction;
  std::uint32_t samples = 5;
  std::uint32_t lfu_log_factor = 10;
  std::uint32_t lfu_decay_minutes = 1;
};

class Keyspace {
 public:
  // `account`, `key` and `rng` outlive this.
  Keyspace(memory::Account& account, const base::HashKey& key, base::Rng& rng);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // Unix time in ms that all that follows goes by.
  void set_now(std::int64_t unix_ms) noexcept {
    if (unix_ms == now_ms_) return;
    now_ms_ = unix_ms;
    environment_.now_ms = unix_ms;
    lru_now_ = access_bits::lru_now(unix_ms);
  }
  std::int64_t now_ms() const noexcept { return now_ms_; }

  std::size_t size(unsigned database) const noexcept;
  std::uint64_t with_expiry(unsigned database) const noexcept;
  // Mean time to live of the keys with an expiry; 0 when there are none.
  std::int64_t average_ttl_ms(unsigned database) const noexcept;
  std::size_t table_bytes(unsigned database) const noexcept;
  // Bytes of the entry's value and of its share of the account; of a large collection an estimate
  // from `samples` elements, 0: all of them, O(n).
  std::size_t allocated_bytes(const Entry& entry, std::size_t samples) const;
  // Emptied databases and large values that wait for being freed, in slices, are part of the
  // account: whether there are any.
  bool has_garbage() const noexcept { return !garbage_.empty() || !garbage_objects_.empty(); }
  std::uint64_t garbage_keys() const noexcept;

  // Empties a database: at once for all that look, in slices for its memory.
  void flush(unsigned database);
  void swap(unsigned a, unsigned b);

  // Deletes expired keys, frees emptied databases and tidies the expiry indexes, for about as long
  // as `keep_on` says true; asked every few dozen keys. Returns whether work is left.
  template <typename KeepOn>
  bool work(KeepOn&& keep_on) {
    while (keep_on()) {
      if (!work_slice()) return false;
    }
    return true;
  }
  // When work() has something to do next, in Unix ms; 0: at once; nothing: not at all.
  std::optional<std::int64_t> next_work() const noexcept;

  // Frees garbage and evicts until the account has room for `bytes` more, or nothing is left that
  // may go. Returns whether there is room. Stops early, with true, after `max_evictions`.
  bool make_room(std::uint32_t max_evictions, std::size_t bytes = 0);

  EvictionSettings eviction;
  // Bits of EventClass that are listened to; 0: `events` is never called.
  std::uint32_t event_mask = 0;
  KeyspaceEvents* events = nullptr;
  // Keys that blocked clients wait for; 0: on_ready is never called.
  std::size_t waited_keys = 0;
  KeyspaceStats stats;
  // Whether keys that nobody asks for go when their time has come; else they go when asked for.
  bool expires_actively = true;
  // Reads of clients that said CLIENT NO-TOUCH leave the access bits alone.
  bool touch = true;
  WatchRegistry& watches();
  bool has_watches() const noexcept { return watches_ != nullptr && !watches_->empty(); }

  // Asks the processor to fetch what find() of that key will read, in two steps that a batch of
  // commands takes for all its keys before the first runs: the table's line, then the entry.
  void prefetch_line(unsigned index, std::uint64_t key_hash) const noexcept {
    if (const Database* db = database(index)) db->table.prefetch(key_hash);
  }
  void prefetch_entry(unsigned index, std::uint64_t key_hash) const noexcept {
    if (const Database* db = database(index)) db->table.prefetch_block(key_hash);
  }

  // Frees a collection that is under no key any more: at once if it is small, else in slices.
  void discard(Type type, Object object) noexcept;

  // What collections work with; the limits move with CONFIG.
  types::Environment& environment() noexcept { return environment_; }
  memory::Account& account() noexcept { return account_; }
  const base::HashKey& hash_key() const noexcept { return key_; }
  base::Rng& rng() noexcept { return rng_; }
  std::uint64_t hash(Bytes key) const noexcept { return base::hash_bytes(key, key_); }

 private:
  friend class ReadScope;
  friend class WriteScope;
  friend class Evictor;
  template <typename T>
  friend class OpenCollection;

  Database* database(unsigned index) const noexcept { return databases_[index].get(); }
  Database& make_database(unsigned index);
  // One slice of work; false: nothing to do now.
  bool work_slice();
  bool expire_slice(unsigned index);
  bool expire_fields_slice(unsigned index);
  // Frees some; returns whether any is left.
  bool free_garbage(std::size_t elements) noexcept;
  // Frees an entry that is in no table any more: at once what is small, the rest in slices.
  void discard(Entry* entry) noexcept;
  void notify(EventClass event_class, Bytes event, unsigned database, Bytes key) {
    if ((event_mask & static_cast<std::uint32_t>(event_class)) != 0) {
      events->on_event(event_class, event, database, key);
    }
  }
  bool uses_lfu() const noexcept {
    return eviction.policy == EvictionPolicy::kAllKeysLfu ||
           eviction.policy == EvictionPolicy::kVolatileLfu;
  }
  // Counts an access.
  void touch_entry(Entry& entry) noexcept {
    if (uses_lfu()) [[unlikely]] {
      entry.set_access(access_bits::lfu_touched(entry.access(), now_ms_, eviction, rng_));
    } else if (entry.access() != lru_now_) {
      entry.set_access(lru_now_);
    }
  }
  std::uint32_t fresh_access() const noexcept {
    return uses_lfu() ? access_bits::lfu_new(now_ms_) : lru_now_;
  }
  // Deletions that no client asked for, with their duties.
  void remove_expired(unsigned index, Table::Slot* slot, std::uint64_t hash);
  void remove_evicted(unsigned index, Table::Slot* slot, std::uint64_t hash);
  void remove_unasked(unsigned index, Table::Slot* slot, std::uint64_t hash, EventClass event_class,
                      Bytes event);
  // Takes out some of a hash's fields whose time has come; the hash goes with its last field.
  // Returns whether the key is still there. `taken`: the hash's record is out of the index already.
  bool expire_fields(unsigned index, Table::Slot* slot, std::uint64_t hash, bool taken);
  // The slot of a hash before anybody looks into it; null: it has gone with its fields.
  Table::Slot* without_expired_fields(unsigned index, Table::Slot* slot, std::uint64_t hash) {
    const Entry* entry = Table::block_in(*slot);
    if (types::Hash::next_expiry_of(entry->object()) > now_ms_) [[likely]]
      return slot;
    return expire_fields(index, slot, hash, false) ? slot : nullptr;
  }
  // A hash's next expiry has become another one.
  static void move_field_expiry(Database& db, std::uint64_t hash, std::int64_t from,
                                std::int64_t to) {
    if (from == to) return;
    if (to != types::Hash::kNever) db.field_expiry.add(to, hash);
    if (from != types::Hash::kNever) db.field_expiry.note_stale();
  }
  static std::int64_t field_expiry_of(const Entry& entry) noexcept {
    return entry.type() == Type::kHash ? types::Hash::next_expiry_of(entry.object())
                                       : types::Hash::kNever;
  }
  // Takes what an entry that goes has in the indexes of its database off the books.
  static void forget_times(Database& db, const Entry& entry) noexcept {
    if (entry.has_expiry()) forget_expiry(db, entry.expiry());
    forget_field_expiry(db, entry);
  }
  static void forget_field_expiry(Database& db, const Entry& entry) noexcept {
    if (field_expiry_of(entry) != types::Hash::kNever) db.field_expiry.note_stale();
  }
  // Takes an expiry off the books of its database.
  static void forget_expiry(Database& db, std::int64_t unix_ms) noexcept {
    db.expiry.note_stale();
    --db.with_expiry;
    db.expiry_sum_ms -= static_cast<std::uint64_t>(unix_ms);
  }
  // The slot of a key that is there and has not expired.
  Table::Slot* find_live(unsigned index, std::uint64_t hash, Bytes key) {
    Database* db = database(index);
    if (db == nullptr) return nullptr;
    Table::Slot* slot = db->find(hash, key);
    if (slot == nullptr) return nullptr;
    const Entry* entry = Table::block_in(*slot);
    if (entry->has_expiry() && entry->expiry() <= now_ms_) [[unlikely]] {
      remove_expired(index, slot, hash);
      return nullptr;
    }
    return slot;
  }

  void note_ready(unsigned database, Bytes key) {
    if (waited_keys > 0) [[unlikely]]
      events->on_ready(database, key);
  }

  struct Garbage {
    std::unique_ptr<Database> database;
    std::size_t position = 0;
  };
  struct GarbageObject {
    Type type;
    Object object;
  };

  memory::Account& account_;
  const base::HashKey& key_;
  base::Rng& rng_;
  types::Environment environment_;
  std::int64_t now_ms_ = 0;
  std::uint32_t lru_now_ = 0;
  std::array<std::unique_ptr<Database>, kDatabases> databases_;
  std::uint64_t table_changes_ = 0;  // slots found before the last of them may be void
  std::vector<Garbage> garbage_;
  std::vector<GarbageObject> garbage_objects_;
  std::unique_ptr<Evictor> evictor_;
  std::unique_ptr<WatchRegistry> watches_;
};

}  // namespace miniredis::keyspace
