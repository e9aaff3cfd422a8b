#include "sim/faults/named_waits.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/core/circuit_breaker.h"
#include "engine/core/risk.h"

namespace mm::sim {
namespace {

// Of a wait that ends by itself: news of its end are on their way, and a timer is due.
constexpr Nanos kSlack{kSecond};
// The market or the position that makes a ladder unquotable moves on.
constexpr Nanos kLadderMax{60 * kSecond.v};

// Twice the least that the venue accepts: what it takes beside that are fees and rounding.
Money least_worth(const Instrument& instrument, HalfTicks fair) {
  const Money lots = value(instrument, base_amount(instrument, instrument.lots_min), fair);
  return std::max(instrument.notional_min, lots) * 2;
}

bool runs_out(QuoteReason reason) {
  return reason == QuoteReason::kVolatilityHalt || reason == QuoteReason::kFillPause ||
         reason == QuoteReason::kWarmUp || reason == QuoteReason::kReset;
}

}  // namespace

NamedWaits::NamedWaits(const Core& core, const FaultyVenue& faults, const CoreConfig& config)
    : core_(core),
      faults_(faults),
      config_(&config),
      before_(&config),
      watches_(config.instruments.size()) {}

void NamedWaits::on_event(const Event& event) {
  if (event.kind == EventKind::kControl) return person_.on_control(event.control, event.time);
  if (is_market(event.kind) && event.instrument < watches_.size()) follow_mid(event.instrument);
  if (!is_execution(event.kind) || event.instrument >= watches_.size()) return;
  Watch& w = watches_[event.instrument];
  if (event.kind == EventKind::kFilled) w.sides[index(event.side())].filled_at = event.time;
  if (!reports_failure(event.kind)) return;
  const RejectReason reason = event.failure.reason;
  if (reason == RejectReason::kRateLimit) {
    quiet_until_ = std::max(quiet_until_, event.failure.retry_after);
  }
  (reason == RejectReason::kWouldCross ? w.would_cross_at : w.refused_at) = event.time;
}

void NamedWaits::take_up_reload(const CoreConfig& next, Nanos now) {
  before_ = std::exchange(config_, &next);
  reloaded_ = now;
}

void NamedWaits::update(Nanos now) {
  now_ = now;
  if (!lost_) follow_losses();
}

// What began before a reload may end as it would have without: also what runs out by itself and
// was named anew since, after a fault.
bool NamedWaits::is_true(InstrumentId i, Side side, QuoteReason reason, Nanos since) {
  if (holds(i, side, reason, since)) return true;
  const Nanos longest = std::max(kLadderMax, before_->instruments[i].risk.risk_cooldown + kSlack);
  const bool may_run = runs_out(reason) && now_ - reloaded_ < longest;
  if (since >= reloaded_ && !may_run) return false;
  std::swap(config_, before_);
  const bool held = holds(i, side, reason, since);
  std::swap(config_, before_);
  return held;
}

bool NamedWaits::holds(InstrumentId i, Side side, QuoteReason reason, Nanos since) {
  const InstrumentConfig& c = config_->instruments[i];
  const Watch& w = watches_[i];
  constexpr Nanos kBreakerMax = CircuitBreakerConfig{}.cooldown_max + kSlack;
  switch (reason) {
    case QuoteReason::kThinBook:
      return is_thin(i);
    case QuoteReason::kWarmUp:
      return now_ - since < c.strategy.warmup + kSlack;
    case QuoteReason::kPositionLimit:
      return lacks_room(i, side) || is_under_way(i, side);
    case QuoteReason::kOrderLimit:
      return lacks_orders(i);
    case QuoteReason::kInsufficientBalance:
      return lacks_funds(i, side) || is_under_way(i, side);
    case QuoteReason::kLossLimit:
      return lost_;
    case QuoteReason::kVolatilityHalt:
      return has_moved(i, since);
    case QuoteReason::kRateBudget:
      return lacks_budget(since);
    case QuoteReason::kFillPause:
      return now_ - w.sides[index(side)].filled_at < c.strategy.fill_pause + kSlack;
    case QuoteReason::kPostOnlyBreaker:
      return now_ - w.would_cross_at < kBreakerMax;
    case QuoteReason::kCircuitBreaker:
      return now_ - w.refused_at < kBreakerMax;
    case QuoteReason::kReset:
      return now_ - since < config_->orders.modification_timeout * 2 + 5 * kSecond;
    case QuoteReason::kPaused:
      return is_paused(i, side);
    case QuoteReason::kHalted:
      return person_.killed();
    case QuoteReason::kPriceBand:
      return is_out_of_bounds(i, side) || now_ - since < kLadderMax;
    case QuoteReason::kBelowMinSize:
      return is_skewed_away(i, side) || now_ - since < kLadderMax;
    case QuoteReason::kPriceCollar:
      return now_ - since < kLadderMax;
    default:
      return false;
  }
}

// --- what the venue knows -------------------------------------------------------------------

namespace {

// What has to be left free of `limit`: of one by worth, of which it is a small part.
Amount margin_of(const InstrumentConfig& c, Amount limit, HalfTicks fair) {
  const Money worth = c.risk.max_position_notional;
  const Amount base = c.risk.max_position, lot = c.instrument.lot;
  const bool by_base = base.v > 0 && worth > value(c.instrument, base + base / 900, fair);
  if (worth.v == 0 || by_base || limit.v / 10 < lot.v) return Amount(0);
  return std::max(limit / 1000, lot);
}

}  // namespace

bool NamedWaits::lacks_room(InstrumentId i, Side side) const {
  const InstrumentConfig& c = config_->instruments[i];
  const InstrumentState& s = core_.instrument(i);
  const Amount limit =
      person_.reduces_only() ? Amount(0) : PositionLimit(c.risk, c.instrument).at(s.fair);
  const Amount margin = margin_of(c, limit, s.fair);
  const Amount position = s.position.opening() + faults_.gained(i);
  const Amount room = limit - margin - position * sign(side);
  return value(c.instrument, room, s.fair) < least_worth(c.instrument, s.fair);
}

bool NamedWaits::lacks_funds(InstrumentId i, Side side) const {
  const Instrument& instrument = config_->instruments[i].instrument;
  if (!instrument.is_spot) return false;
  const Wallet wallet = faults_.venue().wallet(i);
  const HalfTicks fair = core_.instrument(i).fair;
  const Money free =
      side == Side::kBuy ? money(wallet.quote_free) : value(instrument, wallet.base_free, fair);
  return free < least_worth(instrument, fair);
}

// Those that are in doubt count as well.
bool NamedWaits::lacks_orders(InstrumentId i) const {
  const InstrumentConfig& c = config_->instruments[i];
  const SimVenue& venue = faults_.venue();
  const auto open = static_cast<std::int64_t>(venue.open_orders(i));
  const auto doubtful = static_cast<std::int64_t>(core_.orders().unknown_count());
  return std::int64_t{venue.open_orders()} + doubtful >= config_->account.max_order_count ||
         open + doubtful >= c.risk.max_order_count ||
         (c.instrument.orders_max > 0 && open + doubtful >= c.instrument.orders_max);
}

bool NamedWaits::is_thin(InstrumentId i) const {
  const PriceLevels& bids = faults_.venue().book(i).external(Side::kBuy);
  const PriceLevels& asks = faults_.venue().book(i).external(Side::kSell);
  if (bids.empty() || asks.empty()) return true;
  const Int128 spread = (asks.best().price - bids.best().price).v;
  return spread * 2 * kRatioScale >
         Int128{core_.instrument(i).fair.v} * config_->instruments[i].strategy.max_market_spread.v;
}

// Is the level nearest to fair value, which a skew may have brought nearer still?
bool NamedWaits::is_out_of_bounds(InstrumentId i, Side side) const {
  const InstrumentConfig& c = config_->instruments[i];
  const Amount bound = side == Side::kBuy ? c.strategy.price_ceiling : c.strategy.price_floor;
  const Ratio away = c.strategy.min_spread - c.strategy.skew_price;
  const Int128 nearest = Int128{core_.instrument(i).fair.v} * c.instrument.tick.v *
                         (kRatioScale - sign(side) * away.v);
  const Int128 beyond = nearest - Int128{bound.v} * 2 * kRatioScale;
  return bound.v > 0 && beyond * sign(side) > 0;
}

// Does skew, which takes from the side that adds to the position, leave less of the largest level
// than the venue accepts?
bool NamedWaits::is_skewed_away(InstrumentId i, Side side) const {
  const InstrumentConfig& c = config_->instruments[i];
  const InstrumentState& s = core_.instrument(i);
  const StrategyParams& p = c.strategy;
  const Amount limit = std::max(PositionLimit(c.risk, c.instrument).at(s.fair), Amount(1));
  const Amount held = s.position.opening() + faults_.gained(i) - p.target_position;
  const Int128 part = Int128{held.v} * sign(side) * kRatioScale / limit.v;
  const Int128 taken = std::clamp<Int128>(part, 0, kRatioScale) * p.skew_size.v / kRatioScale;
  if (taken == 0 || std::string_view(p.strategy.data()) != "passive_maker") return false;
  const Int128 step = Int128{p.level_size_step.v} * (p.target_orders_per_side - 1);
  const Int128 largest = kRatioScale + std::max<Int128>(step, 0);
  const Money innermost =
      p.order_size.v > 0 ? value(c.instrument, p.order_size, s.fair) : p.order_notional;
  const Money worth(innermost.v * largest / kRatioScale * (kRatioScale - taken) / kRatioScale);
  return worth < least_worth(c.instrument, s.fair);
}

// --- what has happened ----------------------------------------------------------------------

// An order whose answer is out holds room and balance.
bool NamedWaits::is_under_way(InstrumentId i, Side side) const {
  return !core_.orders().live(i, side).empty();
}

bool NamedWaits::is_paused(InstrumentId i, Side side) const {
  if (person_.paused(side)) return true;
  const Amount position = core_.instrument(i).position.opening() + faults_.gained(i);
  return person_.reduces_only() && position.v * sign(side) >= 0;
}

// Tokens of our own come again within a second, and a side without an order is served before the
// others: its turn comes when all such sides have had theirs, twice if the market is faster.
bool NamedWaits::lacks_budget(Nanos since) {
  const RateUsage usage = faults_.venue().rate_usage();
  // From four fifths of a window on what can wait does.
  if (usage.orders_used * 5 >= usage.orders_limit * 4) window_full_at_ = now_;
  const auto sides = static_cast<std::int64_t>(2 * watches_.size());
  const Nanos turns = 2 * sides * kSecond / config_->orders.modify_rate_limit;
  return now_ - std::max({since, quiet_until_, window_full_at_}) < turns + kSlack;
}

// Of every message, not only at decisions: a mid that comes and goes is a move as well.
void NamedWaits::follow_mid(InstrumentId i) {
  const Touch& touch = core_.instrument(i).seen;
  if (!touch.has_bid || !touch.has_ask) return;
  Watch& w = watches_[i];
  w.mid = mid(touch.bid, touch.ask);
  w.lowest = std::min(w.lowest, w.mid);
  w.highest = std::max(w.highest, w.mid);
}

// Without a move since then there is none that halts, but for one that had begun within the window
// before: half of one is enough.
bool NamedWaits::has_moved(InstrumentId i, Nanos since) {
  const RiskParams& risk = config_->instruments[i].risk;
  if (risk.max_price_change.v == 0) return false;
  Watch& w = watches_[i];
  const Int128 range = Int128{(w.highest - w.lowest).v} * 2 * kRatioScale;
  if (w.still_since < since || range > Int128{w.lowest.v} * risk.max_price_change.v) {
    w.lowest = w.highest = w.mid;
    w.still_since = now_;
  }
  return now_ - w.still_since < risk.price_change_window + risk.risk_cooldown + kSlack;
}

// Of the sums over instruments both are at least what any account of the core's counts.
void NamedWaits::follow_losses() {
  Money loss{}, drawdown{};
  const auto exceeds = [this](const RiskParams& limits, Money lost, Money fallen) {
    const auto near = [](Money limit, Money m) { return limit.v > 0 && m.v * 10 > limit.v * 9; };
    lost_ |= near(limits.max_daily_loss, lost) || near(limits.max_drawdown, fallen);
  };
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    const InstrumentState& s = core_.instrument(i);
    Watch& w = watches_[i];
    w.peak = std::max(w.peak, s.total);
    const Money lost = std::max(Money(0), -s.today()), fallen = w.peak - s.total;
    exceeds(config_->instruments[i].risk, lost, fallen);
    loss += lost;
    drawdown += fallen;
  }
  exceeds(config_->account, loss, drawdown);
}

}  // namespace mm::sim
