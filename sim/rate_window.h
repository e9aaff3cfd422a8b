// One count in fixed windows aligned to the clock: starts at zero whenever a new window begins.
//
// Plain data of one thread; O(1), no allocation. The owner rolls it with the time of a request
// before anything else.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/types.h"

namespace mm::sim {

struct RateWindow {
  Nanos length{};
  std::uint32_t limit{};
  std::uint32_t used = 0;
  std::int64_t number = 0;  // of the window, counted from the epoch

  bool full() const { return used >= limit; }
  Nanos end() const { return Nanos((number + 1) * length.v); }
  void roll(Nanos now) {
    if (now.v / length.v == number) return;
    number = now.v / length.v;
    used = 0;
  }
  void give_back(std::uint32_t count) { used -= std::min(used, count); }
};

}  // namespace mm::sim
