#include "engine/core/order_lifecycle.h"

#include <algorithm>
#include <limits>

#include "engine/core/assert.h"
#include "engine/core/order_id.h"

namespace mm {
namespace {

// Executed as far as the order can be, whichever of its possible sizes is true.
bool is_complete(const Order& row) {
  const Lots next = row.next_id.v != 0 ? Lots(0) : row.next_lots;
  return row.filled >= std::max(row.lots, next);
}

// A modify or reduce whose outcome the venue has not told.
bool has_doubtful_terms(const Order& row) {
  return row.next_lots.v != 0 && row.next_id.v == 0;
}

// Refused because the order was filled or ended meanwhile: a race, not a fault.
constexpr bool is_race(RejectReason r) {
  return r == RejectReason::kUnknownOrder || r == RejectReason::kRestricted;
}

constexpr OrderStatusCode status_of(const OrderReport& report) {
  return static_cast<OrderStatusCode>(report.status);
}

// The report says that the order it names rests.
bool reports_life(const Event& e) {
  return e.kind == EventKind::kAccepted || e.kind == EventKind::kReplaced ||
         (e.kind == EventKind::kOrderStatus && status_of(e.report) == OrderStatusCode::kOpen);
}

// The order it names exists or has existed. A venue that knows no order tells no news.
bool reports_existence(const Event& e) {
  return e.kind != EventKind::kOrderStatus || (status_of(e.report) != OrderStatusCode::kNotFound &&
                                               status_of(e.report) != OrderStatusCode::kRejected);
}

// That the old order still rests says nothing of the replacement that is asked for: who looks often
// would never find out that there is none.
bool is_news(const Order& row, const Event& e) {
  const bool old_rests = row.next_id.v != 0 && e.report.id == row.id &&
                         e.kind == EventKind::kOrderStatus &&
                         status_of(e.report) == OrderStatusCode::kOpen;
  return reports_existence(e) && !old_rests;
}

// Ended without the venue's definitive word: it may live after all.
bool was_given_up(const Order& row) {
  return row.state == OrderState::kRejected || row.state == OrderState::kDenied ||
         (is_terminal(row.state) && row.presumed_gone);
}

// A pause of `first` that has doubled so often.
constexpr Nanos doubled(Nanos first, int times, Nanos longest) {
  Nanos pause = first;
  for (int i = 0; i < times && pause < longest; ++i) pause = pause * 2;
  return std::min(pause, longest);
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

bool is_full(const CommandBuffer& out) {
  return out.size() == CommandBuffer::kCapacity;
}

void want_cancel_again(Order& row) {
  row.cancel_wanted = true;
  row.why = DecisionReason::kRetry;
}

void count_up(std::uint8_t& counter) {
  if (counter != std::numeric_limits<std::uint8_t>::max()) ++counter;
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

// Where there is no room the oldest terminal row goes before its time.
template <class Make>
Order* OrderLifecycle::make_row(Make&& make) {
  if (Order* row = make(); row != nullptr) return row;
  Order* const oldest = table_.oldest_terminal();
  if (oldest == nullptr) return nullptr;
  table_.release(*oldest);
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

// --- events ---------------------------------------------------------------------------------

OrderChange OrderLifecycle::apply(const Event& event) {
  OrderChange change;
  if (event.kind == EventKind::kFilled) {
    on_fill(event, change);
    return change;
  }
  if (event.kind == EventKind::kAdopted) return adopt(event);
  const bool is_failure = reports_failure(event.kind);
  if (!is_failure && !reports_order(event.kind)) return change;
  const ClientOrderId id = is_failure ? event.failure.id : event.report.id;
  if (is_failure && event.failure.reason == RejectReason::kRateLimit &&
      static_cast<CommandKind>(event.failure.command) == CommandKind::kQueryOrder) {
    questions_.hold(event.failure.retry_after);
  }
  if (strays_.size() > 0 && apply_to_stray(event, id, change)) return change;
  Order* row = table_.find(id);
  if (row == nullptr && event.kind == EventKind::kReplaced) row = table_.find(event.report.new_id);
  const ClientOrderId lives = event.kind == EventKind::kReplaced ? event.report.new_id : id;
  if (!is_failure && reports_life(event) &&
      (row == nullptr || was_given_up(*row) || (row->id != lives && row->next_id != lives))) {
    take_stray(event, lives);
    return change;
  }
  if (row == nullptr) {
    ++counters_.unmatched;
    return change;
  }
  const ClientOrderId id_before = row->id;
  change.order = row;
  change.before = row->state;
  change.reason = is_failure ? event.failure.reason : event.report.reason;
  change.rejected = is_failure && event.kind != EventKind::kOutcomeUnknown;
  if (is_failure) {
    apply_failure(*row, event);
  } else {
    apply_report(*row, event);
  }
  change.after = row->state;
  const bool ended = may_be_live(change.before) && is_terminal(change.after);
  if (row->id != id_before || ended) change.ended_id = id_before;
  return change;
}

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

void OrderLifecycle::apply_report(Order& row, const Event& event) {
  const OrderReport& report = event.report;
  if (is_news(row, event)) take_news(row, event.time);
  switch (event.kind) {
    case EventKind::kAccepted:
      return on_accepted(row, report, event.time);
    case EventKind::kReplaced:
      return on_replaced(row, report, event.time);
    case EventKind::kAmended:
      return on_amended(row, report, event.time);
    case EventKind::kCanceled:
      return on_ended(row, report, OrderState::kCanceled, event.time);
    case EventKind::kExpired:
      return on_ended(row, report, OrderState::kExpired, event.time);
    default:
      return on_status(row, report, event.time);
  }
}

void OrderLifecycle::apply_failure(Order& row, const Event& event) {
  const RequestFailure& failure = event.failure;
  switch (event.kind) {
    case EventKind::kRejected:
      return on_rejected(row, failure, event.time);
    case EventKind::kReplaceRejected:
      return on_replace_rejected(row, failure, event.time);
    case EventKind::kAmendRejected:
      return on_amend_rejected(row, failure, event.time);
    case EventKind::kCancelRejected:
      return on_cancel_rejected(row, failure, event.time);
    case EventKind::kDenied:
      return on_denied(row, failure, event.time);
    default:
      return on_outcome_unknown(row, failure, event.time);
  }
}

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
  if (row->filled > std::max(row->lots, row->next_lots)) ++counters_.overfills;
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

// --- reports --------------------------------------------------------------------------------

void OrderLifecycle::on_accepted(Order& row, const OrderReport& report, Nanos now) {
  if (is_terminal(row.state)) return;
  if (report.id == row.next_id) return promote(row, report.venue_id, now);
  table_.update(row, [&](Order& o) {
    o.venue_id = report.venue_id;
    o.acknowledged = true;
  });
  if (row.in_flight != CommandKind::kPlace) return;  // a fill or a question was faster
  count_success(row);
  settle(row, now);
}

void OrderLifecycle::on_replaced(Order& row, const OrderReport& report, Nanos now) {
  if (report.new_id == row.id) {  // a report under the new id was faster
    row.venue_id = report.venue_id;
  } else if (report.new_id == row.next_id) {
    promote(row, report.venue_id, now);
  }
}

void OrderLifecycle::on_amended(Order& row, const OrderReport& report, Nanos now) {
  if (report.reason == RejectReason::kSelfTrade) {
    // Unasked, the venue took some of it off the book; what is asked for its answer decides.
    const bool rests = may_be_live(row.state) && row.end_state == OrderState::kFree;
    const Lots left = std::max(report.lots, row.filled);
    if (!rests || report.id != row.id || left >= row.lots) return;
    table_.update(row, [&](Order& o) { o.lots = left; });
    if (is_complete(row) && is_resting(row.state)) settle(row, now);
    return;
  }
  const bool fits = may_be_live(row.state) && has_doubtful_terms(row) &&
                    report.lots == row.next_lots && report.ticks == row.next_price.v;
  if (!fits) {  // a repeated report of an earlier amend
    ++counters_.unmatched;
    const bool as_it_is = report.lots == row.lots && report.ticks == row.price.v;
    if (table_.is_of_earlier_start(row.id) && !as_it_is) on_late_amend(row, report, now);
    return;
  }
  table_.update(row, [](Order& o) {
    o.price = o.next_price;
    o.lots = o.next_lots;
    ++o.amends;
    o.failures = 0;
  });
  ++counters_.amends;
  count_success(row);
  const bool answered = is_amend(row.in_flight);
  drop_amend(row);
  if (answered || is_complete(row)) settle(row, now);
}

// A request of the earlier start came after the order was adopted: its terms are in doubt.
void OrderLifecycle::on_late_amend(Order& row, const OrderReport& report, Nanos now) {
  if (is_terminal(row.state) || row.end_state != OrderState::kFree) return;
  table_.update(row, [&](Order& o) {
    o.lots = std::max(o.lots, report.lots);
    if (is_resting(o.state)) o.deadline = now;
  });
  want_cancel_again(row);
}

void OrderLifecycle::on_ended(Order& row, const OrderReport& report, OrderState state, Nanos now) {
  if (is_terminal(row.state)) return;
  if (report.id == row.next_id) promote(row, report.venue_id, now);
  end(row, state, report.lots, now);
}

// The venue has ended `row.id`; how much of it was executed is final.
void OrderLifecycle::end(Order& row, OrderState state, Lots executed, Nanos now) {
  table_.update(row, [&](Order& o) {
    const Lots told = o.end_state == OrderState::kFree ? Lots(0) : o.lots;
    o.end_state = state;
    o.lots = std::max({executed, o.filled, told});  // a lagging answer takes nothing back
    o.acknowledged = true;
  });
  if (row.next_id.v != 0) return;  // the replacement may live: its answer settles the row
  drop_amend(row);
  settle(row, now);
}

void OrderLifecycle::on_status(Order& row, const OrderReport& report, Nanos now) {
  if (is_terminal(row.state)) return;
  switch (status_of(report)) {
    case OrderStatusCode::kNotFound:
      if (is_proof(row, report)) on_status_not_found(row, report, now);
      return;
    case OrderStatusCode::kOpen:
      return on_status_open(row, report, now);
    case OrderStatusCode::kFilled:
      return on_status_ended(row, report, OrderState::kFilled, now);
    case OrderStatusCode::kCanceled:
      return on_status_ended(row, report, OrderState::kCanceled, now);
    case OrderStatusCode::kExpired:
      return on_status_ended(row, report, OrderState::kExpired, now);
    case OrderStatusCode::kRejected:
      return on_status_not_found(row, report, now);  // it never was on the book
  }
}

// Numbers wrap, so those that count are kept within half of their range: an answer that comes more
// than a hundred questions late proves nothing.
std::uint8_t OrderLifecycle::next_question(Order& row, bool early) {
  constexpr std::uint8_t kApartMax = 100;
  if (++row.question == 0) row.question = 1;
  const auto apart = static_cast<std::uint8_t>(row.question - row.early);
  if (apart > kApartMax) row.early = static_cast<std::uint8_t>(row.question - kApartMax);
  if (early) row.early = row.question;
  return row.question;
}

bool OrderLifecycle::is_proof(const Order& row, const OrderReport& report) {
  return report.asked != 0 && static_cast<std::int8_t>(report.asked - row.early) > 0;
}

// What was asked before is out of date.
void OrderLifecycle::take_news(Order& row, Nanos now) {
  row.news = now;
  row.early = row.question;
}

void OrderLifecycle::on_status_open(Order& row, const OrderReport& report, Nanos now) {
  if (report.id == row.next_id) {
    promote(row, report.venue_id, now);
  } else if (row.next_id.v != 0 || row.end_state != OrderState::kFree) {
    return;
  }
  const bool missing = report.lots > row.filled;
  const bool asked_for = row.state == OrderState::kUnknown || row.state == OrderState::kPendingNew;
  if (!asked_for && !(missing && is_resting(row.state))) return;
  table_.update(row, [&](Order& o) {
    o.venue_id = report.venue_id;
    o.acknowledged = true;
  });
  row.cancel_missed = false;
  // A lost cancel is sent again; a lost modify leaves the terms in doubt, so the order goes.
  const bool placed = row.in_flight == CommandKind::kPlace;
  if (!placed && row.in_flight != CommandKind::kNone) want_cancel_again(row);
  if (!missing || gives_up_fills(row, report)) return settle(row, now);
  row.in_flight = CommandKind::kNone;
  enter(row, OrderState::kUnknown, now);
}

void OrderLifecycle::on_status_ended(Order& row, const OrderReport& report, OrderState state,
                                     Nanos now) {
  on_ended(row, report, state, now);
  const bool waits = row.state == OrderState::kUnknown && row.next_id.v == 0;
  if (waits && gives_up_fills(row, report)) enter(row, row.end_state, now);
}

void OrderLifecycle::on_status_not_found(Order& row, const OrderReport& report, Nanos now) {
  if (row.state != OrderState::kUnknown) return;
  if (report.id == row.next_id) {
    drop_amend(row);
    if (row.end_state != OrderState::kFree || is_complete(row)) return settle(row, now);
    take_news(row, now);  // when the old one was last seen was not kept
    table_.update(row, [&](Order& o) { o.deadline = now; });  // and the old one?
    return;
  }
  if (row.next_id.v != 0) return;            // an answer to an earlier question
  if (row.end_state != OrderState::kFree) {  // known already, but for the fills
    if (gives_up_fills(row, report)) enter(row, row.end_state, now);
    return;
  }
  row.presumed_gone = true;
  if (row.acknowledged) return end(row, OrderState::kCanceled, row.filled, now);
  enter(row, OrderState::kRejected, now);
}

// An answer told of executions whose fills have not come. True if it was one too many.
bool OrderLifecycle::gives_up_fills(Order& row, const OrderReport& report) {
  if (report.asked == 0) return false;
  count_up(row.short_answers);
  Session& session = sessions_[row.instrument];
  if (row.short_answers < config_.missing_fill_answers_max && !session.off_grid) return false;
  ++counters_.missing_fills;
  session.held = true;
  return true;
}

// --- failures -------------------------------------------------------------------------------

void OrderLifecycle::on_rejected(Order& row, const RequestFailure& failure, Nanos now) {
  if (failure.id == row.next_id) {  // the new half of a replace; what of the old?
    count_reject(row, failure.reason, now);
    drop_amend(row);
    return enter(row, OrderState::kUnknown, now);
  }
  if (row.in_flight != CommandKind::kPlace || row.acknowledged) {
    ++counters_.unmatched;
    return;
  }
  count_reject(row, failure.reason, now);
  enter(row, OrderState::kRejected, now);
}

void OrderLifecycle::on_replace_rejected(Order& row, const RequestFailure& failure, Nanos now) {
  if (row.next_id.v == 0 || failure.new_id != row.next_id) {
    ++counters_.unmatched;
    return;
  }
  count_reject(row, failure.reason, now);
  drop_amend(row);
  if (failure.old_canceled != 0) {
    ++counters_.failed_amends;
    return end(row, OrderState::kCanceled, row.filled, now);
  }
  amend_failed(row, failure, now);
}

void OrderLifecycle::on_amend_rejected(Order& row, const RequestFailure& failure, Nanos now) {
  if (!has_doubtful_terms(row)) {
    ++counters_.unmatched;
    return;
  }
  count_reject(row, failure.reason, now);
  const bool answered = is_amend(row.in_flight);
  drop_amend(row);
  if (answered) {
    amend_failed(row, failure, now);
  } else if (is_complete(row)) {
    settle(row, now);
  }
}

// The order is as it was, or gone before the amend came: pause, and cancel it in the end.
void OrderLifecycle::amend_failed(Order& row, const RequestFailure& failure, Nanos now) {
  ++counters_.failed_amends;
  count_up(row.failures);
  row.retry_at = std::max(now + backoff(row.failures - 1), failure.retry_after);
  if (row.failures >= config_.retries_max) want_cancel_again(row);
  const bool known = is_complete(row) || row.end_state != OrderState::kFree;
  if (failure.reason == RejectReason::kUnknownOrder && !known) {
    return enter(row, OrderState::kUnknown, now);
  }
  settle(row, now);
}

void OrderLifecycle::on_cancel_rejected(Order& row, const RequestFailure& failure, Nanos now) {
  if (row.in_flight != CommandKind::kCancel) {
    ++counters_.unmatched;
    return;
  }
  want_cancel_again(row);
  count_up(row.failures);
  // Expect a fill, ask for the truth; what was in doubt before stays so until it has been told.
  if (failure.reason == RejectReason::kUnknownOrder) row.cancel_missed = true;
  if (row.cancel_missed || row.state == OrderState::kUnknown) {
    row.in_flight = CommandKind::kNone;
    enter(row, OrderState::kUnknown, now);
  } else {
    settle(row, now);
  }
  if (!may_cancel(row)) return;
  const Nanos next_try = std::max(now + backoff(row.failures - 1), failure.retry_after);
  table_.update(row, [&](Order& o) { o.deadline = next_try; });
}

void OrderLifecycle::on_denied(Order& row, const RequestFailure& failure, Nanos now) {
  const auto kind = static_cast<CommandKind>(failure.command);
  if (kind != row.in_flight || is_terminal(row.state)) return;  // questions are asked again
  if (failure.new_id.v != 0 && failure.new_id != row.next_id) return;
  switch (kind) {
    case CommandKind::kPlace:
      return enter(row, OrderState::kDenied, now);
    case CommandKind::kCancel:
      return on_cancel_rejected(row, failure, now);
    default:
      row.retry_at = std::max(now + config_.retry_backoff_base, failure.retry_after);
      drop_amend(row);
      if (row.state != OrderState::kUnknown) settle(row, now);  // the doubt has other reasons
  }
}

void OrderLifecycle::on_outcome_unknown(Order& row, const RequestFailure& failure, Nanos now) {
  const auto kind = static_cast<CommandKind>(failure.command);
  const bool current = kind == row.in_flight || kind == CommandKind::kNone;
  if (current && may_be_live(row.state)) enter(row, OrderState::kUnknown, now);
}

// --- states ---------------------------------------------------------------------------------

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

// --- time -----------------------------------------------------------------------------------

void OrderLifecycle::on_time(Nanos now, CommandBuffer& out) {
  if (now >= strays_.next_deadline()) cancel_strays(now, out);
  if (now < table_.next_deadline()) return;
  for (std::uint16_t slot = 0; (slot = table_.due(now, slot)) != kNoSlot; ++slot) {
    Order& row = table_.row(slot);
    if (is_terminal(row.state)) {
      table_.release(row);
    } else if (is_resting(row.state) || (row.cancel_wanted && may_cancel(row))) {
      send_cancel(row, now, out);  // nothing else gives a resting order a deadline
    } else {
      if (row.state != OrderState::kUnknown) {
        ++counters_.timeouts;
        enter(row, OrderState::kUnknown, now);
      }
      ask(row, now, out);
    }
  }
}

void OrderLifecycle::ask(Order& row, Nanos now, CommandBuffer& out) {
  const auto look_again = [&](Nanos at) { table_.update(row, [&](Order& o) { o.deadline = at; }); };
  if (sessions_[row.instrument].state == SessionState::kDown) return look_again(kNever);
  if (is_full(out)) return look_again(now + config_.retry_backoff_base);
  if (!questions_.take(now)) return look_again(questions_.next(now));
  look_again(now + question_pause(row, now));
  Command question = command(row, CommandKind::kQueryOrder, now);
  question.why = static_cast<std::uint8_t>(DecisionReason::kResolve);
  if (row.next_id.v != 0) {
    question.id = row.next_id;
    question.venue_id = VenueOrderId(0);
  }
  question.question = next_question(row, now < row.news + config_.not_found_margin);
  count_up(row.asks);
  ++counters_.questions;
  out.push(question);
}

// Growing, but not past the instant from which "not found" is a proof; and never so short that the
// others would not have their turn in between.
Nanos OrderLifecycle::question_pause(const Order& row, Nanos now) const {
  Nanos pause = doubled(config_.question_pause_min, row.asks, config_.question_pause_max);
  const Nanos proof = row.news + config_.not_found_margin;
  if (now < proof) pause = std::min(pause, proof - now);
  const auto round = static_cast<std::int64_t>(table_.unknown_count()) * kSecond.v;
  return std::max(pause, Nanos(round / config_.questions_per_second));
}

void OrderLifecycle::on_session(InstrumentId instrument, SessionState state, Nanos now) {
  const SessionState before = sessions_[instrument].state;
  sessions_[instrument].state = state;
  const bool loses_reports =
      state == SessionState::kDown || (before == SessionState::kUp && state != SessionState::kUp);
  const bool answers_again = before == SessionState::kDown && state != SessionState::kDown;
  for (std::uint16_t slot = 0; slot < table_.capacity(); ++slot) {
    Order& row = table_.row(slot);
    if (row.instrument != instrument || !may_be_live(row.state)) continue;
    if (loses_reports) {
      enter(row, OrderState::kUnknown, now);
    } else if (answers_again && row.state == OrderState::kUnknown) {
      table_.update(row, [&](Order& o) { o.deadline = now; });
    }
  }
  if (!answers_again) return;
  for (StrayOrder& stray : strays_.all()) {
    if (stray.instrument == instrument) stray.deadline = now;
  }
}

SessionState OrderLifecycle::session(InstrumentId instrument) const {
  const Session& session = sessions_[instrument];
  const bool holds = session.held || (strays_.size() > 0 && strays_.has(instrument));
  return session.state == SessionState::kUp && holds ? SessionState::kReconciling : session.state;
}

void OrderLifecycle::on_weight_limit(std::uint32_t limit, Nanos window) {
  if (limit == 0 || window.v <= 0) return;
  const std::int64_t a_second = std::int64_t{limit} / 5 * kSecond.v / window.v / kQueryCost.weight;
  const auto rate = static_cast<int>(std::max<std::int64_t>(1, a_second));
  if (rate == config_.questions_per_second) return;
  config_.questions_per_second = rate;
  questions_.set_rate(rate);
}

bool OrderLifecycle::on_off_grid_fill(InstrumentId instrument, TradeId trade_id) {
  sessions_[instrument].off_grid = true;
  return trade_ids_[instrument].insert(trade_id) == TradeIdWindow::Verdict::kNew;
}

Nanos OrderLifecycle::arrivals_until() const {
  Nanos until{};
  for (const Order& row : table_.rows()) {
    const bool may_arrive = !row.acknowledged || row.next_id.v != 0;
    if (may_be_live(row.state) && may_arrive) {
      until = std::max(until, row.news + config_.not_found_margin);
    }
  }
  return until;
}

void OrderLifecycle::resume() {
  for (Session& session : sessions_) session.held = false;
}

void OrderLifecycle::release_terminal(InstrumentId instrument) {
  for (std::uint16_t slot = 0; slot < table_.capacity(); ++slot) {
    Order& row = table_.row(slot);
    if (row.instrument == instrument && is_terminal(row.state)) table_.release(row);
  }
}

Nanos OrderLifecycle::backoff(int failures) const {
  return doubled(config_.retry_backoff_base, failures, config_.retry_backoff_max);
}

// --- strays ---------------------------------------------------------------------------------

void OrderLifecycle::take_stray(const Event& event, ClientOrderId id) {
  if (parts(id).instance != table_.instance()) {
    ++counters_.unmatched;  // of a person, or of another engine
    return;
  }
  ++counters_.strays;
  const StrayOrder stray{.id = id,
                         .venue_id = event.report.venue_id,
                         .deadline = event.time,
                         .instrument = event.instrument,
                         .side = event.side()};
  if (!strays_.add(stray)) sessions_[event.instrument].held = true;
}

// True if the event is about a stray; it is gone when the venue says that it ended or knows none.
bool OrderLifecycle::apply_to_stray(const Event& event, ClientOrderId id, OrderChange& change) {
  StrayOrder* stray = strays_.find(id);
  if (stray == nullptr) return false;
  if (!reports_failure(event.kind)) {
    const bool ended = event.kind == EventKind::kCanceled || event.kind == EventKind::kExpired ||
                       (event.kind == EventKind::kOrderStatus && !reports_life(event) &&
                        status_of(event.report) != OrderStatusCode::kNotFound);
    if (ended) strays_.erase(*stray);
    return true;
  }
  change.reason = event.failure.reason;
  change.rejected = event.kind != EventKind::kOutcomeUnknown;
  if (event.kind == EventKind::kCancelRejected && change.reason == RejectReason::kUnknownOrder) {
    strays_.erase(*stray);
  } else if (change.rejected) {
    stray->deadline = std::max(event.time + backoff(stray->tries), event.failure.retry_after);
  }
  return true;
}

void OrderLifecycle::cancel_strays(Nanos now, CommandBuffer& out) {
  for (StrayOrder& stray : strays_.all()) {
    if (now < stray.deadline) continue;
    if (sessions_[stray.instrument].state == SessionState::kDown) {
      stray.deadline = kNever;  // until it answers again
      continue;
    }
    if (is_full(out)) return;
    Command c;
    c.time = now;
    c.cause_received = cause_;
    c.id = stray.id;
    c.venue_id = stray.venue_id;
    c.instrument = stray.instrument;
    c.kind = CommandKind::kCancel;
    c.side = stray.side;
    c.connection = static_cast<std::uint8_t>(parts(stray.id).slot % config_.connections);
    c.why = static_cast<std::uint8_t>(DecisionReason::kStray);
    out.push(c);
    stray.deadline = now + config_.modification_timeout + backoff(stray.tries);
    count_up(stray.tries);
  }
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
  side.post_only.success();
  side.other.success();
}

bool OrderLifecycle::breaker_open(InstrumentId instrument, Side side, Nanos now) const {
  return breakers_[std::size_t{instrument} * 2 + index(side)].other.open(now);
}

bool OrderLifecycle::post_only_breaker_open(InstrumentId instrument, Side side, Nanos now) const {
  return breakers_[std::size_t{instrument} * 2 + index(side)].post_only.open(now);
}

}  // namespace mm
