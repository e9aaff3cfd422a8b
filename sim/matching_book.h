// The book of one instrument at the exchange: external quantity by price, the orders on top.
//
// Owned by the exchange's thread; no allocation after construction. Each order knows how much
// external quantity stands before it at its price. Trades use one quantity in price-time order, so
// no two orders are ever filled by the same lots. Two sources: a generated market, where this book
// is the truth; or observed data, where set_level() and trade() tell what happened elsewhere and
// our orders are filled as if they had been there. take() matches an aggressor against both
// external quantity and orders; what it takes of an observed level is missing there from then on.
#pragma once

#include <algorithm>

#include "engine/core/event.h"
#include "sim/order_store.h"
#include "sim/price_levels.h"
#include "sim/sim_config.h"

namespace mm::sim {

// One execution: `lots` at `price`, of the order `row`, or of external quantity (kNoRow).
struct Match {
  Ticks price;
  Lots lots;
  OrderRow row;
};

// What becomes of an aggressor and the order it would trade with next.
enum class Meeting : std::uint8_t {
  kTrade,
  kPass,  // the order has been removed: on to the next
  kStop,  // the aggressor takes no more
};

class MatchingBook {
 public:
  MatchingBook(const ExchangeConfig& config, OrderStore& orders)
      : levels_{{Side::kBuy, config.book_levels_max}, {Side::kSell, config.book_levels_max}},
        orders_(orders),
        queue_exponent_milli_(config.queue_exponent_milli),
        queue_model_(config.queue_model),
        taken_{{Side::kBuy, config.book_levels_max}, {Side::kSell, config.book_levels_max}},
        taken_before_{{Side::kBuy, config.book_levels_max}, {Side::kSell, config.book_levels_max}} {
  }

  // The levels are the market itself, not a picture of one: nobody is ahead who is not in them.
  void become_truth() { is_truth_ = true; }

  const PriceLevels& external(Side side) const { return levels_[index(side)]; }
  OrderRow first(Side side) const { return first_[index(side)].row; }  // the best, oldest order
  bool empty(Side side) const { return external(side).empty() && first(side) == kNoRow; }
  // The best price, orders included; not of an empty side.
  Ticks best(Side side) const;
  PriceLevel best_level(Side side) const;
  // Quantity at a price, orders included.
  Lots lots_at(Side side, Ticks price) const;
  // use(price, lots) for each price of a side from the best, orders included, until it says false.
  template <class Use>
  void for_each_level(Side side, Use&& use) const;
  // Would an order of this side at this price match at once? With an order of this exchange?
  bool would_match(Side side, Ticks price) const;
  bool would_match_order(Side side, Ticks price) const;

  // An order joins at the back of its price.
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

  // An aggressor takes up to `lots` no worse than `limit`; returns the rest. on_meeting(row) is
  // asked before an order is traded with.
  template <class OnMatch>
  Lots take(Side aggressor, Lots lots, Ticks limit, OnMatch&& on_match) {
    return take(aggressor, lots, limit, on_match, [](OrderRow) { return Meeting::kTrade; });
  }
  template <class OnMatch, class OnMeeting>
  Lots take(Side aggressor, Lots lots, Ticks limit, OnMatch&& on_match, OnMeeting&& on_meeting);
  // What take() would do if there were no end of lots: use(match) until it says false.
  template <class Use>
  void preview(Side aggressor, Ticks limit, Use&& use) const;
  // Observed data, before an aggressor of ours: where the touch is newer than the book, what is
  // better is gone, and what it displays is there. on_change(side, price) for each level.
  template <class OnChange>
  void follow_touch(OnChange&& on_change);

 private:
  template <class OnMatch, class OnMeeting>
  Lots take_at(Side side, Ticks price, Lots lots, OnMatch&& on_match, OnMeeting&& on_meeting,
               bool& stopped);
  template <class OnMatch>
  Lots take_external(Side side, Ticks price, Lots lots, OnMatch&& on_match);
  template <class OnMatch>
  Lots fill(OrderRow row, Lots lots, OnMatch&& on_match);

  // The best order of a side; its price beside it, as most levels are better than all of ours: an
  // order that does not matter is not looked at.
  struct First {
    OrderRow row = kNoRow;
    Ticks price{};
  };

  // The first row, if that order stands at this price or a better one; else kNoRow.
  OrderRow first_at_or_better(Side side, Ticks price) const;
  // The row's order, of this side, if there is one and it stands at this price or a better one.
  RestingOrder* at_or_better(Side side, OrderRow row, Ticks price);
  void set_first(Side side, OrderRow row);
  void level_changed(RestingOrder& order, Lots before, Lots after);
  // Of a displayed quantity, what no aggressor of ours has had.
  Lots untaken(Side side, Ticks price, Lots displayed);

  PriceLevels levels_[2];
  First first_[2];
  OrderStore& orders_;
  std::int32_t queue_exponent_milli_;
  QueueModel queue_model_;
  bool is_truth_ = false;
  bool in_snapshot_ = false;
  bool any_taken_ = false;  // ever: most books see no aggressor of ours
  // Observed data: what aggressors of ours had of the levels displayed, now and before a snapshot.
  SortedLevels taken_[2], taken_before_[2];
  UpdateId book_id_{}, touch_id_{};
  Ticks touch_[2];  // newer than the book while touch_id_ > book_id_; 0 lots make it invalid
  Lots touch_lots_[2];
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
  const Side side = opposite(aggressor);
  OrderRow row = first_at_or_better(side, price);
  while (RestingOrder* order = at_or_better(side, row, price)) {
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

template <class OnMatch, class OnMeeting>
Lots MatchingBook::take(Side aggressor, Lots lots, Ticks limit, OnMatch&& on_match,
                        OnMeeting&& on_meeting) {
  const Side side = opposite(aggressor);
  bool stopped = false;
  while (lots.v > 0 && !stopped && !empty(side)) {
    const Ticks price = best(side);
    if (external(side).better(limit, price)) break;
    lots = take_at(side, price, lots, on_match, on_meeting, stopped);
  }
  return lots;
}

template <class OnMatch, class OnMeeting>
Lots MatchingBook::take_at(Side side, Ticks price, Lots lots, OnMatch&& on_match,
                           OnMeeting&& on_meeting, bool& stopped) {
  Lots passed{0}, kept{0};
  OrderRow row = first_at_or_better(side, price);
  while (RestingOrder* order = at_or_better(side, row, price)) {
    const OrderRow next = order->next;
    const Lots before = std::clamp(order->ahead - passed, Lots(0), lots);
    const Lots used = take_external(side, price, before, on_match);
    passed += used;
    lots -= used;
    order->ahead -= std::min(order->ahead, passed);
    const Meeting meeting = lots.v > 0 ? on_meeting(row) : Meeting::kPass;
    if (meeting == Meeting::kTrade) lots -= fill(row, lots, on_match);
    if (meeting == Meeting::kStop) {
      stopped = true;
      kept = lots;
      lots = Lots(0);
    }
    row = next;
  }
  return kept + lots - take_external(side, price, lots, on_match);
}

template <class OnMatch>
Lots MatchingBook::take_external(Side side, Ticks price, Lots lots, OnMatch&& on_match) {
  PriceLevels& levels = levels_[index(side)];
  if (levels.empty() || levels.best().price != price) return Lots(0);
  const Lots taken = std::min(lots, levels.best().lots);
  if (taken.v <= 0) return Lots(0);
  if (!is_truth_) {
    any_taken_ = true;
    SortedLevels& had = taken_[index(side)];
    had.set(price, had.lots_at(price) + taken);
  }
  levels.take_from_best(taken);
  on_match(Match{price, taken, kNoRow});
  return taken;
}

template <class Use>
void MatchingBook::preview(Side aggressor, Ticks limit, Use&& use) const {
  const Side side = opposite(aggressor);
  PriceLevels::Walk level = external(side).begin();
  const auto end = external(side).end();
  OrderRow row = first(side);
  while (level != end || row != kNoRow) {
    const bool by_order =
        row != kNoRow &&
        (level == end || !external(side).better((*level).price, orders_[row].price));
    const Ticks price = by_order ? orders_[row].price : (*level).price;
    if (external(side).better(limit, price)) return;
    Lots lots{0};
    if (level != end && (*level).price == price) {
      lots = (*level).lots;
      ++level;
    }
    for (Lots passed{0}; row != kNoRow && orders_[row].price == price; row = orders_[row].next) {
      const Lots before = std::clamp(orders_[row].ahead - passed, Lots(0), lots);
      passed += before;
      lots -= before;
      if (before.v > 0 && !use(Match{price, before, kNoRow})) return;
      if (!use(Match{price, orders_[row].leaves(), row})) return;
    }
    if (lots.v > 0 && !use(Match{price, lots, kNoRow})) return;
  }
}

template <class Use>
void MatchingBook::for_each_level(Side side, Use&& use) const {
  const Ticks everything(side == Side::kBuy ? Ticks::min() : Ticks::max());
  Match level{{}, Lots(0), kNoRow};
  bool more = true;
  preview(opposite(side), everything, [&](const Match& part) {
    if (level.lots.v > 0 && level.price != part.price) {
      more = use(level.price, level.lots);
      level.lots = Lots(0);
    }
    level.price = part.price;
    level.lots += part.lots;
    return more;
  });
  if (more && level.lots.v > 0) use(level.price, level.lots);
}

template <class OnChange>
void MatchingBook::follow_touch(OnChange&& on_change) {
  if (is_truth_ || touch_id_ <= book_id_) return;
  for (const Side side : kSides) {
    const Ticks touch = touch_[index(side)];
    if (touch_lots_[index(side)].v <= 0) continue;
    while (!external(side).empty() && external(side).better(external(side).best().price, touch)) {
      const Ticks gone = external(side).best().price;
      set_level(side, gone, Lots(0));
      on_change(side, gone);
    }
    set_level(side, touch, touch_lots_[index(side)]);
    on_change(side, touch);
  }
}

}  // namespace mm::sim
