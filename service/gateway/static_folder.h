// The regular files of a folder, found and read without following links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/failure.h"

namespace miniredis::service {

struct FolderEntry {
  std::string name;  // relative to the folder, with slashes
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;

  bool operator==(const FolderEntry&) const = default;
};

struct FolderLimits {
  std::size_t files;
  std::uint64_t bytes;
};

// Sorted by name, without links, special files, names that begin with a dot and what is below such
// a folder. kNotFound when there is no folder, kLimitReached when it holds too much.
Outcome<std::vector<FolderEntry>> list_folder(const std::string& directory,
                                              const FolderLimits& limits);

// Nothing when it is no longer a regular file that can be read, or has grown beyond `most`.
std::optional<std::string> read_folder_file(const std::string& directory, const std::string& name,
                                            std::uint64_t most);

}  // namespace miniredis::service
