#include "engine/core/ladder.h"

#include <algorithm>

namespace mm {
namespace {

// The first level no nearer than `next`, each other a tick further out than the one before.
void push_out(Side side, Ticks next, LadderSide& levels) {
  if (side == Side::kBuy) {
    for (Quote& q : levels.quotes()) {
      q.price = std::min(q.price, next);
      next = q.price - Ticks(1);
    }
  } else {
    for (Quote& q : levels.quotes()) {
      q.price = std::max(q.price, next);
      next = q.price + Ticks(1);
    }
  }
}

// Returns why the last one was dropped.
QuoteReason drop_outside(Side side, Ticks lowest, Ticks highest, Ticks edge, LadderSide& levels) {
  QuoteReason reason = QuoteReason::kQuoting;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const Ticks price = levels[i].price;
    if (price >= lowest && price <= highest) continue;
    const bool collared = side == Side::kBuy ? price < edge : price > edge;
    reason = collared ? QuoteReason::kPriceCollar : QuoteReason::kPriceBand;
    levels.drop(i, reason);
  }
  return reason;
}

}  // namespace

void separate(Side side, LadderSide& levels) {
  if (levels.size() > 1) push_out(side, levels[0].price, levels);
}

QuoteReason clamp(Side side, const ClampLimits& limits, const Instrument& instrument,
                  LadderSide& levels) {
  const Ticks nearest = price_at_distance(side, limits.fair, limits.min_spread);
  const Ticks passive = limits.opposite_best - Ticks(sign(side));
  const Ticks bound = side == Side::kBuy ? std::min(nearest, passive) : std::max(nearest, passive);
  push_out(side, bound, levels);
  // The collar bounds both ways; the near edge is guarded by min_spread already.
  const Ticks edge = price_at_distance(side, limits.fair, limits.price_collar);
  Ticks lowest = instrument.price_min, highest = instrument.price_max;
  if (side == Side::kBuy) lowest = std::max(lowest, edge);
  if (side == Side::kSell) highest = std::min(highest, edge);
  const auto outside = [=](const Quote& q) { return q.price < lowest || q.price > highest; };
  // In order of price, so both ends speak for all.
  const std::size_t n = levels.size();
  if (n == 0 || (!outside(levels[0]) && !outside(levels[n - 1]))) return QuoteReason::kQuoting;
  return drop_outside(side, lowest, highest, edge, levels);
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

namespace {

// Does every level fit as it is? Judged of all of them at once, as it is nearly always so.
bool all_fit(const SizeLimits& limits, Int128 funds, const SizeRules& rules,
             const LadderSide& levels) {
  // A price is below 2^32, so what fewer lots are worth fits in 64 bits.
  constexpr Lots kLotsMax{std::int64_t{1} << 31};
  const Lots lots_max = std::min(rules.lots_max, kLotsMax);
  std::int64_t least = Lots::max().v, most = 0;
  Lots lots{};
  Int128 worth = 0;
  for (const Quote& q : levels.quotes()) {
    if (q.lots < rules.lots_min || q.lots > lots_max) return false;
    const std::int64_t w = q.price.v * q.lots.v;
    least = std::min(least, w);
    most = std::max(most, w);
    lots += q.lots;
    worth += w;
  }
  return lots <= limits.room && worth <= funds && least >= rules.worth_min &&
         most <= rules.worth_max;
}

// Level by level; not inlined, since it is long and most often not needed.
[[gnu::noinline]] QuoteReason shrink_to_fit(const SizeLimits& limits, Int128 funds,
                                            const SizeRules& rules, LadderSide& levels) {
  QuoteReason reason = QuoteReason::kQuoting;
  Lots room = limits.room;
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

}  // namespace

QuoteReason fit_sizes(Side side, const SizeLimits& limits, const SizeRules& rules,
                      LadderSide& levels) {
  const Int128 funds = side == Side::kBuy ? limits.funds : kUnlimitedWorth;
  const bool fit = levels.size() == 0 || all_fit(limits, funds, rules, levels);
  return fit ? QuoteReason::kQuoting : shrink_to_fit(limits, funds, rules, levels);
}

}  // namespace mm
