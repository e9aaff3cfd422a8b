#include "engine/counters/core_publisher.h"

#include <algorithm>
#include <array>

#include "engine/runtime/sealed_scope.h"

namespace mm::counters {
namespace {

using EngineUpdate = EngineBlock::Update;
using LatencyUpdate = LatencyBlock::Update;
using InstrumentUpdate = InstrumentBlock::Update;

void set_budgets(EngineUpdate& out, const RequestUsage& usage) {
  out.set("requests_sent_total", usage.sent.raw, 0);
  out.set("requests_sent_total", usage.sent.weight, 1);
  out.set("requests_sent_total", usage.sent.orders, 2);
  out.set("requests_equivalent_total", usage.cancel_place_equivalent.raw, 0);
  out.set("requests_equivalent_total", usage.cancel_place_equivalent.weight, 1);
  out.set("requests_equivalent_total", usage.cancel_place_equivalent.orders, 2);
  for (std::size_t k = 0; k < usage.counts.size(); ++k) {
    out.set("requests_total", usage.counts[k], k);
  }
}

void set_window(EngineUpdate& out, Window window, std::int64_t used, std::int64_t limit) {
  const auto i = static_cast<std::size_t>(window);
  out.set("rate_window_used", used, i);
  out.set("rate_window_limit", limit, i);
}

// A copy, since looking refills the bucket: the core's own is refilled by the core alone.
void set_windows(EngineUpdate& out, RateBudget budget, Nanos now) {
  const int own = budget.capacity();
  set_window(out, Window::kOwn, own - std::min(own, budget.available(now)), own);
  const RateUsage& u = budget.usage();
  set_window(out, Window::kOrders, now < u.orders_end ? u.orders_used : 0, u.orders_limit);
  set_window(out, Window::kWeight, u.weight_used, u.weight_limit);
  const std::uint32_t tightest = now < u.tightest_end ? u.tightest_pct : 0;
  out.set("rate_tightest_ratio", std::int64_t{tightest});
}

// The bucket that a bound cuts counts as above it.
void set_latency(LatencyUpdate& out, LatencyBlock::Name seconds, LatencyBlock::Name quantiles,
                 const Histogram& h) {
  std::size_t bound = 0;
  std::uint64_t below = 0;
  h.for_each_bucket([&](Nanos value, std::uint64_t count) {
    while (bound < kLatencyBounds.size() && value > kLatencyBounds[bound]) {
      out.set(seconds, below, bound++);
    }
    below += count;
  });
  while (bound <= kLatencyBounds.size()) out.set(seconds, below, bound++);
  out.set(seconds, h.sum(), bound);
  for (std::size_t i = 0; i < std::size(kQuantiles); ++i) {
    out.set(quantiles, h.percentile(kQuantiles[i].ppm), i);
  }
}

void set_quotes(InstrumentUpdate& out, const InstrumentState& s) {
  out.set("mark_price", s.marked ? s.mark.v : 0);
  out.set("best_bid_price", s.touch.has_bid ? s.touch.bid.v : 0);
  out.set("best_ask_price", s.touch.has_ask ? s.touch.ask.v : 0);
  out.set("fair_value_price", s.fair.v);
  for (const Side side : kSides) {
    const SideState& state = s.side(side);
    out.set("quote_reason", static_cast<std::int64_t>(state.bare()), index(side));
    out.set("quote_shortfall", static_cast<std::int64_t>(state.shortfall()), index(side));
    for (std::size_t r = 0; r < static_cast<std::size_t>(QuoteReason::kCount); ++r) {
      const auto reason = static_cast<QuoteReason>(r);
      const std::size_t at = side_reason(side, reason);
      out.set("quote_reason_seconds_total", state.times.spent(reason), at);
      out.set("quote_shortfall_seconds_total", state.times.fell_short(reason), at);
    }
    out.set("quote_levels", std::uint64_t{s.ladder.side(side).size()}, index(side));
    out.set("quote_due_seconds_total", state.due.total(), index(side));
    out.set("quote_stood_seconds_total", state.due.stood(), index(side));
  }
  out.set("quoted_seconds_total", s.uptime.quoted());
  out.set("quotable_seconds_total", s.uptime.measured());
}

void set_position(InstrumentUpdate& out, const InstrumentState& s) {
  out.set("position_base", s.position.base().v);
  out.set("position_opening_base", s.position.opening().v);
  out.set("pnl_total_quote", s.total);
  out.set("pnl_today_quote", s.today());
  out.set("pnl_realized_quote", s.position.realized());
  out.set("pnl_unrealized_quote", s.unrealized());
  const PnlParts parts = s.pnl_parts();
  out.set("pnl_spread_capture_quote", parts.spread_capture);
  out.set("pnl_adverse_selection_quote", parts.adverse_selection);
  out.set("pnl_inventory_quote", parts.inventory);
  out.set("fees_quote", s.position.fees());
  out.set("fills_total", s.position.fills());
}

void set_orders(InstrumentUpdate& out, const InstrumentState& s, const OrderTable& table) {
  const OrderCounts& c = s.counts;
  const std::uint64_t outcomes[] = {c.placed,   c.amended, c.cancelled,
                                    c.rejected, c.denied,  c.filled};
  static_assert(std::size(outcomes) == std::size(kOutcomes));
  for (std::size_t i = 0; i < std::size(outcomes); ++i) out.set("orders_total", outcomes[i], i);
  std::array<std::int64_t, kLiveStates> by_state{};
  for (const Side side : kSides) {
    out.set("orders_live", table.live(s.id, side).size(), index(side));
    for (const std::uint16_t slot : table.live(s.id, side)) {
      ++by_state[live_state(table.row(slot).state)];
    }
  }
  for (std::size_t i = 0; i < kLiveStates; ++i) out.set("orders_by_state", by_state[i], i);
  out.set("orders_unknown", std::uint64_t{table.unknown_count(s.id)});
  out.set("amends_pending", std::uint64_t{table.pending_modifications(s.id)});
  out.set("resets_total", s.reset.count());
  out.set("reset_naked_seconds_total", s.reset.naked());
  out.set("next_reset_timestamp_seconds", s.reset.due());
}

}  // namespace

void CorePublisher::publish_engine() {
  EngineUpdate out(counters_->layout().numbers);
  out.set("core_timestamp_seconds", core_.now());
  out.set("feed_up", std::int64_t{core_.feed_up()});
  const EventCounts events = events_.read();
  for (std::size_t k = 0; k < events.by_kind.size(); ++k) {
    out.set("events_total", events.by_kind[k], k);
  }
  set_budgets(out, core_.requests().total());
  set_windows(out, core_.budget(), core_.now());
  out.set("live_orders", std::uint64_t{core_.orders().live_count()});
  out.set("trip", static_cast<std::int64_t>(core_.trip()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(Invariant::kCount); ++i) {
    out.set("invariants_broken_total", core_.invariants().violations(static_cast<Invariant>(i)), i);
  }
  out.set("stopped", std::int64_t{core_.stopped()});
  out.set("hot_path_allocations_total", hot_path_allocations());
  if (journal_lost_ != nullptr) {
    out.set("journal_lost_total", journal_lost_->load(std::memory_order_relaxed));
  }
}

void CorePublisher::publish_instrument(std::size_t i) {
  const InstrumentState& s = core_.instrument(static_cast<InstrumentId>(i));
  Instrument& place = counters_->instruments()[i];
  quotes_.publish(s, place);
  InstrumentUpdate out(place.numbers);
  out.set("order_session", static_cast<std::int64_t>(core_.lifecycle().session(s.id)));
  out.set("instrument_events_total", s.events_in);
  set_quotes(out, s);
  set_position(out, s);
  out.set("account_pnl_total_quote", core_.account_total(s.id));
  set_orders(out, s, core_.orders());
}

void CorePublisher::publish_latencies() {
  LatencyUpdate out(counters_->layout().latency);
  set_latency(out, "event_to_command_seconds", "event_to_command_quantile_seconds",
              latencies_.event_to_command);
  set_latency(out, "turn_seconds", "turn_quantile_seconds", latencies_.turn);
}

void CorePublisher::publish_all() {
  for (std::size_t i = 0; i < core_.instrument_count(); ++i) publish_instrument(i);
  publish_latencies();
  publish_engine();
}

int CorePublisher::do_work() {
  if (++turns_ < kTurnsPerLook || counters_ == nullptr) return 0;
  turns_ = 0;
  const Nanos now = clock_.now();
  if (now < due_) return 0;
  const auto share = static_cast<std::int64_t>(core_.instrument_count());
  const Nanos interval = std::max(kInterval / share, kIntervalMin);
  // Jittered by the low bits of the time itself, so that it never beats with other periods.
  due_ = now + interval + Nanos(now.v % (interval.v / 4));
  publish_instrument(next_);
  next_ = (next_ + 1) % core_.instrument_count();
  if (now >= latency_due_) {
    latency_due_ = now + kLatencyInterval;
    publish_latencies();
  }
  publish_engine();
  return 0;
}

}  // namespace mm::counters
