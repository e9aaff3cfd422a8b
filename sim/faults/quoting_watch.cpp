#include "sim/faults/quoting_watch.h"

#include <algorithm>

namespace mm::sim {
namespace {

// An order in doubt holds its level for as long as the venue may still carry it out.
constexpr Nanos kDoubtMax{45 * kSecond.v};

// Reasons for which nobody but a fault is to blame: over soon after it, and no wait.
bool ends_with_fault(QuoteReason reason) {
  return reason == QuoteReason::kQuoting || reason == QuoteReason::kDisconnected ||
         reason == QuoteReason::kReconciling || reason == QuoteReason::kStaleData ||
         reason == QuoteReason::kOwnLag || reason == QuoteReason::kBookCrossed ||
         reason == QuoteReason::kSymbolHalted;
}

}  // namespace

std::string_view name(Bare cause) {
  constexpr std::array<std::string_view, kBares> kNames{
      "news_under_way", "request_under_way", "request_overtaken", "request_refused",
      "canceled",       "in_doubt",          "out_of_reach",      "idle"};
  return kNames[static_cast<std::size_t>(cause)];
}

void QuotingTimes::add(const QuotingTimes& other) {
  faults += other.faults;
  recovering += other.recovering;
  due += other.due;
  stood += other.stood;
  for (std::size_t k = 0; k < kQuoteReasons; ++k) waits[k] += other.waits[k];
  for (std::size_t k = 0; k < kBares; ++k) bare[k] += other.bare[k];
}

Nanos QuotingTimes::on_the_way() const {
  return bare[static_cast<std::size_t>(Bare::kNewsUnderWay)] +
         bare[static_cast<std::size_t>(Bare::kRequestUnderWay)] +
         bare[static_cast<std::size_t>(Bare::kRequestOvertaken)];
}

std::int64_t QuotingTimes::quoted_per_million() const {
  const Nanos reachable = due - on_the_way();
  if (reachable.v == 0) return 1'000'000;
  return static_cast<std::int64_t>(Int128{stood.v} * 1'000'000 / reachable.v);
}

// Another configuration may want its orders elsewhere: they have the time of a wait's end.
void QuotingWatch::take_up_reload(const CoreConfig& next) {
  waits_.take_up_reload(next, now_);
  for (auto& sides : sides_) {
    for (SideWatch& w : sides) {
      if (w.phase != Phase::kDue) continue;
      w.phase = Phase::kRecovering;
      w.since = now_;
    }
  }
}

void QuotingWatch::on_event(const Event& event) {
  waits_.on_event(event);
  // Its price was met, or the order that it was to replace.
  const RejectReason reason = event.failure.reason;
  const bool met = reason == RejectReason::kWouldCross || reason == RejectReason::kUnknownOrder ||
                   reason == RejectReason::kRestricted;
  if (!reports_failure(event.kind) || !met) return;
  overtaken_[next_overtaken_++ % overtaken_.size()] =
      event.failure.new_id.v != 0 ? event.failure.new_id : event.failure.id;
}

void QuotingWatch::update(Nanos now) {
  const Nanos passed = now - now_;
  for (auto& sides : sides_) {
    for (SideWatch& w : sides) account(w, now_.v == 0 ? Nanos(0) : passed);
  }
  now_ = now;
  waits_.update(now);
  if (!faults_.calm()) calm_since_ = kNever;
  if (faults_.calm() && calm_since_ == kNever) calm_since_ = now;
  for (InstrumentId i = 0; i < sides_.size(); ++i) {
    for (const Side side : kSides) judge(i, side, sides_[i][index(side)]);
  }
}

Nanos QuotingWatch::naked(InstrumentId i, Side side) const {
  const Nanos since = sides_[i][index(side)].naked_since;
  return since == kNever ? Nanos(0) : now_ - since;
}

void QuotingWatch::account(SideWatch& w, Nanos passed) {
  switch (w.phase) {
    case Phase::kFault:
      times_.faults += passed;
      return;
    case Phase::kWait:
      times_.waits[static_cast<std::size_t>(w.wait)] += passed;
      return;
    case Phase::kRecovering:
      times_.recovering += passed;
      return;
    case Phase::kDue:
      break;
  }
  times_.due += passed;
  if (w.stands) {
    times_.stood += passed;
  } else if (w.bare == Bare::kRequestUnderWay) {
    w.trip += passed;
  } else {
    times_.bare[static_cast<std::size_t>(w.bare)] += passed;
  }
}

void QuotingWatch::judge(InstrumentId i, Side side, SideWatch& w) {
  if (calm_since_ == kNever && w.trip.v == 0) {  // most of a soak: nothing else can come of it
    w.phase = Phase::kFault;
    w.wait = QuoteReason::kQuoting;
    w.naked_since = kNever;
    return;
  }
  const OrderRow best = faults_.venue().book(i).first(side);
  const bool any = best != kNoRow;
  w.stands = any && in_reach(i, side, faults_.venue().order(best).price);
  // A side that has an order in reach, or is to have one, waits for nothing; out of reach it does
  // for what keeps it from having all that it wants.
  const bool quoted = core_.is_quoted(i, side) && (w.stands || !any);
  const QuoteReason reason = quoted ? QuoteReason::kQuoting : core_.instrument(i).side(side).reason;
  if (reason != w.wait) w.named_since = now_;
  w.wait = reason;
  Phase phase = phase_now(i, side, w, any);
  const bool naked = !any && phase == Phase::kDue;
  w.naked_since = naked ? std::min(w.naked_since, now_) : kNever;
  if (disturbed()) phase = Phase::kFault;
  if (phase == Phase::kDue && w.phase != Phase::kDue) {
    if (w.phase != Phase::kRecovering) w.since = now_;
    const bool healed = w.stands || now_ - w.since >= kRequote;
    phase = healed ? Phase::kDue : Phase::kRecovering;
  }
  w.phase = phase;
  ClientOrderId asked{};
  w.bare = w.stands ? Bare::kIdle : cause(i, side, any, asked);
  judge_trip(w, asked);
}

// What is asked for no more has come to the venue, or was refused.
void QuotingWatch::judge_trip(SideWatch& w, ClientOrderId asked) {
  if (w.trip.v > 0 && (w.stands || asked != w.asked)) {
    const RestingOrder* order = faults_.venue().find(w.asked);
    const bool overtaken = std::ranges::find(overtaken_, w.asked) != overtaken_.end();
    const Bare became = order != nullptr || w.stands ? Bare::kRequestUnderWay
                        : w.bare == Bare::kCanceled  ? Bare::kCanceled
                        : overtaken                  ? Bare::kRequestOvertaken
                                                     : Bare::kRequestRefused;
    times_.bare[static_cast<std::size_t>(became)] += w.trip;
    w.trip = Nanos(0);
  }
  w.asked = asked;
}

// kDue where nothing excuses the side; `any` of its orders is in the book.
QuotingWatch::Phase QuotingWatch::phase_now(InstrumentId i, Side side, const SideWatch& w,
                                            bool any) {
  if (calm_since_ == kNever) return Phase::kFault;
  const bool in_doubt =
      w.wait == QuoteReason::kReconciling && faults_.session() == SessionState::kUp;
  if (in_doubt && now_ - calm_since_ < kDoubtMax) return Phase::kFault;
  if (w.wait == QuoteReason::kSymbolHalted && faults_.halted(i)) return Phase::kWait;
  if (ends_with_fault(w.wait)) return Phase::kDue;
  return any || waits_.is_true(i, side, w.wait, w.named_since) ? Phase::kWait : Phase::kDue;
}

// No farther out than the configuration lets an order be.
bool QuotingWatch::in_reach(InstrumentId i, Side side, Ticks price) const {
  const InstrumentState& s = core_.instrument(i);
  const auto quotes = s.ladder.side(side).quotes();
  if (quotes.empty() || s.fair.v == 0) return true;
  const auto away = [&](Ticks t) { return (s.fair.v - 2 * t.v) * sign(side); };
  const Int128 drift = Int128{s.fair.v} * s.config.strategy.modify_threshold.v / kRatioScale;
  return away(price) <= away(quotes.back().price) + drift + 2;
}

// Why no order stands; `any` of ours are in the book, out of reach.
Bare QuotingWatch::cause(InstrumentId i, Side side, bool any, ClientOrderId& asked) const {
  Bare found = any ? Bare::kOutOfReach : Bare::kIdle;
  for (const std::uint16_t slot : core_.orders().live(i, side)) {
    const Order& row = core_.orders().row(slot);
    const bool moving = any && row.state == OrderState::kPendingModify && row.next_lots.v > 0;
    const bool helps = moving && in_reach(i, side, row.next_price);
    if ((row.state == OrderState::kPendingNew || helps) && !row.cancel_wanted) {
      asked = row.next_id.v != 0 ? row.next_id : row.id;
      return Bare::kRequestUnderWay;
    }
    if (moving) found = Bare::kNewsUnderWay;  // the market moved on; the answer comes first
    if (any) continue;
    if (row.state == OrderState::kUnknown) {
      found = Bare::kInDoubt;
    } else if (row.is_leaving()) {
      found = found == Bare::kIdle ? Bare::kCanceled : found;
    } else if (found != Bare::kInDoubt) {
      found = Bare::kNewsUnderWay;
    }
  }
  return found;
}

}  // namespace mm::sim
