#include "engine/dashboard/engine_json.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"
#include "engine/ledger/json_writer.h"
#include "engine/ledger/ledger.h"

namespace mm::dashboard {
namespace {

using counters::Metric;
using counters::MetricLabel;
using counters::MetricType;
using counters::MetricUnit;
using counters::Scale;
using monitor::ConnectionView;
using monitor::EngineView;
using monitor::InstrumentView;

std::string text(std::string_view of) {
  std::string out;
  append_json_text(out, of);
  return out;
}

// A moment or a price that there is not.
bool is_absent(MetricUnit unit, std::int64_t value) {
  const bool price = unit == MetricUnit::kTicks || unit == MetricUnit::kHalfTicks;
  return (price && value == 0) || (unit == MetricUnit::kNanos && value == kNever.v);
}

std::string value(MetricUnit unit, const Scale& scale, std::int64_t low, std::int64_t high) {
  if (is_absent(unit, low)) return "null";
  if (unit == MetricUnit::kId) {
    return low == 0 ? "null" : text(order_id_text(ClientOrderId(static_cast<std::uint64_t>(low))));
  }
  std::string shown = counters::value_text(unit, scale, low, high);
  const bool exact = unit == MetricUnit::kMoney || unit == MetricUnit::kAmount;
  return exact || !counters::enum_label(unit).empty() ? text(shown) : shown;
}

// One metric, its words from `at` on: a value, or an array of those of its label.
template <class Copy>
std::string metric(const Metric& m, const Scale& scale, const Copy& numbers, std::size_t at) {
  const MetricUnit unit = m.type == MetricType::kHistogram ? MetricUnit::kCount : m.unit;
  const std::size_t step = m.words_each();
  const auto one = [&](std::size_t i) {
    const std::size_t word = at + i * step;
    return value(unit, scale, numbers.word(word), numbers.word(word + step - 1));
  };
  if (!counters::has_members(m.label)) return one(0);
  std::string out = "[";
  for (std::size_t i = 0; i < counters::values_of(m.label); ++i) {
    out += (i > 0 ? "," : "") + one(i);
  }
  return out + "]";
}

template <std::size_t N, class Copy>
std::string table(const std::array<Metric, N>& metrics, const Scale& scale, const Copy& numbers) {
  std::string out;
  std::size_t at = 0;
  for (const Metric& m : metrics) {
    out +=
        fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", m.name, metric(m, scale, numbers, at));
    at += m.words();
  }
  return "{" + out + "}";
}

// A column each.
template <std::size_t N, class Copy>
std::string rows(const std::array<Metric, N>& metrics, const Scale& scale, const Copy& numbers) {
  const std::size_t words = counters::words_of(metrics);
  std::string out;
  std::size_t at = 0;
  for (const Metric& m : metrics) {
    out += fmt::format("{}\"{}\":[", out.empty() ? "" : ",", m.name);
    for (std::size_t row = 0; row < numbers.rows(); ++row) {
      out += (row > 0 ? "," : "") + metric(m, scale, numbers, row * words + at);
    }
    out += ']';
    at += m.words();
  }
  return "{" + out + "}";
}

// Of those metrics that have one: what each value stands for.
template <std::size_t N>
void put_labels(const std::array<Metric, N>& metrics, std::string& out) {
  for (const Metric& m : metrics) {
    if (!counters::has_members(m.label)) continue;
    out += fmt::format("{}\"{}\":[", out.empty() ? "" : ",", m.name);
    for (std::size_t i = 0; i < counters::values_of(m.label); ++i) {
      out += (i > 0 ? "," : "") + text(counters::label_text(m.label, i));
    }
    out += ']';
  }
}

std::string seconds(Nanos t) {
  return DecimalText(t.v / kMillisecond.v, 3).str();
}

// -- What is kept of each second.

struct EngineColumn {
  std::string_view name;
  std::string (*json)(const EngineView&);
};

template <std::size_t kCount>
std::string sum_of(const EngineView& view, counters::EngineBlock::Name name) {
  Int128 sum = 0;
  for (std::size_t i = 0; i < kCount; ++i) sum += view.numbers.value(name, i);
  return DecimalText(sum, 0).str();
}

std::string list_of(const EngineView& view, counters::EngineBlock::Name name, std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) {
    out += fmt::format("{}{}", i > 0 ? "," : "", view.numbers.value(name, i));
  }
  return out + "]";
}

std::string bounds_of(const EngineView& view, counters::LatencyBlock::Name name) {
  std::string out = "[";
  for (std::size_t i = 0; i <= counters::kLatencyBounds.size(); ++i) {
    out += fmt::format("{}{}", i > 0 ? "," : "", view.latency.value(name, i));
  }
  return out + "]";
}

constexpr EngineColumn kEngineColumns[] = {
    {"time", [](const EngineView& v) { return seconds(v.now()); }},
    {"events", [](const EngineView& v) { return std::to_string(monitor::events_of(v).total); }},
    {"requests",
     [](const EngineView& v) {
       return sum_of<static_cast<std::size_t>(CommandKind::kCount)>(v, "requests_total");
     }},
    {"used",
     [](const EngineView& v) {
       return list_of(v, "rate_window_used", std::size(counters::kWindows));
     }},
    {"limit",
     [](const EngineView& v) {
       return list_of(v, "rate_window_limit", std::size(counters::kWindows));
     }},
    {"event_to_command",
     [](const EngineView& v) { return bounds_of(v, "event_to_command_seconds"); }},
};

// Names of metrics; of a side: the i-th value.
struct InstrumentColumn {
  std::string_view name, metric;
  std::size_t i = 0;
};
constexpr InstrumentColumn kInstrumentColumns[] = {
    {"mid", "mark_price"},
    {"fair", "fair_value_price"},
    {"bid", "best_bid_price"},
    {"ask", "best_ask_price"},
    {"position", "position_base"},
    {"total", "pnl_total_quote"},
    {"spread_capture", "pnl_spread_capture_quote"},
    {"adverse_selection", "pnl_adverse_selection_quote"},
    {"inventory", "pnl_inventory_quote"},
    {"fees", "fees_quote"},
    {"buy_reason", "quote_reason", 0},
    {"sell_reason", "quote_reason", 1},
    {"buy_shortfall", "quote_shortfall", 0},
    {"sell_shortfall", "quote_shortfall", 1},
    {"buys", "orders_live", 0},
    {"sells", "orders_live", 1},
};

// For a plot: an enum's member is a number, money a number of six decimals.
std::string plotted(const InstrumentColumn& column, const InstrumentView& of) {
  std::size_t at = 0;
  for (const Metric& m : counters::kInstrumentMetrics) {
    if (m.name != column.metric) {
      at += m.words();
      continue;
    }
    const std::size_t word = at + column.i * m.words_each();
    const std::int64_t low = of.numbers.word(word);
    const std::int64_t high = of.numbers.word(word + m.words_each() - 1);
    if (is_absent(m.unit, low)) return "null";
    if (!counters::enum_label(m.unit).empty()) return std::to_string(low);
    if (m.unit != MetricUnit::kMoney) return counters::value_text(m.unit, of.scale, low, high);
    const Int128 money = (Int128{high} << 64) | static_cast<std::uint64_t>(low);
    return DecimalText(money / (kMoneyScale / 1'000'000), 6).str();
  }
  return "null";
}

// Of our own quotes the nearest to the market.
std::string own_best(const InstrumentView& of, Side side) {
  Ticks best{};
  for (std::size_t i = 0; i < of.orders.rows(); ++i) {
    if (of.orders.at(i, "order_side") != static_cast<std::int64_t>(side)) continue;
    const Ticks price(of.orders.at(i, "order_price"));
    const bool nearer = side == Side::kBuy ? price > best : price < best;
    if (best.v == 0 || nearer) best = price;
  }
  return value(MetricUnit::kTicks, of.scale, best.v, 0);
}

}  // namespace

std::string engine_row(const EngineView& view) {
  std::string out = "[";
  for (const EngineColumn& column : kEngineColumns) {
    out += (out.size() > 1 ? "," : "") + column.json(view);
  }
  return out + "]";
}

std::string instrument_row(const EngineView& view, std::size_t instrument) {
  const InstrumentView& of = view.instruments[instrument];
  std::string out = "[" + seconds(view.now());
  for (const InstrumentColumn& column : kInstrumentColumns) out += "," + plotted(column, of);
  return out + "," + own_best(of, Side::kBuy) + "," + own_best(of, Side::kSell) + "]";
}

std::string about_json(const EngineView& view, std::size_t instrument) {
  const InstrumentView& of = view.instruments[instrument];
  std::string engine_columns, instrument_columns = "\"time\"", reasons, bounds, labels;
  for (const EngineColumn& c : kEngineColumns) {
    engine_columns += fmt::format("{}\"{}\"", engine_columns.empty() ? "" : ",", c.name);
  }
  for (const InstrumentColumn& c : kInstrumentColumns) {
    instrument_columns += fmt::format(",\"{}\"", c.name);
  }
  instrument_columns += ",\"own_bid\",\"own_ask\"";
  for (std::int64_t r = 0; r < static_cast<std::int64_t>(QuoteReason::kCount); ++r) {
    reasons += (r > 0 ? "," : "") + text(counters::enum_name(MetricUnit::kReason, r));
  }
  for (const Nanos bound : counters::kLatencyBounds) {
    bounds += (bounds.empty() ? "" : ",") + DecimalText(bound.v, 9).str();
  }
  put_labels(counters::kEngineMetrics, labels);
  put_labels(counters::kLatencyMetrics, labels);
  put_labels(counters::kInstrumentMetrics, labels);
  return fmt::format(
      "{{\"session\":{},\"path\":{},\"mode\":{},\"venue\":{},\"build\":{},"
      "\"pid\":{},\"started\":{},\"symbol\":{},\"base\":{},\"quote\":{},\"tick\":{},\"lot\":{},"
      "\"engine_columns\":[{}],\"instrument_columns\":[{}],\"reasons\":[{}],\"bounds\":[{}],"
      "\"labels\":{{{}}}}}",
      text(view.session_name()), text(view.session), text(view.mode), text(view.venue),
      text(view.build), view.pid, seconds(view.started), text(of.symbol), text(of.base),
      text(of.quote), decimal_text(of.scale.tick).view(), decimal_text(of.scale.lot).view(),
      engine_columns, instrument_columns, reasons, bounds, labels);
}

std::string now_json(const EngineView& view, std::size_t instrument) {
  const InstrumentView& of = view.instruments[instrument];
  std::string connections, beats;
  for (const ConnectionView& c : view.connections) {
    connections +=
        fmt::format("{}[{},{},{}]", connections.empty() ? "" : ",", text(c.name), c.up, c.opened);
  }
  for (std::size_t i = 0; i < kHotAgents; ++i) {
    beats += fmt::format("{}\"{}\":{}", i > 0 ? "," : "", name(static_cast<HotAgent>(i)),
                         view.beat_ages[i] == kNever ? "null" : seconds(view.beat_ages[i]));
  }
  return fmt::format(
      "{{\"life\":\"{}\",\"whole\":{},\"latched\":{},\"config\":\"{:016x}\",\"beat_ages\":{{{}}},"
      "\"connections\":[{}],"
      "\"engine\":{},\"latency\":{},\"instrument\":{},\"book\":{},\"orders\":{},\"levels\":{}}}",
      name(view.life), view.whole, view.latched, view.config_hash, beats, connections,
      table(counters::kEngineMetrics, {}, view.numbers),
      table(counters::kLatencyMetrics, {}, view.latency),
      table(counters::kInstrumentMetrics, of.scale, of.numbers),
      rows(counters::kBookRow, of.scale, of.book), rows(counters::kOrderRow, of.scale, of.orders),
      rows(counters::kLevelRow, of.scale, of.levels));
}

std::string brief_json(const EngineView& view, std::uint32_t id) {
  std::string symbols, sides;
  for (const InstrumentView& of : view.instruments) {
    int quoting = 0;
    for (std::size_t i = 0; i < std::size(kSides); ++i) {
      quoting += of.numbers.value("quote_reason", i) == 0 ? 1 : 0;
    }
    symbols += (symbols.empty() ? "" : ",") + text(of.symbol);
    sides += fmt::format("{}{}", sides.empty() ? "" : ",", quoting);
  }
  return fmt::format(
      "{{\"id\":{},\"session\":{},\"mode\":{},\"venue\":{},\"life\":\"{}\",\"symbols\":[{}],"
      "\"sides\":[{}]}}",
      id, text(view.session_name()), text(view.mode), text(view.venue), name(view.life), symbols,
      sides);
}

}  // namespace mm::dashboard
