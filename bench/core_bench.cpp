// The core alone, one event at a time: what a market event, a decision and a fill cost.
//
// A measurement begins when the event enters the core and ends when its last command is out; a
// decision is the event and the BatchEnd after it. p50 and p99 come from single measurements and
// contain one reading of the clock, some 20 ns. Argument: how many instruments are being quoted;
// they take turns.
#include <benchmark/benchmark.h>

#include <optional>
#include <vector>

#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/sealed_scope.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

constexpr Ticks kMiddle{300'000};

// Far enough out that a market that drifts reaches none of our orders.
constexpr Ratio kWide = ratio_ppm(10'000);

CoreConfig quoting(std::size_t instruments, bool wide) {
  CoreConfig config = test::one_instrument();
  config.instruments.resize(instruments, config.instruments[0]);
  for (InstrumentConfig& i : config.instruments) {
    i.risk.max_position_notional = Money(1'000'000 * kMoneyScale);
    if (!wide) continue;
    i.strategy.min_spread = kWide;
    i.strategy.max_spread = kWide + ratio_ppm(4'000);
  }
  config.account.max_order_count = 1'000;
  config.orders.modify_rate_limit = 10'000;
  config.orders.reset_interval = Nanos(0);
  config.orders.cleanup_interval = kSecond;
  return config;
}

// A core that quotes three levels a side on each instrument, and the stopwatch.
class Bench {
 public:
  // `of_commands`: single measurements without a command do not count for p50 and p99.
  explicit Bench(benchmark::State& state, bool wide = false, bool of_commands = false)
      : state_(state),
        count_(static_cast<std::size_t>(state.range(0))),
        of_commands_(of_commands),
        harness_(quoting(count_, wide)) {
    for (std::size_t i = 0; i < count_; ++i) harness_.book(bid(), ask(), id(i));
    harness_.advance(Nanos(5 * kSecond.v - 1));
    for (std::size_t i = 0; i < count_; ++i) deliver(ticker(id(i), kMiddle));
    harness_.advance(Nanos(1));
    answer();
    if (harness_.core.orders().live_count() != 6 * count_) state.SkipWithError("does not quote");
  }
  ~Bench() {
    state_.counters["p50_ns"] = static_cast<double>(times_.p50().v);
    state_.counters["p99_ns"] = static_cast<double>(times_.p99().v);
    state_.counters["commands"] =
        benchmark::Counter(static_cast<double>(commands_), benchmark::Counter::kAvgIterations);
    state_.counters["allocations"] = static_cast<double>(thread_hot_path_allocations());
  }

  const Core& core() const { return harness_.core; }
  // The instrument whose turn it is.
  InstrumentId next() { return id(turn_++ % count_); }
  // How often every instrument has had its turn.
  std::size_t round() const { return turn_ / count_; }

  Event ticker(InstrumentId i, Ticks middle, std::int64_t lots = 100'000) {
    Event e = event(EventKind::kBookTicker, i);
    e.ticker.update_id = UpdateId(++ticker_id_);
    e.ticker.bid_ticks = static_cast<std::int32_t>(middle.v - 1);
    e.ticker.ask_ticks = static_cast<std::int32_t>(middle.v + 1);
    e.ticker.bid_lots = e.ticker.ask_lots = Lots(lots);
    return e;
  }
  Event event(EventKind kind, InstrumentId i) {
    Event e = test::CoreHarness::event(kind, i);
    harness_.now += Nanos(10 * kMicrosecond.v);
    e.time = e.received = harness_.now;
    return e;
  }
  // Measured.
  void on(const Event& e) {
    begin();
    harness_.core.on(e, buffer_);
    end();
  }
  void decide_on(const Event& e) {
    const Event batch_end = event(EventKind::kBatchEnd, 0);
    begin();
    harness_.core.on(e, buffer_);
    harness_.core.on(batch_end, buffer_);
    end();
  }
  // Not measured.
  void deliver(const Event& e) { harness_.deliver(e); }
  // Not measured: the venue does what it was asked.
  void answer() {
    for (std::size_t i = 0; i < buffer_.size(); ++i) {
      harness_.commands.push_back(buffer_.items()[i]);
    }
    buffer_.clear();
    while (!harness_.commands.empty()) harness_.answer_all();
    harness_.now += kMillisecond;  // for the budget of requests
  }

 private:
  static InstrumentId id(std::size_t i) { return static_cast<InstrumentId>(i); }
  static Ticks bid() { return Ticks(kMiddle.v - 1); }
  static Ticks ask() { return Ticks(kMiddle.v + 1); }

  void begin() {
    buffer_.clear();
    sealed_.emplace();
    begin_ = clock_.now();
  }
  void end() {
    const Nanos took = clock_.now() - begin_;
    sealed_.reset();
    if (!of_commands_ || buffer_.size() > 0) times_.record(took);
    commands_ += buffer_.size();
    state_.SetIterationTime(static_cast<double>(took.v) / static_cast<double>(kSecond.v));
  }

  benchmark::State& state_;
  const std::size_t count_;
  const bool of_commands_;
  test::CoreHarness harness_;
  CommandBuffer buffer_;
  const Clock clock_;
  Nanos begin_{};
  std::optional<SealedScope> sealed_;
  Histogram times_;
  std::size_t turn_ = 0;
  std::uint64_t commands_ = 0;
  std::uint64_t ticker_id_ = std::uint64_t{1} << 40;
};

// A change of three levels far from the touch.
void book_levels(benchmark::State& state) {
  Bench bench(state);
  std::vector<std::uint32_t> sequence(static_cast<std::size_t>(state.range(0)), 1);
  std::int64_t lots = 1;
  for (auto _ : state) {
    const InstrumentId i = bench.next();
    Event begin = bench.event(EventKind::kBookBegin, i);
    begin.sequence = ++sequence[i];
    begin.book.first_id = begin.book.last_id = UpdateId(1'000 + sequence[i]);
    bench.deliver(begin);
    Event levels = bench.event(EventKind::kBookLevels, i);
    levels.sequence = sequence[i];
    levels.flags = kFlagLast;
    levels.levels.count = kLevelsPerEvent;
    for (std::size_t k = 0; k < kLevelsPerEvent; ++k) {
      levels.levels.ticks[k] = static_cast<std::int32_t>(kMiddle.v - 100 - static_cast<int>(k));
      levels.levels.lots[k] = ++lots;
    }
    bench.on(levels);
  }
}

// The touch keeps its prices.
void book_ticker(benchmark::State& state) {
  Bench bench(state);
  std::int64_t lots = 1;
  for (auto _ : state) bench.on(bench.ticker(bench.next(), kMiddle, ++lots));
}

// The touch moves by a tick; every order may stay.
void decision_keeps(benchmark::State& state) {
  Bench bench(state);
  for (auto _ : state) {
    const InstrumentId i = bench.next();
    bench.decide_on(bench.ticker(i, Ticks(kMiddle.v + static_cast<int>(bench.round() % 2))));
  }
}

// The market drifts up and down by 0.8 % in steps of 0.1 %: now and then an order has to follow.
// Only the decisions that send a command are timed.
void decision_follows(benchmark::State& state) {
  constexpr std::size_t kSteps = 8;
  constexpr std::int64_t kStep = kMiddle.v / 1000;
  Bench bench(state, true, true);
  for (auto _ : state) {
    const InstrumentId i = bench.next();
    const std::size_t phase = bench.round() % (2 * kSteps);
    const std::size_t steps = phase < kSteps ? phase : 2 * kSteps - phase;
    bench.decide_on(bench.ticker(i, kMiddle + Ticks(kStep * static_cast<std::int64_t>(steps))));
    bench.answer();
  }
}

// The touch moves by half a percent; every order follows it.
void decision_amends(benchmark::State& state) {
  Bench bench(state);
  for (auto _ : state) {
    const InstrumentId i = bench.next();
    const bool up = bench.round() % 2 == 0;
    bench.decide_on(bench.ticker(i, Ticks(kMiddle.v + (up ? 1'500 : 0))));
    bench.answer();
  }
}

// A lot of our best order trades, one side after the other.
void fill(benchmark::State& state) {
  Bench bench(state);
  std::uint64_t trade_id = 0;
  for (auto _ : state) {
    const InstrumentId i = bench.next();
    const Side side = bench.round() % 2 == 0 ? Side::kBuy : Side::kSell;
    const Order& order = bench.core().orders().row(bench.core().orders().live(i, side)[0]);
    Event e = bench.event(EventKind::kFilled, i);
    e.flags = static_cast<std::uint8_t>(kFlagMaker | (side == Side::kSell ? kFlagSell : 0));
    e.fill.id = order.id;
    e.fill.trade_id = TradeId(++trade_id);
    e.fill.lots = Lots(1);
    e.fill.ticks = static_cast<std::int32_t>(order.price.v);
    e.fill.fee_asset = Asset::kQuote;
    bench.decide_on(e);
    bench.answer();
  }
}

void quoted_instruments(benchmark::internal::Benchmark* b) {
  b->Arg(1)->Arg(10)->Arg(100)->UseManualTime();
}
BENCHMARK(book_levels)->Name("core/book_levels")->Apply(quoted_instruments);
BENCHMARK(book_ticker)->Name("core/book_ticker")->Apply(quoted_instruments);
BENCHMARK(decision_keeps)->Name("core/decision_keeps")->Apply(quoted_instruments);
BENCHMARK(decision_follows)->Name("core/decision_follows")->Apply(quoted_instruments);
BENCHMARK(decision_amends)->Name("core/decision_amends")->Apply(quoted_instruments);
BENCHMARK(fill)->Name("core/fill")->Apply(quoted_instruments);

}  // namespace
}  // namespace mm
