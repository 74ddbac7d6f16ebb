// Going from one stack to another, as a call that returns where the other stack last made such a
// call. Saved is what the platform's calling convention has a function preserve, and nothing else:
// the signal mask, which POSIX ucontext switches with two system calls, stays as it is.
//
// By hand on x86-64 (System V) and AArch64 (AAPCS64); elsewhere by ucontext.
#pragma once

#include <cstddef>

namespace miniredis::base {

// A stack that nobody runs on: valid until it is switched to.
using IdleStack = void*;

// Makes the memory a stack that begins with entry(argument) when it is first switched to. entry()
// must not return. `lowest` is the lowest address; 4 KiB are the least.
IdleStack prepare_stack(void* lowest, std::size_t bytes, void (*entry)(void*), void* argument);

// Goes on at `target`. The stack that is left is in `left`, set before anything runs on the other;
// this returns when somebody switches to it.
void switch_stack(IdleStack& left, IdleStack target);

}  // namespace miniredis::base
