// The calling thread on a CPU of its own while the object lives: the first or the last there is.
//
// Where there is only one CPU both are the same, and the figures are those of the scheduler.
#pragma once

#include <sched.h>

namespace mm::bench {

class Pinned {
 public:
  enum class Cpu { kFirst, kLast };

  explicit Pinned(Cpu which) {
    before_ = allowed_now();
    // A thread begins where its parent is pinned: what there was before any was, counts.
    static const cpu_set_t all = before_;
    unsigned chosen = CPU_SETSIZE;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &all)) continue;
      if (which == Cpu::kLast || chosen == CPU_SETSIZE) chosen = cpu;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~Pinned() { sched_setaffinity(0, sizeof before_, &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  static cpu_set_t allowed_now() {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }

  cpu_set_t before_;
};

}  // namespace mm::bench
