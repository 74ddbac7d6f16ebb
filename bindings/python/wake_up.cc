#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "handles.h"

namespace miniredis::python {

WakeUp::WakeUp() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

WakeUp::~WakeUp() {
  if (descriptor_ >= 0) close(descriptor_);
}

// A counter that is full already rings, and one that is empty is quiet: neither failure matters.
void WakeUp::ring() const noexcept {
  (void)eventfd_write(descriptor_, 1);
}

void WakeUp::quiet() const noexcept {
  eventfd_t count = 0;
  (void)eventfd_read(descriptor_, &count);
}

bool WakeUp::wait(int timeout_ms) const noexcept {
  pollfd poll_for{descriptor_, POLLIN, 0};
  return poll(&poll_for, 1, timeout_ms) > 0;
}

}  // namespace miniredis::python
