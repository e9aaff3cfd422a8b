#include "sim/faults/checker.h"

#include <algorithm>
#include <utility>

#include "engine/core/assert.h"
#include "engine/core/order_id.h"
#include "engine/core/risk.h"
#include "sim/faults/order_limits.h"

namespace mm::sim {
namespace {

constexpr std::array<std::string_view, kChecks> kNames{
    "exposure",  "stray_order", "ghost_order",   "double_fill", "position",   "post_only",
    "own_cross", "stale_quote", "session_quote", "stopped",     "loss_limit", "price_move",
    "pre_trade", "rate_limit",  "retry_after",   "funds",       "bounded",    "core_invariant",
    "converged", "quoting",     "reset",         "flat",        "replay"};

// After the last fault: to resolve what is in doubt (it is asked for with pauses of up to 30 s),
// then to agree but for what is under way.
constexpr Nanos kHealing{90 * kSecond.v};
constexpr Nanos kUnderWay{10 * kSecond.v};
// Until a cancel is decided on, and until it has been to the venue, again if the first was refused.
constexpr Nanos kTried{100 * kMillisecond.v}, kGone{2 * kSecond.v};
// What rests, or is on its way, was decided on no longer ago, if nothing keeps it from being
// cancelled.
constexpr Nanos kDecided{30 * kSecond.v};

bool is_quote(CommandKind kind) {
  return kind == CommandKind::kPlace || kind == CommandKind::kReplace ||
         kind == CommandKind::kModify || kind == CommandKind::kReduce;
}

}  // namespace

std::string_view name(Check check) {
  return kNames[static_cast<std::size_t>(check)];
}

Checker::Checker(const Core& core, const FaultyVenue& faults, const CoreConfig& config)
    : core_(core),
      faults_(faults),
      configs_{config},
      asked_(core.orders().capacity()),
      budget_(config.orders.modify_rate_limit),
      watches_(config.instruments.size()),
      ghost_since_(core.orders().capacity(), kNever),
      quoting_(core, faults, configs_.front()),
      risk_(core, faults, configs_.front()) {
  find_limits();
}

void Checker::find_limits() {
  data_age_min_ = kNever;
  limits_.clear();
  for (const InstrumentConfig& i : in_force().instruments) {
    data_age_min_ = std::min(data_age_min_, i.risk.max_data_age);
    limits_.emplace_back(i.risk, i.instrument);
  }
}

void Checker::go_on_from(const Checker& before) {
  const SimVenue& venue = faults_.venue();
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    watches_[i].fair_lowest = before.watches_[i].fair_lowest;
    watches_[i].fair_lowest_before = before.watches_[i].fair_lowest_before;
    watches_[i].earned = risk_.earned(i);
  }
  fills_before_ = venue.counters().fills;
  self_trades_ = venue.counters().self_trades_prevented;
  configs_.insert(configs_.begin(), before.configs_.begin(), before.configs_.end());
  in_force_ = configs_.size() - 1;
}

void Checker::offer(const CoreConfig& next) {
  configs_.push_back(next);
}

void Checker::take_up_reload() {
  MM_ASSERT(in_force_ + 1 < configs_.size(), "a reload was offered");
  ++in_force_;
  reloaded_ = core_.now();
  budget_.set_rate(in_force().orders.modify_rate_limit);
  find_limits();
  quoting_.take_up_reload(in_force());
  risk_.take_up_reload(in_force());
}

void Checker::note_order(const Command& command) {
  const bool replaces = command.kind == CommandKind::kReplace;
  if (!replaces && command.kind != CommandKind::kPlace) return;
  const ClientOrderId id = replaces ? command.new_id : command.id;
  Asked& slot = asked_[parts(id).slot];
  slot.before = replaces ? asked_as(command.id) : Asked::Order{command.id, in_force_, in_force_};
  slot.now = {id, in_force_, slot.before.added};
}

// Under the first of all where it is an order of an earlier start, or one that a slot had long
// before.
Checker::Asked::Order Checker::asked_as(ClientOrderId id) const {
  const OrderIdParts p = parts(id);
  if (p.epoch != in_force().epoch || p.slot >= asked_.size()) return {id};
  for (const Asked::Order& order : {asked_[p.slot].now, asked_[p.slot].before}) {
    if (order.id == id) return order;
  }
  return {id};
}

std::size_t Checker::oldest(InstrumentId i, std::size_t Asked::Order::*under) const {
  std::size_t oldest = in_force_;
  const SimVenue& venue = faults_.venue();
  for (const Side side : kSides) {
    for (OrderRow row = venue.book(i).first(side); row != kNoRow && oldest > 0;
         row = venue.order(row).next) {
      oldest = std::min(oldest, asked_as(venue.order(row).id).*under);
    }
  }
  return oldest;
}

bool Checker::is_reload_over() const {
  return in_force_ == 0 || (healed_at_ != kNever && core_.now() >= healed_at_ &&
                            core_.now() - reloaded_ >= kUnderWay);
}

std::vector<Trace> Checker::traces() const {
  std::vector<Trace> all;
  for (std::size_t k = traced_ - std::min(traced_, kTraces); k < traced_; ++k) {
    all.push_back(traces_[k % kTraces]);
  }
  return all;
}

void Checker::on_event(const Event& event) {
  ++steps_;
  begun_ = std::min(begun_, event.time);
  quoting_.on_event(event);
  risk_.on_event(event);
  orders_changed_ |= !is_market(event.kind) && event.kind != EventKind::kBatchEnd;
  // Before it speaks again: a core that sees no silence does not decide in it, either.
  if (is_market(event.kind) && event.time - last_market_ > data_age_min_) check_rests(event.time);
  const bool of_instrument = is_market(event.kind) || is_execution(event.kind);
  if (of_instrument && event.instrument >= watches_.size()) return;
  if (is_market(event.kind)) {
    last_market_ = event.time;
    follow_book(event);
    if (event.kind == EventKind::kFeedStatus) feed_up_ = event.feed.up != 0;
    lag_ = event.time - event.received;
  } else if (event.kind == EventKind::kSessionStatus) {
    watches_[event.instrument].session = event.session.state;
    watches_[event.instrument].trading = event.session.symbol_trading != 0;
  } else if (event.kind == EventKind::kControl) {
    stopping_ |= event.control.code == ControlCode::kShutdown;
    person_.on_control(event.control, event.time);
    if (event.control.code == ControlCode::kReload) take_up_reload();
  } else if (reports_failure(event.kind) && event.failure.reason == RejectReason::kRateLimit) {
    quiet_until_ = std::max(quiet_until_, event.failure.retry_after);
    const bool cancel = event.kind == EventKind::kCancelRejected;
    expect(!cancel || quoting_.disturbed(), Check::kRateLimit, event.instrument,
           "a cancel has no room in the venue's limits");
  } else if (reports_failure(event.kind)) {
    const bool unpaid = event.failure.reason == RejectReason::kInsufficientBalance;
    expect(!unpaid || quoting_.disturbed(), Check::kFunds, event.instrument,
           "the balance does not pay a request");
  }
  const bool traced = (is_execution(event.kind) && event.kind != EventKind::kBalance &&
                       event.kind != EventKind::kRateUsage) ||
                      event.kind == EventKind::kControl || event.kind == EventKind::kBookStale ||
                      event.kind == EventKind::kFeedStatus;
  if (traced && !violated()) traces_[traced_++ % kTraces] = {event, {}};
  if (event.kind == EventKind::kBatchEnd) check_state();
}

void Checker::follow_book(const Event& event) {
  Watch& w = watches_[event.instrument];
  const bool begins = event.kind == EventKind::kBookBegin;
  const bool stale = event.kind == EventKind::kBookStale;
  if (begins || stale) {
    if (w.started && (w.in_message || event.sequence != w.sequence + 1)) w.whole = false;
    if (stale) w.whole = false;
    w.started = true;
    w.sequence = event.sequence;
    w.in_message = begins;
    w.snapshot = begins && (event.flags & kFlagSnapshot) != 0;
  } else if (event.kind != EventKind::kBookLevels) {
    return;
  }
  if (w.in_message && event.last()) {
    w.whole |= w.snapshot;
    w.in_message = false;
  }
}

void Checker::on_command(const Command& command) {
  if (!violated()) traces_[traced_++ % kTraces] = {{}, command};
  note_order(command);
  orders_changed_ = true;
  if (!is_quote(command.kind)) return;
  const InstrumentId i = command.instrument;
  const Watch& w = watches_[i];
  const Nanos now = core_.now();
  expect(w.whole, Check::kStaleQuote, i, "a quote on a book that is not whole");
  const Nanos age = now - last_market_;
  const Nanos age_max = in_force().instruments[i].risk.max_data_age;
  expect(age <= age_max, Check::kStaleQuote, i, "a quote on data {} ms old",
         age.v / kMillisecond.v);
  expect(lag_ <= age_max, Check::kStaleQuote, i, "a quote on data that came {} ms late",
         lag_.v / kMillisecond.v);
  expect(person_.stopped(command.side) == kNever, Check::kStopped, i,
         "a quote although a person has stopped {}", name(command.side));
  expect(w.session == SessionState::kUp && w.trading, Check::kSessionQuote, i,
         "a quote while the session is not up or the symbol is halted");
  expect(now >= quiet_until_, Check::kRetryAfter, i, "a quote {} ms before retry_after",
         (quiet_until_ - now).v / kMillisecond.v);
  expect(budget_.take(now), Check::kRateLimit, i, "more than {} quotes a second",
         in_force().orders.modify_rate_limit);
  check_passive(command);
  check_limits(command);
}

void Checker::check_limits(const Command& command) {
  const InstrumentId i = command.instrument;
  expect(risk_.lost_since() == kNever || risk_.lost_just_now(), Check::kLossLimit, i,
         "a quote after a loss beyond the limit");
  expect(risk_.moved_since(i, core_.now()) == kNever, Check::kPriceMove, i,
         "a quote within the cool-down after a move of the price");
  const Order* row = command.kind == CommandKind::kPlace ? nullptr : live_row(command.id);
  const std::string_view broken =
      broken_limit(command, core_.instrument(i), in_force().instruments[i], row);
  expect(broken.empty(), Check::kPreTrade, i, "{} of {} lots at {}, fair value {}/2: {}",
         name(command.side), command.lots.v, command.ticks, core_.instrument(i).fair.v, broken);
}

// A reduction leaves the price as it is, and a lost touch says nothing.
void Checker::check_passive(const Command& command) {
  const Touch& touch = core_.instrument(command.instrument).touch;
  if (command.kind == CommandKind::kReduce || !touch.has_bid || !touch.has_ask) return;
  const Ticks opposite = command.side == Side::kBuy ? touch.ask : touch.bid;
  expect((Ticks(command.ticks) - opposite).v * sign(command.side) < 0, Check::kPostOnly,
         command.instrument, "{} at {} would take at {}", name(command.side), command.ticks,
         opposite.v);
}

void Checker::check_state() {
  follow_faults(core_.now());
  risk_.update(core_.now());
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    follow_fair(i, core_.now());
    check_reset(i);
  }
  if (take_order_changes()) {
    for (InstrumentId i = 0; i < watches_.size(); ++i) {
      check_exposure(i);
      check_venue_orders(i);
    }
    check_account();
  }
  check_core_invariants();
  check_rests(core_.now());
  check_quoting(core_.now());
  check_healed(core_.now());
}

bool Checker::take_order_changes() {
  const VenueCounters& counters = faults_.venue().counters();
  const std::uint64_t changes =
      counters.requests + counters.fills + counters.expired + counters.self_trades_prevented;
  const bool by_venue = std::exchange(venue_changes_, changes) != changes;
  return std::exchange(orders_changed_, false) || by_venue;
}

void Checker::follow_faults(Nanos now) {
  if (core_.orders().unknown_count() > 0) doubted_at_ = now;
  if (!faults_.cancels_pass())
    cancels_pass_since_ = kNever;
  else
    cancels_pass_since_ = std::min(cancels_pass_since_, now);
}

// --- what may not rest ----------------------------------------------------------------------

// Why does not matter: each of these has the core cancel everything of the instrument. What an
// earlier start has left may stay until the market is known, as long as data may be old.
Nanos Checker::unquotable_since(InstrumentId i, Nanos now) const {
  const Nanos age_max = in_force().instruments[i].risk.max_data_age;
  const Nanos silent_at = last_market_ == kNever ? kNever : last_market_ + age_max;
  const Nanos since = std::min(watches_[i].unfit_since, now > silent_at ? silent_at : kNever);
  return since == kNever ? kNever : std::max({since, begun_ + age_max, reloaded_});
}

void Checker::check_rests(Nanos now) {
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    Watch& w = watches_[i];
    const bool late = lag_ > in_force().instruments[i].risk.max_data_age;
    const bool unfit = !w.whole || late || !feed_up_ || core_.instrument(i).market.crossed();
    w.unfit_since = unfit ? std::min(w.unfit_since, now) : kNever;
    if (faults_.venue().open_orders(i) == 0) continue;
    const Nanos unquotable = unquotable_since(i, now);
    for (const Side side : kSides) {
      check_rest(i, side, unquotable, Check::kStaleQuote, now);
      check_rest(i, side, person_.stopped(side), Check::kStopped, now);
      check_rest(i, side, risk_.lost_since(), Check::kLossLimit, now);
      check_rest(i, side, risk_.moved_since(i, now), Check::kPriceMove, now);
    }
  }
}

// At once there is nothing that the core has not tried to cancel, whatever goes wrong with it; and
// soon nothing that rests, where nothing goes wrong with cancels. What is in doubt waits for news.
void Checker::check_rest(InstrumentId i, Side side, Nanos since, Check check, Nanos now) {
  if (since == kNever || now - since < kTried) return;
  const SimVenue& venue = faults_.venue();
  const bool gone = now - since > kGone && now - doubted_at_ > kGone &&
                    cancels_pass_since_ != kNever && now - cancels_pass_since_ > kUnderWay;
  for (OrderRow row = venue.book(i).first(side); row != kNoRow; row = venue.order(row).next) {
    const RestingOrder& order = venue.order(row);
    const Order* ours = live_row(order.id);
    if (ours == nullptr || ours->state == OrderState::kUnknown) continue;
    expect(ours->is_leaving() && !gone, check, i, "{} order {:x} rests, {} ms after it may not",
           name(side), order.id.v, (now - since).v / kMillisecond.v);
  }
}

Amount Checker::venue_position(InstrumentId i) const {
  return core_.instrument(i).position.opening() + faults_.gained(i);
}

// The lowest of the last kDecided at least, and of the time before in which orders that the limit
// has left behind could not be cancelled.
void Checker::follow_fair(InstrumentId i, Nanos now) {
  Watch& w = watches_[i];
  const HalfTicks fair = core_.instrument(i).fair;
  const bool cancelable = cancels_pass_since_ != kNever && now - cancels_pass_since_ > kUnderWay &&
                          core_.orders().unknown_count() == 0;
  // Equal while fills are missed, it is by chance: one of each side.
  const bool told =
      core_.instrument(i).position.base() == venue_position(i) && faults_.missed_fills() == 0;
  if (cancelable && told && faults_.lies() == 0 && core_.lifecycle().stray_count() == 0) {
    for (const Side side : kSides) w.lies_over[index(side)] = faults_.lied_lots(i, side);
  }
  if (cancelable && now - w.fair_since > kDecided) {
    w.fair_lowest_before = w.fair_lowest;
    w.fair_lowest = HalfTicks(0);
    w.fair_since = now;
  }
  if (fair.v > 0 && (w.fair_lowest.v == 0 || fair < w.fair_lowest)) w.fair_lowest = fair;
}

HalfTicks Checker::fair_lowest(InstrumentId i) const {
  const Watch& w = watches_[i];
  const HalfTicks before = w.fair_lowest_before.v == 0 ? w.fair_lowest : w.fair_lowest_before;
  return std::min(w.fair_lowest, before);
}

Amount Checker::limit(InstrumentId i) const {
  const HalfTicks lowest = fair_lowest(i);
  Amount most{};
  for (std::size_t k = is_reload_over() ? in_force_ : oldest(i, &Asked::Order::under);
       k <= in_force_; ++k) {
    const InstrumentConfig& c = configs_[k].instruments[i];
    most = std::max(most, PositionLimit(c.risk, c.instrument).at(lowest));
  }
  return most;
}

std::int32_t Checker::orders_max() const {
  std::size_t first = in_force_;
  for (InstrumentId i = 0; i < watches_.size() && !is_reload_over(); ++i) {
    first = std::min(first, oldest(i, &Asked::Order::added));
  }
  std::int32_t most = 0;
  for (; first <= in_force_; ++first) {
    most = std::max(most, configs_[first].account.max_order_count);
  }
  return most;
}

std::int32_t Checker::orders_max(InstrumentId i) const {
  std::int32_t most = 0;
  for (std::size_t k = is_reload_over() ? in_force_ : oldest(i, &Asked::Order::added);
       k <= in_force_; ++k) {
    most = std::max(most, configs_[k].instruments[i].risk.max_order_count);
  }
  return most;
}

// Of these the core learned from a fill or a list at last, when it may have sent more.
Lots Checker::lied(InstrumentId i, Side side) const {
  return faults_.lied_lots(i, side) - watches_[i].lies_over[index(side)];
}

void Checker::check_exposure(InstrumentId i) {
  const SimVenue& venue = faults_.venue();
  const bool valued = watches_[i].fair_lowest.v != 0 && core_.instrument(i).opened;
  if (!valued || venue.open_orders(i) == 0) return;
  const Instrument& instrument = in_force().instruments[i].instrument;
  const Amount most_now = limits_[i].at(fair_lowest(i));
  // Fees charged in base move the position when an order is filled, not before.
  const bool base_fees = instrument.fees.asset == Asset::kBase;
  for (const Side side : kSides) {
    Lots open{};
    for (OrderRow row = venue.book(i).first(side); row != kNoRow; row = venue.order(row).next) {
      open += venue.order(row).leaves();
    }
    if (open.v == 0) continue;
    const std::int64_t held = venue_position(i).v * sign(side);
    const std::int64_t worst = held + base_amount(instrument, open).v;
    const Amount unheard = base_amount(instrument, lied(i, side));
    const auto allows = [&](Amount most) {
      const Amount slack = base_fees ? Amount(most.v / 50) + instrument.lot : Amount(0);
      return worst <= most.v + slack.v + unheard.v;
    };
    if (allows(most_now)) continue;
    const Amount most = limit(i);
    expect(allows(most), Check::kExposure, i, "{}: position {} and open orders reach {} of {}",
           name(side), held, worst, most.v);
  }
}

// The row under which the core counts it; nullptr: it is believed dead.
const Order* Checker::live_row(ClientOrderId id) const {
  const auto has = [id](const Order& row) {
    return may_be_live(row.state) && (row.id == id || row.next_id == id);
  };
  const OrderIdParts p = parts(id);
  const auto rows = core_.orders().rows();
  if (p.epoch == in_force().epoch) {
    return p.slot < rows.size() && has(rows[p.slot]) ? &rows[p.slot] : nullptr;
  }
  const auto found = std::ranges::find_if(rows, has);  // one of an earlier start may have any row
  return found == rows.end() ? nullptr : &*found;
}

// A request on its way keeps its row alive, so there is no grace.
void Checker::check_venue_orders(InstrumentId i) {
  const SimVenue& venue = faults_.venue();
  for (const Side side : kSides) {
    for (OrderRow row = venue.book(i).first(side); row != kNoRow; row = venue.order(row).next) {
      const RestingOrder& order = venue.order(row);
      const bool cancels = core_.lifecycle().stray_count() > 0 && faults_.has_shown(order.id);
      const bool known = live_row(order.id) != nullptr || cancels;
      expect(known || faults_.is_lied_about(order.id), Check::kStrayOrder, i,
             "{} order {:x} lives at the venue", name(side), order.id.v);
      expect(order.type == OrderType::kLimitMaker, Check::kPostOnly, i,
             "{} order {:x} may take: it is not post-only", name(side), order.id.v);
    }
  }
}

// Looked at once, when it ends: an order in doubt may turn out to live later on.
void Checker::check_reset(InstrumentId i) {
  const ResetCycle& reset = core_.instrument(i).reset;
  const bool ended = watches_[i].resetting && !reset.canceling();
  watches_[i].resetting = reset.canceling();
  if (!ended) return;
  for (const Side side : kSides) {
    for (const std::uint16_t slot : core_.orders().live(i, side)) {
      const Order& row = core_.orders().row(slot);
      expect(row.state == OrderState::kUnknown || row.created >= reset.began(), Check::kReset, i,
             "{} order {:x} outlives the reset", name(side), row.id.v);
    }
  }
}

void Checker::check_account() {
  const SimVenue& venue = faults_.venue();
  const VenueCounters& counters = venue.counters();
  std::uint64_t fills = 0;
  for (InstrumentId i = 0; i < watches_.size(); ++i) fills += core_.instrument(i).position.fills();
  expect(fills <= counters.fills - fills_before_, Check::kDoubleFill, 0, "{} fills counted of {}",
         fills, counters.fills - fills_before_);
  expect(counters.taker_fills == 0, Check::kPostOnly, 0, "a fill as taker");
  bool lied_to = false;
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    for (const Side side : kSides) lied_to |= lied(i, side).v != 0;
  }
  if (lied_to) self_trades_ = counters.self_trades_prevented;
  expect(counters.self_trades_prevented == self_trades_, Check::kOwnCross, 0,
         "a request would have matched our own order");
  check_order_count();
  expect(core_.orders().used_count() <= core_.orders().capacity(), Check::kBounded, 0,
         "the order table is over its capacity");
}

void Checker::check_core_invariants() {
  const InvariantCounts& own = core_.invariants();
  const std::uint64_t broken = own.total();
  if (broken == core_broken_) return;
  Invariant which{};
  for (int k = 0; k < static_cast<int>(Invariant::kCount); ++k) {
    if (own.violations(static_cast<Invariant>(k)) > 0) which = static_cast<Invariant>(k);
  }
  expect(false, Check::kCoreInvariant, 0, "{}", name(which));
  core_broken_ = broken;
}

void Checker::check_order_count() {
  const SimVenue& venue = faults_.venue();
  const std::size_t unheard = faults_.lies() + core_.lifecycle().stray_count();
  const auto allows = [unheard](std::uint32_t open, std::int32_t most) {
    return open <= static_cast<std::uint32_t>(most) + unheard;
  };
  if (!allows(venue.open_orders(), in_force().account.max_order_count)) {
    const std::int32_t most = orders_max();
    expect(allows(venue.open_orders(), most), Check::kBounded, 0, "{} orders open of {}",
           venue.open_orders(), most);
  }
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    const std::uint32_t open = venue.open_orders(i);
    if (allows(open, in_force().instruments[i].risk.max_order_count)) continue;
    const std::int32_t most = orders_max(i);
    expect(allows(open, most), Check::kBounded, i, "{} orders of it open of {}", open, most);
  }
}

// Once the plan is over and time has been given to heal.
void Checker::check_healed(Nanos now) {
  if (!faults_.over()) {
    healed_at_ = kNever;
    return;
  }
  if (healed_at_ == kNever) healed_at_ = now + kHealing;
  if (stopping_ || now < healed_at_) return;
  const bool doubt = core_.orders().unknown_count() > 0;
  if (!doubt) doubt_since_ = kNever;
  if (doubt && doubt_since_ == kNever) doubt_since_ = now;
  expect(!doubt || now - doubt_since_ < kUnderWay, Check::kConverged, 0, "{} orders unknown",
         core_.orders().unknown_count());
  check_ghosts(now);
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    check_belief(i, now);
  }
}

void Checker::check_belief(InstrumentId i, Nanos now) {
  Watch& w = watches_[i];
  const Amount believed = core_.instrument(i).position.base(), true_one = venue_position(i);
  const bool differs = believed != true_one;
  if (!differs) w.differs_since = kNever;
  if (differs && w.differs_since == kNever) w.differs_since = now;
  expect(!differs || now - w.differs_since < kUnderWay, Check::kPosition, i,
         "position {} is believed to be {}", true_one.v, believed.v);
}

void Checker::check_ghosts(Nanos now) {
  for (std::uint16_t slot = 0; slot < core_.orders().capacity(); ++slot) {
    const Order& row = core_.orders().row(slot);
    const RestingOrder* truth = is_resting(row.state) ? faults_.venue().find(row.id) : nullptr;
    const bool ghost =
        is_resting(row.state) && (truth == nullptr || truth->status != OrderStatusCode::kOpen);
    if (!ghost) {
      ghost_since_[slot] = kNever;
      continue;
    }
    ghost_since_[slot] = std::min(ghost_since_[slot], now);
    expect(now - ghost_since_[slot] < kUnderWay, Check::kGhostOrder, row.instrument,
           "order {:x} is gone", row.id.v);
  }
}

// Faults that heal must heal the quoting too.
void Checker::check_quoting(Nanos now) {
  if (stopping_) return;
  quoting_.update(now);
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    for (const Side side : kSides) {
      if (quoting_.naked(i, side) < QuotingWatch::kRequote) continue;
      expect(false, Check::kQuoting, i, "{} has no order, reason {}", name(side),
             name(core_.instrument(i).side(side).bare()));
    }
  }
}

void Checker::at_stop() {
  const std::uint32_t open = faults_.venue().open_orders();
  expect(open <= faults_.lies(), Check::kFlat, 0, "the core has stopped with {} orders open", open);
}

void Checker::at_end(bool flat) {
  const SimVenue& venue = faults_.venue();
  expect(flat && venue.open_orders() == 0, Check::kFlat, 0, "{} orders open, {} believed live",
         venue.open_orders(), core_.orders().live_count());
  std::uint64_t fills = 0;
  for (InstrumentId i = 0; i < watches_.size(); ++i) {
    const Position& ours = core_.instrument(i).position;
    fills += ours.fills();
    expect(ours.base() == venue_position(i), Check::kPosition, i,
           "position {} is believed to be {} at the end", venue_position(i).v, ours.base().v);
    // Whatever the base is worth, such as nothing. What fees in a third asset are is config.
    const bool exact = in_force().instruments[i].instrument.fees.asset != Asset::kOther;
    const Money booked = ours.total(HalfTicks(0)) + ours.opening_value();
    expect(!exact || booked == risk_.earned(i) - watches_[i].earned, Check::kPosition, i,
           "cash less fees differs at the end");
  }
  const std::uint64_t told = venue.counters().fills - fills_before_;
  expect(fills == told, Check::kPosition, 0, "{} fills counted of {}", fills, told);
  check_account();
  check_core_invariants();
}

}  // namespace mm::sim
