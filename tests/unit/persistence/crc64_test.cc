#include "persistence/crc64.h"

#include <doctest/doctest.h>

#include <string>

namespace miniredis::persistence {

TEST_CASE("the checksum is that of RDB files, in one go and in pieces") {
  CHECK(crc64(0, "123456789") == 0xe9c6d914c4b8d9ca);
  CHECK(crc64(0, "") == 0);
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  const std::uint64_t whole = crc64(0, text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Bytes bytes(text);
    CHECK(crc64(crc64(0, bytes.substr(0, cut)), bytes.substr(cut)) == whole);
  }
}

}  // namespace miniredis::persistence
