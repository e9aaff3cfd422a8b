#include "sim/fixed_math.h"

#include <array>
#include <bit>

namespace mm::sim {
namespace {

constexpr int kTableBits = 8;

// log2(1 + i / 256) in Q32, digit by digit: squaring a number doubles its logarithm, and the
// overflow beyond 2 is the next binary digit.
constexpr std::uint64_t fraction_of_log2(std::uint64_t i) {
  std::uint64_t x = (std::uint64_t{1} << 31) + (i << (31 - kTableBits));  // Q31, in [1, 2)
  std::uint64_t log = 0;
  for (int bit = 31; bit >= 0; --bit) {
    x = (x * x) >> 31;
    if ((x >> 32) != 0) {
      x >>= 1;
      log |= std::uint64_t{1} << bit;
    }
  }
  return log;
}

constexpr auto kLogTable = [] {
  std::array<std::uint64_t, (1u << kTableBits) + 1> table{};
  for (std::uint64_t i = 0; i + 1 < table.size(); ++i) table[i] = fraction_of_log2(i);
  table.back() = std::uint64_t{1} << 32;
  return table;
}();

}  // namespace

std::int64_t log2_q32(std::uint64_t x) {
  const int exponent = 63 - std::countl_zero(x | 1);
  const std::uint64_t mantissa = x << (63 - exponent);  // top bit set
  const std::uint64_t i = (mantissa << 1) >> (64 - kTableBits);
  const std::uint64_t rest = (mantissa << (1 + kTableBits)) >> 32;  // Q32 between two entries
  const std::uint64_t step = kLogTable[i + 1] - kLogTable[i];
  return (std::int64_t{exponent} << 32) +
         static_cast<std::int64_t>(kLogTable[i] + ((step * rest) >> 32));
}

std::uint64_t exp2_q32(std::int64_t y) {
  const auto exponent = static_cast<int>(y >> 32);
  std::uint64_t x = std::uint64_t{1} << exponent;
  for (int bit = exponent - 1; bit >= 0; --bit) {
    const std::uint64_t trial = x | (std::uint64_t{1} << bit);
    if (log2_q32(trial) <= y) x = trial;
  }
  return x;
}

}  // namespace mm::sim
