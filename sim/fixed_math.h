// Logarithm, exponential and square root in integers, equal on every compiler and machine.
//
// Pure functions of their arguments, any thread; a few nanoseconds (exp2: about a hundred), no
// allocation. Fixed point is Q32: the value times 2^32.
#pragma once

#include <cstdint>

#include "engine/core/types.h"

namespace mm::sim {

inline constexpr std::int64_t kQ32 = std::int64_t{1} << 32;
inline constexpr std::int64_t kLn2Q32 = 2'977'044'472;  // ln 2

// log2(x) in Q32 for x >= 1; error below 3e-6.
std::int64_t log2_q32(std::uint64_t x);

// The inverse: the largest x with log2_q32(x) <= y, for 0 <= y < 63 * 2^32.
std::uint64_t exp2_q32(std::int64_t y);

// The largest r with r * r <= x.
constexpr std::uint64_t square_root(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t trial = root | bit;
    if (trial * trial <= x) root = trial;
  }
  return root;
}

// a * b / c without overflow in between, rounded towards zero.
constexpr std::int64_t mul_div(std::int64_t a, std::int64_t b, std::int64_t c) {
  return static_cast<std::int64_t>(Int128{a} * b / c);
}

}  // namespace mm::sim
