// The door for changing one database of a node.
//
// Every function that changes a key carries out the duties of a change: accounts, expiry index,
// watchers, count of changes, keyspace event. A command only says what happened, by the event's
// name.
#pragma once

#include "keyspace/keyspace.h"

namespace miniredis::keyspace {

struct Event {
  EventClass event_class;
  const char* name;
};

class WriteScope {
 public:
  // A place in the table: the hash of the key asked for, and its slot if the key is there. Valid
  // until the next change, but for the changes made through it.
  struct Place {
    std::uint64_t hash = 0;
    Table::Slot* slot = nullptr;
    explicit operator bool() const noexcept { return slot != nullptr; }
    const Entry* entry() const noexcept { return Table::block_in(*slot); }
    const Entry* operator->() const noexcept { return entry(); }
  };

  WriteScope(Keyspace& keyspace, unsigned database) noexcept
      : keyspace_(keyspace), index_(database) {}

  // Counted as an access.
  Place find(Bytes key) {
    const std::uint64_t hash = keyspace_.hash(key);
    Table::Slot* slot = keyspace_.find_live(index_, hash, key);
    if (slot != nullptr && keyspace_.touch) keyspace_.touch_entry(*Table::block_in(*slot));
    return {hash, slot};
  }
  // Puts a collection under the key, in place of whatever is there. It is the keyspace's from now
  // on, also when this throws.
  void put_object(Place& place, Bytes key, Type type, Object object, Event event);
  // The place of a hash before anybody looks into it, without the fields whose time has come; it
  // may have gone with them.
  void expire_fields(Place& place) {
    place.slot = keyspace_.without_expired_fields(index_, place.slot, place.hash);
  }
  // Counted as an access and as a hit or a miss: for commands that answer what was there.
  Place find_counted(Bytes key);

  // Puts a string under the key. `expiry` in Unix ms, or Entry::kNoExpiry.
  void put(Place& place, Bytes key, Bytes text, std::int64_t expiry, Event event);
  void put_integer(Place& place, Bytes key, std::int64_t n, std::int64_t expiry, Event event);
  // Makes the string of an existing key `size` bytes long and returns them for writing.
  char* edit(Place& place, Bytes key, std::size_t size, Event event);
  // The same as part of a change that has been told of already.
  char* resize(Place& place, Bytes key, std::size_t size);
  // Deletes the key. The entry goes; `place` is empty afterwards.
  void remove(Place& place, Bytes key, Event event);
  // Sets (or with Entry::kNoExpiry takes away) the time at which an existing key expires.
  void set_expiry(Place& place, Bytes key, std::int64_t expiry, Event event);
  // Says when an existing key was last used, or how often it is: its access bits, for eviction.
  // What the policy does not count is left alone.
  void set_idle(Place& place, std::int64_t idle_seconds) noexcept;
  void set_frequency(Place& place, std::uint8_t frequency) noexcept;
  // Moves an existing key to a name in a database where it is free, expiry and access bits
  // included. Tells no event. `place` is empty afterwards.
  void move(Place& place, Bytes key, unsigned to_database, Bytes to_key);
  // Puts a copy of the value of `place` under another name in `to_database`, in place of what is
  // there; of its going no event tells. Throws std::bad_alloc, unchanged.
  void copy(const Place& place, unsigned to_database, Bytes to_key, Event event);

  // Tells of an event beyond the one of the change itself, such as "expire" after "set".
  void also(Event event, Bytes key) {
    keyspace_.notify(event.event_class, event.name, index_, key);
  }
  // Throws memory::OutOfMemory when `bytes` more do not fit under the limits even after evicting:
  // for values whose size is known beforehand and large. Evicting may take the key of `place` too.
  void expect_room(Place& place, Bytes key, std::size_t bytes);

  // The place again, if tables have changed since `seen`.
  void find_again(Place& place, Bytes key, std::uint64_t& seen) noexcept {
    if (seen == keyspace_.table_changes_) [[likely]]
      return;
    seen = keyspace_.table_changes_;
    Database* db = keyspace_.database(index_);
    place.slot = db == nullptr ? nullptr : db->find(place.hash, key);
  }
  std::uint64_t table_changes() const noexcept { return keyspace_.table_changes_; }

  Keyspace& keyspace() noexcept { return keyspace_; }
  std::int64_t now_ms() const noexcept { return keyspace_.now_ms(); }

 private:
  template <typename T>
  friend class OpenCollection;

  void changed(Bytes key, Event event) {
    ++keyspace_.stats.changes;
    if (keyspace_.has_watches()) [[unlikely]]
      keyspace_.watches().changed(index_, key);
    keyspace_.notify(event.event_class, event.name, index_, key);
  }
  // Takes a key out whose collection is empty by now, as part of a change.
  void remove_emptied(Place& place, Bytes key) noexcept;
  // Puts `fresh` where `place` is, or into the table; frees what was there.
  void settle(Place& place, Bytes key, Entry* fresh);
  Entry* clone(const Entry& entry, Bytes to_key);
  void note_new_expiry(std::int64_t old_expiry, std::int64_t expiry, std::uint64_t hash);
  void note_field_expiry(std::uint64_t hash, std::int64_t from, std::int64_t to);
  template <typename Make, typename Reuse>
  void put_with(Place& place, Bytes key, std::int64_t expiry, Event event, Make&& make,
                Reuse&& reuse);

  Keyspace& keyspace_;
  unsigned index_;
};

}  // namespace miniredis::keyspace
