// FaultyVenue's order session: requests that do not arrive, answers that do not come back, and the
// way back to a session that can be relied on.
#include <algorithm>
#include <utility>

#include "engine/core/assert.h"
#include "engine/core/denied.h"
#include "sim/faults/faulty_venue.h"
#include "sim/make_event.h"

namespace mm::sim {
namespace {

constexpr Nanos kAnswerTime{10 * kMillisecond.v};  // of a refusal
constexpr Nanos kGatewayTimeout{kSecond.v};        // after which it says "unknown"
constexpr Nanos kReconcileMax{2 * kSecond.v};
constexpr Nanos kYoung{2 * kSecond.v};
constexpr Nanos kListLag{5 * kSecond.v}, kSweepMax{20 * kSecond.v};
constexpr Nanos kBetweenSweeps{5 * kSecond.v}, kRenewal{30 * kSecond.v};
constexpr std::uint64_t kForeignOwner = 0xEE;  // instance in ids that are not ours

bool is_quote(CommandKind kind) {
  return kind == CommandKind::kPlace || kind == CommandKind::kReplace ||
         kind == CommandKind::kModify || kind == CommandKind::kReduce;
}
bool is_question(CommandKind kind) {
  return kind == CommandKind::kQueryOrder || kind == CommandKind::kQueryOpenOrders;
}
// Comes over the user stream, where messages may repeat.
bool is_report(EventKind kind) {
  return kind == EventKind::kFilled || kind == EventKind::kAccepted ||
         kind == EventKind::kReplaced || kind == EventKind::kAmended ||
         kind == EventKind::kCanceled || kind == EventKind::kExpired;
}

Event failure_of(const Command& c, EventKind kind, RejectReason reason, Nanos retry_after) {
  Event event = make_event(kind, c.instrument);
  event.failure.id = c.id;
  event.failure.new_id = c.new_id;
  event.failure.retry_after = retry_after;
  event.failure.reason = reason;
  event.failure.command = static_cast<std::uint8_t>(c.kind);
  return event;
}

Event outcome_unknown(const Command& c) {
  return failure_of(c, EventKind::kOutcomeUnknown, RejectReason::kOther, Nanos(0));
}

}  // namespace

void FaultyVenue::submit(const Command& command, Nanos now) {
  now_ = std::max(now_, now);
  if (command.kind == CommandKind::kResyncFeed) return ask_snapshot(command.instrument);
  if (session_ == SessionState::kDown) {
    return hold(make_denied(command, RejectReason::kDisconnected, now_), now_);
  }
  if (half_open_) return remember(command);
  if (const Fault* ban = strikes(FaultKind::kBanned, command.instrument)) {
    return refuse_banned(command, *ban);
  }
  Nanos retry_after{};
  const RejectReason reason = refusal(command, retry_after);
  if (reason != RejectReason::kNone) return refuse(command, reason, retry_after);
  remember(command);
  if (!request_fault(command)) forward(command);
}

// Why the venue refuses a request before it looks at it, if it does.
RejectReason FaultyVenue::refusal(const Command& command, Nanos& retry_after) {
  const InstrumentId i = command.instrument;
  const bool quote = is_quote(command.kind), place = command.kind == CommandKind::kPlace;
  const bool replace = command.kind == CommandKind::kReplace;
  if (strikes(FaultKind::kTimestampRefused, i) != nullptr) return RejectReason::kOther;
  if (!quote) return RejectReason::kNone;
  if (const Fault* limit = strikes(FaultKind::kRateLimited, i)) {
    retry_after = limit->end;
    return RejectReason::kRateLimit;
  }
  if (find(FaultKind::kSymbolHalted, i) != nullptr) return RejectReason::kMarketHalted;
  if (!place && strikes(FaultKind::kAmendRefused, i) != nullptr) return RejectReason::kOther;
  RejectReason reason = RejectReason::kNone;
  if (place || replace) {
    if (strikes(FaultKind::kPostOnlyStorm, i) != nullptr) {
      reason = RejectReason::kWouldCross;
    } else if (strikes(FaultKind::kNoBalance, i) != nullptr) {
      reason = RejectReason::kInsufficientBalance;
    }
  }
  if (!replace || reason == RejectReason::kNone) return reason;
  venue_.refuse_new_half(command.new_id, reason);  // by then the old order has gone
  return RejectReason::kNone;
}

void FaultyVenue::refuse(const Command& command, RejectReason reason, Nanos retry_after) {
  hold(failure_of(command, refused_kind(command.kind), reason, retry_after), now_ + kAnswerTime);
}

// By the venue, until that is known here; then nothing is sent.
void FaultyVenue::refuse_banned(const Command& command, const Fault& ban) {
  if (now_ < ban_known_at_) {
    ban_known_at_ = std::min(ban_known_at_, now_ + kAnswerTime);
    return refuse(command, RejectReason::kRateLimit, ban.end);
  }
  Event denied = make_denied(command, RejectReason::kRateLimit, now_);
  denied.failure.retry_after = ban.end;
  hold(denied, now_);
}

// True if the request does not simply go on.
bool FaultyVenue::request_fault(const Command& command) {
  const InstrumentId i = command.instrument;
  const bool cancel = command.kind == CommandKind::kCancel;
  if (strikes(FaultKind::kRequestLost, i) != nullptr ||
      (cancel && strikes(FaultKind::kCancelIgnored, i) != nullptr)) {
    if (windows_.coin()) hold_if_room(outcome_unknown(command), now_ + kGatewayTimeout);
    return true;
  }
  if (strikes(FaultKind::kStatusUnknown, i) != nullptr) {
    in_flight_.pop_back();  // this is its answer
    hold_if_room(outcome_unknown(command), now_ + kAnswerTime);
    return windows_.coin();
  }
  if (cancel && strikes(FaultKind::kCancelLie, i) != nullptr) venue_.pretend_cancel(command.id);
  if (requests_.room() < requests_.size()) return false;
  Nanos& last = last_release_[command.connection];
  if (const Fault* delay = strikes(FaultKind::kRequestDelayed, i)) {
    last = std::max(last, late(*delay));
    requests_.push(last, 0, command);
    return true;
  }
  if (const Fault* reorder = strikes(FaultKind::kRequestReordered, i)) {
    requests_.push(std::max(last, late(*reorder)), 0, command);
    return true;
  }
  const bool repeatable = cancel || is_question(command.kind);
  if (repeatable && strikes(FaultKind::kRequestRepeated, i) != nullptr) forward(command);
  return false;
}

// Requests of one connection do not overtake each other.
void FaultyVenue::forward(const Command& command) {
  const Nanos last = last_release_[command.connection];
  if (last > now_ && requests_.room() > 0) {
    requests_.push(last, 0, command);
  } else {
    venue_.submit(command, now_);
  }
}

void FaultyVenue::remember(const Command& command) {
  if (in_flight_.size() == in_flight_.capacity()) in_flight_.erase(in_flight_.begin());
  in_flight_.push_back(command);
}

// The request this answers is in flight no more. False if none was.
bool FaultyVenue::forget(const Event& event, Command& forgotten) {
  const bool status = event.kind == EventKind::kOrderStatus;
  const ClientOrderId id = event.report.id;  // where a failure has it too
  const auto found = std::ranges::find_if(
      in_flight_, [&](const Command& c) { return c.id == id && is_question(c.kind) == status; });
  if (found == in_flight_.end()) return false;
  forgotten = *found;
  in_flight_.erase(found);
  return true;
}

// --- answers and reports --------------------------------------------------------------------

bool FaultyVenue::pass_execution(Event& event) {
  switch (event.kind) {
    case EventKind::kRateUsage:
    case EventKind::kSessionStatus:
      return !is_deaf();
    case EventKind::kBalance:
      return pass_balance(event);
    case EventKind::kFilled:
      foreign_report(event);
      if (is_deaf() || active(FaultKind::kStreamSilent)) {
        MM_ASSERT(missed_fills_.size() < missed_fills_.capacity(), "room for what is missed");
        missed_fills_.push_back(event);
        return false;
      }
      return pass_report(event);
    default:
      return pass_answer(event);
  }
}

bool FaultyVenue::pass_balance(Event& event) {
  if (is_deaf() || active(FaultKind::kStreamSilent)) return false;
  if (strikes(FaultKind::kBalanceMoved, event.instrument) != nullptr) {
    event.balance.free = event.balance.free / 4;
  }
  return true;
}

bool FaultyVenue::pass_answer(Event& event) {
  const InstrumentId i = event.instrument;
  const bool feed_request =
      event.kind == EventKind::kOutcomeUnknown &&
      event.failure.command == static_cast<std::uint8_t>(CommandKind::kResyncFeed);
  if (feed_request) return false;
  const bool new_order = event.kind == EventKind::kAccepted || event.kind == EventKind::kReplaced;
  if (new_order) {
    const bool replaced = event.kind == EventKind::kReplaced;
    births_[next_birth_++ % births_.size()] = {replaced ? event.report.new_id : event.report.id,
                                               now_};
  }
  if (is_deaf()) return false;
  Command request;
  const bool expected = forget(event, request);
  if (!expected && !is_report(event.kind)) return false;  // the second answer to one request
  if (strikes(FaultKind::kAnswerLost, i) != nullptr) {
    const bool told = request.kind != CommandKind::kNone && windows_.coin();
    if (told) hold_if_room(outcome_unknown(request), now_ + kGatewayTimeout);
    return false;
  }
  const bool open = event.kind == EventKind::kOrderStatus &&
                    event.report.status == static_cast<std::uint8_t>(OrderStatusCode::kOpen);
  if (open && is_young(event.report.id) && strikes(FaultKind::kNotFoundLie, i) != nullptr) {
    event.report.status = static_cast<std::uint8_t>(OrderStatusCode::kNotFound);
    event.report.lots = Lots(0);
  }
  foreign_report(event);
  if (event.kind == EventKind::kOrderStatus && tell_missed_fills(event.report.id)) {
    hold(event, now_);
    return false;
  }
  const Fault* delay = strikes(FaultKind::kAnswerDelayed, i);
  if (delay == nullptr) return pass_report(event);
  hold(event, late(*delay));
  return false;
}

bool FaultyVenue::pass_report(const Event& event) {
  if (!is_report(event.kind)) return true;
  if (const Fault* repeat = strikes(FaultKind::kReportRepeated, event.instrument)) {
    hold_if_room(event, late(*repeat));
  }
  const Fault* reorder = strikes(FaultKind::kReportReordered, event.instrument);
  if (reorder == nullptr) return true;
  hold(event, late(*reorder));
  return false;
}

// What was held comes out; a session that is down has lost it.
bool FaultyVenue::pass_held(const Event& event) {
  if (is_market(event.kind)) {
    return event.kind == EventKind::kFeedStatus || event.kind == EventKind::kBookStale ||
           (!active(FaultKind::kFeedDown) && !active(FaultKind::kMarketSilent));
  }
  const bool own = event.kind == EventKind::kSessionStatus || event.kind == EventKind::kDenied ||
                   event.kind == EventKind::kOutcomeUnknown;
  if (own || !is_deaf()) return true;
  if (event.kind == EventKind::kFilled) {
    MM_ASSERT(missed_fills_.size() < missed_fills_.capacity(), "room for what is missed");
    missed_fills_.push_back(event);
  }
  return false;
}

bool FaultyVenue::is_young(ClientOrderId id) const {
  return std::ranges::any_of(births_,
                             [&](const Birth& b) { return b.id == id && now_ - b.time < kYoung; });
}

// A person's order, or another engine's: the session passed it on, and the core must not care.
void FaultyVenue::foreign_report(const Event& event) {
  if (strikes(FaultKind::kForeignReport, event.instrument) == nullptr) return;
  constexpr EventKind kKinds[] = {EventKind::kAccepted, EventKind::kCanceled,
                                  EventKind::kOrderStatus, EventKind::kCancelRejected};
  Event foreign = make_event(kKinds[windows_.random().below(4)], event.instrument);
  foreign.report.id = ClientOrderId((kForeignOwner << 56) | (windows_.random().next() >> 8));
  if (foreign.kind == EventKind::kOrderStatus) {
    foreign.report.status = static_cast<std::uint8_t>(OrderStatusCode::kOpen);
  }
  hold_if_room(foreign, now_);
}

// --- the session ----------------------------------------------------------------------------

// Everything in flight is unknown; of what is still on its way some arrives.
void FaultyVenue::session_down() {
  session_ = SessionState::kDown;
  half_open_ = false;
  reconciled_at_ = kNever;
  const bool told_first = windows_.coin();
  if (told_first) tell_session(kEveryInstrument);
  for (const Command& c : in_flight_) hold(outcome_unknown(c), now_);
  in_flight_.clear();
  while (!requests_.empty()) {
    const Command late_request = requests_.top();
    requests_.pop();
    if (windows_.coin()) venue_.submit(late_request, now_);
  }
  if (!told_first) tell_session(kEveryInstrument);
}

void FaultyVenue::session_reconciles() {
  session_ = SessionState::kReconciling;
  half_open_ = false;
  tell_session(kEveryInstrument);
  reconciled_at_ = now_ + Nanos(windows_.random().between(kMillisecond.v, kReconcileMax.v));
}

// Balances, fills, what is open, then up: the order a live session keeps.
void FaultyVenue::session_up() {
  reconciled_at_ = kNever;
  if (half_open_) return;  // it dies before it was up
  tell_balances();
  for (const Event& fill : missed_fills_) hold(fill, now_);
  missed_fills_.clear();
  tell_open_orders();
  session_ = SessionState::kUp;
  tell_session(kEveryInstrument);
}

// A list of what is open, as long as there are fills that the user stream has kept to itself: it
// shows executions that nobody has told, and what it does not have is in doubt. Who is asked about
// an order then tells. What a core that was lied to holds for dead it does not ask about: the next
// connection tells that.
void FaultyVenue::sweep() {
  const bool silent = active(FaultKind::kStreamSilent);
  sweep_at_ = silent || !missed_fills_.empty() ? now_ + kBetweenSweeps : kNever;
  if (session_ != SessionState::kUp || half_open_ || missed_fills_.empty()) return;
  if (!silent && now_ - silent_until_ > kRenewal) return session_reconciles();
  ClientOrderId told{};
  for (const Event& fill : missed_fills_) {
    if (fill.fill.id == told) continue;
    told = fill.fill.id;
    if (is_open(told)) {
      tell_open(fill.instrument, fill.side(), *venue_.find(told));
    } else {
      Command nothing_asked;
      nothing_asked.id = told;
      nothing_asked.instrument = fill.instrument;
      hold(outcome_unknown(nothing_asked), now_);
    }
  }
}

// The next connection is there before the announced end of this one: what it has found is told, and
// the session stays up.
void FaultyVenue::renew_session() {
  if (session_ != SessionState::kUp || half_open_) return;
  tell_balances();
  tell_open_orders();
}

// A session that is asked for an order fetches the fills it has not told.
bool FaultyVenue::tell_missed_fills(ClientOrderId id) {
  return std::erase_if(missed_fills_, [&](const Event& fill) {
           if (fill.fill.id == id) hold(fill, now_);
           return fill.fill.id == id;
         }) > 0;
}

void FaultyVenue::tell_session(InstrumentId scope) {
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    if (scope != kEveryInstrument && scope != i) continue;
    Event status = make_event(EventKind::kSessionStatus, i);
    status.session.state = session_;
    status.session.symbol_trading = halted(i) ? 0 : 1;
    hold(status, now_);
  }
}

template <class Use>
void FaultyVenue::for_each_open(Use&& use) const {
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    for (const Side side : kSides) {
      for (OrderRow row = venue_.book(i).first(side); row != kNoRow; row = venue_.order(row).next) {
        use(i, side, venue_.order(row));
      }
    }
  }
}

void FaultyVenue::adopt_open_orders() {
  for_each_open([this](InstrumentId i, Side side, const RestingOrder& order) {
    Event adopted = make_event(EventKind::kAdopted, i);
    if (side == Side::kSell) adopted.flags = kFlagSell;
    const auto ticks = static_cast<std::int32_t>(order.price.v);
    adopted.adoption = {order.id, order.venue_id, order.lots, order.filled, ticks, {}};
    hold(adopted, now_);
  });
}

void FaultyVenue::tell_open_orders() {
  for_each_open(
      [this](InstrumentId i, Side side, const RestingOrder& order) { tell_open(i, side, order); });
}

// A gateway that has been told of its end says so in the reason.
void FaultyVenue::tell_open(InstrumentId i, Side side, const RestingOrder& order) {
  Event status = make_event(EventKind::kOrderStatus, i);
  if (side == Side::kSell) status.flags = kFlagSell;
  status.report.id = order.id;
  status.report.venue_id = order.venue_id;
  status.report.lots = order.filled;
  status.report.ticks = static_cast<std::int32_t>(order.price.v);
  status.report.status = static_cast<std::uint8_t>(order.status);
  if (is_lied_about(order.id)) status.report.reason = RejectReason::kOther;
  hold(status, now_);
}

// --- lies -----------------------------------------------------------------------------------

bool FaultyVenue::is_lied_about(ClientOrderId id) const {
  return std::ranges::find(lies_, id, &Lie::id) != lies_.end();
}

// What the core hears now, and may not have heard for what it is.
void FaultyVenue::pass_out(const Event& event) {
  if (event.kind == EventKind::kCanceled) return note_lie(event);
  const bool shows = event.kind == EventKind::kOrderStatus && event.report.asked == 0 &&
                     event.report.reason != RejectReason::kNone;
  if (!shows || !is_lied_about(event.report.id)) return;
  std::erase_if(lies_, [&](const Lie& lie) { return lie.id == event.report.id; });
  std::erase_if(shown_, [this](ClientOrderId id) { return !is_open(id); });
  shown_.push_back(event.report.id);
}

bool FaultyVenue::has_shown(ClientOrderId id) const {
  return std::ranges::find(shown_, id) != shown_.end();
}

bool FaultyVenue::is_open(ClientOrderId id) const {
  const RestingOrder* order = venue_.find(id);
  return order != nullptr && order->status == OrderStatusCode::kOpen;
}

// A list comes now and then, and is not believed of what has just ended.
void FaultyVenue::note_lie(const Event& canceled) {
  const RestingOrder* order = venue_.find(canceled.report.id);
  if (order == nullptr || is_lied_about(order->id)) return;
  // What it has executed since the answer left, and what it may still.
  const Lots most = is_open(order->id) ? order->lots : order->filled;
  const Lots unheard = std::max(Lots(0), most - canceled.report.lots);
  lied_lots_[order->instrument][index(order->side)] += unheard;
  if (!is_open(order->id)) return;
  MM_ASSERT(lies_.size() < lies_.capacity(), "fewer lies than requests");
  lies_.push_back({order->id, now_ + kListLag + Nanos(windows_.random().below(kSweepMax.v))});
  lies_shown_at_ = std::min(lies_shown_at_, lies_.back().shown_at);
}

// In a list of what is open; the other orders in it are no news. A session that is down has none,
// and tells everything that is open when it is up again.
void FaultyVenue::show_lies() {
  lies_shown_at_ = kNever;
  std::erase_if(lies_, [this](const Lie& lie) { return !is_open(lie.id); });
  for (Lie& lie : lies_) {
    if (lie.shown_at <= now_ && (session_ != SessionState::kUp || half_open_))
      lie.shown_at = now_ + kListLag;
    if (lie.shown_at <= now_) {
      const RestingOrder& order = *venue_.find(lie.id);
      tell_open(order.instrument, order.side, order);
      lie.shown_at = kNever;
    }
    lies_shown_at_ = std::min(lies_shown_at_, lie.shown_at);
  }
}

void FaultyVenue::tell_balances() {
  if (is_deaf()) return;
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    if (!instruments_[i].is_spot) continue;
    const Wallet wallet = venue_.wallet(i);
    Event event = make_event(EventKind::kBalance, i);
    event.balance.asset = Asset::kBase;
    event.balance.free = wallet.base_free;
    event.balance.locked = wallet.base_locked;
    hold(event, now_);
    event.balance.asset = Asset::kQuote;
    event.balance.free = wallet.quote_free;
    event.balance.locked = wallet.quote_locked;
    hold(event, now_);
  }
}

}  // namespace mm::sim
