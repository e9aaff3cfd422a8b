// The core's first half: what each event does to the state. Quotes are decided in core_decide.cpp.
#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/core.h"

namespace mm {
namespace {

OrderTableConfig table_config(const CoreConfig& c) {
  const int rows = 2 * c.account.max_order_count + c.unknown_headroom;
  MM_ASSERT(rows > 0 && rows < kNoSlot, "max_order_count fits the order table");
  MM_ASSERT(!c.instruments.empty() && c.instruments.size() <= kMaxInstruments,
            "between one and kMaxInstruments instruments");
  return {.capacity = static_cast<std::uint16_t>(rows),
          .instruments = static_cast<std::uint16_t>(c.instruments.size()),
          .per_side_max = static_cast<std::uint16_t>(rows),
          .instance = c.instance,
          .epoch = c.epoch,
          .nonce = c.id_nonce,
          .reserved_for_unknown = c.unknown_headroom};
}

LifecycleConfig lifecycle_config(const CoreConfig& c) {
  LifecycleConfig lifecycle;
  lifecycle.modification_timeout = c.orders.modification_timeout;
  lifecycle.terminal_retention = c.orders.cleanup_interval;
  lifecycle.not_found_margin = not_found_margin(c.orders.recv_window, c.orders.command_age_max);
  lifecycle.connections = static_cast<std::uint8_t>(c.orders.modify_worker_count);
  return lifecycle;
}

std::vector<VenueRules> venue_rules(const CoreConfig& c) {
  std::vector<VenueRules> rules;
  for (const InstrumentConfig& i : c.instruments) rules.push_back(i.instrument.rules);
  return rules;
}

Market::Config market_config(const CoreConfig& c, const InstrumentConfig& i) {
  Market::Config market;
  market.book = c.book;
  market.measures = {.volatility_window = i.strategy.volatility_window,
                     .lot = i.instrument.lot,
                     .significant_trade_threshold = c.measures.significant_trade_threshold,
                     .trade_print_interval = c.measures.trade_print_interval,
                     .price_change_window = i.risk.price_change_window};
  market.price_max = i.instrument.price_max;
  return market;
}

bool same_price(const Touch& a, const Touch& b) {
  return a.has_bid == b.has_bid && a.has_ask == b.has_ask && a.bid == b.bid && a.ask == b.ask;
}

}  // namespace

Core::Core(const CoreConfig& config)
    : config_(config),
      count_(config.instruments.size()),
      table_(table_config(config)),
      lifecycle_(table_, lifecycle_config(config)),
      meter_(venue_rules(config)),
      budget_(config.orders.modify_rate_limit),
      waiting_(config.instruments.size()),
      deadlines_(config.instruments.size() + kAccountDeadlines) {
  for (std::size_t i = 0; i < config.instruments.size(); ++i) {
    const InstrumentConfig& c = config_.instruments[i];
    instruments_.emplace_back(static_cast<InstrumentId>(i), c, market_config(config_, c));
    const auto same_quote = std::ranges::find(
        config_.instruments, c.instrument.quote_text,
        [](const InstrumentConfig& other) -> const auto& { return other.instrument.quote_text; });
    const auto first = static_cast<std::size_t>(same_quote - config_.instruments.begin());
    balances_.add(c.instrument);
    data_age_min_ = std::min(data_age_min_, c.risk.max_data_age);
    instruments_[i].prices_fees = c.instrument.base() == kThirdFeeAsset;
    if (first == i) accounts_.emplace_back();
    instruments_[i].account = first == i ? accounts_.size() - 1 : instruments_[first].account;
    accounts_[instruments_[i].account].carried += c.carried.profit;
  }
  dirty_.reserve(2 * config.instruments.size());  // all may be marked again while decided
  decided_.reserve(config.instruments.size());
  denials_.reserve(2 * kMaxLevelsPerSide * config.instruments.size());
}

Nanos Core::next_deadline() const {
  return std::min(deadlines_.min(), lifecycle_.next_deadline());
}

void Core::start(Nanos now) {
  started_ = true;
  last_market_ = now;
  for (AccountTotal& account : accounts_) account.loss.start(Money(0), account.carried);
  for (InstrumentState& s : instruments_) {
    s.reset.start(now, config_.orders.reset_interval, s.id, instruments_.size());
  }
  deadlines_.set(day_entry(), next_day(now, config_.account.day_start));
}

void Core::on(const Event& e, CommandBuffer& out) {
  MM_ASSERT(e.time >= now_, "the driver stamps events with a time that does not go back");
  MM_ASSERT(concluded_, "the driver has the last event concluded");
  concluded_ = false;
  now_ = e.time;
  denials_.clear();
  if (!started_) start(now_);
  const bool of_instrument = is_market(e.kind) || is_execution(e.kind);
  if (of_instrument && e.instrument >= count_) return;
  if (of_instrument) ++instruments_[e.instrument].events_in;
  if (is_market(e.kind)) {
    on_market(instruments_[e.instrument], e, out);
  } else if (is_execution(e.kind)) {
    cause_ = e.received;
    on_execution(instruments_[e.instrument], e, out);
  } else if (e.kind == EventKind::kTimer) {
    cause_ = e.received;
    on_timer(out);
  } else if (e.kind == EventKind::kControl) {
    on_control(e.control);
  } else if (e.kind == EventKind::kBatchEnd) {
    end_batch(out);
  }
}

void Core::on_market(InstrumentState& s, const Event& e, CommandBuffer& out) {
  last_market_ = now_;
  lag_ = now_ - e.received;
  if (lagging_ || lag_ > data_age_min_) judge_lag();
  if (silent_) judge_silence();  // the connection speaks (again)
  if (e.kind == EventKind::kFeedStatus) {
    feed_up_ = e.feed.up != 0;
    mark_all_dirty();
    return;
  }
  if (e.kind == EventKind::kAssetPrice) {
    s.position.set_fee_asset_price(e.asset_price.price);
    return;
  }
  const bool synced = s.market.synced(), crossed = s.market.crossed();
  s.market.on(e);
  if (e.kind == EventKind::kTrade) {
    s.nearest.trade_lowest = std::min(s.nearest.trade_lowest, Ticks(e.trade.ticks));
    s.nearest.trade_highest = std::max(s.nearest.trade_highest, Ticks(e.trade.ticks));
    if (s.config.strategy.fair_value == FairValueKind::kLast) mark_dirty(s);
  }
  if (s.market.synced() != synced) {
    s.synced_since = s.market.synced() ? now_ : kNever;
    mark_dirty(s);
  }
  if (s.market.crossed() != crossed) mark_dirty(s);  // the touch may be a ticker's, and stay
  if (s.market.take_resync_request()) request_resync(s, out);
  if (!s.market.in_message()) {
    cause_ = e.received;
    touch_changed(s);
  }
}

void Core::judge_lag() {
  lagging_ = false;
  for (InstrumentState& s : instruments_) {
    const bool lagging = lag_ > s.config.risk.max_data_age;
    lagging_ |= lagging;
    if (lagging != s.lagging) mark_dirty(s);
    s.lagging = lagging;
  }
}

// All streams of the connection count: a quiet symbol alone is not stale.
void Core::judge_silence() {
  silent_ = false;
  Nanos next = kNever;
  for (InstrumentState& s : instruments_) {
    const Nanos due = last_market_ + s.config.risk.max_data_age + Nanos(1);
    const bool silent = now_ >= due;
    silent_ |= silent;
    if (!silent) next = std::min(next, due);
    if (silent != s.silent) mark_dirty(s);
    s.silent = silent;
  }
  deadlines_.set(silence_entry(), next);
}

void Core::request_resync(InstrumentState& s, CommandBuffer& out) {
  s.resync_at = kNever;
  Command resync;
  resync.kind = CommandKind::kResyncFeed;
  send(s, resync, out);
}

// Sizes at the touch matter only to fair values that weigh them.
void Core::touch_changed(InstrumentState& s) {
  const Touch touch = s.market.touch();
  const bool weighs = s.config.strategy.fair_value == FairValueKind::kWeightedMid ||
                      s.config.strategy.fair_value == FairValueKind::kMicroPrice;
  const bool sizes = touch.bid_lots != s.seen.bid_lots || touch.ask_lots != s.seen.ask_lots;
  if (same_price(touch, s.seen) && !(weighs && sizes)) return;
  s.seen = touch;
  mark_dirty(s);
}

void Core::on_execution(InstrumentState& s, const Event& e, CommandBuffer& out) {
  switch (e.kind) {
    case EventKind::kBalance:
      on_balance(s, e.balance);
      break;
    case EventKind::kRateUsage:
      budget_.on_usage(e.rate);
      lifecycle_.on_weight_limit(e.rate.weight_limit, kSecond * e.rate.weight_window_s);
      return;
    case EventKind::kSessionStatus:
      lifecycle_.on_session(s.id, e.session.state, now_);
      s.trading = e.session.symbol_trading != 0;
      break;
    case EventKind::kOffGridFill:
      on_off_grid_fill(s, e.off_grid);
      break;
    default: {
      // The account's limit, whatever was refused; cancels go on.
      if (reports_failure(e.kind) && e.failure.reason == RejectReason::kRateLimit) {
        budget_.hold(e.failure.retry_after);
      }
      if (reports_failure(e.kind) &&
          static_cast<CommandKind>(e.failure.command) == CommandKind::kCancelAll) {
        s.cancel_all_at = std::max(now_ + kSecond, e.failure.retry_after);
        break;
      }
      if (e.kind == EventKind::kDenied) {
        const auto command = static_cast<CommandKind>(e.failure.command);
        meter_.on_denied(s.id, command);
        if (command == CommandKind::kResyncFeed) {
          s.resync_at = now_ + 100 * kMillisecond;
          break;
        }
      }
      const std::uint64_t amends = lifecycle_.counters().amends;
      const OrderChange change = lifecycle_.apply(e);
      s.counts.amended += lifecycle_.counters().amends - amends;
      count(s, e, change);
      if (e.kind == EventKind::kFilled) on_fill(s, e, change);
      if (e.kind == EventKind::kAdopted) s.adopted_at = now_;
      judge_cancel_lane(e);
      lifecycle_.set_cause(cause_);
      lifecycle_.on_time(now_, out);  // what the report set free: waiting cancels, queries
      balances_.on_orders(s.id, s.config.instrument, table_);
      const bool acknowledges = e.kind == EventKind::kAccepted || e.kind == EventKind::kReplaced;
      if (acknowledges && change.before != change.after) {
        balances_.on_acknowledged(s.id, s.config.instrument, *change.order, now_);
      }
    }
  }
  mark_dirty(s);
}

// Who else uses the address can get it banned, and then the venue names the end, which may have
// come by now: no lane of ours keeps cancels out of that.
void Core::judge_cancel_lane(const Event& e) {
  if (e.kind != EventKind::kCancelRejected || e.failure.reason != RejectReason::kRateLimit) return;
  if (!invariants_.check(Invariant::kCancelLane, e.failure.retry_after != Nanos{})) {
    trip(QuoteReason::kHalted);
  }
}

void Core::on_fill(InstrumentState& s, const Event& e, const OrderChange& change) {
  if (!change.fill_counted) return;
  const Side side = e.side();
  const Amount before = s.position.base();
  s.position.fill(side, Ticks(e.fill.ticks), e.fill.lots, e.fill.fee, e.fill.fee_asset);
  s.split.fill(s.position.base() - before, Ticks(e.fill.ticks), now_);
  balances_.on_fee(s.id, e.fill.fee, e.fill.fee_asset, now_);
  s.side(side).fill_pause_until = now_ + s.config.strategy.fill_pause;
  if (!invariants_.check(Invariant::kPassive, (e.flags & kFlagMaker) != 0)) {
    trip(QuoteReason::kHalted);
  }
}

// It cannot be counted: the position is wrong by it, which ends the run as a broken invariant.
void Core::on_off_grid_fill(InstrumentState& s, const OffGridFill& fill) {
  s.off_grid = true;
  if (!lifecycle_.on_off_grid_fill(s.id, fill.trade_id)) return;
  invariants_.check(Invariant::kPositionExplained, false);
}

void Core::on_balance(InstrumentState& s, const Balance& balance) {
  balances_.on_balance(s.id, balance);
  // The first one opens the position; fills told before it are in it, those after it are not. A
  // position that was carried on may be open by now: it is in the balance from the start.
  if (balance.asset == Asset::kBase && !s.opening_known) {
    const Amount moved = s.position.base() - s.position.opening();
    s.opening_base = balance.free + balance.locked - moved;
    s.opening_known = true;
  }
  const Side paid = balance.asset == Asset::kBase ? Side::kSell : Side::kBuy;
  for (InstrumentState& other : instruments_) {
    for (const Side side : kSides) {
      const bool waits = other.side(side).reason == QuoteReason::kInsufficientBalance;
      if (waits && balances_.pay_alike(other.id, side, s.id, paid)) mark_dirty(other);
    }
  }
}

// Of what was asked for: a cancel that is refused is no rejected order.
void Core::count(InstrumentState& s, const Event& e, const OrderChange& change) {
  const bool by_venue = e.kind == EventKind::kRejected || e.kind == EventKind::kReplaceRejected ||
                        e.kind == EventKind::kAmendRejected;
  if (change.rejected && by_venue) ++s.counts.rejected;
  if (change.order == nullptr) return;
  const bool amend_denied = e.kind == EventKind::kDenied && change.rejected &&
                            is_amend(static_cast<CommandKind>(e.failure.command));
  if (amend_denied) {
    const Order& o = *change.order;
    deny(s, {s.id, o.side, name(change.reason), o.price, o.lots, o.id});
  }
  if (change.before == change.after) return;
  if (change.after == OrderState::kFilled) ++s.counts.filled;
  if (change.after == OrderState::kCanceled) ++s.counts.cancelled;
  if (change.after == OrderState::kDenied) {
    const Order& o = *change.order;
    deny(s, {s.id, o.side, name(change.reason), o.price, o.lots, o.id});
  }
}

// All are counted; those that find no room, more than one event should bring, are not told of.
void Core::deny(InstrumentState& s, const Denial& denial) {
  ++s.counts.denied;
  if (denials_.size() < denials_.capacity()) denials_.push_back(denial);
}

void Core::on_control(const Control& control) {
  switch (control.code) {
    case ControlCode::kPause:
      pause(control.scope, true);
      break;
    case ControlCode::kResume:
      pause(control.scope, false);
      if (control.scope == PauseScope::kAll) resume();
      break;
    case ControlCode::kKill:
      trip(QuoteReason::kHalted);
      want_all_canceled();
      break;
    case ControlCode::kShutdown:
      for (InstrumentState& s : instruments_) measure(s);
      trip(QuoteReason::kHalted);
      want_all_canceled();
      stopping_ = true;
      break;
    case ControlCode::kReload:
      reload();
      break;
  }
  mark_all_dirty();
}

void Core::pause(PauseScope scope, bool paused) {
  if (scope == PauseScope::kIncrease) {
    increase_paused_ = paused;
    return;
  }
  for (InstrumentState& s : instruments_) {
    if (scope != PauseScope::kSell) s.side(Side::kBuy).paused = paused;
    if (scope != PauseScope::kBuy) s.side(Side::kSell).paused = paused;
  }
}

// Where nobody else is meant to have orders on our symbols: theirs too.
void Core::want_all_canceled() {
  if (!config_.orders.exclusive_symbol) return;
  for (InstrumentState& s : instruments_) s.cancel_all_at = now_;
}

// Clears every stop but a shutdown. Losses up to here are accepted: they do not trip again.
void Core::resume() {
  if (stopping_) return;
  increase_paused_ = false;
  for (InstrumentState& s : instruments_) s.cancel_all_at = kNever;
  lifecycle_.resume();
  if (trip_ == QuoteReason::kLossLimit) {
    for (AccountTotal& account : accounts_) account.loss.resume(account.total);
    for (InstrumentState& s : instruments_) s.loss.resume(s.total);
  }
  trip_ = QuoteReason::kQuoting;
}

void Core::on_timer(CommandBuffer& out) {
  lifecycle_.on_time(now_, out);
  while (deadlines_.min() <= now_) {
    const std::size_t entry = deadlines_.min_entry();
    deadlines_.set(entry, kNever);
    if (entry < count_) {
      mark_dirty(instruments_[entry]);
    } else if (entry == silence_entry()) {
      judge_silence();
    } else if (entry == budget_entry()) {
      if (!waiting_.empty()) mark_dirty(instruments_[waiting_.front()]);
    } else {
      for (AccountTotal& account : accounts_) account.loss.new_day(account.total);
      for (InstrumentState& s : instruments_) {
        s.loss.new_day(s.total);
        s.carried = Money(0);
      }
      deadlines_.set(entry, next_day(now_, config_.account.day_start));
    }
  }
}

void Core::mark_dirty(InstrumentState& s) {
  if (s.dirty) return;
  s.dirty = true;
  dirty_.push_back(s.id);
}

void Core::mark_all_dirty() {
  for (InstrumentState& s : instruments_) mark_dirty(s);
}

// The first trip stays until a resume; it pulls everything.
void Core::trip(QuoteReason reason) {
  if (trip_ != QuoteReason::kQuoting) return;
  trip_ = reason;
  mark_all_dirty();
}

}  // namespace mm
