// The passive maker, called as the core calls it: by its registered name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/core/strategy.h"
#include "tests/market_harness.h"

namespace {

using namespace mm;
using test::MarketHarness;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class PassiveMakerTest : public testing::Test {
 protected:
  PassiveMakerTest() {
    instrument.tick = Amount(1'000'000);  // 0.01
    instrument.lot = Amount(10'000);      // 0.0001
  }

  Ladder quote() {
    StrategyInstance strategy(instrument, params);
    Ladder ladder;
    strategy.quote({.now = m.now,
                    .instrument = instrument,
                    .params = params,
                    .market = m.market,
                    .fair_value = fair,
                    .touch = touch,
                    .position = position,
                    .position_limit = Amount(10 * kAmountScale)},
                   ladder);
    return ladder;
  }
  static std::vector<std::int64_t> prices(const LadderSide& levels) {
    std::vector<std::int64_t> out;
    for (const Quote& q : levels.quotes()) out.push_back(q.price.v);
    return out;
  }
  static std::vector<std::int64_t> lots(const LadderSide& levels) {
    std::vector<std::int64_t> out;
    for (const Quote& q : levels.quotes()) out.push_back(q.lots.v);
    return out;
  }

  MarketHarness m;
  Instrument instrument;
  StrategyParams params;
  HalfTicks fair = half_ticks(Ticks(200'000));  // 2000.00
  Touch touch{Ticks(199'999), Ticks(200'001), Lots(1), Lots(1), true, true};
  Amount position{0};
};

TEST_F(PassiveMakerTest, OneLevelStandsAtMinSpread) {
  params.target_orders_per_side = 1;
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'600));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'400));
}

TEST_F(PassiveMakerTest, LevelsAreEvenlySpacedFromMinToMaxSpread) {
  const Ladder ladder = quote();  // 0.2 %, 0.3 %, 0.4 %
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'600, 199'400, 199'200));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'400, 200'600, 200'800));
}

TEST_F(PassiveMakerTest, BidsRoundDownAndAsksUp) {
  params.target_orders_per_side = 2;
  fair = HalfTicks(399'999);  // bids 199,599.501 and 199,199.502; asks 200,399.499 and 200,799.498
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'599, 199'199));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'400, 200'800));
}

TEST_F(PassiveMakerTest, OfTwoLevelsOnOneTickTheOuterMovesOneTickOut) {
  fair = half_ticks(Ticks(100));
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(99, 98, 97));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(101, 102, 103));
}

TEST_F(PassiveMakerTest, LevelsBelowTheFirstTickAreLeftOut) {
  fair = half_ticks(Ticks(1));
  EXPECT_THAT(prices(quote().bids), IsEmpty());
  EXPECT_EQ(quote().asks.size(), 3u);
}

TEST_F(PassiveMakerTest, OrderNotionalIsRoundedDownToALotAtEachLevelsPrice) {
  const Ladder ladder = quote();  // 1000 / 1996, 1994, 1992 and 2004, 2006, 2008
  EXPECT_THAT(lots(ladder.bids), ElementsAre(5'010, 5'015, 5'020));
  EXPECT_THAT(lots(ladder.asks), ElementsAre(4'990, 4'985, 4'980));
}

TEST_F(PassiveMakerTest, OrderSizeWinsOverNotional) {
  params.order_size = Amount(12'349'999);  // 0.12349999 base: 1234 lots
  const Ladder ladder = quote();
  EXPECT_THAT(lots(ladder.bids), Each(1'234));
  EXPECT_THAT(lots(ladder.asks), Each(1'234));
}

TEST_F(PassiveMakerTest, LevelSizeStepAddsAFractionPerLevel) {
  params.order_size = Amount(10 * 10'000);
  params.level_size_step = ratio_ppm(150'000);
  params.target_orders_per_side = 4;
  EXPECT_THAT(lots(quote().bids), ElementsAre(10, 11, 13, 14));  // 10, 11.5, 13, 14.5
  EXPECT_THAT(lots(quote().asks), ElementsAre(10, 11, 13, 14));
}

TEST_F(PassiveMakerTest, VolatilityWidensBothSides) {
  params.target_orders_per_side = 1;
  params.volatility_spread_factor = Ratio(kRatioScale);
  m.snapshot({{Ticks(199'999), Lots(1)}}, {{Ticks(200'001), Lots(1)}});
  m.snapshot({{Ticks(200'199), Lots(1)}}, {{Ticks(200'201), Lots(1)}});
  fair = half_ticks(Ticks(200'200));
  // |200 ticks| / 2 prices = 100 ticks, beyond 199,799.6 and 200,600.4.
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'699));
  EXPECT_THAT(prices(quote().asks), ElementsAre(200'701));
  params.volatility_spread_factor = Ratio(3 * kRatioScale);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'499));
  EXPECT_THAT(prices(quote().asks), ElementsAre(200'901));
  params.volatility_spread_factor = Ratio(0);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'799));
}

TEST_F(PassiveMakerTest, SkewShiftsBothSidesAgainstThePosition) {
  params.target_orders_per_side = 1;
  params.skew_price = ratio_ppm(1'000);  // 200 ticks at the limit of 10
  position = Amount(5 * kAmountScale);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'500));
  EXPECT_THAT(prices(quote().asks), ElementsAre(200'300));
  position = Amount(-10 * kAmountScale);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'800));
  EXPECT_THAT(prices(quote().asks), ElementsAre(200'600));
  position = Amount(-30 * kAmountScale);  // no more than at the limit
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'800));
  params.target_position = Amount(-30 * kAmountScale);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'600));
}

TEST_F(PassiveMakerTest, SkewShrinksTheSideThatAddsToThePosition) {
  params.order_size = Amount(1'000 * 10'000);
  params.skew_size = ratio_ppm(500'000);
  position = Amount(5 * kAmountScale);
  EXPECT_THAT(lots(quote().bids), Each(750));
  EXPECT_THAT(lots(quote().asks), Each(1'000));
  position = Amount(-10 * kAmountScale);
  EXPECT_THAT(lots(quote().bids), Each(1'000));
  EXPECT_THAT(lots(quote().asks), Each(500));
}

TEST_F(PassiveMakerTest, SkewNeverBringsALevelNearerThanMinSpreadAfterTheClamp) {
  params.skew_price = ratio_ppm(1'000);
  position = Amount(10 * kAmountScale);
  Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'200, 200'400, 200'600));
  const ClampLimits limits{fair, params.min_spread, ratio_ppm(50'000), Ticks(199'999)};
  EXPECT_EQ(clamp(Side::kSell, limits, instrument, ladder.asks), QuoteReason::kQuoting);
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'400, 200'401, 200'600));
}

TEST_F(PassiveMakerTest, JoinBestPutsTheFirstLevelAtTheMarketsBest) {
  params.join_best = true;
  touch.bid = Ticks(199'500);
  touch.ask = Ticks(200'700);
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'500, 199'400, 199'200));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'700, 200'701, 200'800));
  touch.has_bid = touch.has_ask = false;
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'600, 199'400, 199'200));
}

TEST_F(PassiveMakerTest, JoinBestGoesOutwardsOnlyAndNotBeyondMaxSpread) {
  params.join_best = true;
  touch.bid = Ticks(199'999);
  touch.ask = Ticks(200'001);
  EXPECT_THAT(prices(quote().bids), ElementsAre(199'600, 199'400, 199'200)) << "a tight market";
  EXPECT_THAT(prices(quote().asks), ElementsAre(200'400, 200'600, 200'800));
  touch.bid = Ticks(190'000);
  touch.ask = Ticks(210'000);
  EXPECT_EQ(prices(quote().bids).front(), 199'200) << "a wide one";
  EXPECT_EQ(prices(quote().asks).front(), 200'800);
  params.skew_price = ratio_ppm(5'000);
  position = Amount(10 * kAmountScale);
  EXPECT_EQ(prices(quote().bids).front(), 198'600) << "skew has gone beyond it, and stays";
}

TEST_F(PassiveMakerTest, NoBidAboveTheCeilingAndNoAskBelowTheFloor) {
  params.price_ceiling = Amount(1'994 * kAmountScale);
  params.price_floor = Amount(2'006 * kAmountScale + 1);
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'400, 199'200));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'800));
  params.price_ceiling = Amount(1);  // below one tick is not off
  EXPECT_THAT(prices(quote().bids), IsEmpty());
}

TEST_F(PassiveMakerTest, TheFloorDoesNotTouchBidsNorTheCeilingAsks) {
  params.price_ceiling = Amount(2'100 * kAmountScale);
  params.price_floor = Amount(1'900 * kAmountScale);
  EXPECT_EQ(quote().bids.size(), 3u);
  EXPECT_EQ(quote().asks.size(), 3u);
  params.price_floor = Amount(2'100 * kAmountScale);
  EXPECT_EQ(quote().bids.size(), 3u);
  EXPECT_THAT(prices(quote().asks), IsEmpty());
}

RC_GTEST_FIXTURE_PROP(PassiveMakerTest, LevelsAreWhereTheFormulaPutsThem, ()) {
  params.min_spread = ratio_ppm(*rc::gen::inRange<std::int64_t>(0, 20'000));
  params.max_spread = params.min_spread + ratio_ppm(*rc::gen::inRange<std::int64_t>(0, 20'000));
  const int n = *rc::gen::inRange(1, kMaxLevelsPerSide + 1);
  params.target_orders_per_side = n;
  fair = HalfTicks(*rc::gen::inRange<std::int64_t>(1'000'000, 20'000'000));
  const Ladder ladder = quote();
  for (const Side side : {Side::kBuy, Side::kSell}) {
    const LadderSide& levels = ladder.side(side);
    RC_ASSERT(levels.size() == static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) {
      const Ticks price = levels[static_cast<std::size_t>(i)].price;
      const Int128 distance = Int128{fair.v - 2 * price.v} * sign(side) * kRatioScale;
      // Exact place (x (n - 1)), then at most one tick out for rounding and i for ties.
      const int parts = std::max(n - 1, 1);
      const Int128 place = Int128{fair.v} * (Int128{params.min_spread.v} * parts +
                                             Int128{(params.max_spread - params.min_spread).v} * i);
      const Int128 rounding = fair.v;  // a spread is a whole 1e-9
      RC_ASSERT(distance * parts >= place - rounding * parts);
      RC_ASSERT(distance * parts < place + Int128{2} * (1 + i) * kRatioScale * parts);
      if (i > 0) {
        const Ticks inner = levels[static_cast<std::size_t>(i - 1)].price;
        RC_ASSERT((inner - price).v * sign(side) >= 1);
      }
    }
  }
}

TEST(StrategyRegistry, FindsWhatIsRegisteredByName) {
  ASSERT_NE(find_strategy("passive_maker"), nullptr);
  EXPECT_EQ(find_strategy("passive_maker")->name, "passive_maker");
  EXPECT_NE(find_strategy("touch_joiner"), nullptr);
  EXPECT_EQ(find_strategy("passive"), nullptr);
  EXPECT_EQ(find_strategy(""), nullptr);
}

TEST(StrategyRegistryDeathTest, NamesAreUniqueAndMustExist) {
  EXPECT_DEATH(register_strategy(*find_strategy("passive_maker")), "unique");
  StrategyParams params;
  std::strcpy(params.strategy.data(), "nothing");
  EXPECT_DEATH((StrategyInstance{Instrument{}, params}), "registered");
}

TEST_F(PassiveMakerTest, TheTouchJoinerRestsAtTheMarketsBest) {
  std::strcpy(params.strategy.data(), "touch_joiner");
  params.order_size = Amount(50'000);
  const Ladder ladder = quote();
  EXPECT_THAT(prices(ladder.bids), ElementsAre(199'999));
  EXPECT_THAT(prices(ladder.asks), ElementsAre(200'001));
  EXPECT_THAT(lots(ladder.bids), ElementsAre(5));
}

}  // namespace
