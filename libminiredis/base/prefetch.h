// Asks the processor to fetch a cache line. Never faults, whatever the address is.
#pragma once

namespace miniredis::base {

inline void prefetch(const void* address) noexcept {
#if defined(__x86_64__)
  // Not __builtin_prefetch: gcc takes a function that does nothing else for one without effect, and
  // drops the calls of it.
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address);
#endif
}

}  // namespace miniredis::base
