// Memory that is there before a hot thread touches it: no page fault later, locked or not.
//
// populate_memory() belongs to the main thread, once, when all is made and before hot threads
// start: some tens of milliseconds, a system call a mapping; it allocates. The stack is a matter of
// each thread. What the kernel would take away again (swap, reclaim) only [engine] lock_memory
// keeps.
#pragma once

#include <array>
#include <cstddef>

namespace mm {

// All that is mapped: heap, data and pools as pages of our own, code as those of its file. Not the
// stacks of other threads, which are large and used at one end.
void populate_memory();

// As deep as a hot thread goes, and more.
inline constexpr std::size_t kStackBytesTouched = std::size_t{128} << 10;

[[gnu::noinline]] inline void touch_stack() {
  constexpr std::size_t kPage = 4096;
  std::array<volatile char, kStackBytesTouched> stack;
  for (std::size_t i = 0; i < stack.size(); i += kPage) stack[i] = 0;
}

}  // namespace mm
