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

struct Quotient {
  Int128 whole;
  std::int64_t rest;
};

// a / kBy rounded towards zero, and what is left: as on paper, in digits of 32 bits.
template <std::uint32_t kBy>
constexpr Quotient divide_by(Int128 a) {
  __extension__ using UInt128 = unsigned __int128;
  const UInt128 n = a < 0 ? -static_cast<UInt128>(a) : static_cast<UInt128>(a);
  const auto high = static_cast<std::uint64_t>(n >> 64), low = static_cast<std::uint64_t>(n);
  const std::uint64_t middle = high % kBy << 32 | low >> 32;
  const std::uint64_t last = middle % kBy << 32 | (low & 0xFFFF'FFFF);
  const auto whole =
      static_cast<Int128>(UInt128{high / kBy} << 64 | (middle / kBy << 32 | last / kBy));
  const auto rest = static_cast<std::int64_t>(last % kBy);
  return a < 0 ? Quotient{-whole, -rest} : Quotient{whole, rest};
}

}  // namespace mm
