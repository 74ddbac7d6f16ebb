// Files written so that a crash leaves the old content or the new, and the lock on a directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/failure.h"

namespace miniredis::service {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// "No space left on device" and the like, as kStorageFull or kStorageFailed.
Failure storage_failure(const std::string& what, const std::string& path, int error_number);

// Makes the directory (mode 0700) and those above it.
Outcome<void> make_directory(const std::string& path);

// The whole file; nothing when there is none.
Outcome<std::optional<std::string>> read_file(const std::string& path);

// Puts `content` under `path` with mode 0600: temporary file, fsync, rename, fsync of the
// directory.
Outcome<void> write_file_atomically(const std::string& path, std::string_view content);

// Writes all bytes at the descriptor's position; errno's value when it fails, 0 otherwise.
int write_all(int fd, std::string_view bytes);

// A lock on `<directory>/lock`, held while the descriptor lives. kWrongState when another process
// holds it.
Outcome<Descriptor> lock_directory(const std::string& directory);

}  // namespace miniredis::service
