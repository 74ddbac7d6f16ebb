#include "gateway/static_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "common/files.h"

namespace miniredis::service {
namespace {

namespace fs = std::filesystem;

constexpr int kMostDepth = 16;

// Nothing for a link and for all that is not a file.
std::optional<FolderEntry> entry_of(const fs::path& path, const std::string& name) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FolderEntry{name, static_cast<std::uint64_t>(status.st_size),
                     status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace

Outcome<std::vector<FolderEntry>> list_folder(const std::string& directory,
                                              const FolderLimits& limits) {
  std::error_code failed;
  fs::recursive_directory_iterator found(directory, fs::directory_options::skip_permission_denied,
                                         failed);
  if (failed) return Failure{FailureKind::kNotFound, failed.message(), ""};
  std::vector<FolderEntry> entries;
  std::uint64_t bytes = 0;
  for (; found != fs::recursive_directory_iterator(); found.increment(failed)) {
    if (failed) return Failure{FailureKind::kNotFound, failed.message(), ""};
    const bool hidden = found->path().filename().native().starts_with('.');
    if (hidden || found.depth() >= kMostDepth) {
      found.disable_recursion_pending();
      continue;
    }
    auto entry = entry_of(found->path(), found->path().lexically_relative(directory).native());
    if (!entry) continue;
    bytes += entry->size;
    if (entries.size() >= limits.files || bytes > limits.bytes) {
      return Failure{FailureKind::kLimitReached, "the folder holds too much", ""};
    }
    entries.push_back(std::move(*entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

std::optional<std::string> read_folder_file(const std::string& directory, const std::string& name,
                                            std::uint64_t most) {
  const std::string path = directory + "/" + name;
  // The file may have become a link or a pipe since the folder was listed.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string content;
  std::string chunk(64UL * 1024, '\0');
  while (true) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return content;
    if (content.size() + static_cast<std::size_t>(count) > most) return std::nullopt;
    content.append(chunk, 0, static_cast<std::size_t>(count));
  }
}

}  // namespace miniredis::service
