#include "engine/core/market_measures.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using mm::Amount;
using mm::HalfTicks;
using mm::Int128;
using mm::kMillisecond;
using mm::kSecond;
using mm::Lots;
using mm::MarketMeasures;
using mm::MeasureConfig;
using mm::Nanos;
using mm::Ratio;
using mm::Side;
using mm::Ticks;
using mm::Trend;

Nanos seconds(std::int64_t n) {
  return n * kSecond;
}
Nanos millis(std::int64_t n) {
  return n * kMillisecond;
}

// Everything that ever happened, searched anew for each question.
class Reference {
 public:
  struct Mid {
    std::int64_t mid;
    Nanos time;
  };
  struct Trade {
    Side side;
    std::int64_t price, lots;
    Nanos time;
  };
  std::vector<Mid> mids;
  std::vector<Trade> trades;

  std::vector<std::int64_t> moves() const {
    std::vector<std::int64_t> out;
    for (std::size_t i = 1; i < mids.size(); ++i) {
      if (mids[i].mid != mids[i - 1].mid) out.push_back(std::abs(mids[i].mid - mids[i - 1].mid));
    }
    return out;
  }
  // {sum of moves, prices} over the last `window` prices.
  std::pair<std::int64_t, std::int64_t> volatility(std::int64_t window) const {
    const auto all = moves();
    const auto count = std::min<std::int64_t>(window - 1, std::ssize(all));
    std::int64_t sum = 0;
    for (auto i = std::ssize(all) - count; i < std::ssize(all); ++i) {
      sum += all[static_cast<std::size_t>(i)];
    }
    return {sum, count + 1};
  }
  double ewma(int window) const {
    double value = 0;
    bool first = true;
    for (const std::int64_t move : moves()) {
      value = first ? static_cast<double>(move)
                    : value + (static_cast<double>(move) - value) * 2 / (window + 1);
      first = false;
    }
    return value;
  }
  // The mid in force just before `time`; 0 if there was none.
  std::int64_t mid_before(Nanos time) const {
    std::int64_t mid = 0;
    for (const Mid& m : mids) {
      if (m.time < time) mid = m.mid;
    }
    return mid;
  }
  std::optional<Ratio> change(std::int64_t seconds_back, Nanos now) const {
    const std::int64_t second_end = now.v / kSecond.v - seconds_back + 1;
    const std::int64_t then = mid_before(seconds(second_end));
    if (then == 0) return std::nullopt;
    return Ratio((mids.back().mid - then) * mm::kRatioScale / then);
  }
  // Largest change from any mid in force just before `from` or since.
  Ratio max_move_since(Nanos from) const {
    const std::int64_t last = mids.back().mid;
    std::int64_t most = 0;
    for (std::size_t i = 0; i < mids.size(); ++i) {
      if (i + 1 < mids.size() && mids[i + 1].time < from) continue;
      most = std::max(most, std::abs(last - mids[i].mid) * mm::kRatioScale / mids[i].mid);
    }
    return Ratio(most);
  }
  mm::Flow flow(Side side, Nanos from) const {
    mm::Flow sum;
    for (const Trade& t : trades) {
      if (t.side != side || t.time < from) continue;
      sum.lots += Lots(t.lots);
      sum.tick_lots += Int128{t.price} * t.lots;
      ++sum.trades;
    }
    return sum;
  }
};

void check_mids(const MarketMeasures& measures, const Reference& reference,
                const MeasureConfig& config, Nanos now) {
  const auto [sum, prices] = reference.volatility(config.volatility_window);
  const std::int64_t mid = reference.mids.back().mid;
  RC_ASSERT(measures.volatility().half_ticks_q10 == sum * 1024 / prices);
  RC_ASSERT(measures.volatility().ratio.v ==
            static_cast<std::int64_t>(Int128{sum} * mm::kRatioScale / (Int128{prices} * mid)));

  const double ewma = reference.ewma(config.volatility_window);
  const auto got = static_cast<double>(measures.volatility_ewma().half_ticks_q10) / 1024;
  RC_ASSERT(std::abs(got - ewma) <= 0.01);
  const double ratio = ewma / static_cast<double>(mid) * 1e9;
  RC_ASSERT(std::abs(static_cast<double>(measures.volatility_ewma().ratio.v) - ratio) <=
            2 + 1e-6 * ratio);

  const mm::MarketSummary summary = measures.summary(now);
  RC_ASSERT(summary.change_1min == reference.change(60, now));
  RC_ASSERT(summary.change_5min == reference.change(300, now));
  RC_ASSERT(summary.change_15min == reference.change(900, now));

  // Exact over whole buckets: at least the window, at most one bucket more.
  const Nanos width(config.price_change_window.v / 64);
  const Nanos from((now.v / width.v - 64) * width.v);
  RC_ASSERT(measures.max_move(now) == reference.max_move_since(from));
}

}  // namespace

TEST(MarketMeasures, KnowNothingAtTheStart) {
  const MarketMeasures measures{MeasureConfig{}};
  EXPECT_EQ(measures.volatility().half_ticks_q10, 0);
  EXPECT_EQ(measures.volatility_ewma().ratio, Ratio(0));
  EXPECT_EQ(measures.max_move(seconds(5)), Ratio(0));
  EXPECT_FALSE(measures.last_trade_significant());
  const mm::MarketSummary summary = measures.summary(seconds(5));
  EXPECT_FALSE(summary.change_1min || summary.change_5min || summary.change_15min);
  EXPECT_EQ(summary.trend, Trend::kFlat);
  EXPECT_EQ(summary.buy_total.trades + summary.sell_total.trades, 0U);
}

TEST(MarketMeasures, VolatilityIsTheSumOfMovesDividedByTheNumberOfPrices) {
  MarketMeasures measures({.volatility_window = 4});
  const auto at = [&](int mid) { measures.on_mid(HalfTicks(mid), seconds(1)); };
  at(1000);
  EXPECT_EQ(measures.volatility().half_ticks_q10, 0);
  at(1003);
  EXPECT_EQ(measures.volatility().half_ticks_q10, 3 * 1024 / 2);
  at(1003);  // the same price is no new price
  EXPECT_EQ(measures.volatility().half_ticks_q10, 3 * 1024 / 2);
  at(1001);
  at(1002);
  EXPECT_EQ(measures.volatility().half_ticks_q10, 6 * 1024 / 4);
  at(1000);  // the first price, and with it the move of 3, leaves
  EXPECT_EQ(measures.volatility().half_ticks_q10, 5 * 1024 / 4);
  EXPECT_EQ(measures.volatility().ratio, Ratio(1'250'000));  // 5 / 4 / 1000
}

TEST(MarketMeasures, TheExponentialVolatilityWeighsTheNewestMoveTwoInWindowPlusOne) {
  MarketMeasures measures({.volatility_window = 3});
  for (int mid : {1000, 1008}) measures.on_mid(HalfTicks(mid), seconds(1));
  EXPECT_EQ(measures.volatility_ewma().half_ticks_q10, 8 * 1024);
  measures.on_mid(HalfTicks(1004), seconds(1));
  EXPECT_EQ(measures.volatility_ewma().half_ticks_q10, 6 * 1024);
}

RC_GTEST_PROP(MarketMeasures, MidsAgreeWithAFullHistory, ()) {
  MeasureConfig config;
  config.volatility_window = *rc::gen::element(2, 3, 10, 100);
  config.price_change_window = *rc::gen::element(seconds(1), seconds(60), seconds(64));
  MarketMeasures measures(config);
  Reference reference;
  Nanos now = seconds(*rc::gen::inRange(0, 2000));
  // Starts high so that integers and doubles are compared on real magnitudes too.
  std::int64_t mid = *rc::gen::element(500, 13'000'000, 2'000'000'000);
  const auto steps = *rc::gen::inRange(1, 150);
  for (int i = 0; i < steps; ++i) {
    now += millis(*rc::gen::element(0, 3, 250, 999, 5'000, 61'000, 2'000'000));
    mid = std::max<std::int64_t>(1, mid + *rc::gen::inRange(-50, 51));
    measures.on_mid(HalfTicks(mid), now);
    reference.mids.push_back({mid, now});
    check_mids(measures, reference, config, now);
    const Nanos later = now + millis(*rc::gen::element(1, 999, 30'000, 950'000));
    check_mids(measures, reference, config, later);
  }
}

TEST(MarketMeasures, AMoveIsMeasuredFromTheFarthestPriceOfTheWindowOnly) {
  MarketMeasures measures({.price_change_window = seconds(64)});
  measures.on_mid(HalfTicks(1000), seconds(100));
  measures.on_mid(HalfTicks(980), seconds(130));
  EXPECT_EQ(measures.max_move(seconds(130)), Ratio(20'000'000));
  measures.on_mid(HalfTicks(990), seconds(131));
  EXPECT_EQ(measures.max_move(seconds(131)), Ratio(10'204'081));  // up from 980
  EXPECT_EQ(measures.max_move(seconds(194)), Ratio(10'204'081));  // 980 ended at 131
  EXPECT_EQ(measures.max_move(seconds(196)), Ratio(0));
}

TEST(MarketMeasures, TrendNeedsAMoveThatHasNotTurned) {
  const auto trend_of = [](std::initializer_list<std::pair<int, int>> path, int now) {
    MarketMeasures measures{MeasureConfig{}};
    for (const auto& [second, mid] : path) measures.on_mid(HalfTicks(mid), seconds(second));
    return measures.summary(seconds(now)).trend;
  };
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 100'099}}, 310), Trend::kFlat);
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 100'100}}, 300), Trend::kUp);
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 99'900}}, 300), Trend::kDown);
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 100'200}, {290, 100'199}}, 300), Trend::kFlat);
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 99'800}, {290, 99'801}}, 300), Trend::kFlat);
  EXPECT_EQ(trend_of({{1, 100'000}, {200, 100'200}}, 600), Trend::kFlat);  // long ago
  EXPECT_EQ(trend_of({{1, 100'000}, {5, 100'200}}, 6), Trend::kUp);        // a young market
  EXPECT_STREQ(mm::name(Trend::kFlat), "flat");
  EXPECT_STREQ(mm::name(Trend::kUp), "up");
  EXPECT_STREQ(mm::name(Trend::kDown), "down");
}

RC_GTEST_PROP(MarketMeasures, FlowsAgreeWithAFullHistory, ()) {
  MarketMeasures measures{MeasureConfig{}};
  Reference reference;
  Nanos now = seconds(*rc::gen::inRange(0, 200));
  const auto steps = *rc::gen::inRange(1, 100);
  for (int i = 0; i < steps; ++i) {
    now += millis(*rc::gen::element(0, 7, 999, 20'000, 60'000, 61'000));
    const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
    const std::int64_t price = *rc::gen::inRange(1, 2'000'000'000);
    const std::int64_t lots = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000);
    measures.on_trade(side, Ticks(price), Lots(lots), now);
    reference.trades.push_back({side, price, lots, now});

    const Nanos asked = now + millis(*rc::gen::element(0, 500, 59'000));
    const Nanos from = seconds(asked.v / kSecond.v - 59);  // this second and 59 before it
    const mm::MarketSummary summary = measures.summary(asked);
    RC_ASSERT(summary.buy_1min == reference.flow(Side::kBuy, from));
    RC_ASSERT(summary.sell_1min == reference.flow(Side::kSell, from));
    RC_ASSERT(summary.buy_total == reference.flow(Side::kBuy, Nanos(0)));
    RC_ASSERT(summary.sell_total == reference.flow(Side::kSell, Nanos(0)));
  }
}

TEST(MarketMeasures, ATradeIsSignificantWhenLargeOrAfterAQuietInterval) {
  MarketMeasures measures({.lot = Amount(300'000),
                           .significant_trade_threshold = Amount(1'000'000),  // 3.33 lots
                           .trade_print_interval = seconds(5)});
  const auto shown = [&](int lots, Nanos now) {
    measures.on_trade(Side::kBuy, Ticks(10), Lots(lots), now);
    return measures.last_trade_significant();
  };
  EXPECT_TRUE(shown(1, seconds(1)));  // the first of all
  EXPECT_FALSE(shown(3, seconds(2)));
  EXPECT_TRUE(shown(4, seconds(3)));  // large; the interval starts anew
  EXPECT_FALSE(shown(1, seconds(8) - Nanos(1)));
  EXPECT_TRUE(shown(1, seconds(8)));
}

TEST(MarketMeasuresDeathTest, SayWhatTheCallerShouldHaveGuaranteed) {
  EXPECT_DEATH(MarketMeasures({.volatility_window = 1}), "volatility_window");
  EXPECT_DEATH(MarketMeasures({.lot = Amount(0)}), "lot size");
  EXPECT_DEATH(MarketMeasures({.price_change_window = Nanos(0)}), "price_change_window");
  MarketMeasures measures{MeasureConfig{}};
  measures.on_mid(HalfTicks(1), seconds(2));
  EXPECT_DEATH(measures.on_mid(HalfTicks(0), seconds(2)), "above zero");
  EXPECT_DEATH(measures.on_mid(HalfTicks(1), seconds(1)), "never goes back");
}
