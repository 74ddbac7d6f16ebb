#include "common/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace miniredis::service {
namespace {

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Failure storage_failure(const std::string& what, const std::string& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  return {full ? FailureKind::kStorageFull : FailureKind::kStorageFailed,
          what + " " + path + ": " + std::strerror(error_number), ""};
}

Outcome<void> make_directory(const std::string& path) {
  const std::filesystem::path directory(path);
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  if (directory.has_parent_path() && directory.parent_path() != directory) {
    std::filesystem::create_directories(directory.parent_path(), error);
    if (error) return storage_failure("cannot make", directory.parent_path(), error.value());
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return storage_failure("cannot make", path, errno);
  }
  if (!std::filesystem::is_directory(directory, error)) {
    return storage_failure("cannot make", path, ENOTDIR);
  }
  return {};
}

Outcome<std::optional<std::string>> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::optional<std::string>();
    return storage_failure("cannot open", path, errno);
  }
  std::string content;
  std::array<char, 65536> chunk{};
  while (true) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count == 0) return std::optional<std::string>(std::move(content));
    if (count > 0) {
      content.append(chunk.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return storage_failure("cannot read", path, errno);
    }
  }
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return count == 0 ? EIO : errno;
    }
  }
  return 0;
}

Outcome<void> write_file_atomically(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  const auto failed = [&](const char* what, int error_number) -> Outcome<void> {
    ::unlink(temporary.c_str());
    return storage_failure(what, temporary, error_number);
  };
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return storage_failure("cannot make", temporary, errno);
    if (::fchmod(file.get(), 0600) != 0) return failed("cannot protect", errno);
    if (const int error_number = write_all(file.get(), content)) {
      return failed("cannot write", error_number);
    }
    if (::fsync(file.get()) != 0) return failed("cannot sync", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot rename", errno);
  const std::string parent = parent_of(path);
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) {
    return storage_failure("cannot sync", parent, errno);
  }
  return {};
}

Outcome<Descriptor> lock_directory(const std::string& directory) {
  const std::string path = directory + "/lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return storage_failure("cannot open", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return storage_failure("cannot lock", path, errno);
    return Failure{FailureKind::kWrongState, directory + " is in use by another miniredisd", ""};
  }
  return file;
}

}  // namespace miniredis::service
