#include "engine/core/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace {

using namespace mm;
using testing::ElementsAre;
using testing::IsEmpty;

LadderSide side_of(std::initializer_list<int> prices) {
  LadderSide levels;
  for (const int p : prices) levels.add({Ticks(p), Lots(1)});
  return levels;
}
std::vector<std::int64_t> prices(const LadderSide& levels) {
  std::vector<std::int64_t> out;
  for (const Quote& q : levels.quotes()) out.push_back(q.price.v);
  return out;
}

TEST(PriceAtDistance, RoundsAwayFromTheMarket) {
  const HalfTicks fair(2001);  // 1000.5 ticks
  EXPECT_EQ(price_at_distance(Side::kBuy, fair, Ratio(0)), Ticks(1000));
  EXPECT_EQ(price_at_distance(Side::kSell, fair, Ratio(0)), Ticks(1001));
  EXPECT_EQ(price_at_distance(Side::kBuy, fair, ratio_ppm(2000)), Ticks(998));    // 998.499
  EXPECT_EQ(price_at_distance(Side::kSell, fair, ratio_ppm(2000)), Ticks(1003));  // 1002.501
  EXPECT_EQ(price_at_distance(Side::kBuy, HalfTicks(2000), ratio_ppm(2000)), Ticks(998));
  EXPECT_EQ(price_at_distance(Side::kSell, HalfTicks(2000), ratio_ppm(2000)), Ticks(1002));
}

TEST(Separate, TheOuterOfTwoLevelsOnOneTickMovesOut) {
  LadderSide bids = side_of({100, 100, 99, 99, 90});
  separate(Side::kBuy, bids);
  EXPECT_THAT(prices(bids), ElementsAre(100, 99, 98, 97, 90));
  LadderSide asks = side_of({100, 100, 99, 105});
  separate(Side::kSell, asks);
  EXPECT_THAT(prices(asks), ElementsAre(100, 101, 102, 105));
}

TEST(LadderSide, HoldsNoMoreThanItsLevelsAndErasesInOrder) {
  LadderSide levels;
  for (int i = 0; i < kMaxLevelsPerSide; ++i) EXPECT_TRUE(levels.add({Ticks(i), Lots(1)}));
  EXPECT_FALSE(levels.add({Ticks(99), Lots(1)}));
  levels.truncate(4);
  levels.drop(1, QuoteReason::kPriceBand);
  EXPECT_THAT(prices(levels), ElementsAre(0, 2, 3));
  levels.drop(2, QuoteReason::kPriceCollar);
  EXPECT_THAT(prices(levels), ElementsAre(0, 2));
}

TEST(LadderSide, WhyALevelWasDroppedStandsBehindThoseThatAreLeft) {
  LadderSide levels = side_of({9, 8, 7, 6});
  EXPECT_EQ(levels.dropped(), QuoteReason::kQuoting);
  levels.drop(3, QuoteReason::kPriceCollar);
  levels.drop(0, QuoteReason::kPositionLimit);
  levels.hold(1, QuoteReason::kRateBudget);
  EXPECT_THAT(prices(levels), ElementsAre(8, 7));
  EXPECT_EQ(levels.against(0), QuoteReason::kQuoting);
  EXPECT_EQ(levels.against(1), QuoteReason::kRateBudget);
  EXPECT_EQ(levels.against(2), QuoteReason::kPositionLimit);
  EXPECT_EQ(levels.against(3), QuoteReason::kPriceCollar);
  EXPECT_EQ(levels.dropped(), QuoteReason::kPositionLimit);
  levels.clear();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(levels.against(i), QuoteReason::kQuoting);
}

ClampLimits limits(std::int64_t fair_ticks, std::int64_t opposite) {
  return {.fair = half_ticks(Ticks(fair_ticks)),
          .min_spread = ratio_ppm(2000),
          .price_collar = ratio_ppm(50'000),
          .opposite_best = Ticks(opposite)};
}

TEST(Clamp, LevelsTooNearMoveOutToMinSpread) {
  LadderSide bids = side_of({999, 998, 996});
  EXPECT_EQ(clamp(Side::kBuy, limits(1000, 1001), Instrument{}, bids), QuoteReason::kQuoting);
  EXPECT_THAT(prices(bids), ElementsAre(998, 997, 996));
  LadderSide asks = side_of({1000, 1003});
  EXPECT_EQ(clamp(Side::kSell, limits(1000, 999), Instrument{}, asks), QuoteReason::kQuoting);
  EXPECT_THAT(prices(asks), ElementsAre(1002, 1003));
}

TEST(Clamp, LevelsStayATickShortOfTheOppositeBest) {
  LadderSide bids = side_of({998, 997, 990});  // a fair value (last trade) above the market's ask
  EXPECT_EQ(clamp(Side::kBuy, limits(1000, 996), Instrument{}, bids), QuoteReason::kQuoting);
  EXPECT_THAT(prices(bids), ElementsAre(995, 994, 990));
  LadderSide asks = side_of({1002, 1003});
  EXPECT_EQ(clamp(Side::kSell, limits(1000, 1004), Instrument{}, asks), QuoteReason::kQuoting);
  EXPECT_THAT(prices(asks), ElementsAre(1005, 1006));
}

TEST(Clamp, LevelsBeyondTheCollarAreDroppedAndTheReasonSaid) {
  LadderSide bids = side_of({998, 950, 949});
  EXPECT_EQ(clamp(Side::kBuy, limits(1000, 1001), Instrument{}, bids), QuoteReason::kPriceCollar);
  EXPECT_THAT(prices(bids), ElementsAre(998, 950));
  LadderSide asks = side_of({1002, 1050, 1051});
  EXPECT_EQ(clamp(Side::kSell, limits(1000, 999), Instrument{}, asks), QuoteReason::kPriceCollar);
  EXPECT_THAT(prices(asks), ElementsAre(1002, 1050));
}

TEST(Clamp, LevelsOutsideTheVenuesPriceRangeAreDropped) {
  Instrument i;
  i.price_min = Ticks(997);
  i.price_max = Ticks(1002);
  LadderSide bids = side_of({998, 997, 996});
  EXPECT_EQ(clamp(Side::kBuy, limits(1000, 1001), i, bids), QuoteReason::kPriceBand);
  EXPECT_THAT(prices(bids), ElementsAre(998, 997));
  LadderSide asks = side_of({1003, 1004});
  EXPECT_EQ(clamp(Side::kSell, limits(1000, 999), i, asks), QuoteReason::kPriceBand);
  EXPECT_THAT(prices(asks), IsEmpty());
}

// What the clamps promise, said in exact integers of 1e-9 half ticks.
void assert_clamped(Side side, const ClampLimits& l, const Instrument& i,
                    const LadderSide& levels) {
  const std::int64_t out = -sign(side);
  std::int64_t last = 0;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const std::int64_t price = levels[k].price.v;
    const Int128 distance = Int128{(2 * price - l.fair.v) * out} * kRatioScale;
    RC_ASSERT(distance >= Int128{l.fair.v} * l.min_spread.v);
    // The collar is widened to a whole tick.
    RC_ASSERT(distance < Int128{l.fair.v} * l.price_collar.v + 2 * Int128{kRatioScale});
    RC_ASSERT((price - l.opposite_best.v) * out >= 1);
    RC_ASSERT(price >= i.price_min.v);
    RC_ASSERT(price <= i.price_max.v);
    if (k > 0) RC_ASSERT((price - last) * out >= 1);
    last = price;
  }
}

RC_GTEST_PROP(ClampProperty, WhatIsLeftKeepsEveryPromiseAndOnlyMovesOutwards, ()) {
  const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
  const auto fair = *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(2, 300),
                                    rc::gen::inRange<std::int64_t>(10'000, 20'000'000));
  const auto spread = *rc::gen::inRange<std::int64_t>(0, 60'000);
  const ClampLimits l{.fair = HalfTicks(fair),
                      .min_spread = ratio_ppm(spread),
                      .price_collar = ratio_ppm(*rc::gen::inRange<std::int64_t>(1, 100'000)),
                      .opposite_best = Ticks(fair / 2 + *rc::gen::inRange<std::int64_t>(-20, 20))};
  Instrument i;
  i.price_min = Ticks(*rc::gen::element<std::int64_t>(1, fair / 2 - fair / 100));
  i.price_max = Ticks(*rc::gen::element<std::int64_t>(2'000'000'000, fair / 2 + fair / 100 + 1));
  LadderSide levels;
  std::vector<Quote> wanted;
  const auto count = *rc::gen::inRange(0, 12);
  for (int k = 0; k < count; ++k) {
    const auto reach = std::max<std::int64_t>(fair / 15, 3);
    wanted.push_back(
        {Ticks(fair / 2 + *rc::gen::inRange<std::int64_t>(-reach, reach)), Lots(k + 1)});
    levels.add(wanted.back());
  }
  const QuoteReason reason = clamp(side, l, i, levels);
  assert_clamped(side, l, i, levels);
  RC_ASSERT((reason == QuoteReason::kQuoting) == (levels.size() == wanted.size()));
  for (const Quote& q : levels.quotes()) {
    // The level it was, by its size: never nearer than the strategy wanted it.
    const Quote& w = wanted[static_cast<std::size_t>(q.lots.v - 1)];
    RC_ASSERT((w.price - q.price).v * sign(side) >= 0);
  }
}

RC_GTEST_PROP(ClampProperty, LeavesALadderWithinEveryLimitAsItIs, ()) {
  const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
  const std::int64_t fair = 100'000;
  LadderSide levels;
  std::int64_t distance = 200;  // at min_spread
  for (int k = 0; k < 5; ++k) {
    levels.add({Ticks(fair - sign(side) * distance), Lots(1)});
    distance += *rc::gen::inRange<std::int64_t>(1, 900);
  }
  const auto before = prices(levels);
  const ClampLimits l = limits(fair, fair + sign(side) * 1);
  RC_ASSERT(clamp(side, l, Instrument{}, levels) == QuoteReason::kQuoting);
  RC_ASSERT(prices(levels) == before);
}

// One lot at one tick is worth a money of 100.
Instrument unit_instrument() {
  Instrument i;
  i.tick = i.lot = Amount(1);
  return i;
}
LadderSide sized(std::initializer_list<int> lots) {
  LadderSide levels;
  int price = 100;
  for (const int l : lots) levels.add({Ticks(price--), Lots(l)});
  return levels;
}
std::vector<std::int64_t> sizes(const LadderSide& levels) {
  std::vector<std::int64_t> out;
  for (const Quote& q : levels.quotes()) out.push_back(q.lots.v);
  return out;
}

const SizeRules kUnitRules(unit_instrument(), Money(0));

TEST(FitSizes, RoomGoesToTheBestLevelsFirst) {
  LadderSide levels = sized({5, 5, 5});
  const SizeLimits l{.room = Lots(7)};
  EXPECT_EQ(fit_sizes(Side::kBuy, l, kUnitRules, levels), QuoteReason::kPositionLimit);
  EXPECT_THAT(sizes(levels), ElementsAre(5, 2));
}

TEST(FitSizes, ALackOfRoomIsCalledWhatItsCauseIs) {
  LadderSide levels = sized({5, 5});
  const SizeLimits l{.room = Lots(5), .room_reason = QuoteReason::kInsufficientBalance};
  EXPECT_EQ(fit_sizes(Side::kSell, l, kUnitRules, levels), QuoteReason::kInsufficientBalance);
  EXPECT_THAT(sizes(levels), ElementsAre(5));
}

TEST(FitSizes, FundsBoundBuysOnly) {
  const SizeLimits l{.room = Lots(100), .funds = 100 * 5 + 99 * 2};
  LadderSide bids = sized({5, 5, 5}), asks = sized({5, 5, 5});
  EXPECT_EQ(fit_sizes(Side::kBuy, l, kUnitRules, bids), QuoteReason::kInsufficientBalance);
  EXPECT_THAT(sizes(bids), ElementsAre(5, 2));
  EXPECT_EQ(fit_sizes(Side::kSell, l, kUnitRules, asks), QuoteReason::kQuoting);
  EXPECT_THAT(sizes(asks), ElementsAre(5, 5, 5));
}

TEST(FitSizes, AnOrderIsCutToItsLargestWorthAndLeftOutBelowTheLeast) {
  Instrument i = unit_instrument();
  i.notional_min = Money(100 * 100 * 3);
  LadderSide levels = sized({9, 3});
  const SizeRules rules(i, Money(100 * 100 * 4));
  EXPECT_EQ(fit_sizes(Side::kBuy, {.room = Lots(100)}, rules, levels),
            QuoteReason::kBelowMinSize);  // 3 at 99
  EXPECT_THAT(sizes(levels), ElementsAre(4));
}

RC_GTEST_PROP(FitSizesProperty, NothingIsLargerThanWantedOrThanAnyLimitAllows, ()) {
  const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
  const auto number = [](std::int64_t max) { return *rc::gen::inRange<std::int64_t>(0, max); };
  LadderSide levels;
  for (int k = 0; k < 4; ++k) levels.add({Ticks(100 - k), Lots(number(50))});
  const LadderSide wanted = levels;
  const Money funds(number(2'000'000)), worth_max(number(500'000));
  const SizeLimits l{.room = Lots(number(200)), .funds = tick_lots_worth(unit_instrument(), funds)};
  const SizeRules rules(unit_instrument(), worth_max);
  const QuoteReason reason = fit_sizes(side, l, rules, levels);
  RC_ASSERT((reason == QuoteReason::kQuoting) == (levels.size() == wanted.size()));
  Lots total{};
  Money cost{};
  for (const Quote& q : levels.quotes()) {
    const Money worth = notional(unit_instrument(), q.price, q.lots);
    RC_ASSERT(q.lots <= wanted[static_cast<std::size_t>(100 - q.price.v)].lots);
    RC_ASSERT(bool(worth_max.v == 0 || worth <= worth_max));
    total += q.lots;
    cost += worth;
  }
  RC_ASSERT(total <= l.room);
  RC_ASSERT(side == Side::kSell || bool(cost <= funds));
}

}  // namespace
