#include "base/stack_switch.h"

#include <doctest/doctest.h>

#include <cfenv>
#include <cstdint>
#include <vector>

#include "base/fiber.h"

namespace miniredis::base {

// Sanitizers want to be told of each switch, as Fiber does: gcc says that it has one by a macro,
// clang by a question that gcc does not know.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
namespace {

struct PingPong {
  IdleStack outside = nullptr;
  IdleStack inside = nullptr;
  int turns = 0;
  std::uintptr_t stack_at_entry = 1;
};

// Ends by being left for good.
void count_turns(void* argument) {
  auto& game = *static_cast<PingPong*>(argument);
  alignas(16) volatile char aligned[16] = {};
  game.stack_at_entry = reinterpret_cast<std::uintptr_t>(&aligned[0]);
  while (true) {
    ++game.turns;
    switch_stack(game.inside, game.outside);
  }
}

}  // namespace

TEST_CASE("a stack begins at its entry, and goes on where it was left") {
  std::vector<std::uint64_t> memory(8192);
  PingPong game;
  game.inside = prepare_stack(memory.data(), memory.size() * 8, &count_turns, &game);
  CHECK(game.turns == 0);
  for (int i = 1; i <= 1000; ++i) {
    switch_stack(game.outside, game.inside);
    CHECK(game.turns == i);
  }
  CHECK(game.stack_at_entry % 16 == 0);
  CHECK(game.stack_at_entry > reinterpret_cast<std::uintptr_t>(memory.data()));
  CHECK(game.stack_at_entry < reinterpret_cast<std::uintptr_t>(memory.data() + memory.size()));
}
#endif

// AArch64's convention calls the rounding mode the program's, not the function's.
#ifdef __x86_64__
TEST_CASE("how numbers are rounded belongs to a stack") {
  Fiber* self = nullptr;
  int after_pause = -1;
  Fiber fiber([&] {
    std::fesetround(FE_UPWARD);
    self->pause();
    after_pause = std::fegetround();
  });
  self = &fiber;
  CHECK_FALSE(fiber.resume());
  CHECK(std::fegetround() == FE_TONEAREST);
  CHECK(fiber.resume());
  CHECK(after_pause == FE_UPWARD);
  CHECK(std::fegetround() == FE_TONEAREST);
}
#endif

}  // namespace miniredis::base
