#include "sim/rate_windows.h"

#include "engine/core/rate_budget.h"

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
  short_.give_back(count);
  day_.give_back(count);
}

RateUsage RateWindows::usage() const {
  RateUsage usage{};
  usage.orders_used = short_.used;
  usage.orders_limit = short_.limit;
  usage.weight_used = weight_.used;
  usage.weight_limit = weight_.limit;
  usage.weight_window_s = static_cast<std::uint32_t>(weight_.length.v / kSecond.v);
  usage.orders_end = short_.end();
  for (const RateWindow* w : {&short_, &day_, &weight_}) {
    const std::uint32_t pct = used_pct(w->used, w->limit);
    if (pct <= usage.tightest_pct) continue;
    usage.tightest_pct = pct;
    usage.tightest_end = w->end();
  }
  return usage;
}

}  // namespace mm::sim
