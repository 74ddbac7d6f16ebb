#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace miniredis::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

Error failure(const char* what, const std::string& path, int number) {
  return Error{ErrorCode::kIo,
               std::string(what) + " " + path + ": " + std::generic_category().message(number)};
}

int write_all(int fd, Bytes bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count > 0)
      bytes.remove_prefix(static_cast<std::size_t>(count));
    else if (count == 0 || errno != EINTR)
      return count == 0 ? EIO : errno;
  }
  return 0;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return std::optional<std::string>();
    return failure("cannot open", path, errno);
  }
  std::string content;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count == 0) return std::optional<std::string>(std::move(content));
    if (count < 0) {
      if (errno == EINTR) continue;
      return failure("cannot read", path, errno);
    }
    content.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.size() > most_bytes) return failure("cannot read", path, EFBIG);
  }
}

Result<void> write_file_atomically(const std::string& path, Bytes content) {
  const std::string temporary = path + ".new";
  const auto failed = [&](const char* what, int number) -> Result<void> {
    ::unlink(temporary.c_str());
    return failure(what, temporary, number);
  };
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return failure("cannot make", temporary, errno);
    if (::fchmod(file.get(), 0600) != 0) return failed("cannot protect", errno);
    if (const int number = write_all(file.get(), content)) return failed("cannot write", number);
    if (::fsync(file.get()) != 0) return failed("cannot sync", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot rename", errno);
  const std::string folder = folder_of(path);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return failure("cannot sync", folder, errno);
  return {};
}

}  // namespace miniredis::base
