#include "sim/matching_book.h"

#include "sim/queue_model.h"

namespace mm::sim {

Ticks MatchingBook::best(Side side) const {
  const PriceLevels& levels = external(side);
  const First& own = first_[index(side)];
  if (own.row == kNoRow) return levels.best().price;
  const bool ours = levels.empty() || levels.better(own.price, levels.best().price);
  return ours ? own.price : levels.best().price;
}

PriceLevel MatchingBook::best_level(Side side) const {
  const Ticks price = best(side);
  const PriceLevels& levels = external(side);
  Lots lots = !levels.empty() && levels.best().price == price ? levels.best().lots : Lots(0);
  OrderRow row = first_at_or_better(side, price);
  for (; row != kNoRow && orders_[row].price == price; row = orders_[row].next) {
    lots += orders_[row].leaves();
  }
  return {price, lots};
}

Lots MatchingBook::lots_at(Side side, Ticks price) const {
  Lots lots = external(side).lots_at(price);
  OrderRow row = first_at_or_better(side, price);
  while (row != kNoRow && !external(side).better(price, orders_[row].price)) {
    if (orders_[row].price == price) lots += orders_[row].leaves();
    row = orders_[row].next;
  }
  return lots;
}

bool MatchingBook::would_match(Side side, Ticks price) const {
  if (would_match_order(side, price)) return true;
  const Side other = opposite(side);
  const PriceLevels& levels = external(other);
  if (touch_id_ > book_id_) {
    return touch_lots_[index(other)].v > 0 && !levels.better(price, touch_[index(other)]);
  }
  return !levels.empty() && !levels.better(price, levels.best().price);
}

bool MatchingBook::would_match_order(Side side, Ticks price) const {
  return first_at_or_better(opposite(side), price) != kNoRow;
}

void MatchingBook::add(OrderRow row) {
  RestingOrder& order = orders_[row];
  const PriceLevels& levels = external(order.side);
  order.ahead = levels.lots_at(order.price);
  order.traded = Lots(0);
  OrderRow after = kNoRow;
  OrderRow before = first(order.side);
  while (before != kNoRow && !levels.better(order.price, orders_[before].price)) {
    after = before;
    before = orders_[before].next;
  }
  order.previous = after;
  order.next = before;
  if (before != kNoRow) orders_[before].previous = row;
  if (after != kNoRow) {
    orders_[after].next = row;
  } else {
    set_first(order.side, row);
  }
}

void MatchingBook::remove(OrderRow row) {
  const RestingOrder& order = orders_[row];
  if (order.next != kNoRow) orders_[order.next].previous = order.previous;
  if (order.previous != kNoRow) {
    orders_[order.previous].next = order.next;
  } else {
    set_first(order.side, order.next);
  }
}

void MatchingBook::set_first(Side side, OrderRow row) {
  first_[index(side)] = {row, row == kNoRow ? Ticks(0) : orders_[row].price};
}

void MatchingBook::set_level(Side side, Ticks price, Lots lots) {
  if (any_taken_) lots = untaken(side, price, lots);
  const Lots before = levels_[index(side)].set(price, lots);
  if (in_snapshot_) return;
  OrderRow row = first_at_or_better(side, price);
  while (RestingOrder* order = at_or_better(side, row, price)) {
    if (order->price == price) level_changed(*order, before, lots);
    row = order->next;
  }
}

void MatchingBook::begin_message(UpdateId last_id, bool snapshot) {
  book_id_ = last_id;
  in_snapshot_ = snapshot;
  if (!snapshot) return;
  for (const Side side : kSides) {
    for (OrderRow row = first(side); row != kNoRow; row = orders_[row].next) {
      orders_[row].level = external(side).lots_at(orders_[row].price);
    }
    levels_[index(side)].clear();
    std::swap(taken_[index(side)], taken_before_[index(side)]);
    taken_[index(side)].clear();
  }
}

// After a snapshot: a level beyond its farthest price is not known to have changed.
void MatchingBook::end_message() {
  if (!in_snapshot_) return;
  in_snapshot_ = false;
  for (const Side side : kSides) {
    taken_before_[index(side)].clear();
    const PriceLevels& levels = external(side);
    for (OrderRow row = first(side); row != kNoRow; row = orders_[row].next) {
      RestingOrder& order = orders_[row];
      if (levels.empty() || levels.better(levels.worst_price(), order.price)) break;
      level_changed(order, order.level, levels.lots_at(order.price));
    }
  }
}

void MatchingBook::observe_touch(const BookTicker& ticker) {
  if (ticker.update_id < touch_id_) return;
  touch_id_ = ticker.update_id;
  touch_[index(Side::kBuy)] = Ticks(ticker.bid_ticks);
  touch_[index(Side::kSell)] = Ticks(ticker.ask_ticks);
  touch_lots_[index(Side::kBuy)] = ticker.bid_lots;
  touch_lots_[index(Side::kSell)] = ticker.ask_lots;
}

Lots MatchingBook::untaken(Side side, Ticks price, Lots displayed) {
  const SortedLevels& had = in_snapshot_ ? taken_before_[index(side)] : taken_[index(side)];
  const Lots gone = std::min(had.lots_at(price), displayed);
  taken_[index(side)].set(price, gone);
  return displayed - gone;
}

OrderRow MatchingBook::first_at_or_better(Side side, Ticks price) const {
  const First& own = first_[index(side)];
  return external(side).better(price, own.price) ? kNoRow : own.row;
}

RestingOrder* MatchingBook::at_or_better(Side side, OrderRow row, Ticks price) {
  if (row == kNoRow) return nullptr;
  RestingOrder& order = orders_[row];
  return external(side).better(price, order.price) ? nullptr : &order;
}

void MatchingBook::level_changed(RestingOrder& order, Lots before, Lots after) {
  const Lots cancelled = before - after - order.traded;
  const Lots behind = before - order.traded - order.ahead;
  order.traded = Lots(0);
  order.ahead -=
      cancelled_ahead(queue_model_, queue_exponent_milli_, cancelled, order.ahead, behind);
  // Where only trades are trusted, a smaller level elsewhere does not move us up.
  if (is_truth_ || queue_model_ != QueueModel::kRiskAverse) {
    order.ahead = std::min(order.ahead, after);
  }
}

}  // namespace mm::sim
