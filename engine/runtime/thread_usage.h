// What the system counts of the calling thread: page faults, and how often it lost its CPU.
//
// One system call (getrusage), so at the edges of what is measured only; allocates nothing.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace mm {

struct ThreadUsage {
  std::int64_t faults = 0;       // minor and major
  std::int64_t preemptions = 0;  // the CPU went to another thread while this one could run

  friend ThreadUsage operator-(const ThreadUsage& a, const ThreadUsage& b) {
    return {a.faults - b.faults, a.preemptions - b.preemptions};
  }
};

inline ThreadUsage thread_usage() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {usage.ru_minflt + usage.ru_majflt, usage.ru_nivcsw};
}

}  // namespace mm
