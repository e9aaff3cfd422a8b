// Answers to requests; what the user data stream tells is in order_reports.cpp.
#include "gateway/binance/order_events.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/denied.h"
#include "gateway/binance/read_lag.h"

namespace mm::binance::orders {
namespace {

constexpr std::string_view kSuccess = "SUCCESS";

OrderStatusCode status_code(OrderPhase phase) {
  switch (phase) {
    case OrderPhase::kFilled:
      return OrderStatusCode::kFilled;
    case OrderPhase::kCanceled:
      return OrderStatusCode::kCanceled;
    case OrderPhase::kExpired:
    case OrderPhase::kPrevented:
      return OrderStatusCode::kExpired;
    case OrderPhase::kRejected:
      return OrderStatusCode::kRejected;
    default:
      return OrderStatusCode::kOpen;
  }
}

bool succeeded(const Response& r) {
  return r.status == 200 && r.has_result && !r.has_error;
}

}  // namespace

OrderEvents::OrderEvents(const InstrumentMap& instruments, Identity self, std::size_t order_slots,
                         VenueOrderIds& venue_ids,
                         std::span<std::atomic<std::uint64_t>> last_trades, SpscRing<Event>& out)
    : instruments_(instruments),
      self_(self),
      facts_(order_slots, self.epoch),
      venue_ids_(venue_ids),
      out_(out),
      last_trades_(last_trades),
      opening_trades_(instruments.size()),
      balances_as_of_ms_(instruments.size()) {
  follow_ups_.reserve(kRoom);
}

void OrderEvents::emit(Event event) {
  event.received = now_;
  event.sequence = ++sequence_;
  const bool pushed = out_.try_push(event);
  MM_ASSERT(pushed, "the session looks for room before it reads");
}

Event OrderEvents::report_event(EventKind kind, const Shape& order, Lots lots) const {
  Event event;
  event.kind = kind;
  event.instrument = order.instrument;
  event.flags = order.side == Side::kSell ? kFlagSell : std::uint8_t{0};
  event.report = {};
  event.report.id = order.id;
  event.report.venue_id = order.venue_id;
  event.report.lots = lots;
  event.report.ticks = order.ticks;
  return event;
}

Event OrderEvents::failure_event(EventKind kind, const Command& command, RejectReason reason,
                                 Nanos retry_at) const {
  Event event = make_denied(command, reason, now_);
  event.kind = kind;
  event.failure.retry_after = retry_at;
  return event;
}

void OrderEvents::deny(const Command& command, RejectReason reason, Nanos retry_at) {
  emit(failure_event(EventKind::kDenied, command, reason, retry_at));
}

void OrderEvents::on_sent(const Command& command) {
  if (command.kind == CommandKind::kPlace) facts_.open(command.id, {}, command.lots);
  if (command.kind == CommandKind::kReplace) {
    facts_.open(command.new_id, command.id, command.lots);
  }
}

void OrderEvents::on_lost(const PendingRequest& request) {
  if (request.purpose == Purpose::kTrades) return give_up(request.command, request.then);
  if (request.purpose != Purpose::kCommand) return;
  emit(failure_event(EventKind::kOutcomeUnknown, request.command, RejectReason::kOther, Nanos(0)));
}

void OrderEvents::on_answer(const PendingRequest& request, const Response& r, Nanos retry_at) {
  const Command& command = request.command;
  if (request.purpose == Purpose::kTrades) return on_trades(request, r);
  if (request.purpose == Purpose::kSweep && succeeded(r)) {
    on_list(command.instrument, r.orders, request.sent);
  }
  if (request.purpose != Purpose::kCommand) return;
  switch (command.kind) {
    case CommandKind::kPlace:
      return on_placed(command, r, retry_at);
    case CommandKind::kCancel:
      return on_canceled(command, r, retry_at);
    case CommandKind::kReplace:
      return on_replaced(command, r, retry_at);
    case CommandKind::kReduce:
      return on_reduced(command, r, retry_at);
    case CommandKind::kQueryOrder:
      return on_queried(command, r);
    case CommandKind::kCancelAll:
      return on_all_canceled(command, r, retry_at);
    default:
      if (!succeeded(r)) return refuse(EventKind::kOutcomeUnknown, command, r, retry_at);
      for (const OrderRecord& order : r.orders) {
        on_open_order(command.instrument, order, request.sent);
      }
  }
}

// The answer is about the order of the command; where it says less, the command knows.
OrderEvents::Shape OrderEvents::shape_of(const Command& command, const OrderRecord& record) const {
  const InstrumentId i = command.instrument;
  const bool renewed = command.kind == CommandKind::kReplace;
  return {.instrument = i,
          .side = command.side,
          .id = renewed ? command.new_id : command.id,
          .venue_id = VenueOrderId(record.order_id),
          .lots = record.quantity > 0 ? instruments_.lots(i, record.quantity) : command.lots,
          .executed = instruments_.lots(i, record.executed),
          .prevented = instruments_.lots(i, record.prevented),
          .ticks = record.price > 0 ? instruments_.ticks(i, record.price) : command.ticks};
}

// A failure: definitive, or the outcome is unknown.
void OrderEvents::refuse(EventKind kind, const Command& command, const Response& r,
                         Nanos retry_at) {
  const Verdict verdict = judge(r.status, r.error);
  if (!verdict.known) kind = EventKind::kOutcomeUnknown;
  emit(failure_event(kind, command, verdict.reason, retry_at));
}

void OrderEvents::on_placed(const Command& command, const Response& r, Nanos retry_at) {
  OrderFacts* const facts = facts_.find(command.id);
  if (!succeeded(r)) {
    if (facts != nullptr && facts->refused) {
      ++counters_.repeats;
      return;
    }
    if (facts != nullptr && judge(r.status, r.error).known) facts->refused = true;
    return refuse(EventKind::kRejected, command, r, retry_at);
  }
  const Shape order = shape_of(command, r.order);
  opened(order);
  const OrderPhase phase = phase_of(r.order.status);
  // Of one that is filled at once the fills tell.
  if (phase != OrderPhase::kOpen && phase != OrderPhase::kFilled) {
    ended_by_phase(phase, order, command);
  }
}

void OrderEvents::on_canceled(const Command& command, const Response& r, Nanos retry_at) {
  if (!succeeded(r) && ends_later(command.id)) return;
  if (!succeeded(r)) return refuse(EventKind::kCancelRejected, command, r, retry_at);
  ended_by_phase(r.order.status.empty() ? OrderPhase::kCanceled : phase_of(r.order.status),
                 shape_of(command, r.order), command);
}

// Each order's own report follows; here the answer only says whether to try again.
void OrderEvents::on_all_canceled(const Command& command, const Response& r, Nanos retry_at) {
  const bool none_left = judge(r.status, r.error).reason == RejectReason::kUnknownOrder;
  if (!succeeded(r) && !none_left) refuse(EventKind::kCancelRejected, command, r, retry_at);
}

void OrderEvents::ended_by_phase(OrderPhase phase, const Shape& order, const Command& command) {
  switch (phase) {
    case OrderPhase::kCanceled:
      return ended(EventKind::kCanceled, order, RejectReason::kNone);
    case OrderPhase::kExpired:
      return ended(EventKind::kExpired, order, RejectReason::kOther);
    case OrderPhase::kPrevented:
      return ended(EventKind::kExpired, order, RejectReason::kSelfTrade);
    default:  // open after a cancel, or a word nobody knows: ask
      ++counters_.unknown_words;
      emit(failure_event(EventKind::kOutcomeUnknown, command, RejectReason::kOther, Nanos(0)));
  }
}

void OrderEvents::on_replaced(const Command& command, const Response& r, Nanos retry_at) {
  const bool both = r.cancel_result == kSuccess && r.new_order_result == kSuccess;
  if (!both || !r.order.present) return on_replace_failed(command, r, retry_at);
  // The old order went without fills (ONLY_NEW): its own report, still to come, says nothing new.
  if (OrderFacts* old = facts_.find(command.id); old != nullptr) old->end(now_);
  opened(shape_of(command, r.order));
}

void OrderEvents::on_replace_failed(const Command& command, const Response& r, Nanos retry_at) {
  const auto& [error, verdict, canceled, half] = failure_of(r);
  const bool untold = r.new_order_result == kSuccess || (half && error.code == 0) ||
                      (!half && (r.error.code == -2021 || r.error.code == -2022));
  OrderFacts* const old = facts_.find(command.id);
  Command of_old = command;
  of_old.kind = CommandKind::kCancel;
  const Shape canceled_order = shape_of(of_old, r.canceled);
  const bool fills_missing =
      canceled && canceled_order.executed > (old != nullptr ? old->executed : Lots(0));
  if (canceled && (untold || !verdict.known || fills_missing)) {
    ended(EventKind::kCanceled, canceled_order, RejectReason::kNone);
  }
  if (untold || !verdict.known) {
    emit(failure_event(EventKind::kOutcomeUnknown, command, RejectReason::kOther, retry_at));
    return;
  }
  if (OrderFacts* renewed = facts_.find(command.new_id); renewed != nullptr)
    renewed->refused = true;
  if (fills_missing) {  // the order's end waits for them
    Event event = failure_event(EventKind::kRejected, command, verdict.reason, retry_at);
    event.failure.id = command.new_id;
    event.failure.new_id = ClientOrderId(0);
    return emit(event);
  }
  if (canceled && old != nullptr) old->end(now_);
  Event event = failure_event(EventKind::kReplaceRejected, command, verdict.reason, retry_at);
  event.failure.old_canceled = canceled ? 1 : 0;
  emit(event);
}

void OrderEvents::on_reduced(const Command& command, const Response& r, Nanos retry_at) {
  if (!succeeded(r)) return refuse(EventKind::kAmendRejected, command, r, retry_at);
  const Shape order = shape_of(command, r.order);
  const OrderPhase phase = phase_of(r.order.status);
  if (phase == OrderPhase::kOpen) return amended(order);
  ended_by_phase(phase, order, command);
}

void OrderEvents::on_queried(const Command& command, const Response& r) {
  const bool found = succeeded(r) && r.order.present;
  const OrderPhase phase = phase_of(r.order.status);
  if (!found) {
    const Verdict verdict = judge(r.status, r.error);
    const bool unknown = verdict.known && verdict.reason == RejectReason::kUnknownOrder;
    if (!unknown) return refuse(EventKind::kOutcomeUnknown, command, r, Nanos(0));
  } else if (phase == OrderPhase::kUnknownWord) {
    ++counters_.unknown_words;
    return refuse(EventKind::kOutcomeUnknown, command, r, Nanos(0));
  }
  const Shape order = shape_of(command, r.order);
  const Event event = status_event(order, found ? status_code(phase) : OrderStatusCode::kNotFound,
                                   command.question);
  if (!found) return emit(event);
  venue_ids_.insert(order.instrument, order.venue_id, order.id);
  if (phase == OrderPhase::kOpen) shrunk(order);
  const OrderFacts* const facts = facts_.find(order.id);
  const bool missing = order.executed > (facts != nullptr ? facts->executed : Lots(0));
  if (!missing || !want_trades(order, event)) tell(event);
}

Event OrderEvents::status_event(const Shape& order, OrderStatusCode code,
                                std::uint8_t asked) const {
  Event event = report_event(EventKind::kOrderStatus, order, order.executed);
  event.report.status = static_cast<std::uint8_t>(code);
  event.report.asked = asked;
  return event;
}

void OrderEvents::on_end_found(InstrumentId instrument, Side side, ClientOrderId id,
                               const Response& r) {
  Command question;
  question.kind = CommandKind::kQueryOrder;
  question.instrument = instrument;
  question.side = side;
  question.id = id;
  const bool found = succeeded(r) && r.order.present;
  emit(status_event(shape_of(question, r.order),
                    found ? status_code(phase_of(r.order.status)) : OrderStatusCode::kRejected, 1));
}

// An order's state, or its end.
void OrderEvents::tell(const Event& state) {
  OrderFacts* const facts = facts_.find(state.report.id);
  const bool open = state.kind == EventKind::kOrderStatus &&
                    static_cast<OrderStatusCode>(state.report.status) == OrderStatusCode::kOpen;
  // What nobody asked for may have been overtaken, by its end or by the fills that were missing.
  const bool known = facts != nullptr && (facts->ended || facts->executed >= state.report.lots);
  if (open && state.report.asked == 0 && known) return;
  if (facts != nullptr && !open) facts->end(now_);
  emit(state);
}

void OrderEvents::give_up(const Command& command, const Event& then) {
  if (then.kind == EventKind::kNone) return;
  if (then.kind != EventKind::kOrderStatus && follow_ups_.size() < follow_ups_.capacity()) {
    return follow_ups_.push_back({Purpose::kTrades, command, then, now_ + kReadLagMax});
  }
  Event told = then;
  told.report.asked = 0;  // no answer that counts: fills may be there to be had
  tell(told);
}

void OrderEvents::on_trades(const PendingRequest& request, const Response& r) {
  if (!succeeded(r)) return give_up(request.command, request.then);
  const Command& command = request.command;
  Lots executed{};
  for (const TradeRecord& trade : r.trades) {
    executed += instruments_.lots(command.instrument, trade.quantity);
    on_trade(command.instrument, command.id, trade);
  }
  if (OrderFacts* facts = facts_.find(command.id); facts != nullptr) {
    facts->executed = std::max(facts->executed, executed);
    if (!r.trades.empty()) {
      facts->last_trade = std::max(facts->last_trade, r.trades.back().trade_id);
    }
  }
  if (request.then.kind != EventKind::kNone) tell(request.then);
}

void OrderEvents::on_trade(InstrumentId instrument, ClientOrderId id, const TradeRecord& trade) {
  if (trade.trade_id <= opening_trades_[instrument]) return;
  Event event;
  event.kind = EventKind::kFilled;
  event.instrument = instrument;
  event.flags =
      static_cast<std::uint8_t>((trade.buyer ? 0 : kFlagSell) | (trade.maker ? kFlagMaker : 0));
  if (!instruments_.is_on_grid(instrument, trade.price, trade.quantity)) {
    ++counters_.off_grid_fills;
    event.kind = EventKind::kOffGridFill;
    event.off_grid = {id, TradeId(trade.trade_id), Amount(trade.quantity), Amount(trade.price), {}};
    return emit(event);
  }
  event.fill = {};
  event.fill.id = id;
  event.fill.trade_id = TradeId(trade.trade_id);
  event.fill.lots = instruments_.lots(instrument, trade.quantity);
  event.fill.fee = Amount(trade.fee);
  event.fill.ticks = instruments_.ticks(instrument, trade.price);
  event.fill.fee_asset = instruments_.role(instrument, trade.fee_asset);
  emit(event);
}

void OrderEvents::on_found(const Event& event, std::int64_t balances_as_of_ms) {
  if (event.kind == EventKind::kBalance) return tell_balance(event, balances_as_of_ms);
  OrderFacts* const facts = event.kind == EventKind::kFilled ? facts_.find(event.fill.id) : nullptr;
  if (facts != nullptr && event.fill.trade_id.v > facts->last_trade) {
    facts->executed += event.fill.lots;
    facts->last_trade = event.fill.trade_id.v;
  }
  emit(event);
}

void OrderEvents::raise_last_trade(InstrumentId i, std::uint64_t trade_id) {
  std::atomic<std::uint64_t>& last = last_trades_[i];
  if (trade_id > last.load(std::memory_order_relaxed)) {
    last.store(trade_id, std::memory_order_release);
  }
}

}  // namespace mm::binance::orders
