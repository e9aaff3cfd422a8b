// Which process: its number, and when it started, since numbers are used again.
//
// Cold; reads /proc. A process that has ended and was not waited for yet is not alive.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace mm::counters {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since the host booted, as /proc counts
};

ProcessId this_process();
// One that /proc does not show is alive while its number is in use.
bool is_alive(const ProcessId& process);
bool exists(pid_t pid);  // any user's

}  // namespace mm::counters
