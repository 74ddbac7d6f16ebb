// Memory accounts: a tree engine -> tenant -> node that counts bytes against limits.
//
// A leaf (the node's account) is where allocation happens. It is used by one thread at a time (the
// node's lock), so that its count costs an addition; the levels above are shared by threads and are
// told in batches of kBatchBytes, so that no shared cache line is written per command. A level
// above is therefore up to kBatchBytes a leaf behind.
//
// Invariant: used() of a leaf is the sum of block_size() over its live blocks and its charges.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "memory/allocator.h"

namespace miniredis::memory {

class Account {
 public:
  static constexpr std::int64_t kBatchBytes = 16 << 10;

  // `parent` may be null and must outlive this. `limit_bytes` 0: none.
  Account(Account* parent, std::uint64_t limit_bytes) noexcept;
  // Takes what is left on this account off the levels above.
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // Throws std::bad_alloc when the system has none; the limit is the caller's to check.
  void* allocate(std::size_t size) {
    void* block = allocate_block(size);
    charge(static_cast<std::int64_t>(block_size(size)));
    return block;
  }
  void release(void* block, std::size_t size) noexcept {
    free_block(block, size);
    charge(-static_cast<std::int64_t>(block_size(size)));
  }

  // Counts bytes that something else allocates in this account's name; negative to give back.
  void charge(std::int64_t bytes) noexcept {
    const std::int64_t now = used_.load(std::memory_order_relaxed) + bytes;
    used_.store(now, std::memory_order_relaxed);
    if (now > peak_.load(std::memory_order_relaxed)) peak_.store(now, std::memory_order_relaxed);
    const std::int64_t behind = now - reported_;
    if (behind >= kBatchBytes || behind <= -kBatchBytes) report();
  }

  // Tells the levels above at once.
  void report() noexcept;

  std::uint64_t used() const noexcept { return clamp(used_.load(std::memory_order_relaxed)); }
  std::uint64_t peak() const noexcept { return clamp(peak_.load(std::memory_order_relaxed)); }
  void reset_peak() noexcept { peak_.store(used_.load(std::memory_order_relaxed)); }

  std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint64_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }

  // Bytes over the limit of this level or of one above, the largest of them, were `more` added; 0
  // when there is room.
  std::uint64_t excess(std::uint64_t more = 0) const noexcept;

 private:
  static std::uint64_t clamp(std::int64_t n) noexcept {
    return n > 0 ? static_cast<std::uint64_t>(n) : 0;
  }

  Account* const parent_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<std::int64_t> peak_{0};
  std::atomic<std::uint64_t> limit_;
  std::int64_t reported_ = 0;  // part of used_ that the levels above know of; leaf's thread only
};

// Thrown where a value cannot be stored because its node has no room; the dispatch door answers it.
struct OutOfMemory {};

}  // namespace miniredis::memory
