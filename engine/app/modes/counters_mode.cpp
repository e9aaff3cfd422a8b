// `mm_logic counters`: every number of a session's counters.dat, a line each; of an engine that
// runs or one that has ended.
#include <fmt/format.h>

#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/ledger/session_folder.h"
#include "engine/monitor/engine_view.h"
#include "engine/monitor/prometheus_text.h"

namespace mm::app {
namespace {

using counters::CountersFile;
using counters::Metric;
using counters::MetricType;
using counters::MetricUnit;
using monitor::EngineView;
using monitor::InstrumentView;

// For scripts: a price in ticks, a quantity in lots and an enum's member stay numbers.
std::string number_text(MetricUnit unit, std::int64_t low, std::int64_t high) {
  const bool scaled = unit == MetricUnit::kTicks || unit == MetricUnit::kHalfTicks ||
                      unit == MetricUnit::kLots || !counters::enum_label(unit).empty();
  return scaled ? std::to_string(low) : counters::value_text(unit, {}, low, high);
}

std::string line(std::string_view name, std::string labels, const std::string& more,
                 const std::string& value) {
  if (!labels.empty() && !more.empty()) labels += ',';
  labels += more;
  const bool any = !labels.empty();
  return fmt::format("{}{}{}{} {}\n", name, any ? "{" : "", labels, any ? "}" : "", value);
}

// One row of a block's table, its words from `at` on.
template <std::size_t N, class Copy>
std::string lines(const std::array<Metric, N>& table, const Copy& numbers, std::size_t at,
                  const std::string& labels) {
  std::string text;
  for (const Metric& m : table) {
    const bool histogram = m.type == MetricType::kHistogram;
    const std::string name = std::string(m.name) + (histogram ? "_bucket" : "");
    const MetricUnit unit = histogram ? MetricUnit::kCount : m.unit;
    for (std::size_t i = 0; i < counters::values_of(m.label); ++i, at += m.words_each()) {
      const std::int64_t high = numbers.word(at + m.words_each() - 1);
      text += line(name, labels, counters::label_text(m.label, i),
                   number_text(unit, numbers.word(at), high));
    }
    if (!histogram) continue;
    text +=
        line(std::string(m.name) + "_sum", labels, {}, number_text(m.unit, numbers.word(at), 0));
    ++at;
  }
  return text;
}

template <std::size_t N, class Copy>
std::string row_lines(const std::array<Metric, N>& table, const Copy& numbers,
                      const std::string& labels) {
  std::string text;
  const std::size_t words = counters::words_of(table);
  for (std::size_t row = 0; row < numbers.rows(); ++row) {
    text += lines(table, numbers, row * words, fmt::format("{},row=\"{}\"", labels, row));
  }
  return text;
}

std::string text_of(const EngineView& view) {
  std::string text = lines(counters::kEngineMetrics, view.numbers, 0, {}) +
                     lines(counters::kLatencyMetrics, view.latency, 0, {});
  for (const InstrumentView& i : view.instruments) {
    const std::string symbol = fmt::format("symbol=\"{}\"", i.symbol);
    text += lines(counters::kInstrumentMetrics, i.numbers, 0, symbol);
    text += row_lines(counters::kBookRow, i.book, symbol);
    text += row_lines(counters::kOrderRow, i.orders, symbol);
    text += row_lines(counters::kLevelRow, i.levels, symbol);
  }
  return text;
}

}  // namespace

int counters_mode(const CountersOptions& options) {
  const std::string session = options.session_dir.empty()
                                  ? SessionFolder::newest(options.sessions_dir).path()
                                  : options.session_dir;
  CountersFile file;
  const std::string error = session.empty() ? "no session in " + options.sessions_dir
                                            : file.attach(session, CountersFile::Use::kLook);
  if (!error.empty()) return fail(error);
  EngineView view;
  if (!monitor::look(file, view)) return fail(session + ": its numbers cannot be read");
  fmt::print("{}", options.prometheus ? monitor::prometheus_text({&view, 1}) : text_of(view));
  return 0;
}

}  // namespace mm::app
