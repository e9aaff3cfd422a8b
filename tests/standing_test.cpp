// What is told of sides and levels: why nothing rests, or not everything wanted.
#include "engine/app/explain/standing.h"

#include <gmock/gmock.h>

#include "engine/core/level_match.h"
#include "tests/core_harness.h"

namespace mm::app {
namespace {

using test::CoreHarness;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string standing(const CoreHarness& h) {
  return standing_text(h.core, h.core.instrument(0), h.now, {});
}

TEST(Standing, ALevelLeftOutSaysWhichRuleLeftItOut) {
  CoreConfig c = test::one_instrument();
  // Levels at 0.2 %, 0.3 % and 0.4 % of 3000: the ceiling takes the nearest bid, the collar the
  // outermost of both sides.
  c.instruments[0].strategy.price_ceiling = Amount(2'992 * kAmountScale);
  c.instruments[0].risk.price_collar = ratio_ppm(3'500);
  CoreHarness h(c);
  h.start_quoting();
  ASSERT_EQ(h.live(Side::kBuy).size(), 1u);
  ASSERT_EQ(h.live(Side::kSell).size(), 2u);
  EXPECT_THAT(standing(h),
              AllOf(HasSubstr("  buy: quoting, but not all that is wanted: its price is beyond "
                              "price_collar (price_collar)\n"),
                    HasSubstr("bid:2: left out, its price is beyond price_collar\n"),
                    HasSubstr("bid:3: left out, its price is outside what"),
                    HasSubstr("sell: quoting, but not all that is wanted: its price is beyond "
                              "price_collar (price_collar)\n"),
                    HasSubstr("ask:3: left out, its price is beyond price_collar\n"),
                    Not(HasSubstr("does not want"))));
}

TEST(Standing, ALevelThatWaitsDoesNotSpeakForItsSide) {
  CoreConfig c = test::one_instrument();
  c.orders.modify_rate_limit = 4;
  CoreHarness h(c);
  h.start_quoting();
  ASSERT_EQ(h.live(Side::kBuy).size(), 3u);
  ASSERT_EQ(h.live(Side::kSell).size(), 1u);
  EXPECT_THAT(standing(h), AllOf(HasSubstr("  buy: quoting\n"),
                                 HasSubstr("  sell: quoting, but not all that is wanted: no "
                                           "request is left of the rate limits"),
                                 HasSubstr(": no order, no request is left of the rate limits")));
}

// The market has moved by 0.15 %, and one request is left for two orders.
TEST(Standing, AnOrderThatIsLeftTooFarOffSaysWhatKeepsItThere) {
  CoreConfig c = test::one_instrument();
  c.instruments[0].strategy.target_orders_per_side = 1;
  c.instruments[0].strategy.modify_threshold = ratio_ppm(1'000);
  c.orders.modify_rate_limit = 3;
  CoreHarness h(c);
  h.start_quoting();
  ASSERT_EQ(h.live(Side::kBuy).size() + h.live(Side::kSell).size(), 2u);
  h.book(Ticks(300'449), Ticks(300'451));
  const std::string moved = standing(h);
  EXPECT_THAT(moved, HasSubstr("; not moved: a request for it is under way\n")) << moved;
  EXPECT_THAT(moved, HasSubstr("; not moved: no request is left of the rate limits")) << moved;
}

TEST(Standing, LevelsAreServedAsTopAndTheDashboardShowThem) {
  CoreHarness h(test::one_instrument());
  h.start_quoting();
  const Order best = h.live(Side::kBuy)[0];
  h.fill(best, best.lots, 1);
  h.control(ControlCode::kPause, PauseScope::kSell);
  h.answer_all();
  const InstrumentState& s = h.core.instrument(0);
  for (const Side side : kSides) {
    LevelMatch match;
    match.match(h.core.orders(), s, side);
    for (int i = 0; i < kMaxLevelsPerSide; ++i) {
      const auto level = static_cast<std::size_t>(i);
      const Order* const order = order_at(h.core, s, {side, i});
      EXPECT_EQ(order, level < match.levels() ? match.order_of(level) : nullptr) << i;
    }
  }
}

TEST(Standing, WhatTheStrategyDoesNotWantIsSaid) {
  CoreHarness h(test::one_instrument());
  h.start_quoting();
  EXPECT_EQ(level_line(h.core, h.core.instrument(0), {Side::kBuy, 7}),
            "bid:8: the strategy does not want so many levels");
  h.control(ControlCode::kPause);
  EXPECT_EQ(level_line(h.core, h.core.instrument(0), {Side::kBuy, 7}),
            "bid:8: not quoted, paused by a person");
}

}  // namespace
}  // namespace mm::app
