#include "engine/report/compliance.h"

#include <algorithm>

namespace mm {

// A tick beyond still counts, as in the core's own uptime: bounds are rounded to ticks.
bool Compliance::reaches(const InstrumentState& s, Side side, Ticks price, std::int64_t percent) {
  const Int128 away = Int128{(s.fair.v - 2 * price.v) * sign(side)} * kRatioScale;
  const Int128 bound = Int128{s.fair.v} * s.config.strategy.max_spread.v * percent / 100;
  return away <= bound + 2 * kRatioScale;
}

Compliance::Quoted Compliance::quoted(const Core& core, const InstrumentState& s, Side side) {
  Quoted quoted;
  for (const std::uint16_t slot : core.orders().live(s.id, side)) {
    const Order& o = core.orders().row(slot);
    if (!o.acknowledged) continue;
    const bool nearer = !quoted.best || (o.price - *quoted.best).v * sign(side) > 0;
    if (nearer) quoted.best = o.price;
    if (reaches(s, side, o.price, 100)) {
      quoted.depth += notional(s.config.instrument, o.price, o.leaves());
    }
  }
  return quoted;
}

// What the configured orders of one side are worth together.
Money Compliance::wanted(const InstrumentState& s) {
  const StrategyParams& p = s.config.strategy;
  const Money first =
      p.order_size.v > 0 ? value(s.config.instrument, p.order_size, s.fair) : p.order_notional;
  Money sum{};
  for (std::int64_t i = 0; i < p.target_orders_per_side; ++i) {
    sum += first + scaled(first, p.level_size_step * i);
  }
  return sum;
}

void Compliance::update(const Core& core, const InstrumentState& s, Nanos now) {
  const Quoted bid = quoted(core, s, Side::kBuy), ask = quoted(core, s, Side::kSell);
  for (std::size_t i = 0; i < kDistances.size(); ++i) {
    const bool near_bid = bid.best && reaches(s, Side::kBuy, *bid.best, kDistances[i]);
    const bool near_ask = ask.best && reaches(s, Side::kSell, *ask.best, kDistances[i]);
    within_[i].both.update(now, s.warmed_up, near_bid && near_ask);
    within_[i].bid.update(now, s.warmed_up, near_bid);
    within_[i].ask.update(now, s.warmed_up, near_ask);
  }
  const Money whole = wanted(s), thinner = std::min(bid.depth, ask.depth);
  for (std::size_t i = 0; i < kDepths.size(); ++i) {
    const bool enough = thinner.v > 0 && thinner >= whole / 100 * Int128{kDepths[i]};
    deep_[i].update(now, s.warmed_up, enough);
  }
  average(s, bid, ask, now);
}

void Compliance::average(const InstrumentState& s, const Quoted& bid, const Quoted& ask,
                         Nanos now) {
  if (quoted_) {
    const Nanos held = now - since_;
    two_sided_ += held;
    spread_time_ += Int128{spread_} * held.v;
    depth_time_ += Int128{depth_} * held.v;
  }
  since_ = now;
  quoted_ = s.warmed_up && bid.depth.v > 0 && ask.depth.v > 0;  // within max_spread, both
  if (!quoted_) return;
  const Int128 wide = Int128{(*ask.best - *bid.best).v} * 2 * kRatioScale;
  spread_ = static_cast<std::int64_t>(wide / s.fair.v);
  constexpr Int128 kUnit = kMoneyScale / kAmountScale;
  depth_ = static_cast<std::int64_t>(std::min(bid.depth, ask.depth).v / kUnit);
}

}  // namespace mm
