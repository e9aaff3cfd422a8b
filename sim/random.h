// Seeded random numbers in integers: the same sequence on every compiler and machine.
//
// One instance per purpose (each latency, each generated market), so that a change of one leaves
// the others' sequences alone. One thread each; a nanosecond or two a number, no allocation.
// The generator is xoshiro256++, its state filled by splitmix64.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "sim/fixed_math.h"

namespace mm::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9E3779B97F4A7C15u;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, n); n > 0.
  std::int64_t below(std::int64_t n) {
    const auto product = static_cast<UInt128>(next()) * static_cast<std::uint64_t>(n);
    return static_cast<std::int64_t>(product >> 64);
  }
  // Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }

  bool chance_in_million(std::int64_t n) { return below(1'000'000) < n; }

  // Exponential with this mean: -ln(u) * mean.
  std::int64_t exponential(std::int64_t mean) {
    const std::int64_t bits = 64 * kQ32 - log2_q32(next() | 1);  // -log2(u), at most 64
    return static_cast<std::int64_t>(((Int128{bits} * kLn2Q32) >> 32) * mean >> 32);
  }

  // Near-normal with standard deviation 65,536: twelve uniform numbers less their mean.
  std::int64_t gaussian_q16() {
    std::int64_t sum = -6 * 65'536;
    for (int word = 0; word < 3; ++word) {
      const std::uint64_t r = next();
      sum += static_cast<std::int64_t>((r & 0xFFFF) + ((r >> 16) & 0xFFFF) + ((r >> 32) & 0xFFFF) +
                                       (r >> 48));
    }
    return sum;
  }

 private:
  __extension__ using UInt128 = unsigned __int128;
  std::array<std::uint64_t, 4> state_;
};

}  // namespace mm::sim
