// What is measured of the core alone, by the clock (core_bench.cpp) and in instructions
// (bench/instructions).
//
// A core that quotes three levels a side on each of its instruments, which take turns. A piece of
// work is one market event, decision or fill; it is measured from when the event enters the core to
// when its last command is out, and the venue's answers come in between, unmeasured.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "engine/runtime/sealed_scope.h"
#include "tests/core_harness.h"

namespace mm::bench {

// Starts and stops at what is measured.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual void begin() = 0;
  virtual void end(std::size_t commands) = 0;
};

class CoreWork {
 public:
  static constexpr Ticks kMiddle{300'000};

  enum class Quotes {
    kNear,  // as the strategy quotes by itself
    kWide,  // so far out that a market that drifts reaches none of our orders
  };

  // `whole`: with what the core does once the commands are out.
  CoreWork(Stopwatch& watch, std::size_t instruments, Quotes quotes, bool whole)
      : watch_(watch),
        whole_(whole),
        harness_(quoting(instruments, quotes)),
        sequences_(instruments, 1) {
    for (std::size_t i = 0; i < instruments; ++i) {
      tell_balances(id(i));
      harness_.book(bid(), ask(), id(i));
    }
    harness_.advance(Nanos(5 * kSecond.v - 1));
    for (std::size_t i = 0; i < instruments; ++i) harness_.deliver(ticker(id(i), kMiddle));
    harness_.advance(Nanos(1));
    answer();
  }

  bool quotes() const { return harness_.core.orders().live_count() == 6 * sequences_.size(); }

  // A change of three levels far from the touch.
  void book_levels() {
    const InstrumentId i = next();
    const std::uint32_t sequence = ++sequences_[i];
    Event begin = event(EventKind::kBookBegin, i);
    begin.sequence = sequence;
    begin.book.first_id = begin.book.last_id = UpdateId(1'000 + sequence);
    harness_.deliver(begin);
    Event levels = event(EventKind::kBookLevels, i);
    levels.sequence = sequence;
    levels.flags = kFlagLast;
    levels.levels.count = kLevelsPerEvent;
    for (std::size_t k = 0; k < kLevelsPerEvent; ++k) {
      levels.levels.ticks[k] = static_cast<std::int32_t>(kMiddle.v - 100 - static_cast<int>(k));
      levels.levels.lots[k] = ++lots_;
    }
    on(levels);
  }

  // The touch keeps its prices.
  void book_ticker() { on(ticker(next(), kMiddle, ++lots_)); }

  // The touch moves by a tick; every order may stay.
  void decision_keeps() {
    const InstrumentId i = next();
    decide_on(ticker(i, Ticks(kMiddle.v + static_cast<int>(round() % 2))));
  }

  // The market drifts up and down by 0.8 % in steps of 0.1 %: now and then an order has to follow.
  void decision_follows() {
    constexpr std::size_t kSteps = 8;
    constexpr std::int64_t kStep = kMiddle.v / 1000;
    const InstrumentId i = next();
    const std::size_t phase = round() % (2 * kSteps);
    const std::size_t steps = phase < kSteps ? phase : 2 * kSteps - phase;
    decide_on(ticker(i, kMiddle + Ticks(kStep * static_cast<std::int64_t>(steps))));
    answer();
  }

  // The touch moves by half a percent; every order follows it.
  void decision_amends() {
    const InstrumentId i = next();
    decide_on(ticker(i, Ticks(kMiddle.v + (round() % 2 == 0 ? 1'500 : 0))));
    answer();
  }

  // A lot of our best order trades, one side after the other.
  void fill() {
    const InstrumentId i = next();
    const Side side = round() % 2 == 0 ? Side::kBuy : Side::kSell;
    const OrderTable& orders = harness_.core.orders();
    const Order& order = orders.row(orders.live(i, side)[0]);
    Event e = event(EventKind::kFilled, i);
    e.flags = static_cast<std::uint8_t>(kFlagMaker | (side == Side::kSell ? kFlagSell : 0));
    e.fill.id = order.id;
    e.fill.trade_id = TradeId(++trade_id_);
    e.fill.lots = Lots(1);
    e.fill.ticks = static_cast<std::int32_t>(order.price.v);
    e.fill.fee_asset = Asset::kQuote;
    decide_on(e);
    answer();
  }

 private:
  static CoreConfig quoting(std::size_t instruments, Quotes quotes) {
    CoreConfig config = test::one_instrument();
    config.instruments.resize(instruments, config.instruments[0]);
    for (InstrumentConfig& i : config.instruments) {
      i.risk.max_position_notional = Money(1'000'000 * kMoneyScale);
      if (quotes == Quotes::kNear) continue;
      i.strategy.min_spread = ratio_ppm(10'000);
      i.strategy.max_spread = ratio_ppm(14'000);
    }
    config.account.max_order_count = 1'000;
    config.orders.modify_rate_limit = 10'000;
    config.orders.reset_interval = Nanos(0);
    config.orders.cleanup_interval = kSecond;
    return config;
  }
  // Plenty of both assets: what orders take of them is checked, and denies nothing.
  void tell_balances(InstrumentId i) {
    for (const Asset asset : {Asset::kBase, Asset::kQuote}) {
      Event e = event(EventKind::kBalance, i);
      e.balance.asset = asset;
      e.balance.free = Amount(100'000'000 * kAmountScale);
      harness_.deliver(e);
    }
  }
  static InstrumentId id(std::size_t i) { return static_cast<InstrumentId>(i); }
  static Ticks bid() { return Ticks(kMiddle.v - 1); }
  static Ticks ask() { return Ticks(kMiddle.v + 1); }

  // The instrument whose turn it is.
  InstrumentId next() { return id(turn_++ % sequences_.size()); }
  // How often every instrument has had its turn.
  std::size_t round() const { return turn_ / sequences_.size(); }

  Event event(EventKind kind, InstrumentId i) {
    Event e = test::CoreHarness::event(kind, i);
    harness_.now += Nanos(10 * kMicrosecond.v);
    e.time = e.received = harness_.now;
    return e;
  }
  Event ticker(InstrumentId i, Ticks middle, std::int64_t lots = 100'000) {
    Event e = event(EventKind::kBookTicker, i);
    e.ticker.update_id = UpdateId(++ticker_id_);
    e.ticker.bid_ticks = static_cast<std::int32_t>(middle.v - 1);
    e.ticker.ask_ticks = static_cast<std::int32_t>(middle.v + 1);
    e.ticker.bid_lots = e.ticker.ask_lots = Lots(lots);
    return e;
  }

  void on(const Event& e) {
    begin();
    harness_.core.on(e, buffer_);
    end();
  }
  void decide_on(const Event& e) {
    const Event batch_end = event(EventKind::kBatchEnd, 0);
    begin();
    harness_.core.on(e, buffer_);
    harness_.core.conclude(buffer_);
    harness_.core.on(batch_end, buffer_);
    end();
  }
  void begin() {
    buffer_.clear();
    sealed_.emplace();
    watch_.begin();
  }
  void end() {
    if (whole_) harness_.core.conclude(buffer_);
    watch_.end(buffer_.size());
    if (!whole_) harness_.core.conclude(buffer_);
    sealed_.reset();
  }

  // The venue does what it was asked.
  void answer() {
    for (std::size_t i = 0; i < buffer_.size(); ++i) {
      harness_.commands.push_back(buffer_.items()[i]);
    }
    buffer_.clear();
    while (!harness_.commands.empty()) harness_.answer_all();
    harness_.now += kMillisecond;  // for the budget of requests
  }

  Stopwatch& watch_;
  const bool whole_;
  test::CoreHarness harness_;
  CommandBuffer buffer_;
  std::optional<SealedScope> sealed_;
  std::vector<std::uint32_t> sequences_;  // of the last book, by instrument
  std::size_t turn_ = 0;
  std::int64_t lots_ = 1;
  std::uint64_t trade_id_ = 0;
  std::uint64_t ticker_id_ = std::uint64_t{1} << 40;
};

struct CoreTask {
  const char* name;
  void (CoreWork::*step)();
  CoreWork::Quotes quotes = CoreWork::Quotes::kNear;
  bool of_commands = false;  // steps without a command do not count for percentiles
  bool whole = false;
};

inline constexpr std::array<CoreTask, 7> kCoreTasks{{
    {"book_levels", &CoreWork::book_levels},
    {"book_ticker", &CoreWork::book_ticker},
    {"decision_keeps", &CoreWork::decision_keeps},
    {"decision_follows", &CoreWork::decision_follows, CoreWork::Quotes::kWide, true},
    {"decision_whole", &CoreWork::decision_follows, CoreWork::Quotes::kWide, true, true},
    {"decision_amends", &CoreWork::decision_amends},
    {"fill", &CoreWork::fill},
}};

}  // namespace mm::bench
