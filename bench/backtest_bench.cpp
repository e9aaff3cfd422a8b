// A whole session in virtual time on one thread: source, simulated venue, core, gateway, journal.
//
// As `mm_logic backtest` and `mm_logic run --speed max` do it, with the default configuration.
// events_per_s counts the 64-byte events that entered the core, of whatever kind, per second of
// this thread's CPU time; lines_per_s the lines of the capture, parsed in the same time, and
// instrument_s_per_s the seconds of a generated market, of each instrument. What work costs among
// many instruments is judged by these two: where several have something at one instant they share
// the event that ends the batch, so the same markets make fewer events.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/captures.h"
#include "bench/memory_file.h"
#include "bench/scratch_journal.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/edges/capture_source.h"
#include "engine/app/soak/virtual_run.h"
#include "engine/runtime/driver.h"

namespace mm {

// For runs without a journal; found by VirtualRun where it is made for one.
inline CommandRouter make_sink(SpscRing<Command>& gateway, NoJournal&) {
  return {gateway, nullptr};
}

}  // namespace mm

namespace mm::app {
namespace {

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

void report(benchmark::State& state, std::uint64_t events, std::uint64_t allocations) {
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["allocations"] = static_cast<double>(allocations);
}
void report(benchmark::State& state, std::uint64_t events, std::uint64_t lines,
            std::uint64_t allocations) {
  report(state, events, allocations);
  state.counters["lines_per_s"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
}

// The shipped limits of orders and requests for each of so many instruments: none waits for others.
Config limits_for(std::size_t instruments) {
  Config config;
  const auto times = static_cast<std::int32_t>(instruments);
  config.common.risk.max_order_count *= times;
  config.order_management.modify_rate_limit *= times;
  config.simulator.orders_per_10s *= times;
  config.simulator.weight_per_minute *= times;
  return config;
}

// Ten seconds of a generated market an iteration, journal off. Argument: instruments.
void generated(benchmark::State& state) {
  Config config = limits_for(static_cast<std::size_t>(state.range(0)));
  config.venue.symbols.clear();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    config.venue.symbols.push_back("S" + std::to_string(i) + "USDT");
  }
  const std::vector<Instrument> instruments = simulated_instruments(config);
  const auto venue = make_sim_venue(config, instruments);
  NoJournal none;
  VirtualRun<NoSource, sim::SimVenue, NoJournal> run(config, instruments, *venue, none);
  run.begin(kStart);
  run.advance(kStart + kSecond * 10);  // past the warm-up
  const std::uint64_t before = run.events_in(), allocations = thread_hot_path_allocations();
  for (auto _ : state) run.advance(run.now() + kSecond * 10);
  report(state, run.events_in() - before, thread_hot_path_allocations() - allocations);
  const auto seconds = static_cast<double>(10 * state.range(0) * state.iterations());
  state.counters["instrument_s_per_s"] = benchmark::Counter(seconds, benchmark::Counter::kIsRate);
}

// A capture as it is run: what it was packed in, and what is kept of the run.
struct Tape {
  const char* capture;
  bool in_memory;  // inflated beforehand, else read from its .gz
  bool journal;
};

// Events and lines of one run over whole captures; the clock runs from the first to the last.
template <class Journal>
void run_captures(benchmark::State& state, const std::vector<std::string>& files, Journal& journal,
                  std::uint64_t& events, std::uint64_t& lines) {
  CaptureOptions options;
  options.files = files;
  const Config config = limits_for(files.size());
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  CaptureSource source(*opened.feed);
  const auto venue = make_observing_venue(config, opened.feed->instruments());
  auto run = std::make_unique<VirtualRun<CaptureSource, sim::SimVenue, Journal>>(
      config, opened.feed->instruments(), *venue, journal);
  state.ResumeTiming();
  run->begin(source);
  while (run->advance(run->now() + kSecond * 10)) continue;
  state.PauseTiming();
  events += run->events_in();
  lines += opened.feed->lines();
}

// The whole capture an iteration, again and again.
void captured(benchmark::State& state, const Tape& tape) {
  const std::string packed = find_capture(tape.capture);
  if (packed.empty()) {
    return state.SkipWithError("no recorded captures here (MM_CAPTURES names their folder)");
  }
  const MemoryFile in_memory(inflated(packed));
  const std::string file = tape.in_memory ? in_memory.path() : packed;
  std::uint64_t events = 0, lines = 0;
  const std::uint64_t allocations = thread_hot_path_allocations();
  for (auto _ : state) {
    state.PauseTiming();
    if (tape.journal) {
      bench::ScratchJournal journal;
      if (!journal.error().empty()) return state.SkipWithError(journal.error().c_str());
      run_captures(state, {file}, journal.writer(), events, lines);
    } else {
      NoJournal none;
      run_captures(state, {file}, none, events, lines);
    }
    state.ResumeTiming();
  }
  report(state, events, lines, thread_hot_path_allocations() - allocations);
}

constexpr const char* kSpot = "binance-spot-ethusdt-20240808.gz";
constexpr const char* kUsdm = "binance-usdm-btcusdt-20230404.gz";

// The spot market as if it were that of another symbol, so much later.
std::string renamed(const std::string& text, const std::string& symbol, Nanos later) {
  std::string lower = symbol;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string all;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const std::size_t space = text.find(' ', begin);
    end = text.find('\n', begin) + 1;
    std::string line = text.substr(space, end - space);
    for (const auto& [from, to] : {std::pair("ETHUSDT", symbol), std::pair("ethusdt", lower)}) {
      for (std::size_t at = 0; (at = line.find(from, at)) != line.npos;) line.replace(at, 7, to);
    }
    all += std::to_string(std::stoll(text.substr(begin, space - begin)) + later.v) + line;
  }
  return all;
}

// So many instruments, each with a copy of the first tenth of the recorded market: what one event
// costs among them. Argument: instruments.
void of_instruments(benchmark::State& state) {
  const std::string packed = find_capture(kSpot);
  if (packed.empty()) {
    return state.SkipWithError("no recorded captures here (MM_CAPTURES names their folder)");
  }
  std::string recorded = inflated(packed);
  recorded.resize(recorded.find('\n', recorded.size() / 10) + 1);
  std::deque<MemoryFile> in_memory;
  std::vector<std::string> files;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::string name = fmt::format("S{:02}USDT", i);
    in_memory.emplace_back(renamed(recorded, name, Nanos(i * kMillisecond.v)));
    files.push_back(in_memory.back().path());
  }
  std::uint64_t events = 0, lines = 0;
  const std::uint64_t allocations = thread_hot_path_allocations();
  for (auto _ : state) {
    state.PauseTiming();
    NoJournal none;
    run_captures(state, files, none, events, lines);
    state.ResumeTiming();
  }
  report(state, events, lines, thread_hot_path_allocations() - allocations);
}

constexpr double kWorkSeconds = 5;  // so that the figure is no burst's

BENCHMARK(generated)
    ->Name("backtest/generated")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->MinTime(kWorkSeconds)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(of_instruments)
    ->Name("backtest/instruments")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->MinTime(kWorkSeconds)
    ->Unit(benchmark::kMillisecond);
void register_tape(const char* name, const Tape& tape) {
  benchmark::RegisterBenchmark(name, [tape](benchmark::State& state) { captured(state, tape); })
      ->MinTime(kWorkSeconds)
      ->Unit(benchmark::kMillisecond);
}
const bool registered = [] {
  register_tape("backtest/spot/in_memory", {kSpot, true, false});
  register_tape("backtest/spot/in_memory_journal", {kSpot, true, true});
  register_tape("backtest/spot/gzip_journal", {kSpot, false, true});
  register_tape("backtest/usdm/in_memory", {kUsdm, true, false});
  register_tape("backtest/usdm/in_memory_journal", {kUsdm, true, true});
  register_tape("backtest/usdm/gzip_journal", {kUsdm, false, true});
  return true;
}();

}  // namespace
}  // namespace mm::app
