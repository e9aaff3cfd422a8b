// Times as venues and recorders write them: whole numbers since the epoch, told apart by magnitude.
//
// Up to 14 digits are milliseconds, up to 17 microseconds, more are nanoseconds. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/types.h"

namespace mm {

// False if the time does not fit.
constexpr bool epoch_from_integer(std::uint64_t value, Nanos& out) {
  constexpr std::uint64_t kMicrosMin = 100'000'000'000'000;
  constexpr std::uint64_t kNanosMin = 100'000'000'000'000'000,
                          kNanosMax = 9'000'000'000'000'000'000;
  if (value > kNanosMax) return false;
  const std::uint64_t factor = value < kMicrosMin ? 1'000'000 : value < kNanosMin ? 1'000 : 1;
  if (value > kNanosMax / factor) return false;
  out = Nanos(static_cast<std::int64_t>(value * factor));
  return true;
}

// No event's time is later: 2043.
inline constexpr Nanos kTimeMax{std::int64_t{1} << 61};

// The receive time of a recorded line: in this century, so never fewer than twelve digits.
constexpr bool parse_epoch(std::string_view digits, Nanos& out) {
  if (digits.size() < 12 || digits.size() > 19) return false;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return epoch_from_integer(value, out) && out <= kTimeMax;
}

}  // namespace mm
