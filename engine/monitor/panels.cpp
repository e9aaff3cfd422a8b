#include "engine/monitor/panels.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/monitor/book_ladder.h"
#include "engine/monitor/number_text.h"

namespace mm::monitor {
namespace {

using counters::MetricUnit;

constexpr auto kQuoting = static_cast<std::int64_t>(QuoteReason::kQuoting);

const char* reason_name(std::int64_t reason) {
  return counters::enum_name(MetricUnit::kReason, reason);
}

// As people count.
std::uint64_t ordinal(std::int64_t place) {
  return static_cast<std::uint64_t>(place) + 1;
}

Style style_of(std::int64_t reason) {
  return reason == kQuoting ? Style::kGood : Style::kBad;
}

Style style_of(Money m) {
  return m.v < 0 ? Style::kBad : Style::kGood;
}

std::string base_text(const InstrumentView& of, counters::InstrumentBlock::Name name) {
  return counters::value_text(MetricUnit::kAmount, of.scale, of.numbers.value(name), 0);
}

Line labelled(std::string_view label) {
  return Line(fmt::format("{:<9} ", label), Style::kDim);
}

Line life_line(const EngineView& view) {
  Line line;
  const bool well = view.life == Life::kRunning;
  line.add(fmt::format("{} ", name(view.life)), well ? Style::kGood : Style::kBad);
  const Nanos stalled = *std::ranges::max_element(
      view.beat_ages, {}, [](Nanos age) { return age == kNever ? Nanos{} : age; });
  if (well && stalled != kNever && stalled > kSecond * 2) {
    line.add(fmt::format("no heartbeat for {} ", duration_text(stalled)), Style::kBad);
  }
  const std::int64_t trip = view.numbers.value("trip");
  // An orderly end trips too.
  const bool meant = view.life == Life::kEnding || view.life == Life::kEnded;
  if (trip != kQuoting && !meant)
    line.add(fmt::format("tripped: {} ", reason_name(trip)), Style::kBad);
  if (view.latched && view.alive()) line.add("kill latch set ", Style::kBad);
  return line;
}

// Invariants, and what amending saves.
Line health(const EngineView& view) {
  std::uint64_t broken = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Invariant::kCount); ++i) {
    broken += static_cast<std::uint64_t>(view.numbers.value("invariants_broken_total", i));
  }
  return broken == 0 ? Line("invariants clean", Style::kGood)
                     : Line(fmt::format("INVARIANTS BROKEN {} times", broken), Style::kBad);
}

Line position_line(const InstrumentView& of) {
  Line line = labelled("position");
  line.add(fmt::format("{} {}", base_text(of, "position_base"), of.base), Style::kBold);
  const HalfTicks mark(of.numbers.value("mark_price"));
  if (mark.v > 0) line.add(fmt::format(" at {}", price_column(of.scale, mark)));
  return line;
}

Line profit_line(const InstrumentView& of) {
  const Money total = of.numbers.money("pnl_total_quote");
  const Money today = of.numbers.money("pnl_today_quote");
  Line line = labelled("profit");
  line.add(signed_money(total), style_of(total)).add(fmt::format(" {}   today ", of.quote));
  return line.add(signed_money(today), style_of(today));
}

Line profit_parts(const InstrumentView& of) {
  return labelled("").add(fmt::format("real {} open {} fees {}",
                                      signed_money(of.numbers.money("pnl_realized_quote")),
                                      signed_money(of.numbers.money("pnl_unrealized_quote")),
                                      money_column(of.numbers.money("fees_quote"))));
}

std::string share_text(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "-";
  const auto tenths = static_cast<std::int64_t>(Int128{part} * 1000 / whole);
  return fmt::format("{}.{} %", tenths / 10, tenths % 10);
}

Line fills_line(const InstrumentView& of) {
  return labelled("fills").add(fmt::format("{}, quoted {}", of.numbers.value("fills_total"),
                                           share_text(of.numbers.value("quoted_seconds_total"),
                                                      of.numbers.value("quotable_seconds_total"))));
}

Line orders_line(const InstrumentView& of) {
  std::string text;
  for (std::size_t i = 0; i < counters::kLiveStates; ++i) {
    const std::int64_t count = of.numbers.value("orders_by_state", i);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        name(static_cast<OrderState>(i + 1)));
  }
  return labelled("orders").add(text.empty() ? "none" : text);
}

Line amends_line(const EngineView& view, const InstrumentView& of) {
  const Nanos due(of.numbers.value("next_reset_timestamp_seconds"));
  std::string reset = "off";
  if (due != kNever) {
    const Nanos left = elapsed(view.now(), due);
    reset = fmt::format("in {} s", left.v / kSecond.v + (left.v % kSecond.v > 0 ? 1 : 0));
  }
  return labelled("amends").add(
      fmt::format("{} under way; reset {}", of.numbers.value("amends_pending"), reset));
}

// The venue's weight as a share: its numbers are long.
Line windows_line(const EngineView& view) {
  Line line = labelled("budget");
  for (std::size_t i = 0; i < std::size(counters::kWindows); ++i) {
    const std::int64_t used = view.numbers.value("rate_window_used", i);
    const std::int64_t limit = view.numbers.value("rate_window_limit", i);
    if (limit <= 0) continue;
    const bool short_one = static_cast<counters::Window>(i) != counters::Window::kWeight;
    const auto percent = static_cast<std::int64_t>(Int128{used} * 100 / limit);
    line.add(fmt::format("{} ", counters::kWindows[i]));
    line.add(short_one ? fmt::format("{}/{} ", used, limit) : fmt::format("{} %", percent),
             Int128{used} * 10 >= Int128{limit} * 8 ? Style::kBad : Style::kPlain);
  }
  return line;
}

Line rates_line(const EventCounts& rates) {
  std::uint64_t market = 0, reports = 0;
  for (std::size_t i = 0; i < rates.by_kind.size(); ++i) {
    const auto kind = static_cast<EventKind>(i);
    if (is_market(kind)) market += rates.by_kind[i];
    if (is_execution(kind)) reports += rates.by_kind[i];
  }
  return labelled("events/s")
      .add(fmt::format("{}: market {}, reports {}", rates.total, market, reports));
}

Line latency_line(std::string_view label, const EngineView& view,
                  counters::LatencyBlock::Name quantiles) {
  const auto at = [&](std::size_t i) {
    return duration_text(Nanos(view.latency.value(quantiles, i)));
  };
  return labelled(label).add(
      fmt::format("p50 {} p99 {} max {}", at(0), at(2), at(std::size(counters::kQuantiles) - 1)));
}

Line connections_line(const EngineView& view) {
  Line line = labelled("feed");
  const bool up = view.numbers.value("feed_up") != 0;
  line.add(up ? "up" : "down", up ? Style::kGood : Style::kBad);
  const auto down = std::ranges::count(view.connections, false, &ConnectionView::up);
  if (!view.connections.empty()) {
    line.add(fmt::format(", {} connections, ", view.connections.size()));
    line.add(down == 0 ? "all up" : fmt::format("{} DOWN", down),
             down == 0 ? Style::kGood : Style::kBad);
  }
  return line;
}

Line session_line(const InstrumentView& of) {
  const std::int64_t state = of.numbers.value("order_session");
  const bool up = state == static_cast<std::int64_t>(SessionState::kUp);
  return labelled("order path")
      .add(counters::enum_name(MetricUnit::kSession, state), up ? Style::kGood : Style::kBad);
}

// A level as it stands; several in a row that want nothing for one reason are one line.
struct LevelText {
  std::string side;
  std::uint64_t first, last;
  std::int64_t price, lots, reason, state;

  bool joins(const LevelText& next) const {
    return side == next.side && price == 0 && next.price == 0 && reason == next.reason &&
           state == 0 && next.state == 0;
  }
};

std::vector<LevelText> level_texts(const InstrumentView& of) {
  std::vector<LevelText> texts;
  const auto& levels = of.levels;
  for (std::size_t i = 0; i < levels.rows(); ++i) {
    const std::uint64_t n = ordinal(levels.at(i, "level_index"));
    LevelText next{counters::enum_name(MetricUnit::kSide, levels.at(i, "level_side")),
                   n,
                   n,
                   levels.at(i, "level_price"),
                   levels.at(i, "level_quantity"),
                   levels.at(i, "level_reason"),
                   levels.at(i, "level_order_state")};
    if (!texts.empty() && texts.back().joins(next)) {
      texts.back().last = n;
    } else {
      texts.push_back(std::move(next));
    }
  }
  return texts;
}

Line more_line(std::size_t count, std::string_view what) {
  return Line(fmt::format("+{} more{}", count, what), Style::kDim);
}

// Of a ladder that has no room for all prices of ours the outermost row says how many are not
// there. An empty line: all are.
Line take_left(const InstrumentView& of, Side side, std::vector<LadderRow>& rows) {
  const auto shown = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [](const LadderRow& row) { return row.own.v > 0; }));
  };
  const std::size_t all = own_prices(of, side);
  if (rows.empty() || shown() >= all) return {};
  rows.pop_back();
  return more_line(all - shown(), " prices of ours");
}

}  // namespace

Page cut(Page page, std::size_t rows) {
  if (page.size() <= rows || rows == 0) {
    page.resize(std::min(page.size(), rows));
    return page;
  }
  const std::size_t left = page.size() - (rows - 1);
  page.resize(rows - 1);
  page.push_back(more_line(left, left == 1 ? " line" : " lines"));
  return page;
}

Page fitted(std::vector<Ranked> lines, std::size_t rows) {
  const std::size_t all = lines.size(), room = all > rows && rows > 0 ? rows - 1 : rows;
  while (lines.size() > room) {
    // Of equals the last.
    auto out = lines.begin();
    for (auto at = lines.begin(); at != lines.end(); ++at) {
      if (at->rank >= out->rank) out = at;
    }
    lines.erase(out);
  }
  Page page;
  for (Ranked& ranked : lines) page.push_back(std::move(ranked.line));
  if (room < rows) page.push_back(more_line(all - room, " lines"));
  return page;
}

Page head_panel(const EngineView& view, const InstrumentView& of, std::size_t place) {
  const Nanos up = elapsed(view.started, view.now());
  Line title(fmt::format(" MM_Logic  {} {}/{}  {} {}  up {}  {} UTC ", of.symbol, place + 1,
                         view.instruments.size(), view.mode, view.venue, span_text(up),
                         clock_text(view.now())),
             Style::kTitle);
  Line state = life_line(view);
  state.append(health(view));
  for (const Side side : kSides) {
    state.add("  ");
    const std::int64_t reason = of.numbers.value("quote_reason", index(side));
    state.add(fmt::format("{} ", name(side)), Style::kDim);
    const std::int64_t shortfall = of.numbers.value("quote_shortfall", index(side));
    state.add(reason_name(reason), style_of(reason));
    if (shortfall == kQuoting) continue;
    state.add(fmt::format(", not all levels: {}", reason_name(shortfall)));
  }
  return {std::move(title), std::move(state)};
}

Page book_panel(const InstrumentView& of, std::size_t rows) {
  constexpr std::size_t kLots = 8, kAhead = 9;
  // Prices are never shortened; the fair one has half a tick.
  const HalfTicks fair(of.numbers.value("fair_value_price"));
  const std::string middle = fair.v > 0 ? price_column(of.scale, fair) : "-";
  const std::size_t width = std::max<std::size_t>(9, middle.size());
  Page page{Line(fmt::format("{:>{}} {:>{}} {:>{}} {:>{}}", "ours", kLots, "ahead <=", kAhead,
                             "price", width, "size", kLots),
                 Style::kDim)};
  if (rows < 4) return page;
  const std::size_t each = (rows - 2) / 2;
  std::vector<LadderRow> asks = ladder_rows(of, Side::kSell, each);
  std::vector<LadderRow> bids = ladder_rows(of, Side::kBuy, each);
  const Line asks_left = take_left(of, Side::kSell, asks);
  const Line bids_left = take_left(of, Side::kBuy, bids);
  std::ranges::reverse(asks);
  const auto add = [&](const LadderRow& row, Style style) {
    const bool ours = row.own.v > 0;
    page.push_back(
        Line(fmt::format("{:>{}} {:>{}}{}{:>{}} {:>{}}",
                         ours ? lots_column(of.scale, row.own, kLots) : "", kLots,
                         row.ahead.v >= 0 ? lots_column(of.scale, row.ahead, kAhead) : "", kAhead,
                         row.gap ? ':' : ' ', price_column(of.scale, row.price), width,
                         lots_column(of.scale, row.lots, kLots), kLots),
             ours ? style : Style::kPlain));
  };
  // The middle stays where it is, however many levels there are.
  const bool more_asks = asks_left.width() > 0;
  for (std::size_t i = asks.size() + (more_asks ? 1 : 0); i < each; ++i) page.emplace_back();
  if (more_asks) page.push_back(asks_left);
  for (const LadderRow& row : asks) add(row, Style::kBad);
  page.push_back(Line(fmt::format("{:>{}} fair", middle, kLots + kAhead + width + 2), Style::kDim));
  for (const LadderRow& row : bids) add(row, Style::kGood);
  if (bids_left.width() > 0) page.push_back(bids_left);
  return page;
}

Page levels_panel(const InstrumentView& of) {
  Page page;
  for (const LevelText& level : level_texts(of)) {
    const std::string which = level.first == level.last
                                  ? fmt::format("{} {}", level.side, level.first)
                                  : fmt::format("{} {}-{}", level.side, level.first, level.last);
    Line line(fmt::format("{:<8} ", which), Style::kDim);
    if (level.price > 0) {
      line.add(fmt::format("{:>9} x {:<6} ", price_column(of.scale, Ticks(level.price)),
                           lots_column(of.scale, Lots(level.lots))));
    }
    if (level.state != 0) {
      line.add(counters::enum_name(MetricUnit::kOrderState, level.state), Style::kGood);
    } else {
      const char* const unserved = level.price > 0 ? "no order" : "not wanted";
      line.add(level.reason == kQuoting ? unserved : reason_name(level.reason), Style::kBad);
    }
    page.push_back(std::move(line));
  }
  return page;
}

std::vector<Ranked> state_panel(const EngineView& view, const InstrumentView& of,
                                const EventCounts& rates) {
  std::vector<Ranked> lines{{position_line(of), 0},
                            {profit_line(of), 0},
                            {profit_parts(of), 7},
                            {fills_line(of), 5},
                            {orders_line(of), 0},
                            {amends_line(view, of), 0},
                            {windows_line(view), 0},
                            {rates_line(rates), 3},
                            {latency_line("command", view, "event_to_command_quantile_seconds"), 2},
                            {latency_line("turn", view, "turn_quantile_seconds"), 8},
                            {connections_line(view), 1},
                            {session_line(of), 6}};
  for (Line& line : levels_panel(of)) lines.push_back({std::move(line), 4});
  return lines;
}

Page orders_panel(const EngineView& view, const InstrumentView& of) {
  Page page{Line(fmt::format("{:<5}{:>3} {:>10} {:>9} {:>9} {:>9} {:<16} {:>8}", "side", "lvl",
                             "price", "size", "filled", "ahead <=", "state", "age"),
                 Style::kDim)};
  const auto& orders = of.orders;
  for (std::size_t i = 0; i < orders.rows(); ++i) {
    const Lots ahead(orders.at(i, "order_queue_ahead"));
    const std::int64_t level = orders.at(i, "order_level");
    const auto text = [&](MetricUnit unit, counters::OrderBlock::Name name) {
      return counters::enum_name(unit, orders.at(i, name));
    };
    const auto lots = [&](counters::OrderBlock::Name name) {
      return lots_column(of.scale, Lots(orders.at(i, name)), 9);
    };
    Line line(fmt::format("{:<5}", text(MetricUnit::kSide, "order_side")),
              orders.at(i, "order_side") == 0 ? Style::kGood : Style::kBad);
    line.add(fmt::format(
        "{:>3} {:>10} {:>9} {:>9} {:>9} {:<16} {:>8}",
        level < 0 ? "-" : std::to_string(ordinal(level)),
        price_column(of.scale, Ticks(orders.at(i, "order_price"))), lots("order_quantity"),
        lots("order_filled"), ahead.v >= 0 ? lots_column(of.scale, ahead, 9) : "-",
        text(MetricUnit::kOrderState, "order_state"),
        duration_text(elapsed(Nanos(orders.at(i, "order_created_seconds")), view.now()))));
    if (const Ticks next(orders.at(i, "order_next_price")); next.v > 0) {
      line.add(fmt::format(" -> {}", price_column(of.scale, next)));
    }
    page.push_back(std::move(line));
  }
  const std::int64_t live = of.numbers.value("orders_live", 0) + of.numbers.value("orders_live", 1);
  const auto shown = static_cast<std::int64_t>(orders.rows());
  if (live > shown) page.push_back(more_line(static_cast<std::size_t>(live - shown), " orders"));
  return page;
}

}  // namespace mm::monitor
