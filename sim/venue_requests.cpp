// SimVenue's matching side of requests: what is refused, what rests, what it costs.
//
// Order of checks: request weight, order count, unknown or duplicate id, filters and number of
// open orders, then (what the matching engine itself decides) balance and post-only. A request
// refused before the matching engine does not count as an order, except a replace, which always
// does.
#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/request_cost.h"
#include "sim/make_event.h"
#include "sim/venue.h"

namespace mm::sim {
namespace {

constexpr Nanos kUsageInterval{100 * kMillisecond.v};

EventKind failure_kind(CommandKind kind) {
  switch (kind) {
    case CommandKind::kPlace:
      return EventKind::kRejected;
    case CommandKind::kCancel:
      return EventKind::kCancelRejected;
    case CommandKind::kReplace:
      return EventKind::kReplaceRejected;
    case CommandKind::kModify:
    case CommandKind::kReduce:
      return EventKind::kAmendRejected;
    default:
      return EventKind::kOutcomeUnknown;  // a query that was not answered
  }
}

Event report(EventKind kind, const RestingOrder& order, Lots lots) {
  Event event = make_event(kind, order.instrument);
  if (order.side == Side::kSell) event.flags = kFlagSell;
  event.report = {.id = order.id,
                  .new_id = ClientOrderId(0),
                  .venue_id = order.venue_id,
                  .lots = lots,
                  .ticks = static_cast<std::int32_t>(order.price.v),
                  .reason = RejectReason::kNone,
                  .status = static_cast<std::uint8_t>(order.status),
                  .asked = 0,
                  .pad = {}};
  return event;
}

}  // namespace

void SimVenue::execute(const Command& command) {
  ++counters_.requests;
  rates_.roll(clock_);
  Event answer;
  const Outcome outcome = rates_.weight_full()
                              ? Outcome{RejectReason::kRateLimit, rates_.weight_retry()}
                              : perform(command, answer);
  const bool refused = outcome.reason != RejectReason::kNone;
  const std::uint32_t weight = cost(command).weight;
  rates_.charge_weight(refused ? std::max(weight, 1u) : weight);
  if (refused) {
    ++counters_.rejects[static_cast<std::size_t>(outcome.reason)];
    answer = make_event(failure_kind(command.kind), command.instrument);
    answer.failure = {.id = command.id,
                      .new_id = command.new_id,
                      .retry_after = outcome.retry_after,
                      .reason = outcome.reason,
                      .command = static_cast<std::uint8_t>(command.kind),
                      .old_canceled = outcome.old_canceled,
                      .pad = {}};
  }
  if (answer.kind != EventKind::kNone) respond(answer);
  report_balances(command.instrument, false);
  report_usage(refused);
  publish_ticker(command.instrument);
}

SimVenue::Outcome SimVenue::perform(const Command& command, Event& answer) {
  switch (command.kind) {
    case CommandKind::kPlace:
      return place(command, answer);
    case CommandKind::kCancel:
      return cancel(command, answer);
    case CommandKind::kReplace:
      return replace(command, answer);
    case CommandKind::kModify:
      return modify(command, answer);
    case CommandKind::kReduce:
      return reduce(command, answer);
    case CommandKind::kQueryOrder:
      return query(command, answer);
    case CommandKind::kQueryOpenOrders:
      query_open(command.instrument);
      return {};
    case CommandKind::kResyncFeed:
      markets_[command.instrument].snapshot_due = true;
      return {};
    case CommandKind::kNone:
    case CommandKind::kCount:
      break;
  }
  return {.reason = RejectReason::kOther};
}

SimVenue::Outcome SimVenue::place(const Command& command, Event& answer) {
  if (rates_.orders_full()) return {RejectReason::kRateLimit, rates_.orders_retry()};
  if (!passes_filters(command)) return {.reason = RejectReason::kFilter};
  const std::uint32_t open = markets_[command.instrument].open_orders;
  if (open >= static_cast<std::uint32_t>(config_.max_orders_per_symbol) || orders_.full()) {
    return {.reason = RejectReason::kMaxOrders};
  }
  rates_.charge_orders(cost(command).orders);
  const RejectReason reason = open_order(command, command.id, answer);
  if (reason == RejectReason::kNone) ++counters_.accepted;
  return {.reason = reason};
}

SimVenue::Outcome SimVenue::cancel(const Command& command, Event& answer) {
  const OrderRow row = orders_.find_open(command.id);
  if (row == kNoRow) return {.reason = RejectReason::kUnknownOrder};
  end_order(row, OrderStatusCode::kCanceled);
  ++counters_.canceled;
  answer = report(EventKind::kCanceled, orders_[row], orders_[row].filled);
  return {};
}

// cancelReplace with STOP_ON_FAILURE, ONLY_NEW, and CANCEL_ONLY when orders are over their limit.
SimVenue::Outcome SimVenue::replace(const Command& command, Event& answer) {
  const bool over_limit = rates_.orders_full();
  const OrderRow row = orders_.find_open(command.id);
  rates_.charge_orders(cost(command).orders);
  if (row == kNoRow) return {.reason = RejectReason::kUnknownOrder};
  const Side side = orders_[row].side;
  if (!over_limit) {
    if (!passes_filters(command)) return {.reason = RejectReason::kFilter};
    // Counted before the cancel: at the limit, one for one does not pass.
    const std::uint32_t open = markets_[command.instrument].open_orders;
    if (open >= static_cast<std::uint32_t>(config_.max_orders_per_symbol)) {
      return {.reason = RejectReason::kMaxOrders};
    }
  }
  if (orders_[row].filled.v > 0) return {.reason = RejectReason::kRestricted};
  end_order(row, OrderStatusCode::kCanceled);
  if (over_limit) return {RejectReason::kRateLimit, rates_.orders_retry(), true};
  Command renewed = command;
  renewed.side = side;
  const RejectReason reason = open_order(renewed, command.new_id, answer);
  if (reason != RejectReason::kNone) return {reason, Nanos(0), true};
  ++counters_.replaced;
  answer.kind = EventKind::kReplaced;
  answer.report.id = command.id;
  answer.report.new_id = command.new_id;
  return {};
}

// USD-M order.modify: same order, back of the queue; some changes end the order.
SimVenue::Outcome SimVenue::modify(const Command& command, Event& answer) {
  const VenueRules& rules = instruments_[command.instrument].rules;
  if (!rules.modify_in_place) return {.reason = RejectReason::kOther};
  if (rates_.orders_full()) return {RejectReason::kRateLimit, rates_.orders_retry()};
  const OrderRow row = orders_.find_open(command.id);
  if (row == kNoRow) return {.reason = RejectReason::kUnknownOrder};
  RestingOrder& order = orders_[row];
  if (!passes_filters(command)) return {.reason = RejectReason::kFilter};
  rates_.charge_orders(cost(command).orders);
  if (order.amends >= rules.amends_per_order_max) return {.reason = RejectReason::kMaxAmends};
  const Ticks price(command.ticks);
  const Lots lots = command.lots + (rules.modify_includes_fills ? Lots(0) : order.filled);
  if (price == order.price && lots == order.lots) return {.reason = RejectReason::kNoChange};
  if (lots <= order.filled) {
    end_order(row, OrderStatusCode::kCanceled);
    ++counters_.canceled;
    answer = report(EventKind::kCanceled, order, order.filled);
    return {};
  }
  if (crosses(command.instrument, order.side, price)) {
    end_order(row, OrderStatusCode::kExpired);
    ++counters_.expired;
    answer = report(EventKind::kExpired, order, order.filled);
    answer.report.reason = RejectReason::kWouldCross;
    return {};
  }
  if (!move_order(order, row, price, lots)) return {.reason = RejectReason::kInsufficientBalance};
  answer = report(EventKind::kAmended, order, order.lots);
  return {};
}

// Spot order.amend.keepPriority: less quantity, same place in the queue.
SimVenue::Outcome SimVenue::reduce(const Command& command, Event& answer) {
  const Instrument& instrument = instruments_[command.instrument];
  if (!instrument.rules.keep_priority_reduce) return {.reason = RejectReason::kOther};
  const OrderRow row = orders_.find_open(command.id);
  if (row == kNoRow) return {.reason = RejectReason::kUnknownOrder};
  RestingOrder& order = orders_[row];
  if (order.amends >= instrument.rules.amends_per_order_max)
    return {.reason = RejectReason::kMaxAmends};
  if (command.lots == order.lots) return {.reason = RejectReason::kNoChange};
  if (command.lots > order.lots || command.lots <= order.filled)
    return {.reason = RejectReason::kOther};
  if (command.lots < instrument.lots_min) return {.reason = RejectReason::kFilter};
  order.lots = command.lots;
  ++order.amends;
  ++counters_.amended;
  account_.reserve(order);  // less than before: always granted
  mark_changed(command.instrument, order.side, order.price);
  answer = report(EventKind::kAmended, order, order.lots);
  return {};
}

SimVenue::Outcome SimVenue::query(const Command& command, Event& answer) {
  const OrderRow row = orders_.find(command.id);
  RestingOrder unknown;
  unknown.id = command.id;
  unknown.instrument = command.instrument;
  const RestingOrder& order = row == kNoRow ? unknown : orders_[row];
  answer = report(EventKind::kOrderStatus, order, order.filled);
  answer.report.asked = 1;
  return {};
}

void SimVenue::query_open(InstrumentId i) {
  for (const Side side : {Side::kBuy, Side::kSell}) {
    for (OrderRow row = markets_[i].book.first(side); row != kNoRow; row = orders_[row].next) {
      respond(report(EventKind::kOrderStatus, orders_[row], orders_[row].filled));
    }
  }
}

RequestCost SimVenue::cost(const Command& command) const {
  return request_cost(instruments_[command.instrument].rules, command.kind);
}

// Price, lot size, notional, and distance from the last trade (or the middle before the first).
bool SimVenue::passes_filters(const Command& command) const {
  const Instrument& instrument = instruments_[command.instrument];
  const Market& market = markets_[command.instrument];
  const Ticks price(command.ticks);
  if (price < instrument.price_min || price > instrument.price_max) return false;
  if (command.lots < instrument.lots_min || command.lots > instrument.lots_max) return false;
  if (notional(instrument, price, command.lots) < instrument.notional_min) return false;
  const PriceLevels& bids = market.book.external(Side::kBuy);
  const PriceLevels& asks = market.book.external(Side::kSell);
  Ticks reference = market.last_trade;
  if (reference.v == 0 && !bids.empty() && !asks.empty()) {
    reference = (bids.best().price + asks.best().price) / 2;
  }
  if (reference.v == 0) return true;
  const Int128 scaled_price = Int128{price.v} * kRatioScale;
  return scaled_price <= Int128{reference.v} * (kRatioScale + config_.percent_price_up.v) &&
         scaled_price >= Int128{reference.v} * (kRatioScale - config_.percent_price_down.v);
}

// Would match at once, with the market or with ourselves (the taker is refused).
bool SimVenue::crosses(InstrumentId i, Side side, Ticks price) {
  const MatchingBook& book = markets_[i].book;
  if (book.would_match_own(side, price)) ++counters_.self_trades_prevented;
  return book.would_match(side, price);
}

RejectReason SimVenue::open_order(const Command& command, ClientOrderId id, Event& answer) {
  if (orders_.find_open(id) != kNoRow) return RejectReason::kDuplicateId;
  RestingOrder wanted;
  wanted.instrument = command.instrument;
  wanted.side = command.side;
  wanted.price = Ticks(command.ticks);
  wanted.lots = command.lots;
  if (crosses(wanted.instrument, wanted.side, wanted.price)) return RejectReason::kWouldCross;
  if (!account_.reserve(wanted)) return RejectReason::kInsufficientBalance;
  wanted.id = id;
  wanted.venue_id = VenueOrderId(++venue_id_.v);
  wanted.status = OrderStatusCode::kOpen;
  const OrderRow row = orders_.open(id);
  orders_[row] = wanted;
  ++markets_[wanted.instrument].open_orders;
  rest_order(row);
  answer = report(EventKind::kAccepted, wanted, wanted.lots);
  return RejectReason::kNone;
}

// New price or quantity, from the back of the queue; false, and nothing changes, without balance.
bool SimVenue::move_order(RestingOrder& order, OrderRow row, Ticks price, Lots lots) {
  const RestingOrder old = order;
  order.price = price;
  order.lots = lots;
  const bool granted = account_.reserve(order);
  if (!granted) {
    order = old;
    return false;
  }
  order.price = old.price;
  markets_[order.instrument].book.remove(row);
  mark_changed(order.instrument, order.side, old.price);
  order.price = price;
  ++order.amends;
  ++counters_.amended;
  rest_order(row);
  return true;
}

void SimVenue::rest_order(OrderRow row) {
  RestingOrder& order = orders_[row];
  MatchingBook& book = markets_[order.instrument].book;
  order.took = book.would_match(order.side, order.price);
  book.add(row);
  mark_changed(order.instrument, order.side, order.price);
}

// An order that leaves the book without having been filled.
void SimVenue::end_order(OrderRow row, OrderStatusCode status) {
  RestingOrder& order = orders_[row];
  Market& market = markets_[order.instrument];
  market.book.remove(row);
  mark_changed(order.instrument, order.side, order.price);
  account_.release(order);
  --market.open_orders;
  orders_.close(row, status);
}

// The matching has taken `match.lots` off the order already.
void SimVenue::fill_order(const Match& match, TradeId trade_id) {
  RestingOrder& order = orders_[match.row];
  Market& market = markets_[order.instrument];
  ++counters_.fills;
  if (order.took) ++counters_.taker_fills;
  const Fee fee = account_.settle(order, match.lots);
  Event event = make_event(EventKind::kFilled, order.instrument);
  event.flags = static_cast<std::uint8_t>((order.took ? 0 : kFlagMaker) |
                                          (order.side == Side::kSell ? kFlagSell : 0));
  event.fill = {.id = order.id,
                .trade_id = trade_id,
                .lots = match.lots,
                .fee = fee.amount,
                .ticks = static_cast<std::int32_t>(match.price.v),
                .fee_asset = fee.asset,
                .pad = {}};
  respond(event);
  if (order.filled == match.lots) {
    rates_.roll(clock_);
    rates_.give_back_orders(static_cast<std::uint32_t>(config_.orders_returned_per_fill));
    report_usage(false);
  }
  if (order.leaves().v > 0) return;
  ++counters_.orders_filled;
  --market.open_orders;
  orders_.close(match.row, OrderStatusCode::kFilled);
}

// Told when it has changed, at most every 100 ms; at once after a refusal.
void SimVenue::report_usage(bool at_once) {
  const RateUsage usage = rates_.usage();
  if (!at_once && usage.orders_used == usage_reported_.orders_used &&
      usage.weight_used == usage_reported_.weight_used) {
    return;
  }
  const Nanos earliest = usage_reported_at_ + kUsageInterval;
  if ((!at_once && clock_ < earliest) || deliveries_.room() == 0) {
    usage_due_ = clock_ < earliest ? earliest : clock_ + kUsageInterval;
    return;
  }
  usage_reported_ = usage;
  usage_reported_at_ = clock_;
  usage_due_ = kNever;
  Event event = make_event(EventKind::kRateUsage, 0);
  event.rate = usage;
  respond(event);
}

void SimVenue::report_balances(InstrumentId i, bool all) {
  const Wallet& wallet = account_.wallet(i);
  Wallet& reported = markets_[i].reported;
  if (!instruments_[i].is_spot) return;
  Event event = make_event(EventKind::kBalance, i);
  if (all || wallet.base_free != reported.base_free || wallet.base_locked != reported.base_locked) {
    event.balance = {wallet.base_free, wallet.base_locked, Asset::kBase, {}};
    respond(event);
  }
  if (all || wallet.quote_free != reported.quote_free ||
      wallet.quote_locked != reported.quote_locked) {
    event.balance = {wallet.quote_free, wallet.quote_locked, Asset::kQuote, {}};
    respond(event);
  }
  reported = wallet;
}

}  // namespace mm::sim
