// What may be quoted now, and when to look again: stops, gates of the sides, resets, wake-ups.
#include <algorithm>

#include "engine/core/core.h"

namespace mm {
namespace {

// Wider than max_market_spread, as a fraction of fair value?
bool too_wide(const Touch& t, HalfTicks fair, Ratio widest) {
  return Int128{(t.ask - t.bid).v} * 2 * kRatioScale > Int128{fair.v} * widest.v;
}

}  // namespace

// Why nothing at all may be quoted, the gravest first; kQuoting if something may.
QuoteReason Core::stop_reason(const InstrumentState& s) const {
  const StrategyParams& strategy = s.config.strategy;
  if (trip_ != QuoteReason::kQuoting) return trip_;
  const SessionState session = lifecycle_.session(s.id);
  if (!feed_up_ || session == SessionState::kDown) return QuoteReason::kDisconnected;
  if (session != SessionState::kUp) return QuoteReason::kReconciling;
  if (!s.trading || s.off_grid) return QuoteReason::kSymbolHalted;
  if (s.silent || !s.market.synced()) return QuoteReason::kStaleData;
  if (s.lagging) return QuoteReason::kOwnLag;
  if (s.market.crossed()) return QuoteReason::kBookCrossed;
  if (!s.touch.has_bid || !s.touch.has_ask ||
      too_wide(s.touch, s.fair, strategy.max_market_spread)) {
    return QuoteReason::kThinBook;
  }
  if (!s.opened) return QuoteReason::kReconciling;
  if (now_ < s.halted_until) return QuoteReason::kVolatilityHalt;
  if (now_ < s.synced_since + strategy.warmup) return QuoteReason::kWarmUp;
  if (s.reset.canceling()) return QuoteReason::kReset;
  return QuoteReason::kQuoting;
}

// Orders of an earlier start are not pulled before it is known whether they fit: until the market
// is known, within the age that data may have, and while measures warm up.
bool Core::keeps_adopted(const InstrumentState& s, QuoteReason stop) const {
  if (s.adopted_at == kNever || s.warmed_up || increase_paused_) return false;
  if (stop == QuoteReason::kWarmUp) return true;
  const bool begins = stop == QuoteReason::kDisconnected || stop == QuoteReason::kReconciling ||
                      stop == QuoteReason::kStaleData || stop == QuoteReason::kThinBook;
  return begins && now_ < s.adopted_at + s.config.risk.max_data_age;
}

void Core::judge_gates(InstrumentState& s) {
  const RiskParams& risk = s.config.risk;
  if (s.market.synced() && risk.max_price_change.v > 0 &&
      s.market.measures().max_move(now_) > risk.max_price_change) {
    s.halted_until = std::max(s.halted_until, now_ + risk.risk_cooldown);
    s.market.restart_moves();  // one move halts once
  }
  const QuoteReason stop = stop_reason(s);
  if (stop != QuoteReason::kQuoting) {
    const Gate stopped = keeps_adopted(s, stop) ? Gate::kKeep : Gate::kPull;
    for (SideState& side : s.sides) {
      side.gate = side.paused ? Gate::kPull : stopped;
      side.reason = stop;
    }
    return;
  }
  for (const Side side : kSides) {
    s.side(side).gate = Gate::kOpen;
    s.side(side).reason = stop;
    judge_side(s, side);
  }
  s.warmed_up = true;
}

void Core::judge_side(InstrumentState& s, Side side) {
  SideState& state = s.side(side);
  const bool increases = s.position.base().v * sign(side) >= 0;
  auto close = [&state](Gate gate, QuoteReason reason) {
    state.gate = gate;
    state.reason = reason;
  };
  if (state.paused || (increase_paused_ && increases)) {
    close(Gate::kPull, QuoteReason::kPaused);
  } else if (state.room < s.config.instrument.lots_min) {
    close(Gate::kPull, QuoteReason::kPositionLimit);
  } else if (lifecycle_.post_only_breaker_open(s.id, side, now_)) {
    close(Gate::kHold, QuoteReason::kPostOnlyBreaker);
  } else if (lifecycle_.breaker_open(s.id, side, now_)) {
    close(Gate::kHold, QuoteReason::kCircuitBreaker);
  } else if (now_ < state.fill_pause_until) {
    close(Gate::kPull, QuoteReason::kFillPause);
  }
}

// Requests that quoting anew takes, as far as the budget may hold them.
int Core::requote_cost(const InstrumentState& s) const {
  return std::min(static_cast<int>(s.ladder.bids.size() + s.ladder.asks.size()),
                  budget_.capacity());
}

// A reset starts only when quoting and when the budget covers quoting again; holds at
// most modification_timeout for Unknown orders, which keep their rows.
void Core::step_reset(InstrumentState& s) {
  if (s.reset.canceling()) {
    const bool only_unknown = table_.live_count(s.id) == table_.unknown_count(s.id);
    const bool waited = now_ >= s.reset.began() + config_.orders.modification_timeout;
    if (table_.live_count(s.id) == 0 || (only_unknown && waited)) {
      lifecycle_.release_terminal(s.id);
      s.reset.finish();
      judge_gates(s);
    }
  } else if (now_ >= s.reset.due()) {
    if (table_.live_count(s.id) == 0) {
      s.reset.skip(now_);
    } else if (budget_.available(now_) >= requote_cost(s)) {
      s.reset.begin(now_);
      meter_.on_reset(s.id, now_);
      judge_gates(s);
    }
  }
}

// The next instant at which time alone changes what this instrument may do.
void Core::plan_wake(InstrumentState& s) {
  constexpr Nanos kLookAgain{100 * kMillisecond.v};
  Nanos wake = kNever;
  // An instant that has come is not waited for: a deadline in the past would come again and again.
  auto consider = [this, &wake](Nanos t) {
    if (t > now_) wake = std::min(wake, t);
  };
  consider(s.reset.due());
  if (s.reset.canceling()) {
    const Nanos waited = s.reset.began() + config_.orders.modification_timeout;
    consider(waited > now_ ? waited : now_ + kLookAgain);
  } else if (s.reset.due() <= now_) {
    consider(std::max(budget_.next(now_, requote_cost(s)), now_ + kMillisecond));
  }
  consider(s.retry_at);
  consider(s.resync_at);
  consider(s.cancel_all_at);
  if (s.synced_since != kNever) consider(s.synced_since + s.config.strategy.warmup);
  consider(s.halted_until);
  if (s.adopted_at != kNever) consider(s.adopted_at + s.config.risk.max_data_age);
  for (const SideState& side : s.sides) {
    consider(side.fill_pause_until);
    if (side.reason == QuoteReason::kPostOnlyBreaker ||
        side.reason == QuoteReason::kCircuitBreaker) {
      consider(now_ + kLookAgain);
    }
  }
  deadlines_.set(s.id, wake);
}

}  // namespace mm
