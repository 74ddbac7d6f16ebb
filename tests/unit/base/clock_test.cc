#include "base/clock.h"

#include <doctest/doctest.h>

#include <ctime>

namespace miniredis::base {

TEST_CASE("the system clock tells the time of day") {
  const std::int64_t before = std::time(nullptr);
  const std::int64_t now = system_clock().unix_us() / 1'000'000;
  // time() may read a coarser clock, which is behind by at most a tick.
  CHECK(now >= before);
  CHECK(now <= before + 60);
  CHECK(system_clock().unix_ms() / 1000 >= before);
}

TEST_CASE("monotonic time does not go back, and goes on") {
  const std::uint64_t start = system_clock().monotonic_ns();
  std::uint64_t last = start;
  while (last == start) {
    const std::uint64_t next = system_clock().monotonic_ns();
    REQUIRE(next >= last);
    last = next;
  }
  CHECK(last > start);
}

}  // namespace miniredis::base
