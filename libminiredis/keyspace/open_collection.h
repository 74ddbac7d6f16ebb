// A collection that is open for change.
//
//   OpenCollection<types::Set> set(context.write(), place, key);
//   set->add(member);
//   set.changed(event);
//
// A key that is not there begins as an empty collection and comes into being with changed(), if it
// is not empty by then; a collection that has become empty takes its key with it. Changes are kept,
// but told to nobody, when changed() is not called: the path of exceptions.
//
// T gives kType, object() and empty(); one with `kLivesEmpty` is kept when it is empty; one with
// next_expiry() has elements that expire.
#pragma once

#include <cstdint>
#include <new>

#include "keyspace/write_scope.h"

namespace miniredis::keyspace {

template <typename T>
class OpenCollection {
 public:
  // `place` is that of `key` and empty or of this type; the key's bytes outlive this.
  OpenCollection(WriteScope scope, WriteScope::Place place, Bytes key)
      : scope_(scope),
        place_(place),
        key_(key),
        seen_(scope.table_changes()),
        existed_(place),
        collection_(scope.keyspace().environment(), place ? place->object() : Object{}) {
    if constexpr (kTimed) next_expiry_ = collection_.next_expiry();
  }
  ~OpenCollection() {
    if (!open_) return;
    const Object object = collection_.object();
    if (!existed_) {
      scope_.keyspace().discard(T::kType, object);
      return;
    }
    scope_.find_again(place_, key_, seen_);
    try {
      put_back(object);
    } catch (const std::bad_alloc&) {
      // Its fields expire when it is next looked into.
    }
    if (gone()) scope_.remove_emptied(place_, key_);
  }
  OpenCollection(const OpenCollection&) = delete;
  OpenCollection& operator=(const OpenCollection&) = delete;

  T* operator->() noexcept { return &collection_; }
  T& operator*() noexcept { return collection_; }
  bool existed() const noexcept { return existed_; }

  // Carries out the duties of a change, which `event` names. The collection is closed by it.
  void changed(Event event) {
    scope_.find_again(place_, key_, seen_);
    open_ = false;
    const Object object = collection_.object();
    if (place_) {
      put_back(object);
      if (!gone()) scope_.keyspace().note_ready(scope_.index_, key_);
      scope_.changed(key_, event);
      // Events are told to subscribers of the node, who cannot reach its data: the place still is.
      if (gone()) scope_.remove_emptied(place_, key_);
    } else if (!gone()) {
      scope_.put_object(place_, key_, T::kType, object, event);
    }
  }
  // The same for an existing key whose change watchers are not told of, as Redis has it for what is
  // done to a stream's groups. `wakes`: those who wait for the key look again.
  void changed_unwatched(Event event, bool wakes = false) {
    scope_.find_again(place_, key_, seen_);
    open_ = false;
    if (!place_) return;
    put_back(collection_.object());
    if (wakes) scope_.keyspace().note_ready(scope_.index_, key_);
    ++scope_.keyspace().stats.changes;
    scope_.also(event, key_);
  }

 private:
  static constexpr bool kTimed = requires(const T& collection) { collection.next_expiry(); };

  void put_back(Object object) {
    Table::block_in(*place_.slot)->set_object(object);
    if constexpr (kTimed) {
      scope_.note_field_expiry(place_.hash, next_expiry_, collection_.next_expiry());
    }
  }
  bool gone() const noexcept {
    if constexpr (requires { T::kLivesEmpty; }) {
      return collection_.object().data == nullptr;
    } else {
      return collection_.empty();
    }
  }

  WriteScope scope_;
  WriteScope::Place place_;
  Bytes key_;
  std::uint64_t seen_;
  bool existed_;
  bool open_ = true;
  std::int64_t next_expiry_ = 0;
  T collection_;
};

}  // namespace miniredis::keyspace
