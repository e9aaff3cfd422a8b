// The venue's counts of orders and request weight in fixed, clock-aligned windows.
//
// Owned by the venue's thread; O(1), no allocation. ORDERS counts per 10 s and per UTC day, weight
// per minute; a window starts at zero when its time comes, whatever came before.
#pragma once

#include <cstdint>

#include "engine/core/event.h"
#include "engine/core/types.h"
#include "sim/rate_window.h"
#include "sim/sim_config.h"

namespace mm::sim {

class RateWindows {
 public:
  explicit RateWindows(const SimulatorConfig& config);

  // To be called with the time of a request before anything else.
  void roll(Nanos now);

  bool orders_full() const { return short_.full() || day_.full(); }
  bool weight_full() const { return weight_.full(); }
  // When the full window ends.
  Nanos orders_retry() const { return day_.full() ? day_.end() : short_.end(); }
  Nanos weight_retry() const { return weight_.end(); }

  void charge_orders(std::uint32_t count);
  void charge_weight(std::uint32_t weight) { weight_.used += weight; }
  // A first fill gives some of the order count back; never below zero.
  void give_back_orders(std::uint32_t count);

  RateUsage usage() const;

 private:
  RateWindow short_, day_, weight_;
};

}  // namespace mm::sim
