#include "engine/app/session/summarize.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"

namespace mm::app {
namespace {

std::int64_t share_hundredths(Nanos part, Nanos whole) {
  return whole.v == 0 ? 0 : static_cast<std::int64_t>(Int128{part.v} * 10'000 / whole.v);
}

BudgetSummary budget(std::int64_t sent, std::int64_t equivalent) {
  return {sent, equivalent};
}

RequestSummary requests_of(const RequestUsage& usage) {
  const RequestTotals& sent = usage.sent;
  const RequestTotals& plain = usage.cancel_place_equivalent;
  return {.raw = budget(sent.raw, plain.raw),
          .weight = budget(sent.weight, plain.weight),
          .orders = budget(sent.orders, plain.orders),
          .saved_pct_hundredths = usage.saved_pct_hundredths(),
          .amend_saved_pct_hundredths = usage.amend_saved_pct_hundredths()};
}

// For a session without fills: how near our quotes came to where the market traded.
std::string nearest_quote(const InstrumentState& s) {
  const Instrument& i = s.config.instrument;
  const NearestQuote& n = s.nearest;
  if (n.trade_highest.v == 0) return "no trades seen";
  std::string text = fmt::format("market traded {} to {}", price_text(i, n.trade_lowest).view(),
                                 price_text(i, n.trade_highest).view());
  if (n.bid_highest.v > 0) {
    text += fmt::format(", highest own bid {}", price_text(i, n.bid_highest).view());
  }
  if (n.ask_lowest < Ticks::max()) {
    text += fmt::format(", lowest own ask {}", price_text(i, n.ask_lowest).view());
  }
  return text;
}

// Seconds that the sides stood for each reason, on average of both.
std::string reasons(const InstrumentState& s, Nanos (ReasonTimes::*time)(QuoteReason) const) {
  std::string text;
  for (std::size_t i = 0; i < static_cast<std::size_t>(QuoteReason::kCount); ++i) {
    const auto reason = static_cast<QuoteReason>(i);
    Nanos spent{};
    for (const Side side : kSides) spent += (s.side(side).times.*time)(reason);
    const std::int64_t ms = spent.v / (2 * kMillisecond.v);
    if (ms == 0) continue;
    text +=
        fmt::format("{}{} {} s", text.empty() ? "" : ", ", name(reason), DecimalText(ms, 3).view());
  }
  return text;
}

Results results_of(const Core& core, const InstrumentState& s) {
  Results r;
  r.events_in = static_cast<std::int64_t>(s.events_in);
  r.orders = {.placed = static_cast<std::int64_t>(s.counts.placed),
              .amended = static_cast<std::int64_t>(s.counts.amended),
              .cancelled = static_cast<std::int64_t>(s.counts.cancelled),
              .rejected = static_cast<std::int64_t>(s.counts.rejected),
              .denied = static_cast<std::int64_t>(s.counts.denied),
              .filled = static_cast<std::int64_t>(s.counts.filled)};
  r.fills = static_cast<std::int64_t>(s.position.fills());
  r.position = s.position.base();
  r.pnl.realized = s.position.realized();
  r.pnl.unrealized = s.unrealized();
  r.pnl.fees = s.position.fees();
  r.pnl.parts = s.pnl_parts();
  r.quote_uptime_pct_hundredths = share_hundredths(s.uptime.quoted(), s.uptime.measured());
  r.requests = requests_of(core.requests().of(s.id));
  if (s.marked) r.details.emplace_back("mark", price_text(s.config.instrument, s.mark).str());
  r.details.emplace_back("nearest_quote", nearest_quote(s));
  r.details.emplace_back("reasons", reasons(s, &ReasonTimes::spent));
  r.details.emplace_back("shortfalls", reasons(s, &ReasonTimes::fell_short));
  r.details.emplace_back("resets", std::to_string(s.reset.count()));
  r.details.emplace_back("reset_naked_ms", std::to_string(s.reset.naked().v / kMillisecond.v));
  if (s.position.fees_unconverted().v != 0) {
    r.details.emplace_back("fees_unconverted", decimal_text(s.position.fees_unconverted()).str());
  }
  return r;
}

void add(Results& total, const Results& r) {
  total.events_in += r.events_in;
  total.orders.placed += r.orders.placed;
  total.orders.amended += r.orders.amended;
  total.orders.cancelled += r.orders.cancelled;
  total.orders.rejected += r.orders.rejected;
  total.orders.denied += r.orders.denied;
  total.orders.filled += r.orders.filled;
  total.fills += r.fills;
  total.pnl.realized += r.pnl.realized;
  total.pnl.unrealized += r.pnl.unrealized;
  total.pnl.fees += r.pnl.fees;
  total.pnl.parts += r.pnl.parts;
}

}  // namespace

void summarize(const Core& core, Summary& out) {
  Nanos quoted{}, measured{};
  for (std::size_t i = 0; i < core.instrument_count(); ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    const Results r = results_of(core, s);
    add(out.total, r);
    quoted += s.uptime.quoted();
    measured += s.uptime.measured();
    out.instruments.emplace_back(std::string(s.config.instrument.symbol()), r);
  }
  if (out.instruments.size() == 1) {
    out.total.position = out.instruments[0].second.position;
    out.total.details = out.instruments[0].second.details;
  }
  out.total.quote_uptime_pct_hundredths = share_hundredths(quoted, measured);
  out.total.requests = requests_of(core.requests().total());
  for (std::size_t i = 0; i < static_cast<std::size_t>(Invariant::kCount); ++i) {
    const auto invariant = static_cast<Invariant>(i);
    out.invariants.emplace_back(std::string(name(invariant)),
                                static_cast<std::int64_t>(core.invariants().violations(invariant)));
  }
  const LifecycleCounters& c = core.lifecycle().counters();
  if (c.adopted > 0) {
    out.notes.push_back(fmt::format("{} orders of an earlier start went on", c.adopted));
  }
  if (c.strays > 0) {
    out.notes.push_back(fmt::format("{} orders found alive without a row: cancelled", c.strays));
  }
  if (c.missing_fills > 0) {
    out.notes.push_back(fmt::format("{} orders ended with fills that never came", c.missing_fills));
  }
  if (c.unexplained_fills > 0) {
    out.notes.push_back(fmt::format(
        "{} fills too old to tell whether they were counted: see the ledger's fills, then resume",
        c.unexplained_fills));
  }
}

void summarize(const EventCounts& events, Summary& out) {
  out.total.events_in = static_cast<std::int64_t>(events.total);
  for (std::size_t k = 0; k < events.by_kind.size(); ++k) {
    if (events.by_kind[k] == 0) continue;
    out.events.emplace_back(name(static_cast<EventKind>(k)),
                            static_cast<std::int64_t>(events.by_kind[k]));
  }
}

void summarize(const Config& config, Summary& out) {
  const sim::SimulatorConfig& sim = config.simulator;
  auto latency = [](const sim::LatencyConfig& l) {
    if (l.kind == sim::LatencyKind::kSamples) return "samples from " + l.samples_file;
    std::string text = fmt::format("{} us", l.base.v / 1000);
    if (l.kind == sim::LatencyKind::kDistribution) {
      text += fmt::format(" + exponential tail of mean {} us", l.spread.v / 1000);
    }
    return text;
  };
  constexpr const char* kQueueModels[] = {"risk_averse", "power_prob", "log_prob"};
  out.simulator.emplace_back("queue_model",
                             kQueueModels[static_cast<std::size_t>(sim.queue_model)]);
  out.simulator.emplace_back("feed_latency", latency(sim.feed));
  out.simulator.emplace_back("order_latency", latency(sim.order_entry));
  out.simulator.emplace_back("response_latency", latency(sim.response));
}

LatencySummary summarize(std::string stage, const Histogram& h) {
  return {.stage = std::move(stage),
          .p50 = h.p50().v,
          .p99 = h.p99().v,
          .p999 = h.p999().v,
          .max = h.max().v,
          .count = static_cast<std::int64_t>(h.count()),
          .hgrm = h.to_hgrm()};
}

}  // namespace mm::app
