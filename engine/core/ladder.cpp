#include "engine/core/ladder.h"

#include <algorithm>

#include "engine/core/divide.h"

namespace mm {

Ticks price_at_distance(Side side, HalfTicks fair, Ratio distance) {
  constexpr std::int64_t scale = 2 * kRatioScale;
  if (side == Side::kBuy) {
    const Int128 scaled = Int128{fair.v} * (kRatioScale - distance.v);
    return Ticks(static_cast<std::int64_t>(divide(scaled, scale)));
  }
  const Int128 scaled = Int128{fair.v} * (kRatioScale + distance.v);
  return Ticks(static_cast<std::int64_t>(divide(scaled + scale - 1, scale)));
}

void separate(Side side, LadderSide& levels) {
  const std::int64_t outwards = -sign(side);
  for (std::size_t i = 1; i < levels.size(); ++i) {
    const std::int64_t gap = (levels[i].price.v - levels[i - 1].price.v) * outwards;
    if (gap < 1) levels[i].price = levels[i - 1].price + Ticks(outwards);
  }
}

QuoteReason clamp(Side side, const ClampLimits& limits, const Instrument& instrument,
                  LadderSide& levels) {
  const Ticks nearest = price_at_distance(side, limits.fair, limits.min_spread);
  const Ticks passive = limits.opposite_best - Ticks(sign(side));
  const Ticks bound = side == Side::kBuy ? std::min(nearest, passive) : std::max(nearest, passive);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    Ticks& price = levels[i].price;
    price = side == Side::kBuy ? std::min(price, bound) : std::max(price, bound);
  }
  separate(side, levels);
  // The collar bounds both ways; the near edge is guarded by min_spread already.
  const Ticks edge = price_at_distance(side, limits.fair, limits.price_collar);
  QuoteReason reason = QuoteReason::kQuoting;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const Ticks price = levels[i].price;
    const bool beyond = side == Side::kBuy ? price < edge : price > edge;
    const bool outside = price < instrument.price_min || price > instrument.price_max;
    if (beyond || outside) {
      levels.erase(i);
      reason = QuoteReason::kPriceCollar;
    }
  }
  return reason;
}

bool is_large_enough(const Quote& q, const Instrument& instrument) {
  return q.lots >= instrument.lots_min &&
         notional(instrument, q.price, q.lots) >= instrument.notional_min;
}

QuoteReason fit_sizes(Side side, const SizeLimits& limits, const Instrument& instrument,
                      LadderSide& levels) {
  QuoteReason reason = QuoteReason::kQuoting;
  Lots room = limits.room;
  Money funds = limits.funds;
  const Int128 largest = limits.order_worth_max.v;
  for (std::size_t i = 0; i < levels.size();) {
    Quote& q = levels[i];
    const Int128 lot_worth = notional(instrument, q.price, Lots(1)).v;
    Int128 lots = std::min({q.lots, room, instrument.lots_max}).v;
    const bool by_room = room < q.lots;
    if (largest > 0 && lots * lot_worth > largest) lots = largest / lot_worth;
    const bool by_funds = side == Side::kBuy && lots * lot_worth > funds.v;
    if (by_funds) lots = funds.v / lot_worth;
    q.lots = Lots(static_cast<std::int64_t>(std::max<Int128>(lots, 0)));
    const Money worth(q.lots.v * lot_worth);
    if (q.lots < instrument.lots_min || worth < instrument.notional_min) {
      reason = by_funds  ? QuoteReason::kInsufficientBalance
               : by_room ? limits.room_reason
                         : QuoteReason::kBelowMinSize;
      levels.erase(i);
      continue;
    }
    room -= q.lots;
    funds -= worth;
    ++i;
  }
  return reason;
}

}  // namespace mm
