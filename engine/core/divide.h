// Division of 128-bit numbers that nearly always fit in 64 bits.
//
// Pure, any thread. The processor divides 64 bits several times as fast as a library call divides
// 128, and by a constant it need not divide at all.
#pragma once

#include <cstdint>

#include "engine/core/types.h"

namespace mm {

// a / b rounded towards zero; b > 0.
constexpr Int128 divide(Int128 a, std::int64_t b) {
  const auto low = static_cast<std::int64_t>(a);
  return low == a ? Int128{low / b} : a / b;
}

}  // namespace mm
