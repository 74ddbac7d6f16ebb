// A growing run of bytes that replies are written to. One thread at a time.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/bytes.h"

namespace miniredis::resp {

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  Bytes view() const noexcept { return {data_, size_}; }
  char* data() noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

  void append(Bytes bytes) {
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void push_back(char c) {
    *reserve(1) = c;
    ++size_;
  }
  // Room for `more` bytes behind the end; commit() makes them part of the buffer.
  char* reserve(std::size_t more) {
    if (capacity_ - size_ < more) [[unlikely]]
      grow(more);
    return data_ + size_;
  }
  void commit(std::size_t bytes) noexcept { size_ += bytes; }

  void truncate(std::size_t size) noexcept { size_ = size; }
  // Takes `bytes` off the front.
  void consume(std::size_t bytes) noexcept {
    size_ -= bytes;
    if (size_ > 0) std::memmove(data_, data_ + bytes, size_);
  }
  void clear() noexcept { size_ = 0; }
  // Gives the memory back.
  void reset() noexcept {
    std::free(std::exchange(data_, nullptr));
    size_ = capacity_ = 0;
  }

 private:
  void grow(std::size_t more) {
    std::size_t wanted = capacity_ < 512 ? 1024 : capacity_ * 2;
    while (wanted - size_ < more) {
      if (wanted > SIZE_MAX / 4) throw std::bad_alloc();
      wanted *= 2;
    }
    void* larger = std::realloc(data_, wanted);
    if (larger == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(larger);
    capacity_ = wanted;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace miniredis::resp
