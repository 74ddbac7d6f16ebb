// The allocator below the accounts: mimalloc by default, jemalloc or the system's by build option.
//
// Why mimalloc: the two have the same size classes, so the same fragmentation; mimalloc fills a
// table faster, and its thread-local state is one word, so that the library can be loaded into a
// running program (a Python interpreter) where jemalloc's static TLS block does not fit. Figures
// are in docs/memory.md.
//
// Any thread may call; a block may be freed by another thread than the one that allocated it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace miniredis::memory {

// Throws std::bad_alloc. `size` > 0. Aligned to 16 for sizes from 16 up.
void* allocate_block(std::size_t size);
// `size` is the one given to allocate_block.
void free_block(void* block, std::size_t size) noexcept;

namespace detail {
std::size_t slow_block_size(std::size_t size) noexcept;
inline constexpr std::size_t kTabledSize = 1024;
// Entry i: true size of a block of 8*i bytes.
extern const std::array<std::uint16_t, kTabledSize / 8 + 1> kBlockSizes;
}  // namespace detail

// What a block of `size` bytes takes in truth: the size of its class.
inline std::size_t block_size(std::size_t size) noexcept {
  if (size <= detail::kTabledSize) [[likely]] {
    return detail::kBlockSizes[(size + 7) / 8];
  }
  return detail::slow_block_size(size);
}

const char* allocator_name() noexcept;  // "mimalloc-2.0"
// Bytes the process has resident, by the system's count.
std::uint64_t resident_bytes() noexcept;
// Bytes of the blocks in use that the calling thread allocated, by the allocator's own books: to
// check the accounts against. 0 when it keeps none. O(pages).
std::uint64_t allocated_bytes() noexcept;
// Gives free memory of the calling thread back to the system. Returns whether the allocator can.
bool release_free_memory() noexcept;

}  // namespace miniredis::memory
