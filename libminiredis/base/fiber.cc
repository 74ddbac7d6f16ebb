#include "base/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINIREDIS_ASAN 1
#elif __has_feature(thread_sanitizer)
#define MINIREDIS_TSAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define MINIREDIS_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define MINIREDIS_TSAN 1
#endif

#ifdef MINIREDIS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef MINIREDIS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace miniredis::base {
namespace {

std::size_t guard_bytes() noexcept {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

void* map_stack(std::size_t bytes) {
  const std::size_t guard = guard_bytes();
  void* stack = mmap(nullptr, guard + bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED) throw std::bad_alloc{};
  mprotect(stack, guard, PROT_NONE);
  return stack;
}

// The stack that the thread has done with: mapping one takes longer than a short script.
class SpareStack {
 public:
  ~SpareStack() { unmap(); }
  void* take(std::size_t bytes) {
    if (bytes_ != bytes) return map_stack(bytes);
    bytes_ = 0;
    return std::exchange(stack_, nullptr);
  }
  void keep(void* stack, std::size_t bytes) noexcept {
    unmap();
    stack_ = stack;
    bytes_ = bytes;
#ifdef MINIREDIS_ASAN
    __asan_unpoison_memory_region(static_cast<char*>(stack) + guard_bytes(), bytes);
#endif
  }

 private:
  void unmap() noexcept {
    if (stack_ != nullptr) munmap(stack_, guard_bytes() + bytes_);
  }

  void* stack_ = nullptr;
  std::size_t bytes_ = 0;
};

SpareStack& spare_stack() noexcept {
  thread_local SpareStack spare;
  return spare;
}

}  // namespace

Fiber::Fiber(std::function<void()> body, std::size_t stack_bytes)
    : body_(std::move(body)), stack_bytes_(stack_bytes), stack_(spare_stack().take(stack_bytes)) {
  inside_ = prepare_stack(lowest_usable(), stack_bytes_, &Fiber::enter, this);
#ifdef MINIREDIS_TSAN
  inside_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  if (started_ && !ended_) {
    abandoned_ = true;
    switch_in();
  }
#ifdef MINIREDIS_TSAN
  __tsan_destroy_fiber(inside_fiber_);
#endif
  spare_stack().keep(stack_, stack_bytes_);
}

bool Fiber::resume() {
  started_ = true;
  switch_in();
  if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return ended_;
}

void Fiber::pause() {
  switch_out(false);
  if (abandoned_) throw Abandoned{};
}

void Fiber::enter(void* self) {
  static_cast<Fiber*>(self)->run();
}

void* Fiber::lowest_usable() const noexcept {
  return static_cast<char*>(stack_) + guard_bytes();
}

void Fiber::run() noexcept {
#ifdef MINIREDIS_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &outside_bottom_, &outside_size_);
#endif
  try {
    body_();
  } catch (const Abandoned&) {
  } catch (...) {
    thrown_ = std::current_exception();
  }
  ended_ = true;
  switch_out(true);
}

void Fiber::switch_in() {
#ifdef MINIREDIS_ASAN
  __sanitizer_start_switch_fiber(&outside_fake_stack_, lowest_usable(), stack_bytes_);
#endif
#ifdef MINIREDIS_TSAN
  outside_fiber_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(inside_fiber_, 0);
#endif
  switch_stack(outside_, inside_);
#ifdef MINIREDIS_ASAN
  __sanitizer_finish_switch_fiber(outside_fake_stack_, nullptr, nullptr);
#endif
}

// `for_good`: nothing of this stack is used again.
void Fiber::switch_out([[maybe_unused]] bool for_good) {
#ifdef MINIREDIS_ASAN
  __sanitizer_start_switch_fiber(for_good ? nullptr : &inside_fake_stack_, outside_bottom_,
                                 outside_size_);
#endif
#ifdef MINIREDIS_TSAN
  __tsan_switch_to_fiber(outside_fiber_, 0);
#endif
  switch_stack(inside_, outside_);
#ifdef MINIREDIS_ASAN
  __sanitizer_finish_switch_fiber(inside_fake_stack_, &outside_bottom_, &outside_size_);
#endif
}

}  // namespace miniredis::base
