#include "engine/core/ladder.h"

#include <algorithm>

namespace mm {

void separate(Side side, LadderSide& levels) {
  const Ticks outwards(-sign(side));
  const std::span<Quote> quotes = levels.quotes();
  for (std::size_t i = 1; i < quotes.size(); ++i) {
    const Ticks next = quotes[i - 1].price + outwards;  // nearest that it may be
    Ticks& price = quotes[i].price;
    price = side == Side::kBuy ? std::min(price, next) : std::max(price, next);
  }
}

QuoteReason clamp(Side side, const ClampLimits& limits, const Instrument& instrument,
                  LadderSide& levels) {
  const Ticks nearest = price_at_distance(side, limits.fair, limits.min_spread);
  const Ticks passive = limits.opposite_best - Ticks(sign(side));
  const Ticks bound = side == Side::kBuy ? std::min(nearest, passive) : std::max(nearest, passive);
  for (Quote& q : levels.quotes()) {
    q.price = side == Side::kBuy ? std::min(q.price, bound) : std::max(q.price, bound);
  }
  separate(side, levels);
  // The collar bounds both ways; the near edge is guarded by min_spread already.
  const Ticks edge = price_at_distance(side, limits.fair, limits.price_collar);
  Ticks lowest = instrument.price_min, highest = instrument.price_max;
  if (side == Side::kBuy) lowest = std::max(lowest, edge);
  if (side == Side::kSell) highest = std::min(highest, edge);
  QuoteReason reason = QuoteReason::kQuoting;
  for (std::size_t i = levels.size(); i-- > 0;) {
    if (levels[i].price >= lowest && levels[i].price <= highest) continue;
    const bool collared = side == Side::kBuy ? levels[i].price < edge : levels[i].price > edge;
    reason = collared ? QuoteReason::kPriceCollar : QuoteReason::kPriceBand;
    levels.drop(i, reason);
  }
  return reason;
}

bool is_large_enough(const Quote& q, const Instrument& instrument) {
  return q.lots >= instrument.lots_min &&
         notional(instrument, q.price, q.lots) >= instrument.notional_min;
}

SizeRules::SizeRules(const Instrument& i, Money order_worth_max)
    : lots_min(i.lots_min), lots_max(i.lots_max) {
  const Int128 tick_lot = notional(i, Ticks(1), Lots(1)).v;
  worth_min = (i.notional_min.v + tick_lot - 1) / tick_lot;
  if (order_worth_max.v > 0) worth_max = order_worth_max.v / tick_lot;
}

QuoteReason fit_sizes(Side side, const SizeLimits& limits, const SizeRules& rules,
                      LadderSide& levels) {
  QuoteReason reason = QuoteReason::kQuoting;
  Lots room = limits.room;
  Int128 funds = side == Side::kBuy ? limits.funds : kUnlimitedWorth;
  for (std::size_t i = 0; i < levels.size();) {
    const std::int64_t price = levels[i].price.v;
    const Lots wanted = levels[i].lots;
    const bool by_room = room < wanted;
    Lots lots = std::max(Lots(0), std::min(wanted, std::min(room, rules.lots_max)));
    Int128 worth = Int128{price} * lots.v;
    const auto shrink = [&](Int128 most) {
      lots = Lots(static_cast<std::int64_t>(divide(std::max<Int128>(most, 0), price)));
      worth = Int128{price} * lots.v;
    };
    if (worth > rules.worth_max) shrink(rules.worth_max);
    const bool by_funds = worth > funds;
    if (by_funds) shrink(funds);
    if (lots < rules.lots_min || worth < rules.worth_min) {
      reason = by_funds  ? QuoteReason::kInsufficientBalance
               : by_room ? limits.room_reason
                         : QuoteReason::kBelowMinSize;
      levels.drop(i, reason);
      continue;
    }
    levels[i].lots = lots;
    room -= lots;
    funds -= worth;
    ++i;
  }
  return reason;
}

}  // namespace mm
