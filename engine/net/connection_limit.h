// How often to connect: attempts in a sliding window.
//
// Pure: time comes in. One thread; O(1); allocates at construction only.
#pragma once

#include <algorithm>
#include <cstddef>
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

}  // namespace mm::net
