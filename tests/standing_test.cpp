// What is told of sides and levels: why nothing rests, or not everything wanted.
#include "engine/app/explain/standing.h"

#include <gmock/gmock.h>

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
