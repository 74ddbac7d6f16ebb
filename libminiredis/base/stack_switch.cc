#include "base/stack_switch.h"

#include <cstdint>

#if !defined(MINIREDIS_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define MINIREDIS_UCONTEXT 1
#endif

#ifdef MINIREDIS_UCONTEXT
#include <ucontext.h>

#include <new>
#endif

namespace miniredis::base {

#ifdef MINIREDIS_UCONTEXT

namespace {

// At the top of a prepared stack: what a context is begun with.
struct Beginning {
  ucontext_t context;
  void (*entry)(void*);
  void* argument;
};

// makecontext() passes ints only.
void begin(unsigned high, unsigned low) {
  const auto* beginning = reinterpret_cast<Beginning*>(std::uintptr_t{high} << 32 | low);
  beginning->entry(beginning->argument);
}

}  // namespace

IdleStack prepare_stack(void* lowest, std::size_t bytes, void (*entry)(void*), void* argument) {
  constexpr std::uintptr_t kAlignment = 64;
  const auto top = reinterpret_cast<std::uintptr_t>(lowest) + bytes;
  const std::uintptr_t place = (top - sizeof(Beginning)) & ~(kAlignment - 1);
  auto* beginning = new (reinterpret_cast<void*>(place)) Beginning{{}, entry, argument};
  getcontext(&beginning->context);
  beginning->context.uc_stack.ss_sp = lowest;
  beginning->context.uc_stack.ss_size = place - reinterpret_cast<std::uintptr_t>(lowest);
  beginning->context.uc_link = nullptr;
  makecontext(&beginning->context, reinterpret_cast<void (*)()>(&begin), 2,
              static_cast<unsigned>(place >> 32), static_cast<unsigned>(place));
  return &beginning->context;
}

void switch_stack(IdleStack& left, IdleStack target) {
  ucontext_t here;
  left = &here;
  swapcontext(&here, static_cast<ucontext_t*>(target));
}

#else

// An idle stack is the address of its lowest word, below which is what was saved:
//
//   x86-64   mxcsr and x87 control word | r15 r14 r13 r12 rbx rbp | return address
//   AArch64  d8-d15 | x19-x28 | x29 x30 (the return address)
//
// A new one returns into miniredis_begin_stack, with entry and argument in two of the registers.
// There is no caller above: unwinders are told so.
extern "C" void miniredis_switch_stack(IdleStack* left, IdleStack target);
extern "C" void miniredis_begin_stack();

#if defined(__x86_64__)

asm(R"(
  .text
  .p2align 4
  .globl miniredis_switch_stack
  .hidden miniredis_switch_stack
  .type miniredis_switch_stack, @function
miniredis_switch_stack:
  .cfi_startproc
  endbr64
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  pushq %r12
  .cfi_adjust_cfa_offset 8
  pushq %r13
  .cfi_adjust_cfa_offset 8
  pushq %r14
  .cfi_adjust_cfa_offset 8
  pushq %r15
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %r15
  .cfi_adjust_cfa_offset -8
  popq %r14
  .cfi_adjust_cfa_offset -8
  popq %r13
  .cfi_adjust_cfa_offset -8
  popq %r12
  .cfi_adjust_cfa_offset -8
  popq %rbx
  .cfi_adjust_cfa_offset -8
  popq %rbp
  .cfi_adjust_cfa_offset -8
  retq
  .cfi_endproc
  .size miniredis_switch_stack, .-miniredis_switch_stack

  .p2align 4
  .globl miniredis_begin_stack
  .hidden miniredis_begin_stack
  .type miniredis_begin_stack, @function
miniredis_begin_stack:
  .cfi_startproc
  .cfi_undefined rip
  endbr64
  movq %r12, %rdi
  callq *%r13
  ud2
  .cfi_endproc
  .size miniredis_begin_stack, .-miniredis_begin_stack
)");

IdleStack prepare_stack(void* lowest, std::size_t bytes, void (*entry)(void*), void* argument) {
  const auto top = (reinterpret_cast<std::uintptr_t>(lowest) + bytes) & ~std::uintptr_t{15};
  // After the return into miniredis_begin_stack the stack is where calls have it: a multiple of 16.
  auto* words = reinterpret_cast<std::uintptr_t*>(top) - 10;
  std::uint32_t vector_control = 0;
  std::uint16_t control = 0;
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(vector_control), "=m"(control));
  words[0] = vector_control | std::uintptr_t{control} << 32;
  words[1] = 0;                                                         // r15
  words[2] = 0;                                                         // r14
  words[3] = reinterpret_cast<std::uintptr_t>(entry);                   // r13
  words[4] = reinterpret_cast<std::uintptr_t>(argument);                // r12
  words[5] = 0;                                                         // rbx
  words[6] = 0;                                                         // rbp
  words[7] = reinterpret_cast<std::uintptr_t>(&miniredis_begin_stack);  // return address
  words[8] = 0;
  words[9] = 0;
  return words;
}

#else

asm(R"(
  .text
  .p2align 4
  .globl miniredis_switch_stack
  .hidden miniredis_switch_stack
  .type miniredis_switch_stack, %function
miniredis_switch_stack:
  .cfi_startproc
  hint #34
  sub sp, sp, #160
  .cfi_adjust_cfa_offset 160
  stp d8, d9, [sp, #0]
  stp d10, d11, [sp, #16]
  stp d12, d13, [sp, #32]
  stp d14, d15, [sp, #48]
  stp x19, x20, [sp, #64]
  stp x21, x22, [sp, #80]
  stp x23, x24, [sp, #96]
  stp x25, x26, [sp, #112]
  stp x27, x28, [sp, #128]
  stp x29, x30, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp d8, d9, [sp, #0]
  ldp d10, d11, [sp, #16]
  ldp d12, d13, [sp, #32]
  ldp d14, d15, [sp, #48]
  ldp x19, x20, [sp, #64]
  ldp x21, x22, [sp, #80]
  ldp x23, x24, [sp, #96]
  ldp x25, x26, [sp, #112]
  ldp x27, x28, [sp, #128]
  ldp x29, x30, [sp, #144]
  add sp, sp, #160
  .cfi_adjust_cfa_offset -160
  ret
  .cfi_endproc
  .size miniredis_switch_stack, .-miniredis_switch_stack

  .p2align 4
  .globl miniredis_begin_stack
  .hidden miniredis_begin_stack
  .type miniredis_begin_stack, %function
miniredis_begin_stack:
  .cfi_startproc
  .cfi_undefined x30
  hint #34
  mov x0, x20
  blr x19
  brk #1
  .cfi_endproc
  .size miniredis_begin_stack, .-miniredis_begin_stack
)");

IdleStack prepare_stack(void* lowest, std::size_t bytes, void (*entry)(void*), void* argument) {
  const auto top = (reinterpret_cast<std::uintptr_t>(lowest) + bytes) & ~std::uintptr_t{15};
  auto* words = reinterpret_cast<std::uintptr_t*>(top) - 20;
  for (int i = 0; i < 20; ++i) words[i] = 0;
  words[8] = reinterpret_cast<std::uintptr_t>(entry);                    // x19
  words[9] = reinterpret_cast<std::uintptr_t>(argument);                 // x20
  words[19] = reinterpret_cast<std::uintptr_t>(&miniredis_begin_stack);  // x30
  return words;
}

#endif

void switch_stack(IdleStack& left, IdleStack target) {
  miniredis_switch_stack(&left, target);
}

#endif

}  // namespace miniredis::base
