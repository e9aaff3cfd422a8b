// Exchange: requests, what they are refused for, and what they do.
//
// Order of checks of a new order: status, filters and number of open orders, then (what the
// matching engine itself decides) duplicate id, post-only and balance.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/assert.h"
#include "sim/exchange.h"

namespace mm::sim {

const char* name(Filter filter) {
  static constexpr std::array<const char*, static_cast<std::size_t>(Filter::kCount)> kNames{
      "",
      "PRICE_FILTER",
      "LOT_SIZE",
      "NOTIONAL",
      "PERCENT_PRICE_BY_SIDE",
      "MAX_NUM_ORDERS",
      "MAX_NUM_ORDER_AMENDS"};
  return kNames[static_cast<std::size_t>(filter)];
}

OrderAnswer Exchange::place(AccountId account, const NewOrder& wanted) {
  const Refusal refusal = check(account, wanted);
  if (refusal) return {.refusal = refusal};
  const OrderAnswer answer = open(account, wanted);
  finish(wanted.instrument);
  return answer;
}

OrderAnswer Exchange::cancel(AccountId account, VenueOrderId id, CancelRestriction restriction) {
  const OrderRow row = find_open(account, id);
  const Refusal refusal = may_cancel(row, restriction);
  if (refusal) return {.refusal = refusal};
  if (std::exchange(pretends_, false)) {
    pretended_ = orders_[row];
    pretended_.status = OrderStatusCode::kCanceled;
    return {.order = &pretended_};
  }
  leave(row);
  end(row, OrderStatusCode::kCanceled);
  finish(orders_[row].instrument);
  return {.order = &orders_[row]};
}

ReplaceAnswer Exchange::cancel_replace(AccountId account, VenueOrderId id,
                                       CancelRestriction restriction, ReplaceMode mode,
                                       const NewOrder& wanted) {
  const Refusal refusal = check(account, wanted);
  if (refusal) return {.place = {.refusal = refusal}};
  ReplaceAnswer answer;
  const OrderRow row = find_open(account, id);
  answer.cancel.refusal = may_cancel(row, restriction);
  if (answer.cancel.refusal) {
    answer.canceled = Half::kFailure;
    if (mode == ReplaceMode::kStopOnFailure) return answer;
  } else {
    answer.canceled = Half::kSuccess;
    answer.cancel.order = &orders_[row];
    leave(row);
    end(row, OrderStatusCode::kCanceled);
  }
  answer.place = open(account, wanted);
  answer.placed = answer.place.refusal ? Half::kFailure : Half::kSuccess;
  finish(wanted.instrument);
  return answer;
}

OrderAnswer Exchange::amend_keep_priority(AccountId account, VenueOrderId id, Lots lots) {
  const OrderRow row = find_open(account, id);
  if (row == kNoRow) return {.refusal = {RejectReason::kUnknownOrder}};
  RestingOrder& order = orders_[row];
  const Instrument& rules_of = instrument(order.instrument);
  if (markets_[order.instrument].status != TradingStatus::kTrading) {
    return {.refusal = {RejectReason::kMarketHalted}};
  }
  if (!rules_of.rules.keep_priority_reduce) return {.refusal = {RejectReason::kOther}};
  if (order.amends >= rules_of.rules.amends_per_order_max) {
    return {.refusal = {RejectReason::kMaxAmends, Filter::kMaxNumAmends}};
  }
  if (lots == order.lots) return {.refusal = {RejectReason::kNoChange}};
  if (lots > order.lots || lots <= order.filled) return {.refusal = {RejectReason::kOther}};
  if (lots < rules_of.lots_min || lots.v % markets_[order.instrument].lot.v != 0) {
    return {.refusal = {RejectReason::kFilter, Filter::kLotSize}};
  }
  order.lots = lots;
  ++order.amends;
  order.updated = now_;
  accounts_.reserve(order);  // less than before: always granted
  level_changed(order.instrument, order.side, order.price);
  listener_.on_order(OrderChange::kAmended, order);
  finish(order.instrument);
  return {.order = &order};
}

OrderAnswer Exchange::modify(AccountId account, VenueOrderId id, Ticks price, Lots lots) {
  const OrderRow row = find_open(account, id);
  if (row == kNoRow) return {.refusal = {RejectReason::kUnknownOrder}};
  const Refusal refusal = change(row, price, lots);
  if (refusal) return {.refusal = refusal};
  finish(orders_[row].instrument);
  return {.order = &orders_[row], .fills = fills_};
}

std::span<const OrderRow> Exchange::cancel_all(AccountId account, InstrumentId i) {
  rows_.clear();
  if (markets_[i].status == TradingStatus::kHalted) return {};
  for (const Side side : kSides) {
    for (OrderRow row = markets_[i].book.first(side); row != kNoRow; row = orders_[row].next) {
      if (orders_[row].account == account) rows_.push_back(row);
    }
  }
  std::ranges::sort(rows_, {}, [this](OrderRow row) { return orders_[row].venue_id; });
  for (const OrderRow row : rows_) {
    leave(row);
    end(row, OrderStatusCode::kCanceled);
  }
  finish(i);
  return rows_;
}

const RestingOrder* Exchange::find(AccountId account, VenueOrderId id) const {
  const OrderRow row = orders_.find(id);
  return row == kNoRow || orders_[row].account != account ? nullptr : &orders_[row];
}

const RestingOrder* Exchange::find(AccountId account, ClientOrderId id) const {
  const OrderRow row = orders_.find(id, account);
  return row == kNoRow ? nullptr : &orders_[row];
}

OrderRow Exchange::find_open(AccountId account, VenueOrderId id) const {
  const OrderRow row = orders_.find(id);
  const bool known = row != kNoRow && orders_[row].account == account &&
                     orders_[row].status == OrderStatusCode::kOpen;
  return known ? row : kNoRow;
}

Refusal Exchange::may_cancel(OrderRow row, CancelRestriction restriction) const {
  if (row == kNoRow) return {RejectReason::kUnknownOrder};
  const RestingOrder& order = orders_[row];
  if (markets_[order.instrument].status == TradingStatus::kHalted) {
    return {RejectReason::kMarketHalted};
  }
  const bool fresh = order.filled.v == 0;
  const bool forbidden = restriction == CancelRestriction::kOnlyNew               ? !fresh
                         : restriction == CancelRestriction::kOnlyPartiallyFilled ? fresh
                                                                                  : false;
  return {forbidden ? RejectReason::kRestricted : RejectReason::kNone};
}

Refusal Exchange::check(AccountId account, const NewOrder& wanted) const {
  MM_ASSERT(wanted.instrument < markets_.size(), "an order names an instrument of the exchange");
  MM_ASSERT(account < accounts_.count(), "an order is of an account that was opened");
  if (markets_[wanted.instrument].status != TradingStatus::kTrading) {
    return {RejectReason::kMarketHalted};
  }
  if (const Filter broken = broken_filter(wanted); broken != Filter::kNone) {
    return {RejectReason::kFilter, broken};
  }
  const auto orders_max = static_cast<std::uint32_t>(config_.max_orders_per_symbol);
  if (open_orders(account, wanted.instrument) >= orders_max) {
    return {RejectReason::kMaxOrders, Filter::kMaxNumOrders};
  }
  return {};
}

// Price, lot size, notional, and distance from the reference price.
Filter Exchange::broken_filter(const NewOrder& wanted) const {
  const Instrument& rules = instrument(wanted.instrument);
  const bool at_market = wanted.type == OrderType::kMarket;
  const Ticks reference = reference_price(wanted.instrument);
  const Ticks price = at_market ? reference : wanted.price;
  if (!at_market && (price < rules.price_min || price > rules.price_max)) return Filter::kPrice;
  if (wanted.lots < rules.lots_min || wanted.lots > rules.lots_max) return Filter::kLotSize;
  const Market& market = markets_[wanted.instrument];
  if (!at_market && price.v % market.tick.v != 0) return Filter::kPrice;
  if (wanted.lots.v % market.lot.v != 0) return Filter::kLotSize;
  if (at_market && reference.v == 0) return Filter::kNone;
  if (notional(rules, price, wanted.lots) < rules.notional_min) return Filter::kNotional;
  if (at_market || reference.v == 0) return Filter::kNone;
  const Int128 scaled_price = Int128{price.v} * kRatioScale;
  const bool near =
      scaled_price <= Int128{reference.v} * (kRatioScale + config_.percent_price_up.v) &&
      scaled_price >= Int128{reference.v} * (kRatioScale - config_.percent_price_down.v);
  return near ? Filter::kNone : Filter::kPercentPrice;
}

// The last trade, or the middle before the first; 0 if there is neither.
Ticks Exchange::reference_price(InstrumentId i) const {
  const Market& market = markets_[i];
  const PriceLevels& bids = market.book.external(Side::kBuy);
  const PriceLevels& asks = market.book.external(Side::kSell);
  if (market.last_price.v != 0 || bids.empty() || asks.empty()) return market.last_price;
  return (bids.best().price + asks.best().price) / 2;
}

OrderAnswer Exchange::open(AccountId account, const NewOrder& wanted) {
  fills_.clear();
  const RejectReason ordered = std::exchange(refuse_next_, RejectReason::kNone);
  if (ordered != RejectReason::kNone) return {.refusal = {ordered}};
  MatchingBook& book = markets_[wanted.instrument].book;
  if (orders_.full()) return {.refusal = {RejectReason::kMaxOrders, Filter::kMaxNumOrders}};
  if (orders_.find_open(wanted.id, account) != kNoRow) {
    return {.refusal = {RejectReason::kDuplicateId}};
  }
  RestingOrder order;
  order.id = wanted.id;
  order.account = account;
  order.instrument = wanted.instrument;
  order.side = wanted.side;
  order.type = wanted.type;
  order.time_in_force = wanted.time_in_force;
  order.self_trade = wanted.self_trade;
  order.price = wanted.type == OrderType::kMarket ? Ticks(0) : wanted.price;
  order.lots = wanted.lots;
  order.created = order.updated = now_;
  if (wanted.type == OrderType::kLimitMaker) {
    if (book.would_match(order.side, order.price)) return {.refusal = {RejectReason::kWouldCross}};
  } else {
    book.follow_touch(
        [&](Side side, Ticks price) { level_changed(wanted.instrument, side, price); });
  }
  const bool pays = order.type == OrderType::kMarket && order.side == Side::kBuy;
  if (!(pays ? accounts_.reserve(order, price_of_taking(order)) : accounts_.reserve(order))) {
    return {.refusal = {RejectReason::kInsufficientBalance}};
  }
  const OrderRow row = orders_.open(wanted.id, account);
  order.venue_id = orders_[row].venue_id;
  order.status = orders_[row].status;
  orders_[row] = order;
  ++markets_[order.instrument].open_orders;
  ++open_[account * markets_.size() + order.instrument];
  listener_.on_order(OrderChange::kNew, orders_[row]);
  enter(row);
  return {.order = &orders_[row], .fills = fills_};
}

Refusal Exchange::change(OrderRow row, Ticks price, Lots lots) {
  RestingOrder& order = orders_[row];
  const Market& market = markets_[order.instrument];
  const VenueRules& rules = instrument(order.instrument).rules;
  if (market.status != TradingStatus::kTrading) return {RejectReason::kMarketHalted};
  if (!rules.modify_in_place) return {RejectReason::kOther};
  const NewOrder wanted{.instrument = order.instrument, .price = price, .lots = lots};
  if (const Filter broken = broken_filter(wanted); broken != Filter::kNone) {
    return {RejectReason::kFilter, broken};
  }
  if (order.amends >= rules.amends_per_order_max) {
    return {RejectReason::kMaxAmends, Filter::kMaxNumAmends};
  }
  if (!rules.modify_includes_fills) lots += order.filled;
  if (price == order.price && lots == order.lots) return {RejectReason::kNoChange};
  const bool crosses = order.type == OrderType::kLimitMaker && lots > order.filled &&
                       market.book.would_match(order.side, price);
  if (lots <= order.filled || crosses) {
    leave(row);
    end(row, crosses ? OrderStatusCode::kExpired : OrderStatusCode::kCanceled,
        crosses ? Expiry::kPostOnly : Expiry::kNone);
    return {};
  }
  return {move(row, price, lots) ? RejectReason::kNone : RejectReason::kInsufficientBalance};
}

// New price or quantity, from the back of the queue; false, and nothing changes, without balance.
bool Exchange::move(OrderRow row, Ticks price, Lots lots) {
  fills_.clear();
  RestingOrder& order = orders_[row];
  RestingOrder moved = order;
  moved.price = price;
  moved.lots = lots;
  ++moved.amends;
  moved.updated = now_;
  if (!accounts_.reserve(moved)) return false;
  leave(row);
  order = moved;
  listener_.on_order(OrderChange::kAmended, order);
  enter(row);
  return true;
}

}  // namespace mm::sim
