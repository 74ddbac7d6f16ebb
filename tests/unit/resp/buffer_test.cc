#include "resp/buffer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <new>
#include <string>

#include "base/rng.h"

namespace miniredis::resp {
namespace {

TEST_CASE("a buffer keeps its bytes however it grows, from nothing to tens of megabytes") {
  base::Rng rng(1);
  Buffer buffer;
  std::string expected;
  while (expected.size() < (24U << 20)) {
    const std::string piece(1 + rng.below(expected.size() / 4 + 100),
                            static_cast<char>('a' + rng.below(26)));
    buffer.append(piece);
    expected += piece;
    if (rng.below(3) == 0) {
      const std::size_t taken = rng.below(expected.size() / 3 + 1);
      buffer.consume(taken);
      expected.erase(0, taken);
    }
    REQUIRE(buffer.size() == expected.size());
    REQUIRE(buffer.capacity() >= buffer.size());
  }
  CHECK(buffer.view() == expected);

  Buffer moved(std::move(buffer));
  CHECK(moved.view() == expected);
  buffer = std::move(moved);
  CHECK(buffer.view() == expected);
  buffer.truncate(3);
  CHECK(buffer.view() == expected.substr(0, 3));
  buffer.reset();
  CHECK(buffer.empty());
  CHECK(buffer.capacity() == 0);
  buffer.append("again");
  CHECK(buffer.view() == "again");
}

TEST_CASE("what stands before a gap is written last") {
  Buffer buffer;
  buffer.leave_gap(8);
  buffer.append(std::string(2 << 20, 'x'));
  buffer.prepend("*1\r\n");
  CHECK(buffer.size() == (2U << 20) + 4);
  CHECK(buffer.view().substr(0, 5) == "*1\r\nx");
}

TEST_CASE("room that nobody has is refused, and the buffer stays as it was") {
  Buffer buffer;
  buffer.append("kept");
  CHECK_THROWS_AS(buffer.reserve(SIZE_MAX / 2), std::bad_alloc);
  CHECK_THROWS_AS(buffer.reserve(std::size_t{1} << 46), std::bad_alloc);
  CHECK(buffer.view() == "kept");
}

}  // namespace
}  // namespace miniredis::resp
