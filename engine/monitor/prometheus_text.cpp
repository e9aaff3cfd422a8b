#include "engine/monitor/prometheus_text.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

namespace mm::monitor {
namespace {

using counters::Metric;
using counters::MetricLabel;
using counters::MetricType;
using counters::MetricUnit;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Labels = std::vector<ClientMetric::Label>;

// What only a reader knows.
enum class Told : std::uint8_t { kInfo, kUp, kLatch, kStarted, kBeatAge, kLineUp, kLineOpened };
struct ToldMetric {
  Told what;
  std::string_view name;
  MetricType type;
  std::string_view help;
};
constexpr ToldMetric kTold[] = {
    {Told::kInfo, "engine_info", MetricType::kGauge, "Which engine this is; always 1"},
    {Told::kUp, "engine_up", MetricType::kGauge, "1 while the engine's process lives"},
    {Told::kLatch, "kill_latch", MetricType::kGauge, "1 while nothing may be quoted"},
    {Told::kStarted, "engine_start_timestamp_seconds", MetricType::kGauge,
     "When the session began"},
    {Told::kBeatAge, "heartbeat_age_seconds", MetricType::kGauge,
     "Since the last heartbeat of a hot thread's agent"},
    {Told::kLineUp, "connection_up", MetricType::kGauge, "1 while the connection is in use"},
    {Told::kLineOpened, "connection_opened_total", MetricType::kCounter,
     "How often the connection was opened"},
};

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  using prometheus::MetricType;
  const auto told = type == counters::MetricType::kCounter ? MetricType::Counter
                    : type == counters::MetricType::kGauge ? MetricType::Gauge
                                                           : MetricType::Histogram;
  return {fmt::format("mm_{}", name), std::string(help), told, {}};
}

void add(MetricFamily& to, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

Labels with(Labels labels, std::string name, std::string value) {
  labels.push_back({std::move(name), std::move(value)});
  return labels;
}

// `a="b",c="d"` of the tables, as pairs.
Labels with(Labels labels, std::string_view text) {
  while (!text.empty()) {
    const std::size_t equals = text.find('='), end = text.find('"', equals + 2);
    labels.push_back({std::string(text.substr(0, equals)),
                      std::string(text.substr(equals + 2, end - equals - 2))});
    text.remove_prefix(std::min(text.size(), end + 2));
  }
  return labels;
}

// In the unit's base: seconds, whole assets, fractions.
double number(const Metric& m, const counters::Scale& scale, std::int64_t low, std::int64_t high) {
  const auto value = static_cast<double>(low);
  const auto tick = static_cast<double>(scale.tick.v), lot = static_cast<double>(scale.lot.v);
  switch (m.unit) {
    case MetricUnit::kPercent:
      return value / 100;
    case MetricUnit::kNanos:
      return value / 1e9;
    case MetricUnit::kAmount:
      return value / 1e8;
    case MetricUnit::kMoney:
      return static_cast<double>((Int128{high} << 64) | static_cast<std::uint64_t>(low)) / 1e18;
    case MetricUnit::kTicks:
      return value * tick / 1e8;
    case MetricUnit::kHalfTicks:
      return value * tick / 2e8;
    case MetricUnit::kLots:
      return value * lot / 1e8;
    default:
      return value;
  }
}

// A price that there is none of, an instant that will never come.
bool is_absent(const Metric& m, std::int64_t value) {
  const bool price = m.unit == MetricUnit::kTicks || m.unit == MetricUnit::kHalfTicks;
  return (price && value == 0) || (m.unit == MetricUnit::kNanos && value == kNever.v);
}

template <class Copy>
void add_histogram(MetricFamily& to, const Labels& labels, const Copy& numbers, std::size_t at) {
  ClientMetric metric;
  metric.label = labels;
  const std::size_t bounds = counters::kLatencyBounds.size();
  for (std::size_t i = 0; i <= bounds; ++i) {
    const double bound = i < bounds ? static_cast<double>(counters::kLatencyBounds[i].v) / 1e9
                                    : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({static_cast<std::uint64_t>(numbers.word(at + i)), bound});
  }
  metric.histogram.sample_count = metric.histogram.bucket.back().cumulative_count;
  metric.histogram.sample_sum = static_cast<double>(numbers.word(at + bounds + 1)) / 1e9;
  to.metric.push_back(std::move(metric));
}

template <class Copy>
void add_values(MetricFamily& to, const Metric& m, const Labels& labels,
                const counters::Scale& scale, const Copy& numbers, std::size_t at) {
  if (m.type == MetricType::kHistogram) return add_histogram(to, labels, numbers, at);
  const std::string enum_label(counters::enum_label(m.unit));
  for (std::size_t i = 0; i < counters::values_of(m.label); ++i, at += m.words_each()) {
    const std::int64_t low = numbers.word(at), high = numbers.word(at + m.words_each() - 1);
    if (is_absent(m, low)) continue;
    const Labels all = with(labels, counters::label_text(m.label, i));
    // Of an enum: the member that it is has 1, the others are not there.
    if (!enum_label.empty()) {
      add(to, with(all, enum_label, counters::enum_name(m.unit, low)), 1);
    } else {
      add(to, all, number(m, scale, low, high));
    }
  }
}

Labels labels_of(const EngineView& engine) {
  return {{"session", std::string(engine.session_name())}};
}

template <std::size_t N, class Add>
void add_table(std::vector<MetricFamily>& all, const std::array<Metric, N>& table, Add add_all) {
  std::size_t at = 0;
  for (const Metric& m : table) {
    MetricFamily of = family(m.name, m.help, m.type);
    add_all(of, m, at);
    all.push_back(std::move(of));
    at += m.words();
  }
}

// The account's numbers stand in each of its instruments: told once, of the quote asset.
void add_instrument(MetricFamily& to, const Metric& m, const EngineView& engine,
                    const InstrumentView& of, std::size_t at) {
  Labels labels = labels_of(engine);
  if (m.label == MetricLabel::kQuote) {
    const auto first = std::ranges::find(engine.instruments, of.quote, &InstrumentView::quote);
    if (&*first != &of) return;
    labels = with(std::move(labels), "quote", of.quote);
  } else {
    labels = with(std::move(labels), "symbol", of.symbol);
  }
  add_values(to, m, labels, of.scale, of.numbers, at);
}

void add_told(MetricFamily& to, Told what, const EngineView& engine) {
  const Labels labels = labels_of(engine);
  switch (what) {
    case Told::kInfo: {
      Labels all = with(with(labels, "mode", engine.mode), "venue", engine.venue);
      all = with(std::move(all), "config", fmt::format("{:016x}", engine.config_hash));
      return add(to, with(std::move(all), "build", engine.build), 1);
    }
    case Told::kUp:
      return add(to, labels, engine.alive() ? 1 : 0);
    case Told::kLatch:
      return add(to, labels, engine.latched ? 1 : 0);
    case Told::kStarted:
      return add(to, labels, static_cast<double>(engine.started.v) / 1e9);
    case Told::kBeatAge:
      for (std::size_t i = 0; i < kHotAgents && engine.alive(); ++i) {
        if (engine.beat_ages[i] == kNever) continue;
        add(to, with(labels, "agent", std::string(mm::name(static_cast<HotAgent>(i)))),
            static_cast<double>(engine.beat_ages[i].v) / 1e9);
      }
      return;
    case Told::kLineUp:
    case Told::kLineOpened:
      for (const ConnectionView& c : engine.connections) {
        const double value = what == Told::kLineUp ? (c.up ? 1 : 0) : static_cast<double>(c.opened);
        add(to, with(labels, "connection", c.name), value);
      }
  }
}

}  // namespace

std::string prometheus_text(std::span<const EngineView> engines) {
  std::vector<MetricFamily> all;
  for (const ToldMetric& told : kTold) {
    MetricFamily of = family(told.name, told.help, told.type);
    for (const EngineView& engine : engines) add_told(of, told.what, engine);
    all.push_back(std::move(of));
  }
  add_table(all, counters::kEngineMetrics, [&](MetricFamily& to, const Metric& m, std::size_t at) {
    for (const EngineView& engine : engines) {
      add_values(to, m, labels_of(engine), {}, engine.numbers, at);
    }
  });
  add_table(all, counters::kLatencyMetrics, [&](MetricFamily& to, const Metric& m, std::size_t at) {
    for (const EngineView& engine : engines) {
      add_values(to, m, labels_of(engine), {}, engine.latency, at);
    }
  });
  add_table(all, counters::kInstrumentMetrics,
            [&](MetricFamily& to, const Metric& m, std::size_t at) {
              for (const EngineView& engine : engines) {
                for (const InstrumentView& of : engine.instruments) {
                  add_instrument(to, m, engine, of, at);
                }
              }
            });
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace mm::monitor
