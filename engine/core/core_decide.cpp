// The core's second half: what follows from the state. Entered at kBatchEnd only.
#include <algorithm>

#include "engine/core/core.h"
#include "engine/core/fair_value.h"

namespace mm {
namespace {

constexpr Side kSides[] = {Side::kBuy, Side::kSell};

// Wider than max_market_spread, as a fraction of fair value?
bool too_wide(const Touch& t, HalfTicks fair, Ratio widest) {
  return Int128{(t.ask - t.bid).v} * 2 * kRatioScale > Int128{fair.v} * widest.v;
}

// A cancel is under way or waits for an answer that must come first.
bool is_leaving(const Order& o) {
  return o.state == OrderState::kPendingCancel || o.cancel_wanted ||
         o.state == OrderState::kUnknown;
}

}  // namespace

void Core::end_batch(CommandBuffer& out) {
  lifecycle_.set_cause(cause_);
  lifecycle_.on_time(now_, out);
  for (std::size_t i = 0; i < dirty_.size(); ++i) decide(instruments_[dirty_[i]], out);
  dirty_.clear();
  // Tokens that came free go to whoever waits, one turn each.
  for (std::size_t turns = instruments_.size(); turns > 0 && !waiting_.empty(); --turns) {
    if (budget_.available(now_) < 1) break;
    decide(instruments_[waiting_.front()], out);
  }
  dirty_.clear();
  // A turn later where tokens are left: time must go on.
  const Nanos next = budget_.next(now_);
  const Nanos wake = next > now_ ? next : now_ + kMillisecond;
  deadlines_.set(budget_entry(), waiting_.empty() ? kNever : wake);
}

// Reduce only is a limit of nothing.
Amount Core::limit_of(const InstrumentState& s) const {
  if (increase_paused_) return Amount(0);
  return position_limit(s.config.risk, s.config.instrument, s.fair);
}

void Core::decide(InstrumentState& s, CommandBuffer& out) {
  s.dirty = false;
  turn_ = {};
  if (now_ >= s.resync_at && !s.market.synced()) request_resync(s, out);
  if (s.market.in_message()) {
    s.seen = {};  // the book is half of two: the end of the message decides again
  } else {
    s.touch = touch_without_own(s.market, table_, s.id, s.config.instrument);
    if (s.touch.has_bid && s.touch.has_ask) {
      s.fair = fair_value(s.config.strategy.fair_value, s.touch, s.market);
    }
  }
  value_position(s);
  judge_gates(s);
  step_reset(s);
  s.ladder.clear();
  const bool quoting =
      std::ranges::any_of(s.sides, [](const SideState& side) { return side.gate != Gate::kPull; });
  const Amount limit = limit_of(s);
  if (quoting) build_ladder(s, limit);
  for (const Side side : kSides) {
    if (s.side(side).gate == Gate::kPull) {
      s.ladder.side(side).clear();
      pull(s, side, s.reset.canceling() ? DecisionReason::kResetCancel : DecisionReason::kPulled,
           out);
    } else {
      work_side(s, side, limit, out);
    }
    meter_.on_desired(s.id, side, s.ladder.side(side).quotes(), now_);
  }
  if (!turn_.blocked) {
    waiting_.leave(s.id);
  } else if (turn_.spent) {
    waiting_.requeue(s.id);
  }
  check_invariants(s, limit);
  measure(s);
  plan_wake(s);
}

// Marks the position at the market's mid; a limit on losses exceeded trips everything.
void Core::value_position(InstrumentState& s) {
  const Touch touch = s.market.touch();
  if (touch.has_bid && touch.has_ask && s.market.synced() && !s.market.crossed()) {
    s.mark = mid(touch.bid, touch.ask);
    if (!s.marked) s.loss.start(Money(0), Money(0));
    s.marked = true;
    if (s.prices_fees) price_fees(s);
  }
  if (!s.marked) return;
  if (!s.opened) open_position(s);
  const Money total = s.position.total(s.mark);
  AccountTotal& account = accounts_[s.account];
  account.total += total - s.total;
  s.total = total;
  const RiskParams& own = s.config.risk;
  const RiskParams& all = config_.account;
  const bool own_exceeded = s.loss.exceeded(total, own.max_daily_loss, own.max_drawdown);
  if (account.loss.exceeded(account.total, all.max_daily_loss, all.max_drawdown) || own_exceeded) {
    trip(QuoteReason::kLossLimit);
  }
}

// The fee asset's own market tells what fees in it are worth, where the config does not.
void Core::price_fees(const InstrumentState& s) {
  const Int128 price = Int128{s.mark.v} * s.config.instrument.tick.v / 2;
  for (InstrumentState& other : instruments_) {
    if (other.account != s.account || other.config.fee_asset_price.v != 0) continue;
    other.position.set_fee_asset_price(Amount(static_cast<std::int64_t>(price)));
  }
}

// Valued at the first mid; from the account once its balance has been told.
void Core::open_position(InstrumentState& s) {
  const bool of_account = s.config.risk.start_position_from_account && s.config.instrument.is_spot;
  if (of_account && !s.base_known) return;
  s.position.open(of_account ? s.base_held : s.config.risk.start_position, s.mark);
  s.opened = true;
}

// Why nothing at all may be quoted, the gravest first; kQuoting if something may.
QuoteReason Core::stop_reason(const InstrumentState& s) const {
  const StrategyParams& strategy = s.config.strategy;
  if (trip_ != QuoteReason::kQuoting) return trip_;
  const SessionState session = lifecycle_.session(s.id);
  if (!feed_up_ || session == SessionState::kDown) return QuoteReason::kDisconnected;
  if (session != SessionState::kUp) return QuoteReason::kReconciling;
  if (!s.trading) return QuoteReason::kSymbolHalted;
  if (silent_ || !s.market.synced()) return QuoteReason::kStaleData;
  if (lagging_) return QuoteReason::kOwnLag;
  if (s.market.crossed()) return QuoteReason::kBookCrossed;
  if (!s.touch.has_bid || !s.touch.has_ask ||
      too_wide(s.touch, s.fair, strategy.max_market_spread)) {
    return QuoteReason::kThinBook;
  }
  if (!s.opened) return QuoteReason::kReconciling;
  if (now_ < s.synced_since + strategy.warmup) return QuoteReason::kWarmUp;
  if (now_ < s.halted_until) return QuoteReason::kVolatilityHalt;
  if (s.reset.canceling()) return QuoteReason::kReset;
  return QuoteReason::kQuoting;
}

void Core::judge_gates(InstrumentState& s) {
  const RiskParams& risk = s.config.risk;
  if (s.market.synced() && risk.max_price_change.v > 0 &&
      s.market.measures().max_move(now_) > risk.max_price_change) {
    s.halted_until = now_ + risk.risk_cooldown;
    s.market.restart_moves();  // one move halts once
  }
  const QuoteReason stop = stop_reason(s);
  for (const Side side : kSides) {
    SideState& state = s.side(side);
    state.gate = stop == QuoteReason::kQuoting ? Gate::kOpen : Gate::kPull;
    state.reason = stop;
    if (stop == QuoteReason::kQuoting) judge_side(s, side);
  }
  if (stop == QuoteReason::kQuoting) s.warmed_up = true;
}

void Core::judge_side(InstrumentState& s, Side side) {
  SideState& state = s.side(side);
  const bool increases = s.position.base().v * sign(side) >= 0;
  const Amount held = s.position.base();
  const Instrument& instrument = s.config.instrument;
  auto close = [&state](Gate gate, QuoteReason reason) {
    state.gate = gate;
    state.reason = reason;
  };
  if (state.paused || (increase_paused_ && increases)) {
    close(Gate::kPull, QuoteReason::kPaused);
  } else if (position_room(side, held, Lots(0), limit_of(s), instrument) < instrument.lots_min) {
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

void Core::build_ladder(InstrumentState& s, Amount limit) {
  const QuoteInput input{now_,
                         s.config.instrument,
                         s.config.strategy,
                         s.market,
                         s.fair,
                         s.touch,
                         s.position.base(),
                         position_limit(s.config.risk, s.config.instrument, s.fair)};
  s.strategy.quote(input, s.ladder);
  for (const Side side : kSides) {
    LadderSide& levels = s.ladder.side(side);
    SideState& state = s.side(side);
    if (state.gate == Gate::kOpen && levels.size() == 0) state.reason = QuoteReason::kPriceBand;
    const ClampLimits limits{s.fair, s.config.strategy.min_spread, s.config.risk.price_collar,
                             side == Side::kBuy ? s.touch.ask : s.touch.bid};
    const QuoteReason dropped = clamp(side, limits, s.config.instrument, levels);
    if (state.gate == Gate::kOpen && dropped != QuoteReason::kQuoting && levels.size() == 0) {
      state.reason = dropped;
    }
    fit_ladder(s, side, limit);
  }
}

// Shrinks levels to what position, balance and order size allow, best level first; a level too
// small to be accepted is left out and the reason shown.
void Core::fit_ladder(InstrumentState& s, Side side, Amount limit) {
  const Instrument& instrument = s.config.instrument;
  LadderSide& levels = s.ladder.side(side);
  Lots room = position_room(side, s.position.base(), Lots(0), limit, instrument);
  // What balances allow: free, and what our own acknowledged orders lock already.
  const bool bounded = instrument.is_spot && (side == Side::kBuy ? s.quote_known : s.base_known);
  Money funds = Money(Int128{1} << 120);
  if (bounded && side == Side::kBuy) {
    funds = money(s.quote_free);
    for (const std::uint16_t slot : table_.live(s.id, side)) {
      const Order& o = table_.row(slot);
      if (o.acknowledged) funds += notional(instrument, o.price, o.leaves());
    }
  } else if (bounded) {
    Lots own(s.base_free.v / instrument.lot.v);
    for (const std::uint16_t slot : table_.live(s.id, side)) {
      const Order& o = table_.row(slot);
      if (o.acknowledged) own += o.leaves();
    }
    room = std::min(room, own);
  }
  const Money largest = s.config.risk.max_order_notional;
  for (std::size_t i = 0; i < levels.size();) {
    Quote& q = levels[i];
    const Int128 lot_worth = notional(instrument, q.price, Lots(1)).v;
    Int128 lots = std::min({q.lots, room, instrument.lots_max}).v;
    const bool by_position = room < q.lots;
    if (largest.v > 0 && lots * lot_worth > largest.v) lots = largest.v / lot_worth;
    if (side == Side::kBuy && lots * lot_worth > funds.v) lots = funds.v / lot_worth;
    q.lots = Lots(static_cast<std::int64_t>(std::max<Int128>(lots, 0)));
    const Money worth = notional(instrument, q.price, q.lots);
    if (q.lots < instrument.lots_min || worth < instrument.notional_min) {
      SideState& state = s.side(side);
      if (state.gate == Gate::kOpen) {
        state.reason = by_position
                           ? (bounded && side == Side::kSell ? QuoteReason::kInsufficientBalance
                                                             : QuoteReason::kPositionLimit)
                       : funds.v < lot_worth ? QuoteReason::kInsufficientBalance
                                             : QuoteReason::kBelowMinSize;
      }
      levels.erase(i);
      continue;
    }
    room -= q.lots;
    funds -= worth;
    ++i;
  }
}

void Core::pull(InstrumentState& s, Side side, DecisionReason why, CommandBuffer& out) {
  for (std::size_t i = table_.live(s.id, side).size(); i-- > 0;) {
    lifecycle_.request_cancel(table_.row(table_.live(s.id, side)[i]), why, now_, out);
  }
}

void Core::work_side(InstrumentState& s, Side side, Amount limit, CommandBuffer& out) {
  SideState& state = s.side(side);
  const Instrument& instrument = s.config.instrument;
  const Lots allowed = position_room(side, s.position.base(), Lots(0), limit, instrument);
  const PlanInput input{.side = side,
                        .live = table_.live(s.id, side),
                        .targets = s.ladder.side(side).quotes(),
                        .fair = s.fair,
                        .opposite_best = side == Side::kBuy ? s.touch.ask : s.touch.bid,
                        .shrink = table_.exposure(s.id, side) > allowed};
  for (const PlanAction& action :
       planner_.plan(input, table_, s.config.strategy, instrument.rules)) {
    if (action.step != PlanStep::kCancel && state.gate != Gate::kOpen) continue;
    if (!act(s, side, action, limit, out)) break;
  }
  trim(s, side, allowed, out);
}

// What no reduction has brought within the limit is cancelled, outermost first: a cancel needs
// no budget.
void Core::trim(InstrumentState& s, Side side, Lots allowed, CommandBuffer& out) {
  Lots kept{};
  for (std::size_t i = 0; i < table_.live(s.id, side).size(); ++i) {
    Order& order = table_.row(table_.live(s.id, side)[i]);
    if (!is_leaving(order) && kept + order.exposure() > allowed) {
      lifecycle_.request_cancel(order, DecisionReason::kSizeChange, now_, out);
    } else if (!is_leaving(order)) {
      kept += order.exposure();
    }
  }
}

// A token for one place or amend. Without one the instrument waits its turn.
bool Core::may_request(InstrumentState& s, Side side) {
  const bool first = table_.live(s.id, side).empty();
  if (!waiting_.is_next(s.id, first) || budget_.available(now_) < 1) {
    waiting_.wait(s.id, first);
    turn_.blocked = true;
    s.side(side).reason = QuoteReason::kRateBudget;
    return false;
  }
  return true;
}

// Carries out one planned action if risk and budget allow. False ends this side for now.
bool Core::act(InstrumentState& s, Side side, const PlanAction& action, Amount limit,
               CommandBuffer& out) {
  Order* order = action.slot == kNoSlot ? nullptr : &table_.row(action.slot);
  if (action.step == PlanStep::kCancel) {
    lifecycle_.request_cancel(*order, action.why, now_, out);
    return true;
  }
  const Instrument& instrument = s.config.instrument;
  const bool place = action.step == PlanStep::kPlace;
  const auto pending_max = static_cast<std::size_t>(config_.orders.max_pending_modifications);
  if (!place &&
      (!lifecycle_.may_amend(*order, now_) || table_.pending_modifications(s.id) >= pending_max)) {
    if (order->retry_at > now_) turn_.retry_at = std::min(turn_.retry_at, order->retry_at);
    return true;  // the newest target waits
  }
  const bool resize = action.step == PlanStep::kResize;
  Quote quote = action.target;
  if (resize) quote.price = order->price;
  const Lots freed = place ? Lots(0) : order->exposure();
  const Lots room = position_room(side, s.position.base(), table_.exposure(s.id, side) - freed,
                                  limit, instrument);
  const bool opposite = table_.has_live(s.id, mm::opposite(side));
  const OrderCheck check{
      .side = side,
      .quote = quote,
      .fair = s.fair,
      .room = resize ? Lots::max() : room,
      .adds_order = place,
      .live_orders = static_cast<int>(table_.live_count()),
      .own_opposite = opposite,
      .own_opposite_at = opposite ? table_.most_aggressive(s.id, mm::opposite(side)) : Ticks(0)};
  const QuoteReason denied =
      check_order(check, s.config.risk, config_.account.max_order_count, instrument);
  if (denied != QuoteReason::kQuoting) {
    // Room taken by an order that is leaving comes back by itself; anything else is a denial.
    if (s.side(side).reason != denied && denied != QuoteReason::kPositionLimit) ++s.counts.denied;
    s.side(side).reason = denied;
    return true;
  }
  if (!may_request(s, side)) return false;
  bool sent = false;
  turn_.added[index(side)] |= place || quote.lots > freed;
  if (place) {
    sent = lifecycle_.place({s.id, side, quote.price, quote.lots, action.why, action.level}, now_,
                            out) != nullptr;
    s.counts.placed += sent ? 1 : 0;
  } else {
    sent = amend(s, *order, quote, action, out);
    s.counts.amended += sent ? 1 : 0;
  }
  if (sent) turn_.spent = budget_.take(now_);
  return true;
}

// The venue's way to change this order: modify in place, shrink keeping priority, or replace.
bool Core::amend(InstrumentState& s, Order& order, const Quote& quote, const PlanAction& action,
                 CommandBuffer& out) {
  const VenueRules& rules = s.config.instrument.rules;
  order.level = action.level;
  if (rules.modify_in_place) {
    // A partially filled order that need not be topped up keeps its size.
    const bool sized = action.step == PlanStep::kResize || order.filled.v == 0 ||
                       action.why == DecisionReason::kRefill;
    const Lots total = sized ? order.filled + quote.lots : order.lots;
    return lifecycle_.request_modify(order, quote.price, total, action.why, now_, out);
  }
  const bool reduce = action.step == PlanStep::kResize && rules.keep_priority_reduce &&
                      order.amends < rules.amends_per_order_max;
  if (reduce) {
    return lifecycle_.request_reduce(order, order.filled + quote.lots, action.why, now_, out);
  }
  if (order.filled.v > 0) return lifecycle_.request_cancel(order, action.why, now_, out);
  return lifecycle_.request_replace(order, quote.price, quote.lots, action.why, now_, out);
}

void Core::send(InstrumentState& s, Command command, CommandBuffer& out) {
  command.time = now_;
  command.cause_received = cause_;
  command.instrument = s.id;
  invariants_.check(Invariant::kBounded, out.push(command));
}

// Recomputed from the rows, not from the sums the checks above relied on.
void Core::check_invariants(InstrumentState& s, Amount limit) {
  bool holds = invariants_.check(Invariant::kPositionExplained,
                                 s.position.base() == s.position.explained_base());
  Ticks highest_bid{}, lowest_ask = Ticks::max();
  for (const Side side : kSides) {
    Lots intended{}, possible{};
    bool pulled = true;
    for (const std::uint16_t slot : table_.live(s.id, side)) {
      const Order& o = table_.row(slot);
      const bool leaving = is_leaving(o);
      possible += o.exposure();
      if (!leaving) intended += o.exposure();
      pulled = pulled && leaving;
      if (side == Side::kBuy) highest_bid = std::max(highest_bid, o.aggressive_price());
      if (side == Side::kSell) lowest_ask = std::min(lowest_ask, o.aggressive_price());
    }
    const Lots room = position_room(side, s.position.base(), Lots(0), limit, s.config.instrument);
    // What leaves may be over a limit that has shrunk, but nothing was added on top of it.
    const bool within = turn_.added[index(side)] ? possible <= room : intended <= room;
    holds &= invariants_.check(Invariant::kExposure, within || !s.marked);
    holds &=
        invariants_.check(Invariant::kNoStaleQuote, s.side(side).gate != Gate::kPull || pulled);
  }
  holds &= invariants_.check(Invariant::kOwnCross, highest_bid < lowest_ask);
  const std::uint64_t illegal = table_.illegal_transitions();
  holds &= invariants_.check(Invariant::kDefinitiveEnd, illegal == illegal_seen_);
  illegal_seen_ = illegal;
  if (!holds) trip(QuoteReason::kHalted);
}

void Core::measure(InstrumentState& s) {
  bool two_sided = true;
  for (const Side side : kSides) {
    bool reached = false;
    for (const std::uint16_t slot : table_.live(s.id, side)) {
      const Order& o = table_.row(slot);
      if (!o.acknowledged) continue;
      if (side == Side::kBuy) s.nearest.bid_highest = std::max(s.nearest.bid_highest, o.price);
      if (side == Side::kSell) s.nearest.ask_lowest = std::min(s.nearest.ask_lowest, o.price);
      const Int128 away = Int128{(s.fair.v - 2 * o.price.v) * sign(side)} * kRatioScale;
      reached |= away <= Int128{s.fair.v} * s.config.strategy.max_spread.v + 2 * kRatioScale;
    }
    two_sided &= reached;
  }
  s.uptime.update(now_, s.warmed_up, two_sided);
  if (two_sided) s.reset.quoted(now_);
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
  consider(turn_.retry_at);
  consider(s.resync_at);
  if (s.synced_since != kNever) consider(s.synced_since + s.config.strategy.warmup);
  consider(s.halted_until);
  for (const SideState& side : s.sides) {
    consider(side.fill_pause_until);
    if (side.reason == QuoteReason::kPostOnlyBreaker ||
        side.reason == QuoteReason::kCircuitBreaker) {
      consider(now_ + kLookAgain);
    }
  }
  deadlines_.set(s.id, wake);
}

std::uint64_t Core::state_hash() const {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  auto mix = [&h](std::uint64_t value) {
    h = (h ^ value) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 29;
  };
  auto mix_money = [&mix](Money m) {
    mix(static_cast<std::uint64_t>(m.v));
    mix(static_cast<std::uint64_t>(m.v >> 64));
  };
  for (const InstrumentState& s : instruments_) {
    mix(static_cast<std::uint64_t>(s.position.base().v));
    mix(s.position.fills());
    mix_money(s.position.realized());
    mix_money(s.position.fees());
    mix_money(s.total);
  }
  for (const Order& o : table_.rows()) {
    if (!may_be_live(o.state)) continue;
    mix(o.id.v);
    mix(static_cast<std::uint64_t>(o.price.v));
    mix(static_cast<std::uint64_t>(o.leaves().v));
  }
  return h;
}

}  // namespace mm
