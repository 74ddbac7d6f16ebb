// Makes values out of what RDB has, written by any version of Redis up to 7.4.
#pragma once

#include <string>

#include "keyspace/keyspace.h"
#include "persistence/rdb_reader.h"
#include "persistence/rdb_types.h"

namespace miniredis::persistence {

// A value that is under no key yet; goes with this unless it is released.
class LoadedValue {
 public:
  explicit LoadedValue(keyspace::Keyspace& keyspace) noexcept : keyspace_(keyspace) {}
  ~LoadedValue() { keyspace_.discard(type_, object_); }
  LoadedValue(const LoadedValue&) = delete;
  LoadedValue& operator=(const LoadedValue&) = delete;

  types::Type type() const noexcept { return type_; }
  // Only of a string.
  Bytes text() const noexcept { return text_.bytes(); }
  // Only of a collection, which is the caller's from now on.
  types::Object release() noexcept { return std::exchange(object_, {}); }

  // Reads a value whose type has been read. Tells the environment's progress of each element.
  // Throws Malformed, also for an empty collection; and std::bad_alloc.
  void load(RdbReader& in, std::uint8_t type);

 private:
  void load_list(RdbReader& in, RdbType type);
  void load_set(RdbReader& in, RdbType type);
  void load_sorted_set(RdbReader& in, RdbType type);
  void load_hash(RdbReader& in, RdbType type);
  void load_timed_hash(RdbReader& in, RdbType type);
  void load_stream(RdbReader& in, RdbType type);

  const types::Environment& environment() const noexcept { return keyspace_.environment(); }
  // Fills a collection by fill(T&), which may throw: what there is of it by then is kept in mind.
  template <typename T, typename Fill>
  void build(Fill&& fill);

  keyspace::Keyspace& keyspace_;
  types::Type type_ = types::Type::kString;
  types::Object object_;
  RdbString text_{Bytes()};
};

template <typename T, typename Fill>
void LoadedValue::build(Fill&& fill) {
  T collection(environment(), {});
  type_ = T::kType;
  struct Keeper {
    ~Keeper() { object = collection.object(); }
    T& collection;
    types::Object& object;
  } const keeper{collection, object_};
  fill(collection);
}

}  // namespace miniredis::persistence
