// SimVenue's requests: what they cost, and the exchange's answers as events.
//
// Order of checks: request weight, order count, then the exchange's own. A request refused before
// the matching does not count as an order, except a replace, which always does.
#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/request_cost.h"
#include "sim/make_event.h"
#include "sim/venue.h"

namespace mm::sim {
namespace {

constexpr Nanos kUsageInterval{100 * kMillisecond.v};

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

NewOrder order_of(const Command& command, ClientOrderId id, Side side) {
  return {.id = id,
          .instrument = command.instrument,
          .side = side,
          .price = Ticks(command.ticks),
          .lots = command.lots};
}

}  // namespace

void SimVenue::execute(const Command& command) {
  ++counters_.requests;
  rates_.roll(clock());
  answering_ = true;
  Event answer;
  const Outcome outcome = rates_.weight_full()
                              ? Outcome{RejectReason::kRateLimit, rates_.weight_retry()}
                              : perform(command, answer);
  const bool refused = outcome.reason != RejectReason::kNone;
  const std::uint32_t weight = cost(command).weight;
  rates_.charge_weight(refused ? std::max(weight, 1u) : weight);
  if (refused) {
    ++counters_.rejects[static_cast<std::size_t>(outcome.reason)];
    answer = make_event(refused_kind(command.kind), command.instrument);
    answer.failure = {.id = command.id,
                      .new_id = command.new_id,
                      .retry_after = outcome.retry_after,
                      .reason = outcome.reason,
                      .command = static_cast<std::uint8_t>(command.kind),
                      .old_canceled = outcome.old_canceled,
                      .pad = {}};
  }
  if (answer.kind != EventKind::kNone) respond(answer);
  for (const BalanceUpdate& update : balances_) report_balance(update);
  balances_.clear();
  answering_ = false;
  report_usage(refused);
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
    case CommandKind::kCancelAll:
      for (const OrderRow row : exchange_.cancel_all(kAccount, command.instrument)) {
        const RestingOrder& order = exchange_.order(row);
        ++counters_.canceled;
        respond(report(EventKind::kCanceled, order, order.filled));
      }
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
  const NewOrder wanted = order_of(command, command.id, command.side);
  const OrderAnswer placed = exchange_.place(kAccount, wanted);
  if (!placed.refusal.before_matching()) rates_.charge_orders(cost(command).orders);
  if (placed.refusal) return refused(placed.refusal, wanted);
  ++counters_.accepted;
  answer = report(EventKind::kAccepted, *placed.order, placed.order->lots);
  return {};
}

void SimVenue::refuse_new_half(ClientOrderId new_id, RejectReason reason) {
  fates_[next_fate_++ % fates_.size()] = {new_id, reason};
}
void SimVenue::pretend_cancel(ClientOrderId id) {
  refuse_new_half(id, RejectReason::kNone);
}

bool SimVenue::take_fate(ClientOrderId id, RejectReason& reason) {
  const auto found = std::ranges::find(fates_, id, &Fate::id);
  if (found == fates_.end()) return false;
  reason = found->reason;
  *found = {};
  return true;
}

SimVenue::Outcome SimVenue::cancel(const Command& command, Event& answer) {
  RejectReason none{};
  exchange_.pretend_next_cancel(take_fate(command.id, none));
  const OrderAnswer canceled = exchange_.cancel(kAccount, venue_id(command.id));
  exchange_.pretend_next_cancel(false);
  if (canceled.refusal) return {.reason = canceled.refusal.reason};
  ++counters_.canceled;
  answer = report(EventKind::kCanceled, *canceled.order, canceled.order->filled);
  return {};
}

// cancelReplace with STOP_ON_FAILURE, ONLY_NEW, and CANCEL_ONLY when orders are over their limit.
SimVenue::Outcome SimVenue::replace(const Command& command, Event& answer) {
  const bool over_limit = rates_.orders_full();
  rates_.charge_orders(cost(command).orders);
  const RestingOrder* old = find(command.id);
  if (old == nullptr || old->status != OrderStatusCode::kOpen) {
    return {.reason = RejectReason::kUnknownOrder};
  }
  constexpr auto kRestriction = CancelRestriction::kOnlyNew;
  if (over_limit) {
    const OrderAnswer canceled = exchange_.cancel(kAccount, old->venue_id, kRestriction);
    if (canceled.refusal) return {.reason = canceled.refusal.reason};
    return {RejectReason::kRateLimit, rates_.orders_retry(), true};
  }
  const NewOrder wanted = order_of(command, command.new_id, old->side);
  RejectReason ordered{};
  if (take_fate(command.new_id, ordered)) exchange_.refuse_next(ordered);
  const ReplaceAnswer replaced = exchange_.cancel_replace(kAccount, old->venue_id, kRestriction,
                                                          ReplaceMode::kStopOnFailure, wanted);
  exchange_.refuse_next(RejectReason::kNone);
  if (replaced.cancel.refusal) return {.reason = replaced.cancel.refusal.reason};
  if (replaced.place.refusal) {
    Outcome outcome = refused(replaced.place.refusal, wanted);
    outcome.old_canceled = replaced.canceled == Half::kSuccess;
    return outcome;
  }
  ++counters_.replaced;
  answer = report(EventKind::kReplaced, *replaced.place.order, replaced.place.order->lots);
  answer.report.id = command.id;
  answer.report.new_id = command.new_id;
  return {};
}

// USD-M order.modify: some changes end the order.
SimVenue::Outcome SimVenue::modify(const Command& command, Event& answer) {
  const bool known_here = exchange_.instrument(command.instrument).rules.modify_in_place;
  if (!known_here) return {.reason = RejectReason::kOther};
  if (rates_.orders_full()) return {RejectReason::kRateLimit, rates_.orders_retry()};
  const Ticks price(command.ticks);
  const OrderAnswer modified =
      exchange_.modify(kAccount, venue_id(command.id), price, command.lots);
  const RejectReason reason = modified.refusal.reason;
  if (reason == RejectReason::kUnknownOrder || reason == RejectReason::kFilter) return {reason};
  rates_.charge_orders(cost(command).orders);
  if (modified.refusal) return {reason};
  const RestingOrder& order = *modified.order;
  if (order.status == OrderStatusCode::kCanceled) {
    ++counters_.canceled;
    answer = report(EventKind::kCanceled, order, order.filled);
  } else if (order.status == OrderStatusCode::kExpired) {
    ++counters_.expired;
    count_self_trade(command.instrument, order.side, price);
    answer = report(EventKind::kExpired, order, order.filled);
    answer.report.reason = RejectReason::kWouldCross;
  } else {
    ++counters_.amended;
    answer = report(EventKind::kAmended, order, order.lots);
  }
  return {};
}

// Spot order.amend.keepPriority: less quantity, same place in the queue.
SimVenue::Outcome SimVenue::reduce(const Command& command, Event& answer) {
  const OrderAnswer reduced =
      exchange_.amend_keep_priority(kAccount, venue_id(command.id), command.lots);
  if (reduced.refusal) return {.reason = reduced.refusal.reason};
  ++counters_.amended;
  answer = report(EventKind::kAmended, *reduced.order, reduced.order->lots);
  return {};
}

SimVenue::Outcome SimVenue::query(const Command& command, Event& answer) {
  RestingOrder unknown;
  unknown.id = command.id;
  unknown.instrument = command.instrument;
  const RestingOrder* known = find(command.id);
  const RestingOrder& order = known == nullptr ? unknown : *known;
  answer = report(EventKind::kOrderStatus, order, order.filled);
  answer.report.asked = command.question;
  return {};
}

void SimVenue::query_open(InstrumentId i) {
  exchange_.for_each_open(kAccount, i, [this](const RestingOrder& order) {
    respond(report(EventKind::kOrderStatus, order, order.filled));
  });
}

RequestCost SimVenue::cost(const Command& command) const {
  return request_cost(exchange_.instrument(command.instrument).rules, command.kind);
}

// 0, which no order has, for an id that is not known.
VenueOrderId SimVenue::venue_id(ClientOrderId id) const {
  const RestingOrder* order = find(id);
  return order == nullptr ? VenueOrderId(0) : order->venue_id;
}

SimVenue::Outcome SimVenue::refused(const Refusal& refusal, const NewOrder& wanted) {
  if (refusal.reason == RejectReason::kWouldCross) {
    count_self_trade(wanted.instrument, wanted.side, wanted.price);
  }
  return {.reason = refusal.reason};
}

// Of an order that would have crossed the market: did it meet one of ours?
void SimVenue::count_self_trade(InstrumentId i, Side side, Ticks price) {
  if (book(i).would_match_order(side, price)) ++counters_.self_trades_prevented;
}

void SimVenue::on_fill(const RestingOrder& order, const Execution& execution) {
  ++counters_.fills;
  if (order.took) ++counters_.taker_fills;
  Event event = make_event(EventKind::kFilled, order.instrument);
  event.flags = static_cast<std::uint8_t>((order.took ? 0 : kFlagMaker) |
                                          (order.side == Side::kSell ? kFlagSell : 0));
  event.fill = {.id = order.id,
                .trade_id = execution.trade_id,
                .lots = execution.lots,
                .fee = execution.fee,
                .ticks = static_cast<std::int32_t>(execution.price.v),
                .fee_asset = execution.fee_asset,
                .pad = {}};
  respond(event);
  if (order.filled == execution.lots) {
    rates_.roll(clock());
    rates_.give_back_orders(static_cast<std::uint32_t>(config_.orders_returned_per_fill));
    report_usage(false);
  }
  if (order.leaves().v == 0) ++counters_.orders_filled;
}

void SimVenue::on_balances(AccountId, std::span<const BalanceUpdate> updates) {
  for (const BalanceUpdate& update : updates) {
    if (answering_) {
      balances_.push_back(update);
    } else {
      report_balance(update);
    }
  }
}

void SimVenue::report_balance(const BalanceUpdate& update) {
  const auto i = static_cast<InstrumentId>(update.asset / 2);
  if (!exchange_.instrument(i).is_spot) return;
  Event event = make_event(EventKind::kBalance, i);
  const Asset asset = update.asset % 2 == 0 ? Asset::kBase : Asset::kQuote;
  event.balance = {update.funds.free, update.funds.locked, asset, {}};
  respond(event);
}

// Told when it has changed, at most every 100 ms; at once after a refusal.
void SimVenue::report_usage(bool at_once) {
  const RateUsage usage = rates_.usage();
  if (!at_once && usage.orders_used == usage_reported_.orders_used &&
      usage.weight_used == usage_reported_.weight_used) {
    return;
  }
  const Nanos earliest = usage_reported_at_ + kUsageInterval;
  if ((!at_once && clock() < earliest) || deliveries_.room() == 0) {
    usage_due_ = clock() < earliest ? earliest : clock() + kUsageInterval;
    return;
  }
  usage_reported_ = usage;
  usage_reported_at_ = clock();
  usage_due_ = kNever;
  Event event = make_event(EventKind::kRateUsage, 0);
  event.rate = usage;
  respond(event);
}

}  // namespace mm::sim
