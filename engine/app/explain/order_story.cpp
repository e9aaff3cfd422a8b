#include "engine/app/explain/order_story.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/app/explain/decision.h"
#include "engine/app/explain/moment.h"
#include "engine/app/explain/words.h"
#include "engine/core/decimal_text.h"
#include "engine/ledger/ledger.h"

namespace mm::app {

void OrderStory::begin(const InstrumentState& s, Side side, std::string_view how) {
  if (!text_.empty()) return;
  text_ = fmt::format("{}: {} {}{}\n", order_id_text(id_), s.config.instrument.symbol(), name(side),
                      how);
}

void OrderStory::add(Nanos time, const std::string& line) {
  close_left();
  text_ += fmt::format("  {} {}\n", moment_text(time), line);
}

// The order was found good where it is; said once, before whatever came next.
void OrderStory::close_left() {
  if (left_since_ == kNever) return;
  const std::int64_t ms = (left_until_ - left_since_).v / kMillisecond.v;
  const std::string why =
      left_off_max_ > left_threshold_ ? fmt::format("; not moved: {}", left_why_) : "";
  text_ += fmt::format(
      "  {} left where it is for {}.{:03} s: at most {} of fair value off a level that is wanted, "
      "modify_threshold is {}{}\n",
      moment_text(left_since_), ms / 1000, ms % 1000, decimal_text(left_off_max_).view(),
      decimal_text(left_threshold_).view(), why);
  left_since_ = kNever;
  left_off_max_ = {};
}

void OrderStory::on_left(const Core& core, const Order& order) {
  const InstrumentState& s = core.instrument(order.instrument);
  if (left_since_ == kNever) left_since_ = core.now();
  left_until_ = core.now();
  left_threshold_ = s.config.strategy.modify_threshold;
  const Ratio off = deviation_from_ladder(s, order);
  if (off > left_threshold_ && off > left_off_max_) left_why_ = why_not_moved(core, s, order);
  left_off_max_ = std::max(left_off_max_, off);
}

void OrderStory::on_reload(Nanos time, const std::string& changes) {
  if (!ended_) add(time, "reload: " + changes);
}

void OrderStory::on_command(const Core& core, const Command& c) {
  const InstrumentState& s = core.instrument(c.instrument);
  const bool replaces = c.kind == CommandKind::kReplace && c.new_id == id_;
  begin(s, c.side, replaces ? ", to replace " + order_id_text(c.id) : "");
  std::string request = request_text(core, c);
  if (replaces)
    request = "placed in its stead: " + quote_text(s.config.instrument, Ticks(c.ticks), c.lots);
  add(c.time, fmt::format("{}: {}", request, rule_text(core, c)));
  const bool decides = c.kind != CommandKind::kQueryOrder;
  if (decides) text_ += inputs_text(core, s, c.time);
}

std::string OrderStory::report_line(const InstrumentState& s, const Event& e) const {
  const Instrument& i = s.config.instrument;
  const auto executed = quantity_text(i, e.report.lots);
  switch (e.kind) {
    case EventKind::kAccepted:
      return fmt::format("the venue has it as order {}", e.report.venue_id.v);
    case EventKind::kReplaced:
      return e.report.id == id_
                 ? "replaced: cancelled, " + order_id_text(e.report.new_id) + " is on the book"
                 : "on the book in place of " + order_id_text(e.report.id);
    case EventKind::kAmended:
      return "amended: " + quote_text(i, Ticks(e.report.ticks), e.report.lots);
    case EventKind::kCanceled:
      return fmt::format("cancelled with {} executed", executed.view());
    case EventKind::kExpired:
      return fmt::format("ended by the venue with {} executed: {}", executed.view(),
                         words(e.report.reason));
    case EventKind::kOrderStatus:
      return fmt::format("asked for, the venue says: {}",
                         words(static_cast<OrderStatusCode>(e.report.status)));
    default:
      return name(e.kind);
  }
}

std::string OrderStory::failure_line(const Event& e) const {
  const auto why = words(e.failure.reason);
  switch (e.kind) {
    case EventKind::kRejected:
      return fmt::format("refused by the venue: {}", why);
    case EventKind::kReplaceRejected:
      if (e.failure.new_id == id_) return fmt::format("never on the book: {}", why);
      return fmt::format("not replaced: {}; the order itself {}", why,
                         e.failure.old_canceled != 0 ? "is cancelled" : "stays");
    case EventKind::kAmendRejected:
      return fmt::format("not amended: {}; it is as it was", why);
    case EventKind::kCancelRejected:
      return fmt::format("not cancelled: {}", why);
    case EventKind::kDenied:
      return fmt::format("never sent: {}; nothing changed at the venue", why);
    default:
      return "no answer to it: counted as live until the venue has been asked";
  }
}

void OrderStory::on_event(const Core& core, const Event& e) {
  const InstrumentState& s = core.instrument(e.instrument);
  const Instrument& i = s.config.instrument;
  if (e.kind == EventKind::kAdopted) {
    begin(s, e.side(), ", of an earlier start");
    add(e.time, fmt::format("rests, {} with {} executed: goes on as ours",
                            quote_text(i, Ticks(e.adoption.ticks), e.adoption.lots),
                            quantity_text(i, e.adoption.executed).view()));
  } else if (e.kind == EventKind::kFilled) {
    begin(s, e.side(), ", of an earlier start");
    add(e.time,
        fmt::format("filled {} as {}, trade {}", quote_text(i, Ticks(e.fill.ticks), e.fill.lots),
                    (e.flags & kFlagMaker) != 0 ? "maker" : "taker", e.fill.trade_id.v));
  } else {
    begin(s, Side::kBuy, ", of an earlier start; its side was not told");
    add(e.time, reports_failure(e.kind) ? failure_line(e) : report_line(s, e));
  }
  const Order* row = find_row(core, id_);
  const bool over = row == nullptr || (row->id == id_ && is_terminal(row->state));
  if (over && !ended_) {
    ended_ = true;
    if (row != nullptr) text_ += fmt::format("    it is {} now\n", name(row->state));
  }
}

std::string OrderStory::text(const Core& core) const {
  OrderStory whole = *this;
  whole.close_left();
  const Order* row = find_row(core, id_);
  if (!ended_ && row != nullptr && !is_terminal(row->state)) {
    whole.text_ += "  the journal ends here, and the order may rest\n";
  }
  return whole.text_;
}

}  // namespace mm::app
