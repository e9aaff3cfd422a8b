// Which level an order serves.
#include "engine/core/level_match.h"

#include <gtest/gtest.h>

#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;

struct Served {
  explicit Served(const CoreHarness& h) : harness(h) {}
  int operator()(const Order& order) const {
    return level_served(harness.core.orders(), harness.core.instrument(0), order);
  }
  const CoreHarness& harness;
};

TEST(LevelMatch, AnOrderServesTheNearestLevelThatLeavesOneForEachBehindIt) {
  CoreHarness h(test::one_instrument());
  h.start_quoting();
  const Served served(h);
  for (const Side side : kSides) {
    const std::vector<Order> orders = h.live(side);
    ASSERT_EQ(orders.size(), 3u);
    for (int i = 0; i < 3; ++i) {
      const auto slot = h.core.orders().live(0, side)[static_cast<std::size_t>(i)];
      EXPECT_EQ(served(h.core.orders().row(slot)), i);
    }
  }
}

TEST(LevelMatch, AnOrderThatIsFilledHasTheLevelThatItServedUntilThen) {
  CoreHarness h(test::one_instrument());
  h.start_quoting();
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint16_t slot = h.core.orders().live(0, Side::kBuy)[0];
    const Order order = h.core.orders().row(slot);
    h.fill(order, Lots(order.lots.v - 1), 2 * i + 1);
    EXPECT_EQ(Served(h)(h.core.orders().row(slot)), static_cast<int>(i)) << "in part";
    h.fill(order, Lots(1), 2 * i + 2);
    ASSERT_TRUE(is_terminal(h.core.orders().row(slot).state));
    EXPECT_EQ(Served(h)(h.core.orders().row(slot)), static_cast<int>(i));
  }
}

TEST(LevelMatch, WhatLeavesServesNoneWhileOthersAreWanted) {
  CoreHarness h(test::one_instrument());
  h.start_quoting();
  h.control(ControlCode::kPause, PauseScope::kBuy);
  LevelMatch match;
  match.match(h.core.orders(), h.core.instrument(0), Side::kBuy);
  EXPECT_EQ(match.levels(), 3u);
  EXPECT_NE(match.order_of(0), nullptr) << "nothing is wanted: they have their places until then";
  match.match(h.core.orders(), h.core.instrument(0), Side::kSell);
  EXPECT_NE(match.order_of(2), nullptr);
}

}  // namespace
}  // namespace mm
