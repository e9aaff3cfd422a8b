// A whole session in virtual time on one thread: source, simulated venue, core, gateway, journal.
//
// As `mm_logic backtest` and `mm_logic run --speed max` do it, with the default configuration and
// the journal written to a file. events_per_s counts the 64-byte events that entered the core, of
// whatever kind, per second of this thread's CPU time; lines_per_s the lines of the capture,
// inflated and parsed in the same time.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "bench/captures.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/edges/capture_source.h"
#include "engine/app/soak/virtual_run.h"

namespace mm::app {
namespace {

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

// A journal in a folder of its own that goes when the benchmark does.
class ScratchJournal {
 public:
  ScratchJournal() {
    static int number = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("mm_bench." + std::to_string(::getpid()) + "." + std::to_string(++number));
    std::filesystem::create_directories(folder_);
    error_ = writer_.open((folder_ / "journal.bin").string(), {},
                          {.segment_bytes_max = 64 << 20, .segments_max = 2});
  }
  ~ScratchJournal() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchJournal(const ScratchJournal&) = delete;
  ScratchJournal& operator=(const ScratchJournal&) = delete;

  JournalWriter& writer() { return writer_; }
  const std::string& error() const { return error_; }

 private:
  std::filesystem::path folder_;
  JournalWriter writer_;
  std::string error_;
};

void report(benchmark::State& state, std::uint64_t events, std::uint64_t allocations) {
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["allocations"] = static_cast<double>(allocations);
}

// Ten seconds of a generated market an iteration. Argument: instruments.
void generated(benchmark::State& state) {
  Config config;
  config.venue.symbols.clear();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    config.venue.symbols.push_back("S" + std::to_string(i) + "USDT");
  }
  const std::vector<Instrument> instruments = simulated_instruments(config);
  const auto venue = make_sim_venue(config, instruments);
  ScratchJournal journal;
  if (!journal.error().empty()) return state.SkipWithError(journal.error().c_str());
  VirtualRun<NoSource> run(config, instruments, *venue, journal.writer());
  run.begin(kStart);
  run.advance(kStart + kSecond * 10);  // past the warm-up
  const std::uint64_t before = run.events_in(), allocations = thread_hot_path_allocations();
  for (auto _ : state) run.advance(run.now() + kSecond * 10);
  report(state, run.events_in() - before, thread_hot_path_allocations() - allocations);
}

// The whole capture an iteration, from the .gz.
void captured(benchmark::State& state, const std::string& name) {
  CaptureOptions options;
  options.files = {find_capture(name)};
  if (options.files[0].empty()) {
    return state.SkipWithError("no recorded captures here (MM_CAPTURES names their folder)");
  }
  const Config config;
  std::uint64_t events = 0, lines = 0;
  const std::uint64_t allocations = thread_hot_path_allocations();
  for (auto _ : state) {
    state.PauseTiming();
    const CaptureFeed::Opened opened = CaptureFeed::open(options);
    CaptureSource source(*opened.feed);
    const auto venue = make_observing_venue(config, opened.feed->instruments());
    const auto journal = std::make_unique<ScratchJournal>();
    if (!journal->error().empty()) return state.SkipWithError(journal->error().c_str());
    auto run = std::make_unique<VirtualRun<CaptureSource>>(config, opened.feed->instruments(),
                                                           *venue, journal->writer());
    state.ResumeTiming();
    run->begin(source);
    while (run->advance(run->now() + kSecond * 10)) continue;
    state.PauseTiming();
    events += run->events_in();
    lines += opened.feed->lines();
    run.reset();
    state.ResumeTiming();
  }
  report(state, events, thread_hot_path_allocations() - allocations);
  state.counters["lines_per_s"] =
      benchmark::Counter(static_cast<double>(lines), benchmark::Counter::kIsRate);
}

BENCHMARK(generated)->Name("backtest/generated")->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(captured, spot, "binance-spot-ethusdt-20240808.gz")
    ->Name("backtest/binance_spot_gz")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(captured, usdm, "binance-usdm-btcusdt-20230404.gz")
    ->Name("backtest/binance_usdm_gz")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mm::app
