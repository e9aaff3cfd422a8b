// Which order an event is about, or that it is a stray.
#include <algorithm>

#include "engine/core/order_id.h"
#include "engine/core/order_lifecycle.h"
#include "engine/core/order_lifecycle_facts.h"

namespace mm {
namespace {

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

// It was told to be over, and is listed as open long after: what said so was wrong. Without the
// reason it is a list that lags behind.
bool rises(const Order& row, const Event& e) {
  return is_terminal(row.state) && e.kind == EventKind::kOrderStatus &&
         e.report.reason != RejectReason::kNone;
}

}  // namespace

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
      (row == nullptr || was_given_up(*row) || rises(*row, event) ||
       (row->id != lives && row->next_id != lives))) {
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

// --- strays ---------------------------------------------------------------------------------

void OrderLifecycle::take_stray(const Event& event, ClientOrderId id) {
  if (parts(id).instance != table_.instance()) {
    ++counters_.unmatched;  // of a person, or of another engine
    return;
  }
  ++counters_.strays;
  const bool told = event.kind != EventKind::kFilled;
  const StrayOrder stray{.id = id,
                         .venue_id = told ? event.report.venue_id : VenueOrderId(0),
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

}  // namespace mm
