// Memory that will be needed soon, asked for ahead: free where it is near, and where it is not its
// way here overlaps with other work.
#pragma once

#include <cstddef>

#include "engine/core/types.h"

namespace mm {

// So many cache lines from where `first` begins.
inline void prefetch_lines(const void* first, std::size_t lines) {
  const auto* line = static_cast<const std::byte*>(first);
  for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(line + i * kCacheLine, 1);
}

}  // namespace mm
