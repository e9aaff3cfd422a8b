// How often to connect: attempts in a sliding window, and growing pauses after failures.
//
// Pure: time comes in, randomness is seeded. One thread; O(1); allocates at construction only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/types.h"

namespace mm::net {

// At most `attempts` in any span of `window` (Binance: 300 in 5 minutes per address).
class ConnectionLimit {
 public:
  ConnectionLimit(std::size_t attempts, Nanos window) : window_(window), taken_(attempts) {
    MM_ASSERT(attempts > 0 && window > Nanos{}, "a limit allows something");
    std::ranges::fill(taken_, Nanos(-window.v));
  }

  bool take(Nanos now) {
    if (next(now) > now) return false;
    taken_[oldest_] = now;
    oldest_ = (oldest_ + 1) % taken_.size();
    return true;
  }
  // When the next attempt is allowed: `now` if it already is.
  Nanos next(Nanos now) const { return std::max(now, taken_[oldest_] + window_); }

 private:
  Nanos window_;
  std::vector<Nanos> taken_;  // the last attempts, as a ring
  std::size_t oldest_ = 0;
};

// Pauses that double from `first` to `longest`; each is drawn from the upper half of its range, so
// that connections that broke together do not come back together.
class Backoff {
 public:
  Backoff(Nanos first, Nanos longest, std::uint64_t seed)
      : first_(first), longest_(longest), range_(first), random_(seed) {
    MM_ASSERT(first > Nanos{} && first <= longest, "pauses grow");
  }

  // How long to wait before the next attempt.
  Nanos next() {
    const std::int64_t half = range_.v / 2;
    const auto drawn = random_() % static_cast<std::uint64_t>(range_.v - half + 1);
    range_ = range_ > Nanos(longest_.v / 2) ? longest_ : Nanos(2 * range_.v);
    return Nanos(half + static_cast<std::int64_t>(drawn));
  }
  // After a success.
  void reset() { range_ = first_; }

 private:
  Nanos first_, longest_, range_;
  std::mt19937_64 random_;
};

}  // namespace mm::net
