// Cost of one market-data message from bytes to events, by kind; of a decimal; of a whole capture.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/captures.h"
#include "engine/core/decimal.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/capture/capture_feed.h"

namespace mm {
namespace {

using binance::BinanceFeed;

std::string padded(std::string text) {
  return text.append(binance::Parser::kPadding, '\0');
}

std::string depth(int levels) {
  std::string bids, asks;
  for (int i = 0; i < levels; ++i) {
    const char* const comma = i == 0 ? "" : ",";
    bids += comma + ("[\"" + std::to_string(2683 - i) + ".80000000\",\"3.02920000\"]");
    asks += comma + ("[\"" + std::to_string(2684 + i) + ".81000000\",\"31.43950000\"]");
  }
  return R"({"stream":"ethusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255308,)"
         R"("s":"ETHUSDT","U":1,"u":9000000000000000000,"b":[)" +
         bids + "],\"a\":[" + asks + "]}}";
}

BinanceFeed make_feed() {
  binance::FeedInstrument i;
  std::string_view("ETHUSDT").copy(i.spec.symbol_text.data(), 8);
  i.spec.tick = Amount(1'000'000);
  i.spec.lot = Amount(10'000);
  return BinanceFeed({&i, 1}, {});
}

void run(benchmark::State& state, BinanceFeed& feed, const std::string& text, std::size_t size) {
  EventBatch batch;
  for (auto _ : state) {
    batch.clear();
    benchmark::DoNotOptimize(feed.on_message(Nanos(1), {text.data(), size}, batch));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

void parse_book_ticker(benchmark::State& state) {
  BinanceFeed feed = make_feed();
  const std::string text =
      R"({"stream":"ethusdt@bookTicker","data":{"u":35346513501,"s":"ETHUSDT","b":"2683.80000000",)"
      R"("B":"3.02920000","a":"2683.81000000","A":"31.43950000"}})";
  run(state, feed, padded(text), text.size());
}
BENCHMARK(parse_book_ticker);

// A trade told twice is parsed in full and then known.
void parse_trade(benchmark::State& state) {
  BinanceFeed feed = make_feed();
  const std::string text =
      R"({"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255612,"s":"ETHUSDT",)"
      R"("t":1520538925,"p":"2683.80000000","q":"0.00200000","T":1723161255611,)"
      R"("m":true,"M":true}})";
  run(state, feed, padded(text), text.size());
}
BENCHMARK(parse_trade);

// Levels a side; the parser alone.
void parse_depth(benchmark::State& state) {
  const std::string text = depth(static_cast<int>(state.range(0)));
  const std::string bytes = padded(text);
  binance::Parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse({bytes.data(), text.size()}));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
  state.SetItemsProcessed(2 * state.range(0) * state.iterations());
}
BENCHMARK(parse_depth)->Arg(5)->Arg(20)->Arg(100)->Arg(1'000);

void parse_one_decimal(benchmark::State& state) {
  const std::string text = "2683.80000000";
  for (auto _ : state) {
    const char* p = text.data();
    benchmark::DoNotOptimize(p);
    benchmark::DoNotOptimize(parse_decimal_prefix(p, text.data() + text.size()));
  }
}
BENCHMARK(parse_one_decimal);

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
BENCHMARK(read_capture)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mm
