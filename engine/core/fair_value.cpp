#include "engine/core/fair_value.h"

#include <algorithm>
#include <array>

namespace mm {
namespace {

constexpr std::size_t kDepthLooked = 2 * kMaxLevelsPerSide;

// Leaves of our orders resting at exactly this price; best prices come first.
Lots own_lots_at(const OrderTable& table, InstrumentId id, Side side, Ticks price) {
  Lots own{};
  for (const std::uint16_t slot : table.live(id, side)) {
    const Order& order = table.row(slot);
    const std::int64_t behind = (price - order.price).v * sign(side);
    if (behind > 0) break;
    if (order.acknowledged && behind == 0) own += order.leaves();
  }
  return own;
}

struct Best {
  bool found;
  Ticks price;
  Lots lots;
};

Best best_without_own(const Market& market, const OrderTable& table, InstrumentId id, Side side,
                      Ticks touch_price, Lots touch_lots) {
  const Lots left = touch_lots - own_lots_at(table, id, side, touch_price);
  if (left.v > 0) return {true, touch_price, left};
  std::array<BookLevel, kDepthLooked> levels;
  const std::size_t n = market.book().top(side, levels);
  for (std::size_t i = 0; i < n; ++i) {
    const bool behind = (touch_price - levels[i].price).v * sign(side) > 0;
    const Lots rest = levels[i].lots - own_lots_at(table, id, side, levels[i].price);
    if (behind && rest.v > 0) return {true, levels[i].price, rest};
  }
  return {false, {}, {}};
}

// Nearly always all of ours rest behind the touch.
bool own_at(Ticks touch, Side side, const OrderTable& table, InstrumentId id) {
  const auto live = table.live(id, side);
  return !live.empty() && (touch - table.row(live.front()).price).v * sign(side) <= 0;
}

HalfTicks weighted(const Touch& t, Lots bid_weight, Lots ask_weight) {
  const Int128 total = Int128{bid_weight.v} + ask_weight.v;
  if (total <= 0) return mid(t.bid, t.ask);
  const Int128 sum = Int128{t.bid.v} * bid_weight.v + Int128{t.ask.v} * ask_weight.v;
  return HalfTicks(static_cast<std::int64_t>(2 * sum / total));
}

}  // namespace

void leave_out_own(const Market& market, const OrderTable& table, InstrumentId id,
                   const Instrument& instrument, Touch& touch) {
  if (!instrument.book_includes_own) return;
  if (touch.has_bid && own_at(touch.bid, Side::kBuy, table, id)) {
    const Best b = best_without_own(market, table, id, Side::kBuy, touch.bid, touch.bid_lots);
    touch.has_bid = b.found;
    touch.bid = b.price;
    touch.bid_lots = b.lots;
  }
  if (touch.has_ask && own_at(touch.ask, Side::kSell, table, id)) {
    const Best a = best_without_own(market, table, id, Side::kSell, touch.ask, touch.ask_lots);
    touch.has_ask = a.found;
    touch.ask = a.price;
    touch.ask_lots = a.lots;
  }
}

HalfTicks fair_value(FairValueKind kind, const Touch& touch, const Market& market) {
  switch (kind) {
    case FairValueKind::kLast:
      if (market.has_last_trade()) return half_ticks(market.last_trade_price());
      break;
    case FairValueKind::kWeightedMid:
      return weighted(touch, touch.bid_lots, touch.ask_lots);
    case FairValueKind::kMicroPrice:
      return weighted(touch, touch.ask_lots, touch.bid_lots);
    case FairValueKind::kMid:
      break;
  }
  return mid(touch.bid, touch.ask);
}

}  // namespace mm
