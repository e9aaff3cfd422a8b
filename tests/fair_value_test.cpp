#include "engine/core/fair_value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <map>
#include <vector>

#include "tests/market_harness.h"

namespace {

using namespace mm;
using test::MarketHarness;

constexpr Nanos kNow(kSecond.v);

Touch touch(std::int64_t bid, std::int64_t bid_lots, std::int64_t ask, std::int64_t ask_lots) {
  return {Ticks(bid), Ticks(ask), Lots(bid_lots), Lots(ask_lots), true, true};
}

class OwnOrders {
 public:
  Order& add(Side side, Ticks price, Lots lots, Lots filled = Lots(0)) {
    Order& row = *table.create(0, side, price, lots, kNow);
    table.transition(row, OrderState::kActive, kNow);
    table.update(row, [&](Order& o) {
      o.acknowledged = true;
      o.filled = filled;
    });
    return row;
  }
  Touch seen(const Market& market, const Instrument& instrument = {}) {
    Touch touch = market.touch();
    leave_out_own(market, table, 0, instrument, touch);
    return touch;
  }
  OrderTable table{{.capacity = 64}};
};

TEST(TouchWithoutOwn, IsTheMarketsTouchWithoutOrdersOfOurs) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(5)}}, {{Ticks(101), Lots(7)}});
  EXPECT_EQ(OwnOrders().seen(m.market), touch(99, 5, 101, 7));
}

TEST(TouchWithoutOwn, OurPartOfTheBestLevelIsLeftOut) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(5)}}, {{Ticks(101), Lots(7)}});
  OwnOrders own;
  own.add(Side::kBuy, Ticks(99), Lots(2));
  own.add(Side::kSell, Ticks(101), Lots(4), Lots(1));  // three left
  own.add(Side::kSell, Ticks(101), Lots(1));
  EXPECT_EQ(own.seen(m.market), touch(99, 3, 101, 3));
}

TEST(TouchWithoutOwn, LevelsThatAreOursAloneAreSkipped) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(2)}, {Ticks(98), Lots(3)}, {Ticks(97), Lots(9)}},
             {{Ticks(101), Lots(7)}, {Ticks(102), Lots(8)}});
  OwnOrders own;
  own.add(Side::kBuy, Ticks(99), Lots(2));
  own.add(Side::kBuy, Ticks(98), Lots(3));
  own.add(Side::kBuy, Ticks(97), Lots(1));
  own.add(Side::kSell, Ticks(101), Lots(8));  // more than the book shows yet
  EXPECT_EQ(own.seen(m.market), touch(97, 8, 102, 8));
}

TEST(TouchWithoutOwn, ASideThatIsOursAloneIsEmpty) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(2)}}, {{Ticks(101), Lots(7)}});
  OwnOrders own;
  own.add(Side::kBuy, Ticks(99), Lots(2));
  const Touch seen = own.seen(m.market);
  EXPECT_FALSE(seen.has_bid);
  EXPECT_TRUE(seen.has_ask);
}

TEST(TouchWithoutOwn, AnOrderTheVenueHasNotConfirmedIsNotInTheBook) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(5)}}, {{Ticks(101), Lots(7)}});
  OwnOrders own;
  own.table.update(own.add(Side::kBuy, Ticks(99), Lots(2)),
                   [](Order& o) { o.acknowledged = false; });
  EXPECT_EQ(own.seen(m.market), touch(99, 5, 101, 7));
}

TEST(TouchWithoutOwn, ABookThatNeverContainsOurOrdersIsTakenAsItIs) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(5)}}, {{Ticks(101), Lots(7)}});
  OwnOrders own;
  own.add(Side::kBuy, Ticks(99), Lots(2));
  Instrument paper;
  paper.book_includes_own = false;
  EXPECT_EQ(own.seen(m.market, paper), touch(99, 5, 101, 7));
}

TEST(TouchWithoutOwn, ANewerTickerIsFollowedByTheBooksLevelsBehindIt) {
  MarketHarness m;
  m.snapshot({{Ticks(99), Lots(5)}, {Ticks(97), Lots(6)}}, {{Ticks(101), Lots(7)}});
  m.ticker({Ticks(98), Lots(2)}, {Ticks(100), Lots(3)});
  OwnOrders own;
  EXPECT_EQ(own.seen(m.market), touch(98, 2, 100, 3));
  own.add(Side::kBuy, Ticks(98), Lots(2));
  EXPECT_EQ(own.seen(m.market), touch(97, 6, 100, 3));  // 99 is gone already
}

RC_GTEST_PROP(TouchWithoutOwnProperty, EqualsABookFromWhichOurOrdersAreTaken, ()) {
  std::map<std::int64_t, std::int64_t, std::greater<>> others[2];  // by price towards the touch
  OwnOrders own;
  MarketHarness m;
  std::vector<Quote> book[2];
  for (const Side side : {Side::kBuy, Side::kSell}) {
    const auto levels = *rc::gen::inRange(1, 6);
    for (int i = 0; i < levels; ++i) {
      const Ticks price(100 - sign(side) * (1 + i * *rc::gen::inRange(1, 3)));
      const auto ours = *rc::gen::element(0, 1, 2);
      const auto foreign = ours == 0 ? 1 : *rc::gen::element(0, 1, 2);
      if (others[index(side)].contains(price.v * sign(side))) continue;
      if (ours > 0) own.add(side, price, Lots(ours));
      others[index(side)][price.v * sign(side)] = foreign;
      book[index(side)].push_back({price, Lots(foreign + ours)});
    }
  }
  m.snapshot(book[0], book[1]);
  const Touch seen = own.seen(m.market);
  for (const Side side : {Side::kBuy, Side::kSell}) {
    std::erase_if(others[index(side)], [](const auto& level) { return level.second == 0; });
    const bool there = side == Side::kBuy ? seen.has_bid : seen.has_ask;
    RC_ASSERT(there == !others[index(side)].empty());
    if (!there) continue;
    const auto& [key, lots] = *others[index(side)].begin();
    RC_ASSERT((side == Side::kBuy ? seen.bid : seen.ask).v * sign(side) == key);
    RC_ASSERT((side == Side::kBuy ? seen.bid_lots : seen.ask_lots).v == lots);
  }
}

TEST(FairValue, MidIsHalfwayToTheHalfTick) {
  MarketHarness m;
  EXPECT_EQ(fair_value(FairValueKind::kMid, touch(99, 5, 102, 7), m.market), HalfTicks(201));
}

TEST(FairValue, LastIsTheLastTradeAndMidBeforeTheFirst) {
  MarketHarness m;
  EXPECT_EQ(fair_value(FairValueKind::kLast, touch(99, 5, 101, 7), m.market), HalfTicks(200));
  m.trade(Ticks(98));
  EXPECT_EQ(fair_value(FairValueKind::kLast, touch(99, 5, 101, 7), m.market), HalfTicks(196));
}

TEST(FairValue, WeightedMidLeansToTheLargerSideMicroPriceToTheSmaller) {
  MarketHarness m;
  const Touch t = touch(100, 3, 104, 1);
  EXPECT_EQ(fair_value(FairValueKind::kWeightedMid, t, m.market), HalfTicks(202));
  EXPECT_EQ(fair_value(FairValueKind::kMicroPrice, t, m.market), HalfTicks(206));
  const Touch odd = touch(100, 2, 101, 1);  // 100 2/3 ticks
  EXPECT_EQ(fair_value(FairValueKind::kMicroPrice, odd, m.market), HalfTicks(201));
}

RC_GTEST_PROP(FairValueProperty, LiesWithinTheTouchAndTheWeightedOnesMirrorEachOther, ()) {
  MarketHarness m;
  const auto bid = *rc::gen::inRange<std::int64_t>(1, 2'000'000'000);
  const auto ask = bid + *rc::gen::inRange<std::int64_t>(1, 1'000'000);
  const auto a = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000);
  const auto b = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000);
  const HalfTicks weighted =
      fair_value(FairValueKind::kWeightedMid, touch(bid, a, ask, b), m.market);
  RC_ASSERT(weighted == fair_value(FairValueKind::kMicroPrice, touch(bid, b, ask, a), m.market));
  RC_ASSERT(weighted >= half_ticks(Ticks(bid)));
  RC_ASSERT(weighted <= half_ticks(Ticks(ask)));
  // The largest half tick not above the exact average.
  const Int128 exact = 2 * (Int128{bid} * a + Int128{ask} * b);
  RC_ASSERT(Int128{weighted.v} * (a + b) <= exact);
  RC_ASSERT(Int128{weighted.v + 1} * (a + b) > exact);
}

}  // namespace
