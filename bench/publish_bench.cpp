// What the strategy's thread pays for being watched: one round of publishing, ten times a second.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>

#include "engine/counters/core_publisher.h"
#include "engine/runtime/sealed_scope.h"
#include "tests/core_harness.h"

namespace {

using namespace mm;

class Published {
 public:
  Published() {
    std::string shape = std::filesystem::temp_directory_path() / "mm_bench_XXXXXX";
    folder_ = mkdtemp(shape.data());
    std::vector<Quote> bids, asks;
    for (int i = 0; i < 50; ++i) {
      bids.push_back({Ticks(299'999 - 3 * i), Lots(1'000)});
      asks.push_back({Ticks(300'001 + 3 * i), Lots(1'000)});
    }
    harness_.start_quoting();
    harness_.send_book(0, true, bids, asks);
    harness_.answer_all();
    for (std::int64_t i = 0; i < 100'000; ++i) latency_.record(Nanos(i * i % 1'000'003));
    const Instrument instrument = test::eth_spot();
    const std::string error = counters_.create({.session_folder = folder_,
                                                .sessions_folder = folder_,
                                                .mode = "sim",
                                                .id_prefix = {},
                                                .instruments = {&instrument, 1}});
    MM_ASSERT(error.empty(), "the temporary folder takes a link");
    publisher_.publish_to(counters_);
  }
  ~Published() {
    static_cast<void>(counters_.finish());
    std::filesystem::remove_all(folder_);
  }
  counters::CorePublisher& publisher() { return publisher_; }
  const Core& core() const { return harness_.core; }
  counters::CountersFile& counters() { return counters_; }

 private:
  std::string folder_;
  test::CoreHarness harness_{test::one_instrument()};
  EventCounter events_;
  Histogram latency_;
  const Clock clock_;
  counters::CountersFile counters_;
  counters::CorePublisher publisher_{harness_.core, events_, {latency_, latency_}, clock_};
};

// Of a round: book, orders and levels of the instrument.
void publish_quotes(benchmark::State& state) {
  Published engine;
  counters::QuotePublisher quotes(engine.core());
  for (auto _ : state) {
    const SealedScope scope;
    quotes.publish(engine.core().instrument(0), engine.counters().instruments()[0]);
  }
}

// A round of one instrument, the latencies that come with each tenth included.
void publish_all(benchmark::State& state) {
  Published engine;
  for (auto _ : state) {
    const SealedScope scope;
    engine.publisher().publish_all();
  }
}

// A turn of the agent in which nothing is due: all that an event pays.
void publisher_turn(benchmark::State& state) {
  Published engine;
  for (auto _ : state) benchmark::DoNotOptimize(engine.publisher().do_work());
}

BENCHMARK(publish_quotes)->Name("publish/quotes");
BENCHMARK(publish_all)->Name("publish/all");
BENCHMARK(publisher_turn)->Name("publish/turn");

}  // namespace
