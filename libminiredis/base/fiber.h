// A function with a stack of its own, which can stop in the middle and go on later.
//
// Starting one may cost some microseconds (a mapping of kStackBytes, of which only what is touched
// takes memory); a switch costs a few nanoseconds.
//
// Threads: one at a time; it may go on in another thread than before. The body must not stop within
// a catch block, for the C++ runtime keeps caught exceptions by thread.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>

#include "base/stack_switch.h"

namespace miniredis::base {

class Fiber {
 public:
  static constexpr std::size_t kStackBytes = std::size_t{256} << 10;

  // Throws std::bad_alloc when there is no stack to be had. `stack_bytes` is a multiple of the page
  // size. Each thread keeps one stack that it has done with for the next fiber of that size.
  explicit Fiber(std::function<void()> body, std::size_t stack_bytes = kStackBytes);
  // A body that has not come to its end is unwound: pause() throws.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the body until it pauses, false, or ends, true. What it throws comes out here. Not to be
  // called after the end.
  bool resume();
  // In the body: gives the thread back to whoever called resume().
  void pause();

 private:
  struct Abandoned {};

  static void enter(void* self);
  void run() noexcept;
  void* lowest_usable() const noexcept;
  void switch_in();
  void switch_out(bool for_good);

  std::function<void()> body_;
  const std::size_t stack_bytes_;
  void* stack_ = nullptr;  // lowest address: the guard page
  IdleStack inside_ = nullptr;
  IdleStack outside_ = nullptr;
  std::exception_ptr thrown_;
  bool started_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  // What the sanitizers want to know of stacks that are switched.
  [[maybe_unused]] void* outside_fake_stack_ = nullptr;
  [[maybe_unused]] void* inside_fake_stack_ = nullptr;
  [[maybe_unused]] const void* outside_bottom_ = nullptr;
  [[maybe_unused]] std::size_t outside_size_ = 0;
  [[maybe_unused]] void* outside_fiber_ = nullptr;
  [[maybe_unused]] void* inside_fiber_ = nullptr;
};

}  // namespace miniredis::base
