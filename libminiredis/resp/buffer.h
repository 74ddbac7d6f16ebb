// A growing run of bytes that replies are written to. One thread at a time.
//
// From kMapped bytes on the memory is mapped by itself, so that growing moves page tables and not
// bytes: copying a reply of 30 MB would keep a shard's other nodes waiting for some 10 ms.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/bytes.h"

namespace miniredis::resp {

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { release(); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  Bytes view() const noexcept { return {data_ + begin_, end_ - begin_}; }
  char* data() noexcept { return data_ + begin_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return begin_ == end_; }

  void append(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void push_back(char c) {
    *reserve(1) = c;
    ++end_;
  }
  // Room for `more` bytes behind the end; commit() makes them part of the buffer.
  char* reserve(std::size_t more) {
    if (capacity_ - end_ < more) [[unlikely]]
      grow(more);
    return data_ + end_;
  }
  void commit(std::size_t bytes) noexcept { end_ += bytes; }

  void truncate(std::size_t size) noexcept { end_ = begin_ + size; }
  // Takes `bytes` off the front. No bytes move.
  void consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ == end_) clear();
  }
  // Leaves room in front of an empty buffer, for prepend() when the rest is written.
  void leave_gap(std::size_t bytes) {
    clear();
    reserve(bytes);
    begin_ = end_ = bytes;
  }
  // Only as much as is left of the gap.
  void prepend(Bytes bytes) noexcept {
    begin_ -= bytes.size();
    std::memcpy(data_ + begin_, bytes.data(), bytes.size());
  }
  void clear() noexcept { begin_ = end_ = 0; }
  // Gives the memory back.
  void reset() noexcept {
    release();
    data_ = nullptr;
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kMapped = std::size_t{1} << 20;

  void grow(std::size_t more);
  void release() noexcept;

  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace miniredis::resp
