// What each report and each refusal does to the order that it is about.
#include <algorithm>

#include "engine/core/order_lifecycle.h"
#include "engine/core/order_lifecycle_facts.h"

namespace mm {

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
  if (!fits && row.amend_untold) {  // it was carried out before the order ended
    row.amend_untold = false;
    ++counters_.amends;
    return;
  }
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
  row.amend_untold |= has_doubtful_terms(row);
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

bool OrderLifecycle::is_proof(const Order& row, const OrderReport& report) {
  return report.asked != 0 && static_cast<std::int8_t>(report.asked - row.early) > 0;
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
    row.amend_untold = false;
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

}  // namespace mm
