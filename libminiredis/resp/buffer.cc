#include "resp/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace miniredis::resp {

void Buffer::grow(std::size_t more) {
  const std::size_t live = size();
  // Room at the front pays a move.
  if (begin_ > 0 && capacity_ - live >= more && begin_ >= live) {
    std::memmove(data_, data_ + begin_, live);
    begin_ = 0;
    end_ = live;
    return;
  }
  std::size_t wanted = capacity_ < 512 ? 1024 : capacity_ * 2;
  while (wanted - end_ < more) {
    if (wanted > SIZE_MAX / 4) throw std::bad_alloc();
    wanted *= 2;
  }
  // Sizes are powers of two from 1 KiB up: those that are mapped are whole pages.
  void* larger = nullptr;
  if (wanted < kMapped) {
    larger = std::realloc(data_, wanted);
    if (larger == nullptr) throw std::bad_alloc();
  } else if (capacity_ >= kMapped) {
    larger = ::mremap(data_, capacity_, wanted, MREMAP_MAYMOVE);
    if (larger == MAP_FAILED) throw std::bad_alloc();
  } else {
    larger = ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (larger == MAP_FAILED) throw std::bad_alloc();
    if (end_ > 0) std::memcpy(larger, data_, end_);
    std::free(data_);
  }
  data_ = static_cast<char*>(larger);
  capacity_ = wanted;
}

void Buffer::release() noexcept {
  if (capacity_ >= kMapped)
    ::munmap(data_, capacity_);
  else
    std::free(data_);
}

}  // namespace miniredis::resp
