// The real clock: nanoseconds since the Unix epoch that never go back.
//
// Immutable after construction, so any thread may read it; a read is one vdso call (about 22 ns).
// It is the monotonic clock moved to the epoch once, at construction: a step of the wall clock
// cannot reach it. Threads that compare their stamps share one Clock. Only runners and drivers read
// it; everything else is told the time.
#pragma once

#include <time.h>

#include "engine/core/types.h"

namespace mm {

class Clock {
 public:
  Clock() : offset_(read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC)) {}
  Nanos now() const { return read(CLOCK_MONOTONIC) + offset_; }

 private:
  static Nanos read(clockid_t id) {
    timespec t;
    clock_gettime(id, &t);
    return kSecond * t.tv_sec + Nanos(t.tv_nsec);
  }

  Nanos offset_;
};

}  // namespace mm
