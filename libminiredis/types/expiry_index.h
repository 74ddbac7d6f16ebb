// When the keys of a database, or the fields of a hash, expire: a radix heap (Ahuja, Mehlhorn,
// Orlin, Tarjan, "Faster algorithms for the shortest path problem", 1990) over Unix times in ms,
// with 4-bit digits.
//
// A record is 16 bytes: the time and the hash of the key. Nothing is removed when a key is deleted
// or its time changes: the record is then stale, and is dropped when its turn comes, or by sweep()
// once stale records are the majority. So adding is O(1) without a look at any other key.
//
// Invariant: each key with an expiry has a record with exactly that time and its hash.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "memory/account.h"

namespace miniredis::types {

struct ExpiryRecord {
  std::int64_t unix_ms;
  std::uint64_t hash;
};

class ExpiryIndex {
 public:
  explicit ExpiryIndex(memory::Account& account) noexcept : account_(&account) {}
  ~ExpiryIndex() { clear(); }
  ExpiryIndex(ExpiryIndex&& other) noexcept;
  ExpiryIndex& operator=(ExpiryIndex&&) = delete;

  // Throws std::bad_alloc, unchanged.
  void add(std::int64_t unix_ms, std::uint64_t hash);
  // Says that one record has become stale.
  void note_stale() noexcept { ++stale_; }

  std::size_t size() const noexcept { return size_; }  // stale ones too
  // A time at or before the earliest record; nothing when there is none.
  std::optional<std::int64_t> next_due() const noexcept;

  // Takes out one record with a time <= now. Nothing, with next_due() still <= now, means that the
  // call has spent its share of work on sorting: call again. `now` must not go down; if it does,
  // nothing is due until it is back.
  std::optional<ExpiryRecord> take_due(std::int64_t now);

  // A record by chance; only when size() > 0.
  ExpiryRecord random(base::Rng& rng) const noexcept;
  // A record by chance out of those that are due soonest (one step of the heap); when size() > 0.
  ExpiryRecord soonest(base::Rng& rng) const noexcept;

  // Whether sweeping pays.
  bool wants_sweep() const noexcept { return stale_ > size_ / 2 + 1024; }
  // Looks at up to `count` records and drops those for which `valid` is false.
  template <typename Valid>
  void sweep(std::size_t count, Valid&& valid) noexcept {
    while (count-- > 0 && size_ > 0) {
      const ExpiryRecord* record = at_sweep();
      if (record == nullptr) return;
      if (valid(*record)) {
        ++sweep_position_;
      } else {
        drop_at_sweep();
      }
    }
  }

  void clear() noexcept;

 private:
  static constexpr std::uint32_t kChunk = 64;  // records; a chunk is 1 KiB
  static constexpr int kMovesPerCall = 64;

  struct Bucket {
    std::uint32_t id = 0;  // level * 16 + digit: ascending in time
    std::uint32_t count = 0;
    std::uint32_t table = 0;        // entries in `chunks`
    std::uint32_t first_chunk = 0;  // records the first chunk has room for
    ExpiryRecord** chunks = nullptr;
  };

  std::uint32_t bucket_id(std::int64_t unix_ms) const noexcept;
  std::int64_t start_of(std::uint32_t id) const noexcept;
  Bucket& bucket(std::uint32_t id);
  void push(Bucket& bucket, const ExpiryRecord& record);
  ExpiryRecord pop(Bucket& bucket) noexcept;
  void remove_bucket(std::uint32_t index) noexcept;
  void free_bucket(Bucket& bucket) noexcept;
  static ExpiryRecord& record(const Bucket& bucket, std::uint32_t i) noexcept {
    return bucket.chunks[i / kChunk][i % kChunk];
  }
  const ExpiryRecord* at_sweep() noexcept;
  void drop_at_sweep() noexcept;

  memory::Account* account_;
  Bucket* buckets_ = nullptr;  // sorted by id
  std::uint32_t bucket_count_ = 0;
  std::uint32_t bucket_room_ = 0;
  std::int64_t last_ = 0;  // all records are at or after this time, or are due
  std::size_t size_ = 0;
  std::size_t stale_ = 0;
  std::uint32_t sweep_id_ = 0;
  std::uint32_t sweep_position_ = 0;
  Bucket draining_;  // a bucket that is being spread over finer ones; comes before all others
};

}  // namespace miniredis::types
