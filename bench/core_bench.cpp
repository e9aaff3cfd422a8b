// The core alone, one event at a time: what a market event, a decision and a fill cost.
//
// p50 and p99 come from single measurements and contain one reading of the clock, some 20 ns.
// Argument: how many instruments are being quoted.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/core_work.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"

namespace mm {
namespace {

class ClockWatch : public bench::Stopwatch {
 public:
  ClockWatch(benchmark::State& state, bool of_commands)
      : state_(state), of_commands_(of_commands) {}

  void begin() override { begin_ = clock_.now(); }
  void end(std::size_t commands) override {
    const Nanos took = clock_.now() - begin_;
    if (!of_commands_ || commands > 0) times_.record(took);
    commands_ += commands;
    state_.SetIterationTime(static_cast<double>(took.v) / static_cast<double>(kSecond.v));
  }
  void report() {
    state_.counters["p50_ns"] = static_cast<double>(times_.p50().v);
    state_.counters["p99_ns"] = static_cast<double>(times_.p99().v);
    state_.counters["commands"] =
        benchmark::Counter(static_cast<double>(commands_), benchmark::Counter::kAvgIterations);
    state_.counters["allocations"] = static_cast<double>(thread_hot_path_allocations());
  }

 private:
  benchmark::State& state_;
  const bool of_commands_;
  const Clock clock_;
  Nanos begin_{};
  Histogram times_;
  std::uint64_t commands_ = 0;
};

void run(benchmark::State& state, const bench::CoreTask& task) {
  ClockWatch watch(state, task.of_commands);
  bench::CoreWork work(watch, static_cast<std::size_t>(state.range(0)), task.quotes, task.whole);
  if (!work.quotes()) return state.SkipWithError("does not quote");
  for (auto _ : state) (work.*task.step)();
  watch.report();
}

const bool registered = [] {
  for (const bench::CoreTask& task : bench::kCoreTasks) {
    benchmark::RegisterBenchmark((std::string("core/") + task.name).c_str(),
                                 [&task](benchmark::State& state) { run(state, task); })
        ->Arg(1)
        ->Arg(10)
        ->Arg(100)
        ->UseManualTime();
  }
  return true;
}();

}  // namespace
}  // namespace mm
