#include "engine/app/modes/host.h"

#include <sys/resource.h>

#include <fstream>

namespace mm::app {

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
