#include "sim/faults/order_limits.h"

#include <cstdint>

namespace mm::sim {
namespace {

// In half ticks times 1e9: how far out of fair value a price stands on its side, and what a
// fraction of fair value comes to.
Int128 away(Side side, Ticks price, HalfTicks fair) {
  return Int128{(fair.v - 2 * price.v) * sign(side)} * kRatioScale;
}
Int128 part_of(HalfTicks fair, Ratio fraction) {
  return Int128{fair.v} * fraction.v;
}

bool is_bounded(const StrategyParams& strategy) {
  return std::string_view(strategy.strategy.data()) == "passive_maker";
}

// Of a price that the core has chosen now.
std::string_view broken_by_price(const Command& c, const InstrumentState& seen,
                                 const InstrumentConfig& config) {
  const StrategyParams& strategy = config.strategy;
  const Touch& touch = seen.touch;
  const Int128 spread = Int128{(touch.ask - touch.bid).v} * 2 * kRatioScale;
  if (!touch.has_bid || !touch.has_ask) return "the market has one side";
  if (spread > part_of(seen.fair, strategy.max_market_spread)) return "max_market_spread";
  if (away(c.side, Ticks(c.ticks), seen.fair) < part_of(seen.fair, strategy.min_spread)) {
    return "min_spread";
  }
  const Amount bound = c.side == Side::kBuy ? strategy.price_ceiling : strategy.price_floor;
  const Int128 beyond = Int128{c.ticks} * config.instrument.tick.v - bound.v;
  const bool bounded = bound.v > 0 && is_bounded(strategy);
  if (bounded && beyond * sign(c.side) > 0) return "price_floor or price_ceiling";
  return {};
}

}  // namespace

std::string_view broken_limit(const Command& c, const InstrumentState& seen,
                              const InstrumentConfig& config, const Order* row) {
  const bool total = c.kind == CommandKind::kModify || c.kind == CommandKind::kReduce;
  const Lots left = total && row != nullptr ? c.lots - row->filled : c.lots;
  const Money most = config.risk.max_order_notional;
  if (most.v > 0 && notional(config.instrument, Ticks(c.ticks), left) > most) {
    return "max_order_notional";
  }
  // Rounded to a tick.
  const Int128 out = away(c.side, Ticks(c.ticks), seen.fair);
  const Int128 collar = part_of(seen.fair, config.risk.price_collar) + 2 * kRatioScale;
  if (out > collar || out < -collar) return "price_collar";
  if (row != nullptr && row->price == Ticks(c.ticks)) return {};
  return broken_by_price(c, seen, config);
}

}  // namespace mm::sim
