// What concerns the whole engine: who it is, events, requests, limits, latencies, connections.
#include <fmt/format.h>

#include <algorithm>

#include "engine/monitor/number_text.h"
#include "engine/monitor/panels.h"

namespace mm::monitor {
namespace {

using counters::EngineBlock;

Line heading(std::string text) {
  return Line(std::move(text), Style::kBold);
}

void add_identity(const EngineView& view, Page& page) {
  page.push_back(heading("engine"));
  page.emplace_back(fmt::format("  session {}", view.session));
  page.emplace_back(fmt::format("  process {}, {}", view.pid, view.build));
  page.emplace_back(
      fmt::format("  {}, {}, config {:016x}", view.mode, view.venue, view.config_hash));
}

// Of each quote asset: others do not add up.
void add_accounts(const EngineView& view, Page& page) {
  for (const InstrumentView& of : view.instruments) {
    const auto first = std::ranges::find(view.instruments, of.quote, &InstrumentView::quote);
    if (&*first != &of) continue;
    const Money total = of.numbers.money("account_pnl_total_quote");
    Line line("  profit of all       ");
    line.add(fmt::format("{:>12}", signed_money(total)), total.v < 0 ? Style::kBad : Style::kGood);
    page.push_back(line.add(" " + of.quote));
  }
}

void add_events(const EngineView& view, const EventCounts& rates, Page& page) {
  page.push_back(heading(fmt::format("events      {} a second", rates.total)));
  const EventCounts counts = events_of(view);
  for (std::size_t i = 0; i < counts.by_kind.size(); ++i) {
    if (counts.by_kind[i] == 0) continue;
    page.emplace_back(fmt::format("  {:<20} {:>12} {:>9}/s", name(static_cast<EventKind>(i)),
                                  counts.by_kind[i], rates.by_kind[i]));
  }
}

void add_requests(const EngineView& view, Page& page) {
  const std::int64_t sent = view.numbers.value("requests_sent_total");
  const std::int64_t plain = view.numbers.value("requests_equivalent_total");
  const auto share = static_cast<std::int64_t>(plain > 0 ? Int128{sent} * 100 / plain : 100);
  page.push_back(
      heading(fmt::format("requests    {}, {} % of {} by cancel and place", sent, share, plain)));
  for (std::size_t i = 0; i < static_cast<std::size_t>(CommandKind::kCount); ++i) {
    const std::int64_t count = view.numbers.value("requests_total", i);
    if (count == 0) continue;
    page.emplace_back(fmt::format("  {:<20} {:>12}", name(static_cast<CommandKind>(i)), count));
  }
}

void add_windows(const EngineView& view, Page& page) {
  page.push_back(heading("limits      used of what may be used"));
  for (std::size_t i = 0; i < std::size(counters::kWindows); ++i) {
    const std::int64_t limit = view.numbers.value("rate_window_limit", i);
    page.emplace_back(limit > 0 ? fmt::format("  {:<20} {:>12} of {}", counters::kWindows[i],
                                              view.numbers.value("rate_window_used", i), limit)
                                : fmt::format("  {:<20} {:>12}", counters::kWindows[i], "-"));
  }
}

void add_latency(std::string_view what, const EngineView& view,
                 counters::LatencyBlock::Name quantiles, Page& page) {
  std::string text = fmt::format("  {:<20}", what);
  for (std::size_t i = 0; i < std::size(counters::kQuantiles); ++i) {
    text += fmt::format(" {:>8}", duration_text(Nanos(view.latency.value(quantiles, i))));
  }
  page.emplace_back(std::move(text));
}

void add_connections(const EngineView& view, Page& page) {
  page.push_back(heading("connections"));
  if (view.connections.empty()) page.emplace_back("  none: the venue is simulated");
  for (const ConnectionView& c : view.connections) {
    Line line(fmt::format("  {:<20} ", c.name));
    line.add(c.up ? "up" : "DOWN", c.up ? Style::kGood : Style::kBad);
    page.push_back(line.add(fmt::format(", opened {} times", c.opened)));
  }
}

}  // namespace

Page engine_panel(const EngineView& view, const EventCounts& rates) {
  Page page;
  add_identity(view, page);
  add_accounts(view, page);
  page.push_back(heading(fmt::format("{:<22} {:>8} {:>8} {:>8} {:>8} {:>8}", "latency", "p50",
                                     "p90", "p99", "p99.9", "max")));
  add_latency("event to command", view, "event_to_command_quantile_seconds", page);
  add_latency("turn", view, "turn_quantile_seconds", page);
  add_windows(view, page);
  add_connections(view, page);
  add_requests(view, page);
  add_events(view, rates, page);
  return page;
}

}  // namespace mm::monitor
