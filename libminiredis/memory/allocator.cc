#include "memory/allocator.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#if defined(MINIREDIS_ALLOCATOR_MIMALLOC)
#include <mimalloc.h>
#elif defined(MINIREDIS_ALLOCATOR_JEMALLOC)
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif

namespace miniredis::memory {

#if defined(MINIREDIS_ALLOCATOR_MIMALLOC)

void* allocate_block(std::size_t size) {
  void* block = mi_malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void free_block(void* block, std::size_t size) noexcept {
  mi_free_size(block, size);
}
std::size_t detail::slow_block_size(std::size_t size) noexcept {
  return mi_good_size(size);
}
const char* allocator_name() noexcept {
  return "mimalloc-2.0";
}
std::uint64_t allocated_bytes() noexcept {
  mi_collect(false);  // blocks that were freed in passing are still counted before
  std::uint64_t total = 0;
  mi_heap_visit_blocks(
      mi_heap_get_default(), false,
      [](const mi_heap_t*, const mi_heap_area_t* area, void*, std::size_t, void* sum) {
        *static_cast<std::uint64_t*>(sum) += area->used * area->block_size;
        return true;
      },
      &total);
  return total;
}
bool release_free_memory() noexcept {
  mi_collect(true);
  return true;
}

#elif defined(MINIREDIS_ALLOCATOR_JEMALLOC)

void* allocate_block(std::size_t size) {
  void* block = mallocx(size, 0);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void free_block(void* block, std::size_t size) noexcept {
  sdallocx(block, size, 0);
}
std::size_t detail::slow_block_size(std::size_t size) noexcept {
  return nallocx(size, 0);
}
const char* allocator_name() noexcept {
  return "jemalloc-5.3.0";
}
std::uint64_t allocated_bytes() noexcept {
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
  std::size_t total = 0;
  size = sizeof total;
  return mallctl("stats.allocated", &total, &size, nullptr, 0) == 0 ? total : 0;
}
bool release_free_memory() noexcept {
  return mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
}

#else

// A block may be used up to block_size(): sanitizers know no classes, so it is asked for in full.
void* allocate_block(std::size_t size) {
  void* block = std::malloc(block_size(size));
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void free_block(void* block, std::size_t) noexcept {
  std::free(block);
}
std::size_t detail::slow_block_size(std::size_t size) noexcept {
  return (size + 15) & ~std::size_t{15};
}
const char* allocator_name() noexcept {
  return "libc";
}
std::uint64_t allocated_bytes() noexcept {
  const struct mallinfo2 books = ::mallinfo2();
  return books.uordblks + books.hblkhd;
}
bool release_free_memory() noexcept {
  return malloc_trim(0) == 1;
}

#endif

namespace {
std::array<std::uint16_t, detail::kTabledSize / 8 + 1> make_block_sizes() {
  std::array<std::uint16_t, detail::kTabledSize / 8 + 1> sizes{};
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    sizes[i] = static_cast<std::uint16_t>(detail::slow_block_size(i * 8));
  }
  return sizes;
}
}  // namespace

const std::array<std::uint16_t, detail::kTabledSize / 8 + 1> detail::kBlockSizes =
    make_block_sizes();

std::uint64_t resident_bytes() noexcept {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long long total = 0;
  unsigned long long resident = 0;
  // NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers
  const int fields = std::fscanf(file, "%llu %llu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace miniredis::memory
