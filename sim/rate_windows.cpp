#include "sim/rate_windows.h"

#include <algorithm>

namespace mm::sim {

RateWindows::RateWindows(const SimulatorConfig& config)
    : short_{.length = Nanos(10 * kSecond.v),
             .limit = static_cast<std::uint32_t>(config.orders_per_10s)},
      day_{.length = Nanos(86'400 * kSecond.v),
           .limit = static_cast<std::uint32_t>(config.orders_per_day)},
      weight_{.length = Nanos(60 * kSecond.v),
              .limit = static_cast<std::uint32_t>(config.weight_per_minute)} {}

void RateWindows::roll(Nanos now) {
  short_.roll(now);
  day_.roll(now);
  weight_.roll(now);
}

void RateWindows::charge_orders(std::uint32_t count) {
  short_.used += count;
  day_.used += count;
}

void RateWindows::give_back_orders(std::uint32_t count) {
  short_.used -= std::min(short_.used, count);
  day_.used -= std::min(day_.used, count);
}

RateUsage RateWindows::usage() const {
  RateUsage usage{};
  usage.orders_used = short_.used;
  usage.orders_limit = short_.limit;
  usage.weight_used = weight_.used;
  usage.weight_limit = weight_.limit;
  usage.orders_window = short_.length;
  usage.weight_window = weight_.length;
  usage.window_end = short_.end();
  return usage;
}

}  // namespace mm::sim
