#include "types/expiry_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace miniredis::types {

ExpiryIndex::ExpiryIndex(ExpiryIndex&& other) noexcept
    : account_(other.account_),
      buckets_(std::exchange(other.buckets_, nullptr)),
      bucket_count_(std::exchange(other.bucket_count_, 0)),
      bucket_room_(std::exchange(other.bucket_room_, 0)),
      last_(other.last_),
      size_(std::exchange(other.size_, 0)),
      stale_(std::exchange(other.stale_, 0)),
      sweep_id_(other.sweep_id_),
      sweep_position_(other.sweep_position_),
      draining_(std::exchange(other.draining_, {})) {}

std::uint32_t ExpiryIndex::bucket_id(std::int64_t unix_ms) const noexcept {
  const std::int64_t time = std::max(unix_ms, last_);
  const auto differs = static_cast<std::uint64_t>(time ^ last_);
  const auto level =
      differs == 0 ? 0U : static_cast<std::uint32_t>(63 - std::countl_zero(differs)) / 4;
  return level * 16 + static_cast<std::uint32_t>(time >> (4 * level) & 15);
}

std::int64_t ExpiryIndex::start_of(std::uint32_t id) const noexcept {
  const std::uint32_t level = id / 16;
  const std::int64_t above = level >= 15 ? 0 : last_ >> (4 * level + 4) << (4 * level + 4);
  return above | static_cast<std::int64_t>(id % 16) << (4 * level);
}

ExpiryIndex::Bucket& ExpiryIndex::bucket(std::uint32_t id) {
  Bucket* at = std::lower_bound(buckets_, buckets_ + bucket_count_, id,
                                [](const Bucket& b, std::uint32_t i) { return b.id < i; });
  if (at != buckets_ + bucket_count_ && at->id == id) return *at;
  const auto index = static_cast<std::size_t>(at - buckets_);
  if (bucket_count_ == bucket_room_) {
    const std::uint32_t room = bucket_room_ == 0 ? 2 : bucket_room_ * 2;
    auto* larger = static_cast<Bucket*>(account_->allocate(room * sizeof(Bucket)));
    if (bucket_count_ > 0) std::memcpy(larger, buckets_, bucket_count_ * sizeof(Bucket));
    if (bucket_room_ > 0) account_->release(buckets_, bucket_room_ * sizeof(Bucket));
    buckets_ = larger;
    bucket_room_ = room;
  }
  std::memmove(buckets_ + index + 1, buckets_ + index, (bucket_count_ - index) * sizeof(Bucket));
  buckets_[index] = Bucket{id};
  ++bucket_count_;
  return buckets_[index];
}

void ExpiryIndex::push(Bucket& bucket, const ExpiryRecord& record) {
  const std::uint32_t chunk = bucket.count / kChunk;
  if (chunk == bucket.table) {
    const std::uint32_t table = bucket.table == 0 ? 1 : bucket.table * 2;
    auto** larger = static_cast<ExpiryRecord**>(account_->allocate(table * sizeof(ExpiryRecord*)));
    std::fill(larger, larger + table, nullptr);
    if (bucket.table > 0) {
      std::memcpy(larger, bucket.chunks, bucket.table * sizeof(ExpiryRecord*));
      account_->release(bucket.chunks, bucket.table * sizeof(ExpiryRecord*));
    }
    bucket.chunks = larger;
    bucket.table = table;
  }
  if (chunk == 0 && bucket.count == bucket.first_chunk) {
    const std::uint32_t room = bucket.first_chunk == 0 ? 2 : bucket.first_chunk * 2;
    auto* larger = static_cast<ExpiryRecord*>(account_->allocate(room * sizeof(ExpiryRecord)));
    if (bucket.count > 0) {
      std::memcpy(larger, bucket.chunks[0], bucket.count * sizeof(ExpiryRecord));
      account_->release(bucket.chunks[0], bucket.first_chunk * sizeof(ExpiryRecord));
    }
    bucket.chunks[0] = larger;
    bucket.first_chunk = room;
  } else if (chunk > 0 && bucket.chunks[chunk] == nullptr) {
    bucket.chunks[chunk] =
        static_cast<ExpiryRecord*>(account_->allocate(kChunk * sizeof(ExpiryRecord)));
  }
  ExpiryIndex::record(bucket, bucket.count) = record;
  ++bucket.count;
  ++size_;
}

ExpiryRecord ExpiryIndex::pop(Bucket& bucket) noexcept {
  const std::uint32_t last = bucket.count - 1;
  const ExpiryRecord record = ExpiryIndex::record(bucket, last);
  bucket.count = last;
  --size_;
  const std::uint32_t chunk = last / kChunk;
  if (chunk > 0 && last % kChunk == 0) {
    account_->release(bucket.chunks[chunk], kChunk * sizeof(ExpiryRecord));
    bucket.chunks[chunk] = nullptr;
  }
  return record;
}

void ExpiryIndex::free_bucket(Bucket& bucket) noexcept {
  for (std::uint32_t i = 1; i < bucket.table; ++i) {
    if (bucket.chunks[i] != nullptr) {
      account_->release(bucket.chunks[i], kChunk * sizeof(ExpiryRecord));
    }
  }
  if (bucket.table > 0) {
    if (bucket.chunks[0] != nullptr) {
      account_->release(bucket.chunks[0], bucket.first_chunk * sizeof(ExpiryRecord));
    }
    account_->release(bucket.chunks, bucket.table * sizeof(ExpiryRecord*));
  }
}

void ExpiryIndex::remove_bucket(std::uint32_t index) noexcept {
  free_bucket(buckets_[index]);
  std::memmove(buckets_ + index, buckets_ + index + 1,
               (bucket_count_ - index - 1) * sizeof(Bucket));
  --bucket_count_;
}

void ExpiryIndex::add(std::int64_t unix_ms, std::uint64_t hash) {
  push(bucket(bucket_id(unix_ms)), {unix_ms, hash});
}

std::optional<std::int64_t> ExpiryIndex::next_due() const noexcept {
  if (size_ == 0) return std::nullopt;
  return draining_.count > 0 ? last_ : start_of(buckets_[0].id);
}

std::optional<ExpiryRecord> ExpiryIndex::take_due(std::int64_t now) {
  for (int moves = 0; size_ > 0 && moves < kMovesPerCall; ++moves) {
    if (draining_.count > 0) {
      const ExpiryRecord record = pop(draining_);
      if (record.unix_ms <= now) return record;
      push(bucket(bucket_id(record.unix_ms)), record);
      continue;
    }
    if (buckets_[0].count == 0) {
      remove_bucket(0);
      continue;
    }
    const std::int64_t start = start_of(buckets_[0].id);
    if (start > now) {
      // No record is before `start`, so time may move up to now; new records then land in finer
      // steps.
      last_ = std::max(last_, now);
      return std::nullopt;
    }
    last_ = std::max(last_, start);
    if (buckets_[0].id < 16) return pop(buckets_[0]);  // the lowest level's buckets are one ms wide
    // Its records differ from `start` in lower digits only: spread them over those, some at a time.
    free_bucket(draining_);
    draining_ = std::exchange(buckets_[0], Bucket{buckets_[0].id});
    remove_bucket(0);
  }
  return std::nullopt;
}

ExpiryRecord ExpiryIndex::random(base::Rng& rng) const noexcept {
  std::uint64_t n = rng.below(size_);
  for (std::uint32_t i = 0; i < bucket_count_; ++i) {
    if (n < buckets_[i].count) return record(buckets_[i], static_cast<std::uint32_t>(n));
    n -= buckets_[i].count;
  }
  return record(draining_, static_cast<std::uint32_t>(n));
}

ExpiryRecord ExpiryIndex::soonest(base::Rng& rng) const noexcept {
  const Bucket* from = &draining_;
  for (std::uint32_t i = 0; from->count == 0; ++i) from = buckets_ + i;
  return record(*from, static_cast<std::uint32_t>(rng.below(from->count)));
}

const ExpiryRecord* ExpiryIndex::at_sweep() noexcept {
  for (std::uint32_t i = 0; i < bucket_count_; ++i) {
    if (buckets_[i].id < sweep_id_) continue;
    if (buckets_[i].id > sweep_id_) sweep_position_ = 0;
    sweep_id_ = buckets_[i].id;
    if (sweep_position_ < buckets_[i].count) return &record(buckets_[i], sweep_position_);
    ++sweep_id_;
    sweep_position_ = 0;
  }
  sweep_id_ = 0;
  sweep_position_ = 0;
  stale_ = 0;
  return nullptr;
}

void ExpiryIndex::drop_at_sweep() noexcept {
  for (std::uint32_t i = 0; i < bucket_count_; ++i) {
    if (buckets_[i].id != sweep_id_) continue;
    const ExpiryRecord last = pop(buckets_[i]);
    if (sweep_position_ < buckets_[i].count) record(buckets_[i], sweep_position_) = last;
    if (stale_ > 0) --stale_;
    return;
  }
}

void ExpiryIndex::clear() noexcept {
  for (std::uint32_t i = 0; i < bucket_count_; ++i) free_bucket(buckets_[i]);
  if (bucket_room_ > 0) account_->release(buckets_, bucket_room_ * sizeof(Bucket));
  free_bucket(draining_);
  draining_ = {};
  buckets_ = nullptr;
  bucket_count_ = 0;
  bucket_room_ = 0;
  size_ = 0;
  stale_ = 0;
}

}  // namespace miniredis::types
