// `mm_logic counters`: every number of a session's counters.dat, a line each; of an engine that
// runs or one that has ended.
#include <fmt/format.h>

#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/core/decimal_text.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {
namespace {

using counters::CountersFile;
using counters::Metric;
using counters::MetricUnit;

// As people write it; a price in ticks and a reason stay numbers.
std::string value_text(MetricUnit unit, std::int64_t low, std::int64_t high) {
  switch (unit) {
    case MetricUnit::kNanos:
      return DecimalText(low, 9).str();
    case MetricUnit::kAmount:
      return decimal_text(Amount(low)).str();
    case MetricUnit::kMoney:
      return decimal_text(Money((Int128{high} << 64) | static_cast<std::uint64_t>(low))).str();
    default:
      return std::to_string(low);
  }
}

template <std::size_t N, class Copy>
std::string lines(const std::array<Metric, N>& table, const Copy& numbers,
                  std::string_view symbol) {
  std::string text;
  std::size_t at = 0;
  for (const Metric& m : table) {
    for (std::size_t i = 0; i < counters::values_of(m.label); ++i, at += m.words_each()) {
      std::string labels = symbol.empty() ? "" : fmt::format("symbol=\"{}\"", symbol);
      const std::string more = counters::label_text(m.label, i);
      if (!labels.empty() && !more.empty()) labels += ',';
      labels += more;
      text += fmt::format(
          "{}{}{}{} {}\n", m.name, labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}",
          value_text(m.unit, numbers.word(at), numbers.word(at + m.words_each() - 1)));
    }
  }
  return text;
}

}  // namespace

int counters_mode(const CountersOptions& options) {
  const std::string session = options.session_dir.empty()
                                  ? SessionFolder::newest(options.sessions_dir).path()
                                  : options.session_dir;
  CountersFile file;
  std::string error =
      session.empty() ? "no session in " + options.sessions_dir : file.attach(session);
  if (!error.empty()) return fail(error);
  counters::EngineBlock::Copy engine;
  if (!file.layout().numbers.read(engine)) return fail(session + ": its numbers cannot be read");
  std::string text = lines(counters::kEngineMetrics, engine, {});
  for (const counters::Instrument& i : file.instruments()) {
    counters::InstrumentBlock::Copy numbers;
    if (!i.numbers.read(numbers)) return fail(session + ": its numbers cannot be read");
    text += lines(counters::kInstrumentMetrics, numbers, i.symbol.data());
  }
  fmt::print("{}", text);
  return 0;
}

}  // namespace mm::app
