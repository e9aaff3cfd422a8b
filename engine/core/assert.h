// MM_ASSERT: a promise between two pieces of our own code, checked in every build.
//
// Any thread; costs one predicted branch, never allocates. A failure is a programmer error: it says
// where and what the caller should have guaranteed, then aborts. What a venue, a file or a user can
// cause is not asserted but handled as a value.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace mm {

[[noreturn, gnu::cold, gnu::noinline]] inline void assert_failed(const char* file, int line,
                                                                 const char* condition,
                                                                 const char* promise) {
  std::fprintf(stderr, "%s:%d: broken promise: %s (%s)\n", file, line, promise, condition);
  std::abort();
}

}  // namespace mm

#define MM_ASSERT(condition, promise)                               \
  do {                                                              \
    if (!(condition)) [[unlikely]] {                                \
      ::mm::assert_failed(__FILE__, __LINE__, #condition, promise); \
    }                                                               \
  } while (false)
