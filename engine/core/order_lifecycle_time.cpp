// What becomes due: time-outs, questions, cancels of strays; and sessions that go and come.
#include <algorithm>

#include "engine/core/order_id.h"
#include "engine/core/order_lifecycle.h"
#include "engine/core/order_lifecycle_facts.h"

namespace mm {
namespace {

// A pause of `first` that has doubled so often.
constexpr Nanos doubled(Nanos first, int times, Nanos longest) {
  Nanos pause = first;
  for (int i = 0; i < times && pause < longest; ++i) pause = pause * 2;
  return std::min(pause, longest);
}

}  // namespace

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

}  // namespace mm
