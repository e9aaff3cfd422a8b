// The passive maker: levels from min_spread to max_spread around fair value, widened by volatility,
// skewed by position. README, Ladder.
#include <algorithm>
#include <array>

#include "engine/core/divide.h"
#include "engine/core/strategy.h"

namespace mm {
namespace {

constexpr std::int64_t kUnit = kRatioScale;

// How full the position is, -1..1 in 1e-9: (position - target) / limit.
Ratio inventory(const QuoteInput& in) {
  const Int128 held = Int128{in.position.v} - in.params.target_position.v;
  const Int128 ratio = held * kUnit / std::max<std::int64_t>(in.position_limit.v, 1);
  return Ratio(static_cast<std::int64_t>(std::clamp<Int128>(ratio, -kUnit, kUnit)));
}

constexpr std::int64_t part(std::int64_t whole, Ratio fraction) {
  return static_cast<std::int64_t>(divide(Int128{whole} * fraction.v, kUnit));
}

class PassiveMaker {
 public:
  // Level i of n stands at min + i * (max - min) / (n - 1) from fair value.
  PassiveMaker(const Instrument& instrument, const StrategyParams& p)
      : tick_lots_(tick_lots_worth(instrument, p.order_notional)),
        lots_(p.order_size.v / instrument.lot.v) {
    const std::int64_t n = p.target_orders_per_side;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t width = n == 1 ? 0 : (p.max_spread.v - p.min_spread.v) * i / (n - 1);
      distances_[static_cast<std::size_t>(i)] = Ratio(p.min_spread.v + width);
    }
  }

  void quote(const QuoteInput& in, Ladder& out) const {
    for (const Side side : kSides) {
      LadderSide& levels = out.side(side);
      space(side, in, levels);
      widen(side, in, levels);
      skew(side, in, levels);
      join(side, in, levels);
      separate(side, levels);
      bound(side, in, levels);
    }
  }

 private:
  void space(Side side, const QuoteInput& in, LadderSide& levels) const {
    const std::int64_t n = in.params.target_orders_per_side;
    for (std::int64_t i = 0; i < n; ++i) {
      const Ratio distance = distances_[static_cast<std::size_t>(i)];
      const Ticks price = price_at_distance(side, in.fair_value, distance);
      if (price.v < 1) break;
      levels.add({price, size(in, price, i)});
    }
  }

  Lots size(const QuoteInput& in, Ticks price, std::int64_t level) const {
    const StrategyParams& p = in.params;
    const Lots base = p.order_size.v > 0 ? lots_ : lots_worth(in.instrument, price, tick_lots_);
    if (p.level_size_step.v == 0) return base;
    return Lots(base.v + part(base.v, p.level_size_step * level));
  }

  static void widen(Side side, const QuoteInput& in, LadderSide& levels) {
    const std::int64_t factor = in.params.volatility_spread_factor.v;
    if (factor == 0) return;
    const Ratio volatility = in.market.measures().volatility().ratio;
    const Ratio extra(part(volatility.v, Ratio(factor)));
    const std::int64_t ticks = (part(in.fair_value.v, extra) + 1) / 2;
    for (std::size_t i = 0; i < levels.size(); ++i) levels[i].price.v -= sign(side) * ticks;
  }

  // Price: both sides move against the position. Size: the side that adds to it shrinks.
  static void skew(Side side, const QuoteInput& in, LadderSide& levels) {
    if (in.params.skew_price.v == 0 && in.params.skew_size.v == 0) return;
    const Ratio held = inventory(in);
    const std::int64_t shift = part(in.fair_value.v, Ratio(part(in.params.skew_price.v, held))) / 2;
    const Ratio adds(std::max<std::int64_t>(0, sign(side) * held.v));
    const Ratio keep(kUnit - part(in.params.skew_size.v, adds));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      levels[i].price.v -= shift;
      levels[i].lots.v = part(levels[i].lots.v, keep);
    }
  }

  // Outwards only, and no farther than max_spread, which volatility and skew alone may exceed.
  static void join(Side side, const QuoteInput& in, LadderSide& levels) {
    const bool there = side == Side::kBuy ? in.touch.has_bid : in.touch.has_ask;
    if (!in.params.join_best || !there || levels.size() == 0) return;
    const auto farther = [side](Ticks a, Ticks b) {
      return side == Side::kBuy ? std::min(a, b) : std::max(a, b);
    };
    const Ticks own = levels[0].price;
    const Ticks best = farther(own, side == Side::kBuy ? in.touch.bid : in.touch.ask);
    const Ticks last = farther(own, price_at_distance(side, in.fair_value, in.params.max_spread));
    levels[0].price = farther(best, last) == best ? last : best;
  }

  // No bid above the ceiling, no ask below the floor.
  static void bound(Side side, const QuoteInput& in, LadderSide& levels) {
    const Amount limit = side == Side::kBuy ? in.params.price_ceiling : in.params.price_floor;
    if (limit.v == 0) return;
    for (std::size_t i = levels.size(); i-- > 0;) {
      const Int128 beyond = Int128{levels[i].price.v} * in.instrument.tick.v - limit.v;
      if (beyond * sign(side) > 0) levels.drop(i, QuoteReason::kPriceBand);
    }
  }

  Int128 tick_lots_;  // what order_notional buys, at a price of one tick
  Lots lots_;         // order_size
  std::array<Ratio, kMaxLevelsPerSide> distances_{};
};

const StrategyRegistration<PassiveMaker> registration{"passive_maker"};

}  // namespace
}  // namespace mm
