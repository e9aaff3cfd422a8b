#include "engine/core/risk.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace {

using namespace mm;

Instrument instrument() {
  Instrument i;
  i.tick = Amount(1'000'000);  // 0.01
  i.lot = Amount(10'000);      // 0.0001
  i.lots_min = Lots(10);
  i.lots_max = Lots(50'000);
  i.notional_min = Money(5 * kMoneyScale);
  return i;
}

constexpr HalfTicks kFair = half_ticks(Ticks(200'000));  // 2000.00

// An order of 0.5 at 1996.00: everything about it is fine.
OrderCheck good_bid() {
  return {.side = Side::kBuy,
          .quote = {Ticks(199'600), Lots(5'000)},
          .fair = kFair,
          .room = Lots(5'000),
          .adds_order = true,
          .account_orders = 99,
          .instrument_orders = 99,
          .own_opposite = true,
          .own_opposite_at = Ticks(199'601)};
}
QuoteReason check(const OrderCheck& order) {
  return check_order(order, RiskParams{}, 100, instrument());
}

TEST(CheckOrder, AnOrderWithinEveryLimitMayBeSent) {
  EXPECT_EQ(check(good_bid()), QuoteReason::kQuoting);
}

TEST(CheckOrder, TheOrderCountDeniesANewOrderButNotAnAmend) {
  OrderCheck order = good_bid();
  order.account_orders = 100;
  EXPECT_EQ(check(order), QuoteReason::kOrderLimit);
  order.adds_order = false;
  EXPECT_EQ(check(order), QuoteReason::kQuoting);
}

TEST(CheckOrder, TheVenuesOwnCountAndLargestOrderAreLimitsBesideOurs) {
  Instrument strict = instrument();
  strict.orders_max = 100;
  EXPECT_EQ(check_order(good_bid(), RiskParams{}, 100, strict), QuoteReason::kQuoting);
  strict.orders_max = 99;
  EXPECT_EQ(check_order(good_bid(), RiskParams{}, 100, strict), QuoteReason::kOrderLimit);
  strict.orders_max = 0;
  strict.notional_max = Money(998 * kMoneyScale);  // 0.5 at 1996
  EXPECT_EQ(check_order(good_bid(), RiskParams{}, 100, strict), QuoteReason::kQuoting);
  strict.notional_max = Money(998 * kMoneyScale - 1);
  EXPECT_EQ(check_order(good_bid(), RiskParams{}, 100, strict), QuoteReason::kOrderLimit);
}

TEST(CheckOrder, PricesOutsideTheVenuesBandOfTheirSideAreDenied) {
  Instrument banded = instrument();
  banded.bid_band = {.down = ratio_ppm(998'000), .up = ratio_ppm(1'100'000)};
  banded.ask_band = {.down = ratio_ppm(900'000), .up = ratio_ppm(1'001'000)};
  OrderCheck order = good_bid();  // 0.998 of fair value
  EXPECT_EQ(check_order(order, RiskParams{}, 100, banded), QuoteReason::kQuoting);
  order.quote.price = Ticks(199'599);
  EXPECT_EQ(check_order(order, RiskParams{}, 100, banded), QuoteReason::kPriceBand);
  order.side = Side::kSell;
  order.own_opposite = false;
  EXPECT_EQ(check_order(order, RiskParams{}, 100, banded), QuoteReason::kQuoting);
  order.quote.price = Ticks(200'200);  // 1.001
  EXPECT_EQ(check_order(order, RiskParams{}, 100, banded), QuoteReason::kQuoting);
  order.quote.price = Ticks(200'201);
  EXPECT_EQ(check_order(order, RiskParams{}, 100, banded), QuoteReason::kPriceBand);
}

TEST(CheckOrder, TooSmallIsByLotsOrByNotional) {
  OrderCheck order = good_bid();
  Instrument large = instrument();
  large.lots_min = Lots(5'000);
  EXPECT_EQ(check_order(order, RiskParams{}, 100, large), QuoteReason::kQuoting);
  large.lots_min = Lots(5'001);
  EXPECT_EQ(check_order(order, RiskParams{}, 100, large), QuoteReason::kBelowMinSize);
  order.quote.lots = Lots(25);  // 4.99 quote
  EXPECT_EQ(check(order), QuoteReason::kBelowMinSize);
  order.quote.lots = Lots(26);
  EXPECT_EQ(check(order), QuoteReason::kQuoting);
}

TEST(CheckOrder, TooLargeIsByLotsOrByNotional) {
  RiskParams risk;
  OrderCheck order = good_bid();
  order.room = Lots(1'000'000);
  order.quote.lots = Lots(25'050);  // 4999.98
  EXPECT_EQ(check_order(order, risk, 100, instrument()), QuoteReason::kQuoting);
  order.quote.lots = Lots(25'051);
  EXPECT_EQ(check_order(order, risk, 100, instrument()), QuoteReason::kOrderLimit);
  risk.max_order_notional = Money(0);  // off
  order.quote.lots = Lots(50'000);
  EXPECT_EQ(check_order(order, risk, 100, instrument()), QuoteReason::kQuoting);
  order.quote.lots = Lots(50'001);
  EXPECT_EQ(check_order(order, risk, 100, instrument()), QuoteReason::kOrderLimit);
}

TEST(CheckOrder, TheCollarBoundsBothSidesOfFairValue) {
  OrderCheck order = good_bid();
  order.own_opposite = false;
  order.quote.lots = Lots(1'000);
  for (const auto& [price, expected] : {std::pair{190'000, QuoteReason::kQuoting},
                                        {189'999, QuoteReason::kPriceCollar},
                                        {210'000, QuoteReason::kQuoting},
                                        {210'001, QuoteReason::kPriceCollar}}) {
    order.quote.price = Ticks(price);
    for (const Side side : {Side::kBuy, Side::kSell}) {
      order.side = side;
      EXPECT_EQ(check(order), expected) << price;
    }
  }
}

TEST(CheckOrder, MoreThanTheRoomIsDenied) {
  OrderCheck order = good_bid();
  order.room = Lots(4'999);
  EXPECT_EQ(check(order), QuoteReason::kPositionLimit);
}

TEST(CheckOrder, NeverMeetsOurOwnOtherSide) {
  OrderCheck order = good_bid();
  order.own_opposite_at = order.quote.price;
  EXPECT_EQ(check(order), QuoteReason::kBookCrossed);
  order.side = Side::kSell;
  EXPECT_EQ(check(order), QuoteReason::kBookCrossed);
  order.own_opposite_at = order.quote.price - Ticks(1);
  EXPECT_EQ(check(order), QuoteReason::kQuoting);
  order.side = Side::kBuy;
  EXPECT_EQ(check(order), QuoteReason::kBookCrossed);
  order.own_opposite = false;
  EXPECT_EQ(check(order), QuoteReason::kQuoting);
}

TEST(CheckOrder, WithoutAFairValueNothingIsSent) {
  OrderCheck order = good_bid();
  order.fair = HalfTicks(0);
  EXPECT_EQ(check(order), QuoteReason::kPriceCollar);
}

TEST(PositionLimit, TheTighterOfBaseAndNotionalWins) {
  RiskParams risk;
  risk.max_position = Amount(4 * kAmountScale);
  EXPECT_EQ(PositionLimit(risk, instrument()).at(kFair), Amount(4 * kAmountScale));  // 5 at 2000
  risk.max_position = Amount(6 * kAmountScale);
  EXPECT_EQ(PositionLimit(risk, instrument()).at(kFair), Amount(5 * kAmountScale));
  risk.max_position = Amount(0);
  EXPECT_EQ(PositionLimit(risk, instrument()).at(kFair), Amount(5 * kAmountScale));
  risk.max_position = Amount(6 * kAmountScale);
  risk.max_position_notional = Money(0);
  EXPECT_EQ(PositionLimit(risk, instrument()).at(kFair), Amount(6 * kAmountScale));
}

RC_GTEST_PROP(PositionLimitProperty, IsTheLargestBaseWorthNoMoreThanTheNotional, ()) {
  const Instrument i = instrument();
  RiskParams risk;
  risk.max_position_notional =
      Money(*rc::gen::inRange<std::int64_t>(1, 1'000'000'000) * (kMoneyScale / 1000));
  const HalfTicks fair(*rc::gen::inRange<std::int64_t>(1, 100'000'000));
  const Amount limit = PositionLimit(risk, i).at(fair);
  RC_ASSERT(value(i, limit, fair) <= risk.max_position_notional);
  RC_ASSERT(value(i, limit + Amount(1), fair) > risk.max_position_notional);
}

TEST(PositionRoom, IsMeasuredFromThePositionAndWhatMayBeLive) {
  const Amount limit(100 * 10'000);  // 100 lots
  const auto room = [&](Side side, std::int64_t held, std::int64_t exposed) {
    return position_room(side, Amount(held * 10'000), Lots(exposed), limit, instrument()).v;
  };
  EXPECT_EQ(room(Side::kBuy, 0, 0), 100);
  EXPECT_EQ(room(Side::kBuy, 60, 30), 10);
  EXPECT_EQ(room(Side::kBuy, 60, 50), 0);
  EXPECT_EQ(room(Side::kSell, 60, 30), 130);
  EXPECT_EQ(room(Side::kBuy, 150, 0), 0);  // outside the limit: only the reducing side
  EXPECT_EQ(room(Side::kSell, 150, 0), 250);
  EXPECT_EQ(room(Side::kSell, -150, 0), 0);
}

// Adds lot by lot while the worst case, everything on the side filled, stays within the limit.
std::int64_t room_by_counting(Side side, std::int64_t position, std::int64_t exposed,
                              std::int64_t limit, std::int64_t lot) {
  std::int64_t lots = 0;
  while (sign(side) * position + (exposed + lots + 1) * lot <= limit) ++lots;
  return lots;
}

RC_GTEST_PROP(PositionRoomProperty, EqualsCountingLotByLot, ()) {
  Instrument i = instrument();
  i.lot = Amount(*rc::gen::inRange(1, 50));
  const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
  const auto position = *rc::gen::inRange<std::int64_t>(-3000, 3000);
  const auto exposed = *rc::gen::inRange<std::int64_t>(0, 100);
  const auto limit = *rc::gen::inRange<std::int64_t>(0, 2000);
  RC_ASSERT(position_room(side, Amount(position), Lots(exposed), Amount(limit), i).v ==
            room_by_counting(side, position, exposed, limit, i.lot.v));
}

RC_GTEST_PROP(PositionRoomProperty, AnOrderThatOnlyReducesThePositionAlwaysFits, ()) {
  Instrument i = instrument();
  i.lot = Amount(*rc::gen::inRange(1, 50));
  const Amount position(*rc::gen::inRange<std::int64_t>(-3000, 3000));
  const Amount limit(*rc::gen::inRange<std::int64_t>(0, 2000));
  const Side reducing = position.v > 0 ? Side::kSell : Side::kBuy;
  const std::int64_t held = std::abs(position.v) / i.lot.v;
  const auto exposed = *rc::gen::inRange<std::int64_t>(0, held + 1);
  RC_ASSERT(position_room(reducing, position, Lots(exposed), limit, i) >= Lots(held - exposed));
}

TEST(LossGuard, CountsFromTheStartOfTheDayWithWhatWasLostBefore) {
  LossGuard guard;
  guard.start(Money(100), Money(-30));
  EXPECT_EQ(guard.today(Money(100)), Money(-30));
  EXPECT_FALSE(guard.exceeded(Money(80), Money(50), Money(0)));  // 50 lost: at the limit
  EXPECT_TRUE(guard.exceeded(Money(79), Money(50), Money(0)));
  guard.new_day(Money(79));
  EXPECT_EQ(guard.today(Money(79)), Money(0));
  EXPECT_FALSE(guard.exceeded(Money(29), Money(50), Money(0)));
  EXPECT_TRUE(guard.exceeded(Money(28), Money(50), Money(0)));
}

TEST(LossGuard, DrawdownIsMeasuredFromTheHighestTotalAcrossDays) {
  LossGuard guard;
  guard.start(Money(0), Money(0));
  EXPECT_FALSE(guard.exceeded(Money(40), Money(0), Money(10)));
  guard.new_day(Money(40));
  EXPECT_FALSE(guard.exceeded(Money(30), Money(0), Money(10)));
  EXPECT_TRUE(guard.exceeded(Money(29), Money(0), Money(10)));
}

TEST(LossGuard, ALimitOfZeroIsOff) {
  LossGuard guard;
  guard.start(Money(0), Money(0));
  EXPECT_FALSE(guard.exceeded(Money(-1'000'000), Money(0), Money(0)));
}

TEST(NextDay, IsTheNextStartOfADayStrictlyAfterNow) {
  constexpr std::int64_t hour = 3600 * kSecond.v;
  constexpr Nanos eight(8 * hour);
  EXPECT_EQ(next_day(Nanos(0), Nanos(0)), Nanos(24 * hour));
  EXPECT_EQ(next_day(Nanos(24 * hour - 1), Nanos(0)), Nanos(24 * hour));
  EXPECT_EQ(next_day(Nanos(24 * hour), Nanos(0)), Nanos(48 * hour));
  EXPECT_EQ(next_day(Nanos(0), eight), eight);
  EXPECT_EQ(next_day(eight, eight), Nanos(32 * hour));
  EXPECT_EQ(next_day(Nanos(31 * hour), eight), Nanos(32 * hour));
}

}  // namespace
