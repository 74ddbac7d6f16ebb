// What the system is asked about the processor time of a thread.
#pragma once

namespace miniredis::base {

// Asks that the calling thread runs soon after it wakes, even where a busy thread has not used up
// its turn, at the price of shorter turns of its own: for threads that answer clients and sleep in
// between. Linux 6.12 and later know how (EEVDF's slices: https://docs.kernel.org/scheduler/);
// under others, and for a thread whose policy is not the usual one, nothing happens.
void prefer_short_turns() noexcept;

}  // namespace miniredis::base
