// Exchange: orders enter the book, meet, trade, rest and leave it.
#include <algorithm>

#include "sim/exchange.h"

namespace mm::sim {

// An accepted order takes what it may and then rests, or ends.
void Exchange::enter(OrderRow row) {
  RestingOrder& order = orders_[row];
  const bool fill_or_kill =
      order.type == OrderType::kLimit && order.time_in_force == TimeInForce::kFok;
  if (fill_or_kill && !fits(order)) {
    end(row, OrderStatusCode::kExpired, Expiry::kUnfilledFok);
    return;
  }
  const bool stopped = order.type != OrderType::kLimitMaker && match(row);
  if (order.status != OrderStatusCode::kOpen) return;
  if (stopped) {
    end(row, OrderStatusCode::kExpired, Expiry::kSelfTrade);
  } else if (order.type == OrderType::kMarket) {
    end(row, OrderStatusCode::kExpired, Expiry::kLiquidity);
  } else if (order.type == OrderType::kLimit && order.time_in_force == TimeInForce::kIoc) {
    end(row, OrderStatusCode::kExpired, Expiry::kUnfilledIoc);
  } else {
    rest(row);
  }
}

// True if self-trade prevention stopped it.
bool Exchange::match(OrderRow row) {
  const RestingOrder& order = orders_[row];
  const InstrumentId i = order.instrument;
  bool stopped = false;
  markets_[i].book.take(
      order.side, order.leaves(), limit_of(order),
      [&](const Match& match) { trade(i, order.side, match, row); },
      [&](OrderRow met) {
        const Meeting meeting = meet(row, met);
        stopped = meeting == Meeting::kStop;
        return meeting;
      });
  return stopped;
}

Meeting Exchange::meet(OrderRow taker, OrderRow met) {
  const SelfTrade choice = orders_[taker].self_trade;
  if (orders_[taker].account != orders_[met].account || choice == SelfTrade::kAllow) {
    return Meeting::kTrade;
  }
  if (choice != SelfTrade::kExpireTaker) {
    leave(met);
    end(met, OrderStatusCode::kExpired, Expiry::kSelfTrade);
  }
  return choice == SelfTrade::kExpireMaker ? Meeting::kPass : Meeting::kStop;
}

// The book has taken match.lots off the level or the resting order already.
void Exchange::trade(InstrumentId i, Side aggressor, const Match& match, OrderRow taker) {
  Market& market = markets_[i];
  const TradeId id(++market.trade_id.v);
  market.last_price = match.price;
  level_changed(i, opposite(aggressor), match.price);
  const auto id_of = [this](OrderRow row) {
    return row == kNoRow ? VenueOrderId(0) : orders_[row].venue_id;
  };
  if (market.told) {
    listener_.on_trade(i, {.trade_id = id,
                           .price = match.price,
                           .lots = match.lots,
                           .time = now_,
                           .aggressor = aggressor,
                           .maker_id = id_of(match.row),
                           .taker_id = id_of(taker)});
  }
  if (match.row != kNoRow) fill(match.row, match, id, true);
  if (taker == kNoRow) return;
  orders_[taker].filled += match.lots;
  fill(taker, match, id, false);
}

void Exchange::fill(OrderRow row, const Match& match, TradeId trade_id, bool maker) {
  RestingOrder& order = orders_[row];
  Execution execution = accounts_.settle(order, match.price, match.lots, maker);
  execution.trade_id = trade_id;
  execution.time = now_;
  order.quote_filled += execution.quote;
  if (order.leaves().v == 0) close(row, OrderStatusCode::kFilled);
  order.updated = now_;
  if (!maker) fills_.push_back(execution);
  remember(execution);
  listener_.on_fill(order, execution);
}

void Exchange::remember(const Execution& execution) {
  Executions& ring = executions_[execution.account];
  if (ring.items.empty()) return;
  ring.items[ring.next] = execution;
  ring.next = (ring.next + 1) % ring.items.size();
  ring.count = std::min(ring.count + 1, ring.items.size());
}

bool Exchange::fits(const RestingOrder& order) const {
  Lots left = order.leaves();
  preview(order, [&left](Ticks, Lots lots) { left -= lots; });
  return left.v == 0;
}

Amount Exchange::price_of_taking(const RestingOrder& order) const {
  Amount price{0};
  preview(order, [&](Ticks at, Lots lots) {
    price += rounded_down(notional(instrument(order.instrument), at, lots));
  });
  return price;
}

template <class Use>
void Exchange::preview(const RestingOrder& order, Use&& use) const {
  Lots left = order.leaves();
  const MatchingBook& book = markets_[order.instrument].book;
  book.preview(order.side, limit_of(order), [&](const Match& match) {
    const bool own = match.row != kNoRow && orders_[match.row].account == order.account;
    if (own && order.self_trade != SelfTrade::kAllow) {
      return order.self_trade == SelfTrade::kExpireMaker;
    }
    const Lots lots = std::min(left, match.lots);
    left -= lots;
    use(match.price, lots);
    return left.v > 0;
  });
}

Ticks Exchange::limit_of(const RestingOrder& order) const {
  if (order.type != OrderType::kMarket) return order.price;
  return order.side == Side::kBuy ? Ticks::max() : Ticks::min();
}

void Exchange::rest(OrderRow row) {
  RestingOrder& order = orders_[row];
  MatchingBook& book = markets_[order.instrument].book;
  order.took = book.would_match(order.side, order.price);
  book.add(row);
  level_changed(order.instrument, order.side, order.price);
}

void Exchange::leave(OrderRow row) {
  const RestingOrder& order = orders_[row];
  markets_[order.instrument].book.remove(row);
  level_changed(order.instrument, order.side, order.price);
}

// An order that is not in the book (any more) and has not been filled.
void Exchange::end(OrderRow row, OrderStatusCode status, Expiry expiry) {
  RestingOrder& order = orders_[row];
  accounts_.release(order);
  order.updated = now_;
  order.expiry = expiry;
  if (expiry == Expiry::kSelfTrade) order.prevented = order.leaves();
  close(row, status);
  const bool canceled = status == OrderStatusCode::kCanceled;
  listener_.on_order(canceled ? OrderChange::kCanceled : OrderChange::kExpired, order);
}

void Exchange::close(OrderRow row, OrderStatusCode status) {
  const RestingOrder& order = orders_[row];
  accounts_.release(orders_[row]);
  --markets_[order.instrument].open_orders;
  --open_[order.account * markets_.size() + order.instrument];
  orders_.close(row, status);
}

}  // namespace mm::sim
