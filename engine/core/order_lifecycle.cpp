#include "engine/core/order_lifecycle.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/order_lifecycle_facts.h"

namespace mm {
namespace {

// Refused because the order was filled or ended meanwhile: a race, not a fault.
constexpr bool is_race(RejectReason r) {
  return r == RejectReason::kUnknownOrder || r == RejectReason::kRestricted;
}

// What an adoption says of an order that is in no need of it, or cannot be taken.
Event as_open_status(const Event& adopted) {
  Event status = adopted;
  status.kind = EventKind::kOrderStatus;
  status.report = {};
  status.report.id = adopted.adoption.id;
  status.report.venue_id = adopted.adoption.venue_id;
  status.report.lots = adopted.adoption.executed;
  status.report.ticks = adopted.adoption.ticks;
  status.report.status = static_cast<std::uint8_t>(OrderStatusCode::kOpen);
  return status;
}

}  // namespace

OrderLifecycle::OrderLifecycle(OrderTable& table, const LifecycleConfig& config)
    : table_(table),
      config_(config),
      trade_ids_(table.instruments(), TradeIdWindow(config.trade_ids)),
      breakers_(std::size_t{table.instruments()} * 2),
      sessions_(table.instruments()),
      strays_(config.strays_max),
      questions_(config.questions_per_second) {
  MM_ASSERT(config.connections > 0, "at least one order-entry connection");
}

// --- requests -------------------------------------------------------------------------------

Command OrderLifecycle::command(const Order& row, CommandKind kind, Nanos now) const {
  Command c;
  c.time = now;
  c.cause_received = cause_;
  c.id = row.id;
  c.venue_id = row.venue_id;
  c.instrument = row.instrument;
  c.kind = kind;
  c.side = row.side;
  c.connection = row.connection;
  c.why = static_cast<std::uint8_t>(row.why);
  if (kind == CommandKind::kPlace) {
    c.ticks = static_cast<std::int32_t>(row.price.v);
    c.lots = row.lots;
  } else if (is_amend(kind)) {
    c.new_id = row.next_id;
    c.ticks = static_cast<std::int32_t>(row.next_price.v);
    c.lots = row.next_lots;
  }
  return c;
}

// Where there is no room the oldest terminal rows go before their time: one, but for those that
// were in the reserve for Unknown orders until they ended.
template <class Make>
Order* OrderLifecycle::make_row(Make&& make) {
  while (table_.is_full()) {
    Order* const oldest = table_.oldest_terminal();
    if (oldest == nullptr) return nullptr;
    table_.release(*oldest);
  }
  return make();
}

Order* OrderLifecycle::place(const PlaceRequest& request, Nanos now, CommandBuffer& out) {
  MM_ASSERT(request.lots.v > 0, "an order has a size");
  if (is_full(out)) return nullptr;
  Order* const row = make_row([&] {
    return table_.create(request.instrument, request.side, request.price, request.lots, now);
  });
  if (row == nullptr) return nullptr;
  row->why = request.why;
  row->level = request.level;
  row->connection = static_cast<std::uint8_t>(row->slot % config_.connections);
  table_.update(*row, [&](Order& o) {
    o.in_flight = CommandKind::kPlace;
    o.deadline = now + config_.modification_timeout;
  });
  out.emplace([&] { return command(*row, CommandKind::kPlace, now); });
  return row;
}

bool OrderLifecycle::may_amend(const Order& row, Nanos now) const {
  return is_resting(row.state) && !row.cancel_wanted && now >= row.retry_at;
}

bool OrderLifecycle::request_replace(Order& row, Ticks price, Lots lots, DecisionReason why,
                                     Nanos now, CommandBuffer& out) {
  if (!may_amend(row, now) || row.filled.v != 0 || lots.v <= 0 || is_full(out)) return false;
  const ClientOrderId id = table_.fresh_id(row);
  start(row, CommandKind::kReplace, why, now, out, [&](Order& o) {
    o.next_id = id;
    o.next_price = price;
    o.next_lots = lots;
  });
  return true;
}

bool OrderLifecycle::request_modify(Order& row, Ticks price, Lots total, DecisionReason why,
                                    Nanos now, CommandBuffer& out) {
  if (!may_amend(row, now) || total <= row.filled || is_full(out)) return false;
  start(row, CommandKind::kModify, why, now, out, [&](Order& o) {
    o.next_price = price;
    o.next_lots = total;
  });
  return true;
}

bool OrderLifecycle::request_reduce(Order& row, Lots total, DecisionReason why, Nanos now,
                                    CommandBuffer& out) {
  if (!may_amend(row, now) || total <= row.filled || total >= row.lots || is_full(out))
    return false;
  start(row, CommandKind::kReduce, why, now, out, [&](Order& o) {
    o.next_price = o.price;
    o.next_lots = total;
  });
  return true;
}

bool OrderLifecycle::request_cancel(Order& row, DecisionReason why, Nanos now, CommandBuffer& out) {
  if (!may_be_live(row.state) || row.in_flight == CommandKind::kCancel) return false;
  const bool wanted_before = row.cancel_wanted;
  if (!wanted_before) row.why = why;
  row.cancel_wanted = true;
  if (!may_cancel(row)) return false;
  if (wanted_before && now < row.deadline) return false;  // backing off
  return send_cancel(row, now, out);
}

// Resting; or in doubt, but known to have existed, with nothing that could still change it: the
// answer to the cancel then tells as much as one to a question, and costs nothing.
bool OrderLifecycle::may_cancel(const Order& row) const {
  if (is_resting(row.state)) return true;
  return row.state == OrderState::kUnknown && row.acknowledged && !row.cancel_missed &&
         row.in_flight == CommandKind::kNone && row.next_id.v == 0 &&
         row.end_state == OrderState::kFree &&
         sessions_[row.instrument].state != SessionState::kDown;
}

// Marks the request in flight and sends it; the caller has checked for room. `terms` writes what
// it asks for.
template <class Terms>
void OrderLifecycle::start(Order& row, CommandKind kind, DecisionReason why, Nanos now,
                           CommandBuffer& out, Terms&& terms) {
  row.why = why;
  const bool is_cancel = kind == CommandKind::kCancel;
  const OrderState state = is_cancel ? OrderState::kPendingCancel : OrderState::kPendingModify;
  table_.transition(row, state, now, [&](Order& o) {
    terms(o);
    o.in_flight = kind;
    if (!is_cancel) take_news(o, now);
    o.deadline = now + config_.modification_timeout;
  });
  out.emplace([&] { return command(row, kind, now); });
}

bool OrderLifecycle::send_cancel(Order& row, Nanos now, CommandBuffer& out) {
  if (is_full(out)) {
    table_.update(row, [&](Order& o) { o.deadline = now + config_.retry_backoff_base; });
    return false;
  }
  start(row, CommandKind::kCancel, row.why, now, out, [](Order&) {});
  row.cancel_wanted = false;
  return true;
}

// --- fills ----------------------------------------------------------------------------------

void OrderLifecycle::on_fill(const Event& event, OrderChange& change) {
  const Fill& fill = event.fill;
  Order* row = table_.find(fill.id);
  change.order = row;
  if (row != nullptr) change.before = change.after = row->state;
  MM_ASSERT(event.instrument < trade_ids_.size(), "an instrument of this table");
  switch (trade_ids_[event.instrument].insert(fill.trade_id)) {
    case TradeIdWindow::Verdict::kDuplicate:
      ++counters_.duplicate_fills;
      return;
    case TradeIdWindow::Verdict::kTooOld:
      ++counters_.too_old_fills;
      change.fill_too_old = true;
      if (row == nullptr || row->filled.v != 0) return doubt_old_fill(event, change);
      break;  // none of this order has been counted, so neither has this one
    case TradeIdWindow::Verdict::kNew:
      break;
  }
  change.fill_counted = true;
  if (row == nullptr) {
    ++counters_.rowless_fills;
    return;
  }
  const ClientOrderId id_before = row->id;
  if (fill.id == row->next_id) promote(*row, VenueOrderId(0), event.time);
  table_.update(*row, [&](Order& o) {
    o.filled += fill.lots;
    o.acknowledged = true;
    take_news(o, event.time);
  });
  if (row->filled > std::max(row->lots, row->next_lots)) {
    ++counters_.overfills;
    // More than it had executed when it was told to be over: it is not.
    const bool was_over = row->state == OrderState::kCanceled || row->state == OrderState::kExpired;
    if (was_over && strays_.find(fill.id) == nullptr) take_stray(event, fill.id);
  }
  // The answer to an amend decides what is left; anything else ends here if nothing is.
  if (may_be_live(row->state) && !is_amend(row->in_flight)) {
    const bool placed = row->in_flight == CommandKind::kPlace;
    if (is_complete(*row) || placed || is_resting(row->state)) settle(*row, event.time);
  }
  change.after = row->state;
  const bool ended = may_be_live(change.before) && is_terminal(change.after);
  if (row->id != id_before || ended) change.ended_id = id_before;
}

// Counted or not? A live order is asked for: what the venue says it has executed tells, and if that
// is more, its fills are missing. One that ended with all it had executed has had this one. Else
// nobody here can tell: the instrument is held.
void OrderLifecycle::doubt_old_fill(const Event& event, OrderChange& change) {
  Order* const row = change.order;
  if (row != nullptr && may_be_live(row->state)) {
    enter(*row, OrderState::kUnknown, event.time);
    change.after = row->state;
    return;
  }
  if (row != nullptr && row->filled >= row->lots && !was_given_up(*row)) return;
  ++counters_.unexplained_fills;
  sessions_[event.instrument].held = true;
}

// --- states ---------------------------------------------------------------------------------

// Told again by every connection until one has come up: then it is there already.
OrderChange OrderLifecycle::adopt(const Event& event) {
  const Adoption& a = event.adoption;
  const bool known = table_.find(a.id) != nullptr || strays_.find(a.id) != nullptr;
  const bool fits = !known && table_.is_of_earlier_start(a.id) && a.executed < a.lots;
  Order* const row = !fits ? nullptr : make_row([&] {
    return table_.adopt(a.id, event.instrument, event.side(), Ticks(a.ticks), a.lots, event.time);
  });
  if (row == nullptr) return apply(as_open_status(event));
  ++counters_.adopted;
  row->why = DecisionReason::kAdopted;
  row->connection = static_cast<std::uint8_t>(row->slot % config_.connections);
  table_.update(*row, [&](Order& o) {
    o.venue_id = a.venue_id;
    o.filled = a.executed;
    o.acknowledged = true;
  });
  settle(*row, event.time);
  OrderChange change;
  change.order = row;
  change.after = row->state;
  return change;
}

// The replacement exists, so the old order is gone: the row goes on under the new id.
void OrderLifecycle::promote(Order& row, VenueOrderId venue_id, Nanos now) {
  table_.update(row, [&](Order& o) {
    o.id = o.next_id;
    o.price = o.next_price;
    o.lots = o.next_lots;
    o.filled = Lots(0);
    o.venue_id = venue_id;
    o.end_state = OrderState::kFree;
    o.amends = 0;
    o.failures = 0;
    o.acknowledged = true;
    o.cancel_missed = false;
  });
  ++counters_.amends;
  count_success(row);
  drop_amend(row);
  settle(row, now);
}

// What the amend asked for will not be, or has become the order's own terms.
void OrderLifecycle::drop_amend(Order& row) {
  table_.update(row, [](Order& o) {
    o.next_id = ClientOrderId(0);
    o.next_price = Ticks(0);
    o.next_lots = Lots(0);
    if (is_amend(o.in_flight)) o.in_flight = CommandKind::kNone;
  });
}

// Nothing is unanswered any more: the state follows from what is known.
void OrderLifecycle::settle(Order& row, Nanos now) {
  row.in_flight = CommandKind::kNone;
  if (row.end_state != OrderState::kFree) {
    enter(row, row.filled >= row.lots ? row.end_state : OrderState::kUnknown, now);
  } else if (is_complete(row)) {
    enter(row, OrderState::kFilled, now);
  } else {
    enter(row, row.filled.v > 0 ? OrderState::kPartiallyFilled : OrderState::kActive, now);
  }
}

void OrderLifecycle::enter(Order& row, OrderState to, Nanos now) {
  const OrderState from = row.state;
  if (from != to && !table_.transition(row, to, now)) return;
  if (is_terminal(to)) {
    drop_amend(row);
    row.in_flight = CommandKind::kNone;
    row.cancel_wanted = false;
  }
  table_.update(row, [&](Order& o) {
    if (is_terminal(to)) {
      o.deadline = now + config_.terminal_retention;
    } else if (to == OrderState::kUnknown && from != to) {
      o.asks = 0;
      o.short_answers = 0;
      o.deadline = now;
    } else if (is_resting(to) && !is_resting(from)) {
      o.deadline = o.cancel_wanted ? now : kNever;
    }
  });
}

// What was asked before is out of date.
void OrderLifecycle::take_news(Order& row, Nanos now) {
  row.news = now;
  row.early = row.question;
}

// --- breakers -------------------------------------------------------------------------------

void OrderLifecycle::count_reject(const Order& row, RejectReason reason, Nanos now) {
  if (is_race(reason)) return;
  SideBreakers& side = breakers_[std::size_t{row.instrument} * 2 + index(row.side)];
  CircuitBreaker& breaker = reason == RejectReason::kWouldCross ? side.post_only : side.other;
  if (breaker.reject(config_.breaker, reason, now)) ++counters_.breaker_trips;
}

void OrderLifecycle::count_success(const Order& row) {
  SideBreakers& side = breakers_[std::size_t{row.instrument} * 2 + index(row.side)];
  side.post_only = {};  // the market has come back
  side.other.success();
}

bool OrderLifecycle::breaker_open(InstrumentId instrument, Side side, Nanos now) const {
  return breakers_[std::size_t{instrument} * 2 + index(side)].other.open(now);
}

bool OrderLifecycle::post_only_breaker_open(InstrumentId instrument, Side side, Nanos now) const {
  return breakers_[std::size_t{instrument} * 2 + index(side)].post_only.open(now);
}

}  // namespace mm
