#include "keyspace/eviction.h"

#include <algorithm>

#include "keyspace/keyspace.h"

namespace miniredis::keyspace {
namespace access_bits {

std::int64_t lru_idle_ms(std::uint32_t bits, std::int64_t now_ms) noexcept {
  return static_cast<std::int64_t>((lru_now(now_ms) - bits) & kMask) * kLruStepMs;
}

namespace {
std::uint32_t minutes(std::int64_t now_ms) noexcept {
  return static_cast<std::uint32_t>(now_ms / 60'000) & 0xffff;
}
}  // namespace

std::uint32_t lfu_new(std::int64_t now_ms) noexcept {
  return lfu_with(now_ms, kLfuInitial);
}

std::uint32_t lfu_with(std::int64_t now_ms, std::uint8_t counter) noexcept {
  return minutes(now_ms) << 8 | counter;
}

std::uint32_t lfu_frequency(std::uint32_t bits, std::int64_t now_ms,
                            const EvictionSettings& settings) noexcept {
  const std::uint32_t counter = bits & 0xff;
  if (settings.lfu_decay_minutes == 0) return counter;
  const std::uint32_t periods =
      ((minutes(now_ms) - (bits >> 8)) & 0xffff) / settings.lfu_decay_minutes;
  return periods >= counter ? 0 : counter - periods;
}

std::uint32_t lfu_touched(std::uint32_t bits, std::int64_t now_ms, const EvictionSettings& settings,
                          base::Rng& rng) noexcept {
  std::uint32_t counter = lfu_frequency(bits, now_ms, settings);
  if (counter < 255) {
    const std::uint32_t base = counter > kLfuInitial ? counter - kLfuInitial : 0;
    if (rng.below(std::uint64_t{base} * settings.lfu_log_factor + 1) == 0) ++counter;
  }
  return minutes(now_ms) << 8 | counter;
}

}  // namespace access_bits

namespace {

bool only_volatile(EvictionPolicy policy) noexcept {
  return policy == EvictionPolicy::kVolatileLru || policy == EvictionPolicy::kVolatileLfu ||
         policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kVolatileTtl;
}

std::uint64_t score_of(const Entry& entry, const Keyspace& keyspace) noexcept {
  const EvictionPolicy policy = keyspace.eviction.policy;
  if (policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu) {
    return 255 - access_bits::lfu_frequency(entry.access(), keyspace.now_ms(), keyspace.eviction);
  }
  return static_cast<std::uint64_t>(access_bits::lru_idle_ms(entry.access(), keyspace.now_ms()));
}

}  // namespace

bool Evictor::evict_one(Keyspace& keyspace) {
  switch (keyspace.eviction.policy) {
    case EvictionPolicy::kNoEviction:
      return false;
    case EvictionPolicy::kAllKeysRandom:
      return evict_random(keyspace, false);
    case EvictionPolicy::kVolatileRandom:
      return evict_random(keyspace, true);
    case EvictionPolicy::kVolatileTtl:
      return evict_soonest(keyspace);
    default:
      break;
  }
  // A sample can consist of stale records only; a few tries tell that from an empty keyspace.
  for (int tries = 0; tries < 16; ++tries) {
    fill_pool(keyspace);
    if (evict_from_pool(keyspace)) return true;
  }
  return false;
}

void Evictor::offer(const Candidate& candidate) noexcept {
  for (std::size_t i = 0; i < pooled_; ++i) {
    if (pool_[i].hash == candidate.hash && pool_[i].database == candidate.database) return;
  }
  const auto at = std::upper_bound(
      pool_.begin(), pool_.begin() + static_cast<std::ptrdiff_t>(pooled_), candidate,
      [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
  if (pooled_ < kPool) {
    std::move_backward(at, pool_.begin() + static_cast<std::ptrdiff_t>(pooled_),
                       pool_.begin() + static_cast<std::ptrdiff_t>(pooled_) + 1);
    *at = candidate;
    ++pooled_;
  } else if (at != pool_.begin()) {  // push out the worst
    std::move(pool_.begin() + 1, at, pool_.begin());
    *(at - 1) = candidate;
  }
}

void Evictor::fill_pool(Keyspace& keyspace) {
  const bool volatile_only = only_volatile(keyspace.eviction.policy);
  for (unsigned i = 0; i < kDatabases; ++i) {
    const Database* db = keyspace.database(i);
    if (db == nullptr) continue;
    const auto consider = [&](const Entry& entry) {
      offer({EntryPolicy::hash(entry, keyspace.hash_key()), score_of(entry, keyspace), i});
    };
    if (!volatile_only) {
      db->table.sample(keyspace.rng(), keyspace.eviction.samples, consider);
      continue;
    }
    for (std::uint32_t n = 0; n < keyspace.eviction.samples && db->expiry.size() > 0; ++n) {
      const Table::Slot* slot = db->find(db->expiry.random(keyspace.rng()), keyspace.hash_key());
      if (slot != nullptr) consider(*Table::block_in(*slot));
    }
  }
}

bool Evictor::evict_from_pool(Keyspace& keyspace) {
  while (pooled_ > 0) {
    const Candidate best = pool_[--pooled_];
    const Database* db = keyspace.database(best.database);
    if (db == nullptr) continue;
    Table::Slot* slot = db->table.find(best.hash, [&](const Entry& entry) {
      return EntryPolicy::hash(entry, keyspace.hash_key()) == best.hash;
    });
    if (slot == nullptr) continue;
    const Entry& entry = *Table::block_in(*slot);
    if (only_volatile(keyspace.eviction.policy) && !entry.has_expiry()) continue;
    const std::uint64_t score = score_of(entry, keyspace);
    if (score < best.score && pooled_ > 0 && score < pool_[pooled_ - 1].score) continue;
    keyspace.remove_evicted(best.database, slot, best.hash);
    return true;
  }
  return false;
}

bool Evictor::evict_random(Keyspace& keyspace, bool volatile_only) {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < kDatabases; ++i) {
    total += volatile_only ? keyspace.with_expiry(i) : keyspace.size(i);
  }
  if (total == 0) return false;
  std::uint64_t n = keyspace.rng().below(total);
  for (unsigned i = 0; i < kDatabases; ++i) {
    const std::uint64_t here = volatile_only ? keyspace.with_expiry(i) : keyspace.size(i);
    if (n >= here) {
      n -= here;
      continue;
    }
    const Database& db = *keyspace.database(i);
    if (!volatile_only) {
      const Entry* entry = db.table.random(keyspace.rng());
      const std::uint64_t hash = EntryPolicy::hash(*entry, keyspace.hash_key());
      keyspace.remove_evicted(i, db.find(hash, entry->key()), hash);
      return true;
    }
    for (;;) {  // at most half of the records and a thousand are stale
      const ExpiryRecord record = db.expiry.random(keyspace.rng());
      Table::Slot* slot = db.find(record, keyspace.hash_key());
      if (slot == nullptr) continue;
      keyspace.remove_evicted(i, slot, record.hash);
      return true;
    }
  }
  return false;
}

bool Evictor::evict_soonest(Keyspace& keyspace) {
  Table::Slot* best = nullptr;
  ExpiryRecord best_record{};
  unsigned best_database = 0;
  for (unsigned i = 0; i < kDatabases; ++i) {
    const Database* db = keyspace.database(i);
    if (db == nullptr || db->with_expiry == 0) continue;
    std::uint32_t found = 0;
    for (std::uint32_t n = 0; found < keyspace.eviction.samples && n < 64; ++n) {
      const ExpiryRecord record = db->expiry.soonest(keyspace.rng());
      Table::Slot* slot = db->find(record, keyspace.hash_key());
      if (slot == nullptr) continue;
      ++found;
      if (best == nullptr || record.unix_ms < best_record.unix_ms) {
        best = slot;
        best_record = record;
        best_database = i;
      }
    }
  }
  if (best == nullptr) return evict_random(keyspace, true);
  keyspace.remove_evicted(best_database, best, best_record.hash);
  return true;
}

}  // namespace miniredis::keyspace
