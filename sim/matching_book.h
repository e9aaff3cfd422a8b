// The book of one instrument at the simulated venue: external quantity by price, our orders on top.
//
// Owned by the venue's thread; no allocation after construction. Each of our orders knows how much
// external quantity stands before it at its price. Trades use one quantity in price-time order, so
// no two orders are ever filled by the same lots. Two sources: a generated market, where this book
// is the truth and take() matches against it; or observed data, where set_level() and trade() tell
// what happened elsewhere and our orders are filled as if they had been there.
#pragma once

#include <algorithm>

#include "engine/core/event.h"
#include "sim/order_store.h"
#include "sim/price_levels.h"
#include "sim/sim_config.h"

namespace mm::sim {

// One execution: `lots` at `price`, of our order `row`, or of external quantity (kNoRow).
struct Match {
  Ticks price;
  Lots lots;
  OrderRow row;
};

class MatchingBook {
 public:
  MatchingBook(const ExchangeConfig& config, OrderStore& orders)
      : queue_model_(config.queue_model),
        queue_exponent_milli_(config.queue_exponent_milli),
        orders_(orders),
        levels_{PriceLevels(Side::kBuy, config.book_levels_max),
                PriceLevels(Side::kSell, config.book_levels_max)} {}

  // The levels are the market itself, not a picture of one: nobody is ahead who is not in them.
  void become_truth() { is_truth_ = true; }

  const PriceLevels& external(Side side) const { return levels_[index(side)]; }
  OrderRow first(Side side) const { return first_[index(side)]; }  // our best, oldest order
  bool empty(Side side) const { return external(side).empty() && first(side) == kNoRow; }
  // The best price, ours included; not of an empty side.
  Ticks best(Side side) const;
  // Quantity at a price, ours included.
  Lots lots_at(Side side, Ticks price) const;
  // Would an order of this side at this price match at once, with others or with our own?
  bool would_match(Side side, Ticks price) const;
  bool would_match_own(Side side, Ticks price) const;

  // Our orders: an order joins at the back of its price.
  void add(OrderRow row);
  void remove(OrderRow row);

  // External quantity at a price is now `lots`; what is missing was cancelled or has traded.
  void set_level(Side side, Ticks price, Lots lots);

  // Observed data: the frame of a message, the touch between messages, and a trade seen.
  void begin_message(UpdateId last_id, bool snapshot);
  void end_message();
  void observe_touch(const BookTicker& ticker);
  template <class OnMatch>
  void trade(Side aggressor, Ticks price, Lots lots, OnMatch&& on_match);

  // Generated market: an aggressor takes up to `lots` no worse than `limit`; returns the rest.
  template <class OnMatch>
  Lots take(Side aggressor, Lots lots, Ticks limit, OnMatch&& on_match);

 private:
  template <class OnMatch>
  Lots take_at(Side side, Ticks price, Lots lots, OnMatch&& on_match);
  template <class OnMatch>
  Lots take_external(Side side, Ticks price, Lots lots, OnMatch&& on_match);
  template <class OnMatch>
  Lots fill(OrderRow row, Lots lots, OnMatch&& on_match);

  // The row's order, if there is one and it stands at this price or a better one.
  RestingOrder* at_or_better(OrderRow row, Ticks price);
  void level_changed(RestingOrder& order, Lots before, Lots after);

  QueueModel queue_model_;
  std::int32_t queue_exponent_milli_;
  bool is_truth_ = false;
  bool in_snapshot_ = false;
  OrderStore& orders_;
  PriceLevels levels_[2];
  OrderRow first_[2] = {kNoRow, kNoRow};
  UpdateId book_id_{}, touch_id_{};
  Ticks touch_[2];  // newer than the book while touch_id_ > book_id_; 0 lots make it invalid
  bool touch_valid_[2] = {false, false};
};

template <class OnMatch>
Lots MatchingBook::fill(OrderRow row, Lots lots, OnMatch&& on_match) {
  RestingOrder& order = orders_[row];
  const Lots filled = std::min(lots, order.leaves());
  if (filled.v <= 0) return Lots(0);
  order.filled += filled;
  if (order.leaves().v == 0) remove(row);
  on_match(Match{order.price, filled, row});
  return filled;
}

template <class OnMatch>
void MatchingBook::trade(Side aggressor, Ticks price, Lots lots, OnMatch&& on_match) {
  Lots left = lots;
  Lots passed{0};  // external quantity at this price the trade has used up
  OrderRow row = first(opposite(aggressor));
  while (RestingOrder* order = at_or_better(row, price)) {
    const OrderRow next = order->next;
    if (order->price != price) {
      order->ahead = Lots(0);  // traded through: nobody is before us any more
    } else {
      const Lots used = std::clamp(order->ahead - passed, Lots(0), left);
      passed += used;
      left -= used;
      order->ahead -= std::min(order->ahead, passed);
      order->traded += lots;
    }
    left -= fill(row, left, on_match);
    row = next;
  }
}

template <class OnMatch>
Lots MatchingBook::take(Side aggressor, Lots lots, Ticks limit, OnMatch&& on_match) {
  const Side side = opposite(aggressor);
  while (lots.v > 0 && !empty(side)) {
    const Ticks price = best(side);
    if (external(side).better(limit, price)) break;
    lots = take_at(side, price, lots, on_match);
  }
  return lots;
}

template <class OnMatch>
Lots MatchingBook::take_at(Side side, Ticks price, Lots lots, OnMatch&& on_match) {
  Lots passed{0};
  OrderRow row = first(side);
  while (RestingOrder* order = at_or_better(row, price)) {
    const OrderRow next = order->next;
    const Lots before = std::clamp(order->ahead - passed, Lots(0), lots);
    const Lots used = take_external(side, price, before, on_match);
    passed += used;
    lots -= used;
    order->ahead -= std::min(order->ahead, passed);
    lots -= fill(row, lots, on_match);
    row = next;
  }
  return lots - take_external(side, price, lots, on_match);
}

template <class OnMatch>
Lots MatchingBook::take_external(Side side, Ticks price, Lots lots, OnMatch&& on_match) {
  PriceLevels& levels = levels_[index(side)];
  if (levels.empty() || levels.best().price != price) return Lots(0);
  const Lots taken = std::min(lots, levels.best().lots);
  if (taken.v <= 0) return Lots(0);
  levels.take_from_best(taken);
  on_match(Match{price, taken, kNoRow});
  return taken;
}

}  // namespace mm::sim
