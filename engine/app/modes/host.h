// What the host offers besides CPUs: locked memory, the clock.
//
// Cold, main thread; reads the kernel's files and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mm::app {

// Bytes that may be locked; nothing: no limit.
std::optional<std::uint64_t> memory_lock_limit();

std::string clock_source();  // "tsc", "kvm-clock", ... or "unknown"

}  // namespace mm::app
