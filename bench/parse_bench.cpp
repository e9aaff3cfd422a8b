// Cost of one market-data message from bytes to events, by kind; of a decimal; of a whole capture.
// The parser alone, beside others: json_bench.cpp.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/captures.h"
#include "bench/market_messages.h"
#include "engine/core/decimal.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/capture/capture_feed.h"

namespace mm {
namespace {

using binance::BinanceFeed;

BinanceFeed make_feed() {
  binance::FeedInstrument i;
  std::string_view("ETHUSDT").copy(i.spec.symbol_text.data(), 8);
  i.spec.tick = Amount(1'000'000);
  i.spec.lot = Amount(10'000);
  return BinanceFeed({&i, 1}, {});
}

void feed_message(benchmark::State& state, const std::string& json) {
  BinanceFeed feed = make_feed();
  const bench::Message message(json);
  EventBatch batch;
  for (auto _ : state) {
    batch.clear();
    benchmark::DoNotOptimize(feed.on_message(Nanos(1), message.text(), batch));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(json.size()) * state.iterations());
}
BENCHMARK_CAPTURE(feed_message, bookTicker, bench::book_ticker())->Name("parse/bookTicker");
// Told twice it is parsed in full and then known.
BENCHMARK_CAPTURE(feed_message, trade, bench::trade())->Name("parse/trade");

// A whole book each time, to the last event.
void feed_book_of_20(benchmark::State& state) {
  BinanceFeed feed = make_feed();
  bench::Message message(bench::book_of_20(0, 268'380));
  char* const id_end = message.id_end();
  std::uint64_t id = 0;
  EventBatch batch;
  for (auto _ : state) {
    batch.clear();
    bench::write_id(++id, id_end);
    benchmark::DoNotOptimize(feed.on_message(Nanos(1), message.text(), batch));
  }
  if (batch.size() < 15) state.SkipWithError("not applied");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(feed_book_of_20)->Name("parse/book_of_20");

void parse_one_decimal(benchmark::State& state) {
  const std::string text = "2683.80000000";
  for (auto _ : state) {
    const char* p = text.data();
    benchmark::DoNotOptimize(p);
    benchmark::DoNotOptimize(parse_decimal_prefix(p, text.data() + text.size()));
  }
}
BENCHMARK(parse_one_decimal)->Name("parse/decimal");

// From .gz to events, once it was scanned. MM_CAPTURES names the folder.
void read_capture(benchmark::State& state) {
  CaptureOptions options;
  options.files = {find_capture("binance-spot-ethusdt-20240808.gz")};
  if (options.files[0].empty()) {
    state.SkipWithError("no recorded captures here (MM_CAPTURES names their folder)");
    return;
  }
  EventBatch batch;
  std::size_t events = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const CaptureFeed::Opened opened = CaptureFeed::open(options);
    state.ResumeTiming();
    for (Nanos at; opened.feed->next(at, batch);) events += batch.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(read_capture)->Name("parse/capture")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mm
