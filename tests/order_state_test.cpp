#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "engine/core/order.h"

namespace mm {
namespace {

using enum OrderState;

constexpr OrderState state(int s) {
  return static_cast<OrderState>(s);
}
constexpr int kStates = static_cast<int>(kCount);

TEST(OrderState, EveryPairIsLegalExactlyAsListed) {
  const std::set<std::pair<OrderState, OrderState>> expected = {
      {kFree, kPendingNew},
      {kPendingNew, kActive},
      {kPendingNew, kPartiallyFilled},
      {kPendingNew, kUnknown},
      {kPendingNew, kFilled},
      {kPendingNew, kCanceled},
      {kPendingNew, kRejected},
      {kPendingNew, kDenied},
      {kPendingNew, kExpired},
      {kActive, kPartiallyFilled},
      {kActive, kPendingModify},
      {kActive, kPendingCancel},
      {kActive, kUnknown},
      {kActive, kFilled},
      {kActive, kCanceled},
      {kActive, kExpired},
      {kPartiallyFilled, kPendingModify},
      {kPartiallyFilled, kPendingCancel},
      {kPartiallyFilled, kUnknown},
      {kPartiallyFilled, kFilled},
      {kPartiallyFilled, kCanceled},
      {kPartiallyFilled, kExpired},
      {kPendingModify, kActive},
      {kPendingModify, kPartiallyFilled},
      {kPendingModify, kUnknown},
      {kPendingModify, kFilled},
      {kPendingModify, kCanceled},
      {kPendingModify, kExpired},
      {kPendingCancel, kActive},
      {kPendingCancel, kPartiallyFilled},
      {kPendingCancel, kUnknown},
      {kPendingCancel, kFilled},
      {kPendingCancel, kCanceled},
      {kPendingCancel, kExpired},
      {kUnknown, kActive},
      {kUnknown, kPartiallyFilled},
      {kUnknown, kPendingCancel},
      {kUnknown, kFilled},
      {kUnknown, kCanceled},
      {kUnknown, kRejected},
      {kUnknown, kDenied},
      {kUnknown, kExpired},
      {kFilled, kFree},
      {kCanceled, kFree},
      {kRejected, kFree},
      {kDenied, kFree},
      {kExpired, kFree},
  };
  for (int from = 0; from < kStates; ++from) {
    for (int to = 0; to < kStates; ++to) {
      EXPECT_EQ(legal(state(from), state(to)), expected.contains({state(from), state(to)}))
          << name(state(from)) << " -> " << name(state(to));
    }
  }
}

TEST(OrderState, StatesThatDoNotExistAreNeverLegal) {
  EXPECT_FALSE(legal(kCount, kFree));
  EXPECT_FALSE(legal(kFree, kCount));
  EXPECT_FALSE(legal(state(255), state(255)));
}

TEST(OrderState, ATerminalOrderCannotComeBackToLife) {
  for (int from = 0; from < kStates; ++from) {
    if (!is_terminal(state(from))) continue;
    for (int to = 0; to < kStates; ++to) {
      EXPECT_EQ(legal(state(from), state(to)), state(to) == kFree);
    }
  }
}

TEST(OrderState, EveryLiveStateMayEndAndMayBecomeUnknown) {
  for (int s = 0; s < kStates; ++s) {
    if (!may_be_live(state(s))) continue;
    EXPECT_TRUE(legal(state(s), kFilled)) << name(state(s));
    EXPECT_TRUE(legal(state(s), kCanceled)) << name(state(s));
    EXPECT_EQ(legal(state(s), kUnknown), state(s) != kUnknown) << name(state(s));
  }
}

Order resting(Side side, std::int64_t price, std::int64_t lots, std::int64_t filled) {
  Order o;
  o.side = side;
  o.price = Ticks(price);
  o.lots = Lots(lots);
  o.filled = Lots(filled);
  o.state = filled > 0 ? kPartiallyFilled : kActive;
  return o;
}

TEST(OrderExposure, ARestingOrderCountsWhatIsLeft) {
  EXPECT_EQ(resting(Side::kBuy, 100, 10, 4).exposure(), Lots(6));
}

TEST(OrderExposure, ATerminalOrFreeRowCountsNothing) {
  Order o = resting(Side::kBuy, 100, 10, 4);
  for (int s = 0; s < kStates; ++s) {
    o.state = state(s);
    EXPECT_EQ(o.exposure() == Lots(0), !may_be_live(o.state)) << name(o.state);
  }
}

TEST(OrderExposure, AModifyCountsTheLargerSizeAndItsTotalIncludesFills) {
  Order o = resting(Side::kBuy, 100, 10, 4);
  o.state = kPendingModify;
  o.next_lots = Lots(15);
  EXPECT_EQ(o.exposure(), Lots(11));
  o.next_lots = Lots(5);
  EXPECT_EQ(o.exposure(), Lots(6));
}

TEST(OrderExposure, AReplacementStartsWithNothingExecuted) {
  Order o = resting(Side::kBuy, 100, 10, 4);
  o.state = kPendingModify;
  o.next_id = ClientOrderId(7);
  o.next_lots = Lots(8);
  EXPECT_EQ(o.exposure(), Lots(8));
  o.next_lots = Lots(3);
  EXPECT_EQ(o.exposure(), Lots(6));
}

TEST(OrderExposure, AnOverfilledOrderHasNothingLeft) {
  const Order o = resting(Side::kBuy, 100, 10, 12);
  EXPECT_EQ(o.leaves(), Lots(0));
  EXPECT_EQ(o.exposure(), Lots(0));
}

TEST(OrderExposure, TheAggressivePriceIsTheNearerOfBothWhileAmending) {
  Order bid = resting(Side::kBuy, 100, 10, 0);
  EXPECT_EQ(bid.aggressive_price(), Ticks(100));
  bid.next_lots = Lots(1);
  bid.next_price = Ticks(105);
  EXPECT_EQ(bid.aggressive_price(), Ticks(105));
  Order ask = resting(Side::kSell, 100, 10, 0);
  ask.next_lots = Lots(1);
  ask.next_price = Ticks(105);
  EXPECT_EQ(ask.aggressive_price(), Ticks(100));
  ask.next_price = Ticks(95);
  EXPECT_EQ(ask.aggressive_price(), Ticks(95));
}

}  // namespace
}  // namespace mm
