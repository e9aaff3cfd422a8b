// What the host offers: CPUs this process may use, locked memory, the clock.
//
// Cold, main thread; reads the kernel's files and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/app/config.h"

namespace mm::app {

HostCpus host_cpus();

// CPUs' worth of time the control group allows, in thousandths; nothing: no limit.
std::optional<std::int64_t> cgroup_quota_milli();

// Bytes that may be locked; nothing: no limit.
std::optional<std::uint64_t> memory_lock_limit();

std::string clock_source();  // "tsc", "kvm-clock", ... or "unknown"

}  // namespace mm::app
