// The core's second half: what follows from the state. Entered at kBatchEnd only.
#include <algorithm>
#include <utility>

#include "engine/core/core.h"
#include "engine/core/divide.h"
#include "engine/core/fair_value.h"

namespace mm {
namespace {

constexpr Nanos kCrossedMax{2 * kSecond.v}, kCrossedAgain{60 * kSecond.v};

// What a side may still spend so that it pays its fees too, and those of its orders: fees in the
// asset that pays are charged on top of what an order has locked.
Int128 spare_quote(const Instrument& instrument, Amount available, const Payment& orders) {
  const Int128 unit = notional(instrument, Ticks(1), Lots(1)).v;
  const FeeRates& fees = instrument.fees;
  Money left = money(available) - Money(orders.in_flight * unit);
  if (fees.maker.v > 0 && fees.asset == Asset::kQuote) {
    left -= scaled(Money((orders.locked + orders.in_flight) * unit), fees.maker);
    left -= scaled(left, fees.maker);
  }
  const Int128 whole = left.v / unit;
  return whole * unit > left.v ? whole - 1 : whole;  // rounded down
}
Int128 spare_base(const Instrument& instrument, Amount available, const Payment& orders) {
  const FeeRates& fees = instrument.fees;
  const Int128 lot = instrument.lot.v;
  Int128 left = available.v - orders.in_flight * lot;
  if (fees.maker.v > 0 && fees.asset == Asset::kBase) {
    const auto fee = [&](Int128 base) { return divide(base * fees.maker.v, kRatioScale) + 1; };
    left -= fee((orders.locked + orders.in_flight) * lot);
    left -= fee(left);
  }
  return divide(left, instrument.lot.v);
}

}  // namespace

void Core::end_batch(CommandBuffer& out) {
  lifecycle_.set_cause(cause_);
  lifecycle_.on_time(now_, out);
  decide_dirty(out);
  if (waiting_.empty()) return deadlines_.set(budget_entry(), kNever);
  // Tokens that came free go to whoever waits, one turn each.
  for (std::size_t turns = count_; turns > 0 && !waiting_.empty(); --turns) {
    if (!budget_.has_token(now_)) break;
    decide(instruments_[waiting_.front()], out);
  }
  decide_dirty(out);  // all, if one of these turns tripped
  // A turn later where tokens are left: time must go on.
  const Nanos next = budget_.next(now_);
  const Nanos wake = next > now_ ? next : now_ + kMillisecond;
  deadlines_.set(budget_entry(), waiting_.empty() ? kNever : wake);
}

// Deciding may mark others.
void Core::decide_dirty(CommandBuffer& out) {
  for (std::size_t i = 0; i < dirty_.size(); ++i) decide(instruments_[dirty_[i]], out);
  dirty_.clear();
}

void Core::decide(InstrumentState& s, CommandBuffer& out) {
  if (s.decided) conclude(s);  // a second time in this batch
  if (!s.decided) decided_.push_back(s.id);
  s.decided = true;
  s.dirty = false;
  s.retry_at = kNever;
  turn_ = Turn{};
  for (SideState& side : s.sides) {
    side.denied_before = std::exchange(side.denied, QuoteReason::kQuoting);
  }
  // A book that stays crossed holds a level that is gone, and only a snapshot takes it away; asked
  // for once a minute at most, for one that comes crossed is what the venue says.
  const bool crossed = s.market.synced() && s.market.crossed();
  if (s.market.synced() && !crossed) s.resync_at = kNever;
  if (crossed && s.resync_at == kNever) s.resync_at = now_ + kCrossedMax;
  if (now_ >= s.resync_at) {
    request_resync(s, out);
    if (crossed) s.resync_at = now_ + kCrossedAgain;
  }
  if (s.market.in_message()) {
    s.seen = {};  // the book is half of two: the end of the message decides again
  } else {
    s.touch = s.market.touch();
    leave_out_own(s.market, table_, s.id, s.config.instrument, s.touch);
    if (s.touch.has_bid && s.touch.has_ask) {
      s.fair = fair_value(s.config.strategy.fair_value, s.touch, s.market);
    }
  }
  value_position(s);
  set_limits(s);
  judge_gates(s);
  step_reset(s);
  s.ladder.clear();
  const bool quoting = std::ranges::any_of(s.sides, [](const SideState& side) {
    return side.gate == Gate::kOpen || side.gate == Gate::kHold;
  });
  if (quoting) {
    turn_.bounds = plan_bounds(s.fair, s.config.strategy);
    set_funds(s);
    build_ladder(s);
  }
  // Where tokens are short the side that got the last one comes second.
  const bool swapped = !waiting_.empty() && s.served == Side::kBuy;
  for (const Side in_turn : kSides) {
    const Side side = swapped ? opposite(in_turn) : in_turn;
    if (s.side(side).gate == Gate::kPull) {
      s.ladder.side(side).clear();
      pull(s, side, s.reset.canceling() ? DecisionReason::kResetCancel : DecisionReason::kPulled,
           out);
    } else if (s.side(side).gate == Gate::kKeep) {
      if (s.marked) trim(s, side, s.side(side).room, out);
    } else {
      work_side(s, side, out);
    }
  }
  cancel_all(s, out);
  if (!turn_.blocked) {
    waiting_.leave(s.id);
  } else if (turn_.spent) {
    waiting_.requeue(s.id);
  }
  balances_.on_orders(s.id, s.config.instrument, table_);
}

void Core::conclude(const CommandBuffer& sent) {
  for (const InstrumentId id : decided_) {
    conclude(instruments_[id]);
    instruments_[id].decided = false;
  }
  decided_.clear();
  for (const Command& c : sent.items()) meter_.on_sent(c);
  concluded_ = true;
}

void Core::conclude(InstrumentState& s) {
  for (const Side side : kSides) {
    meter_.on_desired(s.id, side, s.ladder.side(side).quotes(), now_);
  }
  plan_wake(s);
  check_invariants(s);
  measure(s);
}

// Marks the position at the market's mid; a limit on losses exceeded trips everything.
void Core::value_position(InstrumentState& s) {
  const Touch touch = s.market.touch();
  if (touch.has_bid && touch.has_ask && s.market.synced() && !s.market.crossed()) {
    s.mark = mid(touch.bid, touch.ask);
    if (!s.marked) s.loss.start(Money(0), s.carried);
    s.marked = true;
    s.split.on_mark(s.mark, now_);
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

// Valued at the first mid, or as an earlier session of the day left it; from the account once its
// balance has been told.
void Core::open_position(InstrumentState& s) {
  const bool of_account = s.config.risk.start_position_from_account && s.config.instrument.is_spot;
  if (of_account && !s.opening_known) return;
  const HalfTicks mark = s.config.carried.mark.v != 0 ? s.config.carried.mark : s.mark;
  const Amount base = of_account ? s.opening_base : s.config.risk.start_position;
  s.position.open(base, mark);
  s.split.open(base, mark);
  s.opened = true;
}

// Reduce only is a limit of nothing.
void Core::set_limits(InstrumentState& s) {
  const Instrument& instrument = s.config.instrument;
  turn_.position_limit = s.position_limit.at(s.fair);
  const Amount limit = increase_paused_ ? Amount(0) : turn_.position_limit;
  turn_.margin = s.position_limit.margin(limit, s.fair);
  for (const Side side : kSides) {
    s.side(side).added = false;
    s.side(side).room = position_room(side, s.position.base(), Lots(0), limit, instrument);
  }
}

void Core::build_ladder(InstrumentState& s) {
  const QuoteInput input{now_,    s.config.instrument, s.config.strategy,   s.market, s.fair,
                         s.touch, s.position.base(),   turn_.position_limit};
  s.strategy.quote(input, s.ladder);
  for (const Side side : kSides) {
    LadderSide& levels = s.ladder.side(side);
    SideState& state = s.side(side);
    const ClampLimits limits{s.fair, s.config.strategy.min_spread, s.config.risk.price_collar,
                             side == Side::kBuy ? s.touch.ask : s.touch.bid};
    clamp(side, limits, s.config.instrument, levels);
    fit_sizes(side, size_limits(s, side), s.size_rules, levels);
    if (state.gate != Gate::kOpen) continue;
    if (levels.size() == 0) state.reason = QuoteReason::kPriceBand;
    if (levels.dropped() != QuoteReason::kQuoting) state.reason = levels.dropped();
  }
}

// What the balance has left for requests of this decision, and what our orders lock of it.
void Core::set_funds(InstrumentState& s) {
  const Instrument& instrument = s.config.instrument;
  for (const Side side : kSides) {
    Funds& funds = funds_[index(side)];
    funds.bounded = instrument.is_spot && balances_.known(s.id, side);
    if (!funds.bounded) continue;
    const Amount available = balances_.available(s.id, side, now_);
    const Payment& orders = table_.payment(s.id, side);
    KnownFunds& known = s.side(side).funds;
    if (available != known.available || orders != known.orders) {
      const auto spare = side == Side::kBuy ? spare_quote : spare_base;
      known = {available, orders, spare(instrument, available, orders)};
    }
    funds.spare = known.spare;
    funds.taken = orders.locked + orders.in_flight;
  }
}

// Balances allow what is free and what our own orders take already. Of the room our orders may keep
// all that they have; what is added leaves the margin free, and so does what has to shrink.
SizeLimits Core::size_limits(const InstrumentState& s, Side side) const {
  const Lots held = table_.exposure(s.id, side), room = s.side(side).room;
  const Lots for_new = room - turn_.margin;
  SizeLimits limits{.room = held > room ? for_new : std::max(held, for_new)};
  const Funds& funds = funds_[index(side)];
  if (!funds.bounded) return limits;
  const Int128 all = funds.spare + funds.taken;
  if (side == Side::kBuy) {
    limits.funds = all;
  } else if (all < limits.room.v) {
    limits.room = Lots(static_cast<std::int64_t>(all));
    limits.room_reason = QuoteReason::kInsufficientBalance;
  }
  return limits;
}

// Of a side without an order: is one to be sent, and nothing stands against it?
bool Core::is_due(const InstrumentState& s, Side side) {
  const SideState& state = s.side(side);
  if (state.reason == QuoteReason::kQuoting) return true;
  if (state.gate != Gate::kOpen) return false;
  const LadderSide& levels = s.ladder.side(side);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels.against(i) == QuoteReason::kQuoting) return true;
  }
  return false;
}

bool Core::is_quoted(InstrumentId id, Side side) const {
  const auto stays = [this](std::uint16_t slot) { return !table_.row(slot).is_leaving(); };
  return std::ranges::any_of(table_.live(id, side), stays) || is_due(instruments_[id], side);
}

// Recomputed from the rows, not from the sums the checks above relied on.
void Core::check_invariants(InstrumentState& s) {
  bool holds = invariants_.check(Invariant::kPositionExplained,
                                 s.position.base() == s.position.explained_base());
  Ticks highest_bid{}, lowest_ask = Ticks::max();
  for (const Side side : kSides) {
    Lots intended{}, possible{};
    bool pulled = true;
    for (const std::uint16_t slot : table_.live(s.id, side)) {
      const Order& o = table_.row(slot);
      possible += o.exposure();
      intended += o.intended();
      pulled = pulled && o.is_leaving();
      if (side == Side::kBuy) highest_bid = std::max(highest_bid, o.aggressive_price());
      if (side == Side::kSell) lowest_ask = std::min(lowest_ask, o.aggressive_price());
    }
    SideState& state = s.side(side);
    state.quoted = !pulled || is_due(s, side);
    // What leaves or shrinks may be over a limit that has shrunk; nothing was added on top of it.
    const bool within = (state.added ? possible : intended) <= state.room;
    holds &= invariants_.check(Invariant::kExposure, within || !s.marked);
    holds &= invariants_.check(Invariant::kNoStaleQuote, state.gate != Gate::kPull || pulled);
  }
  holds &= invariants_.check(Invariant::kOwnCross, highest_bid < lowest_ask);
  const std::uint64_t illegal = table_.illegal_transitions();
  holds &= invariants_.check(Invariant::kDefinitiveEnd, illegal == illegal_seen_);
  illegal_seen_ = illegal;
  if (holds || trip_ != QuoteReason::kQuoting) return;
  trip(QuoteReason::kHalted);
  deadlines_.set(s.id, now_);  // a batch that pulls the quotes is due
}

// Until a shutdown: from then on nobody is meant to quote.
void Core::measure(InstrumentState& s) {
  if (stopping_) return;
  bool two_sided = true, reset_over = true;
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
    SideState& state = s.side(side);
    reset_over &=
        reached || (state.bare() != QuoteReason::kQuoting && state.bare() != QuoteReason::kReset);
    state.times.update(now_, state.reason, state.quoted);
    state.due.update(now_, s.warmed_up && state.bare() == QuoteReason::kQuoting, reached);
  }
  s.uptime.update(now_, s.warmed_up, two_sided);
  if (reset_over) s.reset.quoted(now_);
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
