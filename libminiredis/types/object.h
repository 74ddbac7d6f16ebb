// What a key can hold besides a string, and what all collections have in common.
//
// A collection is one Object: a pointer to its data and a word that says in which form the data is
// (each collection has small, packed forms and a large one). Classes List, Set, SortedSet, Hash and
// Stream are handles: they are made from an Object for the time of one command, change it in place,
// and give it back with object(). An Object whose data is null is the empty collection; it costs
// nothing. The functions below do what must be done without knowing which collection it is.
//
// Threads: one at a time (the node's lock).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/rng.h"
#include "memory/account.h"

namespace miniredis::types {

enum class Type : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kStream = 5,
};
const char* name_of(Type type) noexcept;  // "string", "list", "set", "zset", "hash", "stream"

// How large a collection may grow in its packed form; by Redis' CONFIG names.
struct Limits {
  std::uint64_t hash_max_packed_entries = 512;
  std::uint64_t hash_max_packed_value = 64;
  std::uint64_t set_max_integers = 512;
  std::uint64_t set_max_packed_entries = 128;
  std::uint64_t set_max_packed_value = 64;
  std::uint64_t sorted_set_max_packed_entries = 128;
  std::uint64_t sorted_set_max_packed_value = 64;
  std::int64_t list_max_packed_size = -2;  // entries; -1 to -5: 4, 8, 16, 32, 64 KiB
  std::uint64_t stream_node_max_bytes = 4096;
  std::uint64_t stream_node_max_entries = 100;
  std::uint64_t hyper_log_log_max_sparse = 3000;  // bytes, header included
};

// Is told of each element by functions that walk over whole collections, and may throw there to end
// them.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void step() = 0;
};

// What collections work with; lives as long as the keyspace.
struct Environment {
  memory::Account& account;
  const base::HashKey& hash_key;
  base::Rng& rng;
  Limits limits = {};
  std::int64_t now_ms = 0;  // Unix time that all that follows goes by
  Progress* progress = nullptr;

  void step() const {
    if (progress != nullptr) progress->step();
  }
};

struct Object {
  void* data = nullptr;
  std::uint16_t form = 0;  // what it means is the collection's own matter
};

// Elements: of a hash fields, of a stream entries.
std::size_t size_of(Type type, Object object) noexcept;
// As OBJECT ENCODING says it.
const char* encoding_of(Type type, Object object) noexcept;
// Bytes of its blocks by their allocator classes. For a large collection an estimate from `samples`
// elements; 0: of all, O(n), with progress.
std::size_t allocated_bytes(const Environment& environment, Type type, Object object,
                            std::size_t samples);
// A deep copy, with progress. Throws std::bad_alloc.
Object clone(const Environment& environment, Type type, Object object);
// Frees about `most` elements and returns true once nothing is left. Until then the object may be
// given to nothing but this function.
bool destroy_some(const Environment& environment, Type type, Object& object,
                  std::size_t most) noexcept;

}  // namespace miniredis::types
