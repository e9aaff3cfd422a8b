#include "engine/app/host.h"

#include <sched.h>
#include <sys/resource.h>

#include <fstream>

namespace mm::app {

HostCpus host_cpus() {
  HostCpus cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (std::int32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.usable.push_back(cpu);
  }
  return cpus;
}

std::optional<std::int64_t> cgroup_quota_milli() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // "200000 100000", or "max 100000"
  std::int64_t quota_us = 0, period_us = 0;
  if (!(file >> quota_us >> period_us) || period_us <= 0) return {};
  return quota_us * 1000 / period_us;
}

std::optional<std::uint64_t> memory_lock_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return limit.rlim_cur;
}

std::string clock_source() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return file >> name ? name : "unknown";
}

}  // namespace mm::app
