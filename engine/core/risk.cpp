#include "engine/core/risk.h"

#include <algorithm>

#include "engine/core/divide.h"

namespace mm {

PositionLimit::PositionLimit(const RiskParams& risk, const Instrument& instrument)
    : lot_(instrument.lot) {
  if (risk.max_position.v > 0) base_ = risk.max_position;
  const Money most = risk.max_position_notional;
  if (most.v > 0) worth_ = most.v / value(instrument, Amount(1), HalfTicks(1)).v;
}

Amount PositionLimit::at(HalfTicks fair) const {
  if (fair.v <= 0) return base_;
  const Int128 base = divide(worth_, fair.v);
  return base < base_.v ? Amount(static_cast<std::int64_t>(base)) : base_;
}

Lots PositionLimit::margin(Amount limit, HalfTicks fair) const {
  constexpr std::int64_t kPart = 1000, kLotsMin = 10;
  Amount free = limit / kPart;
  if (limit >= base_) {  // the worth may allow hardly more
    if (fair.v <= 0) return Lots(0);
    const Int128 worth = divide(worth_, fair.v), wanted = worth - worth / kPart;
    if (wanted >= base_.v) return Lots(0);
    free = base_ - Amount(static_cast<std::int64_t>(wanted));
  }
  const Lots lots(free.v / lot_.v);
  return lots.v == 0 && free.v > 0 && limit.v / kLotsMin >= lot_.v ? Lots(1) : lots;
}

Lots position_room(Side side, Amount position, Lots exposure, Amount limit,
                   const Instrument& instrument) {
  const Int128 free = Int128{limit.v} - Int128{sign(side)} * position.v;
  const Int128 lots = divide(free, instrument.lot.v) - exposure.v;
  return Lots(static_cast<std::int64_t>(std::clamp<Int128>(lots, 0, Lots::max().v)));
}

namespace {

// The venue takes its own reference, an average of the last minutes or the last price; fair value
// is near it, and a market that leaves it behind is refused by the venue.
bool is_within(const PriceBand& band, Ticks price, HalfTicks reference) {
  const Int128 scaled = Int128{price.v} * 2 * kRatioScale;
  const bool low = band.down.v > 0 && scaled < Int128{reference.v} * band.down.v;
  const bool high = band.up.v > 0 && scaled > Int128{reference.v} * band.up.v;
  return !low && !high;
}

// Above what the account or the venue allows in one order.
bool is_too_large(const Quote& q, Money worth, const RiskParams& risk,
                  const Instrument& instrument) {
  const auto exceeds = [worth](Money limit) { return limit.v > 0 && worth > limit; };
  return q.lots > instrument.lots_max || exceeds(risk.max_order_notional) ||
         exceeds(instrument.notional_max);
}

}  // namespace

QuoteReason check_order(const OrderCheck& order, const RiskParams& risk, int account_orders_max,
                        const Instrument& instrument) {
  const Quote& q = order.quote;
  const Money worth = notional(instrument, q.price, q.lots);
  const bool venue_full =
      instrument.orders_max > 0 && order.instrument_orders >= instrument.orders_max;
  const bool full = order.account_orders >= account_orders_max || venue_full ||
                    order.instrument_orders >= risk.max_order_count;
  if (order.adds_order && full) return QuoteReason::kOrderLimit;
  if (!is_large_enough(q, instrument)) return QuoteReason::kBelowMinSize;
  if (is_too_large(q, worth, risk, instrument)) return QuoteReason::kOrderLimit;
  if (q.price < price_at_distance(Side::kBuy, order.fair, risk.price_collar) ||
      q.price > price_at_distance(Side::kSell, order.fair, risk.price_collar)) {
    return QuoteReason::kPriceCollar;
  }
  const PriceBand& band = order.side == Side::kBuy ? instrument.bid_band : instrument.ask_band;
  if (!is_within(band, q.price, order.fair)) return QuoteReason::kPriceBand;
  if (q.lots > order.room) return QuoteReason::kPositionLimit;
  if (order.own_opposite && (q.price - order.own_opposite_at).v * sign(order.side) >= 0) {
    return QuoteReason::kBookCrossed;
  }
  return QuoteReason::kQuoting;
}

}  // namespace mm
