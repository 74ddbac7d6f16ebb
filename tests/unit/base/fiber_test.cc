#include "base/fiber.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace miniredis::base {
namespace {

TEST_CASE("a fiber goes on where it paused, with its locals") {
  std::string seen;
  Fiber* self = nullptr;
  Fiber fiber([&] {
    std::string local = "a";
    for (int i = 0; i < 3; ++i) {
      seen += local;
      self->pause();
      local += "b";
    }
  });
  self = &fiber;
  CHECK_FALSE(fiber.resume());
  CHECK(seen == "a");
  CHECK_FALSE(fiber.resume());
  CHECK_FALSE(fiber.resume());
  CHECK(fiber.resume());
  CHECK(seen == "aababb");
}

TEST_CASE("what the body throws comes out of resume()") {
  Fiber* self = nullptr;
  Fiber fiber([&] {
    self->pause();
    throw std::runtime_error("from within");
  });
  self = &fiber;
  CHECK_FALSE(fiber.resume());
  CHECK_THROWS_WITH_AS(fiber.resume(), "from within", std::runtime_error);
}

TEST_CASE("a body that is given up is unwound") {
  const auto owned = std::make_shared<int>(1);
  bool cleaned = false;
  {
    Fiber* self = nullptr;
    Fiber fiber([&, copy = owned] {
      const std::vector<int> local(1000);
      try {
        self->pause();
      } catch (...) {
        cleaned = local.size() == 1000;
        throw;
      }
    });
    self = &fiber;
    fiber.resume();
    CHECK(owned.use_count() == 2);
  }
  CHECK(cleaned);
  CHECK(owned.use_count() == 1);
  Fiber never_started([&] { cleaned = false; });
  CHECK(cleaned);
}

TEST_CASE("a fiber may go on in another thread") {
  int sum = 0;
  Fiber* self = nullptr;
  Fiber fiber([&] {
    for (int i = 1; i <= 4; ++i) {
      sum += i;
      self->pause();
    }
  });
  self = &fiber;
  for (int i = 0; i < 5; ++i) {
    std::thread([&] { fiber.resume(); }).join();
  }
  CHECK(sum == 10);
}

int depth_of(int n) {
  volatile char frame[256] = {static_cast<char>(n)};
  return n == 0 ? frame[0] : 1 + depth_of(n - 1) + (frame[0] - frame[0]);
}

TEST_CASE("the stack is deep enough for calls in their hundreds") {
  int depth = 0;
  Fiber fiber([&] { depth = depth_of(400); });
  CHECK(fiber.resume());
  CHECK(depth == 400);
}

}  // namespace
}  // namespace miniredis::base
