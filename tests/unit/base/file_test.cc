#include "base/file.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace miniredis::base {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "file_test_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
  fs::path path;
};

TEST_CASE("what is written is read, and nothing else is left beside it") {
  const Folder folder;
  const std::string path = folder.file("f");
  REQUIRE(write_file_atomically(path, "one").ok());
  REQUIRE(write_file_atomically(path, std::string(100'000, 'x')).ok());
  const auto read = read_file(path, 100'000);
  REQUIRE(read.ok());
  CHECK(read.value() == std::string(100'000, 'x'));
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator{}) == 1);
}

TEST_CASE("a file that is not there is nothing, one that is too large an error") {
  const Folder folder;
  const auto absent = read_file(folder.file("none"), 10);
  REQUIRE(absent.ok());
  CHECK_FALSE(absent.value().has_value());
  REQUIRE(write_file_atomically(folder.file("f"), "12345678901").ok());
  CHECK(read_file(folder.file("f"), 10).error().code == ErrorCode::kIo);
  CHECK(read_file(folder.path.string(), 10).error().code == ErrorCode::kIo);
}

TEST_CASE("a write that fails leaves the old content and no temporary file") {
  const Folder folder;
  const std::string path = folder.file("f");
  REQUIRE(write_file_atomically(path, "old").ok());
  fs::create_directory(path + ".new");
  CHECK_FALSE(write_file_atomically(path, "new").ok());
  CHECK(read_file(path, 10).value() == "old");
  CHECK_FALSE(write_file_atomically(folder.file("no/such/folder"), "x").ok());
}

}  // namespace
}  // namespace miniredis::base
