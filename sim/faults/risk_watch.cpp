#include "sim/faults/risk_watch.h"

#include <algorithm>
#include <utility>

namespace mm::sim {
namespace {

// Of `from`, is it larger than `most`? By what a ratio is rounded to.
bool is_larger(HalfTicks change, HalfTicks from, Ratio most) {
  return Int128{change.v} * kRatioScale >= Int128{from.v} * (most.v + 1);
}

}  // namespace

bool RiskWatch::Profit::exceeds(const RiskParams& limits) {
  best = std::max(best, now);
  const auto over = [](Money lost, Money limit) { return limit.v > 0 && lost > limit; };
  return over(from - now, limits.max_daily_loss) || over(best - now, limits.max_drawdown);
}

void RiskWatch::Profit::accept(Money of_core) {
  from = std::min({from, now, of_core});
  best = std::min(now, of_core);
}

void RiskWatch::Profit::new_day(Money of_core) {
  from = std::min(now, of_core);
}

RiskWatch::RiskWatch(const Core& core, const FaultyVenue& faults, const CoreConfig& config)
    : core_(core),
      faults_(faults),
      config_(&config),
      watches_(config.instruments.size()),
      moves_(config.instruments.size()),
      accounts_(config.instruments.size()),
      fills_before_(faults.venue().counters().fills) {
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    const InstrumentConfig& c = config.instruments[i];
    Watch& w = watches_[i];
    while (config.instruments[w.account].instrument.quote() != c.instrument.quote()) ++w.account;
    w.earned_before = earned(i);
    w.judged = c.instrument.fees.asset != Asset::kOther || c.instrument.fees.maker.v >= 0;
    w.profit.from = -c.carried.profit;
    accounts_[w.account].from -= c.carried.profit;
  }
}

Money RiskWatch::earned(InstrumentId i) const {
  const SimVenue& venue = faults_.venue();
  return venue.cash(i) - money(venue.fees(i, Asset::kQuote));
}

Money RiskWatch::total(InstrumentId i) const {
  const Watch& w = watches_[i];
  const Position& opened = core_.instrument(i).position;
  const Amount held = opened.opening() + faults_.gained(i);
  const Money worth = value(config_->instruments[i].instrument, held, w.mid);
  return earned(i) - w.earned_before + worth - opened.opening_value();
}

template <class Use>
void RiskWatch::for_each_profit(Use&& use) {
  for (std::size_t account = 0; account < accounts_.size(); ++account) {
    Money of_core{};
    for (InstrumentId i = 0; i < watches_.size(); ++i) {
      if (watches_[i].account == account) of_core += core_.instrument(i).total;
    }
    use(accounts_[account], of_core);
  }
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    use(watches_[i].profit, core_.instrument(i).total);
  }
}

void RiskWatch::on_event(const Event& event) {
  decided_ = event.kind == EventKind::kBatchEnd;
  if (day_at_ == kNever) {
    constexpr std::int64_t kDay = 24 * 3600 * kSecond.v;
    const std::int64_t since = (event.time - config_->account.day_start).v % kDay;
    day_at_ = event.time + Nanos(kDay - since);
  }
  if (event.time >= day_at_) {
    day_at_ += kSecond * (24 * 3600);
    for_each_profit([](Profit& profit, Money of_core) { profit.new_day(of_core); });
  }
  const bool resumes = event.kind == EventKind::kControl &&
                       event.control.code == ControlCode::kResume &&
                       event.control.scope == PauseScope::kAll;
  if (!resumes) return;
  lost_since_ = kNever;
  for_each_profit([](Profit& profit, Money of_core) { profit.accept(of_core); });
}

void RiskWatch::update(Nanos now) {
  bool any_moved = false;
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    const HalfTicks before = watches_[i].mid;
    const bool moved = follow_mid(i);
    any_moved |= moved;
    const bool found = core_.instrument(i).halted_until != watches_[i].core_halted_until;
    const bool judged = decided_ && (watches_[i].moved || hides_moves(i, now));
    if (moved || found || judged) follow_moves(i, now, before);
  }
  follow_losses(any_moved, now);
}

// That of a market that can be seen; what it did in the dark is no move of ours. False: it is as it
// was.
bool RiskWatch::follow_mid(InstrumentId i) {
  const Market& market = core_.instrument(i).market;
  const Touch& touch = market.touch();
  if (!market.synced() || market.crossed() || !touch.has_bid || !touch.has_ask) {
    moves_[i] = {};
    return false;
  }
  const HalfTicks seen = mid(touch.bid, touch.ask);
  return std::exchange(watches_[i].mid, seen) != seen;
}

// While a halt lasts that is longer than one that begins now, as a reload may have made them
// shorter, nobody sees whether the core has found another move.
bool RiskWatch::hides_moves(InstrumentId i, Nanos now) const {
  return core_.instrument(i).halted_until >= now + config_->instruments[i].risk.risk_cooldown;
}

// One move halts once: with the core's next decision the present price is what the next one is
// counted from, also where the core has found one that we have not.
void RiskWatch::follow_moves(InstrumentId i, Nanos now, HalfTicks before) {
  const RiskParams& risk = config_->instruments[i].risk;
  Watch& w = watches_[i];
  Moves& moves = moves_[i];
  const HalfTicks mid = w.mid;
  Span* newest = &moves.spans[moves.newest];
  const bool first = newest->begin == kNever;
  if (first || now - newest->begin >= risk.price_change_window / (kSpans - 1)) {
    const HalfTicks in_force = first ? mid : before;
    moves.newest = (moves.newest + 1) % kSpans;
    newest = &moves.spans[moves.newest];
    *newest = {now, in_force, in_force};
  }
  newest->low = std::min(newest->low, mid);
  newest->high = std::max(newest->high, mid);
  HalfTicks low = mid, high = mid;
  for (const Span& span : moves.spans) {
    if (span.begin == kNever || now - span.begin > risk.price_change_window) continue;
    low = std::min(low, span.low);
    high = std::max(high, span.high);
  }
  const Ratio most = risk.max_price_change;
  if (most.v > 0 && (is_larger(mid - low, low, most) || is_larger(high - mid, high, most))) {
    w.halted_at = now;
    w.halted_until = std::max(w.halted_until, now + risk.risk_cooldown);
    w.moved = true;
  }
  const Nanos found = core_.instrument(i).halted_until;
  const bool told = std::exchange(w.core_halted_until, found) != found;
  if (!told && !(decided_ && (w.moved || hides_moves(i, now)))) return;
  w.moved = false;
  moves = {};
  moves.spans[0] = {now, mid, mid};
}

Nanos RiskWatch::moved_since(InstrumentId i, Nanos now) const {
  return now < watches_[i].halted_until ? watches_[i].halted_at : kNever;
}

void RiskWatch::follow_losses(bool any_moved, Nanos now) {
  lost_just_now_ = false;
  const std::uint64_t made = faults_.venue().counters().fills - fills_before_;
  if (lost_since_ != kNever || (!any_moved && made == fills_seen_)) return;
  std::uint64_t told = 0;
  for (InstrumentId i = 0; i < watches_.size(); ++i) told += core_.instrument(i).position.fills();
  if (told != made) return;
  const bool filled = std::exchange(fills_seen_, made) != made;
  bool exceeded = false;
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    Watch& w = watches_[i];
    if (!core_.instrument(i).opened || !w.judged || (!filled && w.mid == w.mark)) continue;
    w.mark = w.mid;
    const Money now_total = total(i);
    accounts_[w.account].now += now_total - w.profit.now;
    w.profit.now = now_total;
    exceeded |= w.profit.exceeds(config_->instruments[i].risk);
  }
  for (Profit& account : accounts_) exceeded |= account.exceeds(config_->account);
  if (!exceeded) return;
  lost_since_ = now;
  lost_just_now_ = true;
}

}  // namespace mm::sim
