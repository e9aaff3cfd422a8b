// What measuring costs: one recorded value, one reading of the clock, one percentile.
#include <benchmark/benchmark.h>

#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/sealed_scope.h"

namespace {

void record(benchmark::State& state) {
  mm::Histogram histogram;
  std::int64_t value = 1;
  for (auto _ : state) {
    value = (value * 25214903917 + 11) & 0xFFFFF;
    histogram.record(mm::Nanos(value));
  }
  benchmark::DoNotOptimize(histogram);
}

void percentile(benchmark::State& state) {
  mm::Histogram histogram;
  for (std::int64_t i = 0; i < 100'000; ++i) histogram.record(mm::Nanos(i * i % 1'000'003));
  for (auto _ : state) benchmark::DoNotOptimize(histogram.p999());
}

void clock_now(benchmark::State& state) {
  const mm::Clock clock;
  for (auto _ : state) benchmark::DoNotOptimize(clock.now());
}

void sealed_scope(benchmark::State& state) {
  for (auto _ : state) {
    const mm::SealedScope scope;
    benchmark::ClobberMemory();
  }
}

BENCHMARK(record)->Name("histogram/record");
BENCHMARK(percentile)->Name("histogram/percentile");
BENCHMARK(clock_now)->Name("clock/now");
BENCHMARK(sealed_scope)->Name("sealed_scope/enter_leave");

}  // namespace
