#include "engine/core/order_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace mm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OrderQueryTest : public testing::Test {
 protected:
  OrderQueryTest() : table_({.capacity = 8, .instruments = 2}) {
    add(0, Side::kBuy, 100, 10, OrderState::kActive);
    add(0, Side::kBuy, 99, 20, OrderState::kPartiallyFilled);
    add(0, Side::kSell, 110, 30, OrderState::kUnknown);
    add(1, Side::kSell, 500, 40, OrderState::kCanceled);
  }
  void add(InstrumentId instrument, Side side, int price, int created, OrderState state) {
    Order* row = table_.create(instrument, side, Ticks(price), Lots(1), Nanos(created));
    ASSERT_TRUE(table_.transition(*row, state, Nanos(created)));
  }
  std::vector<std::int64_t> prices(const OrderFilter& filter) const {
    std::vector<std::int64_t> found;
    for_each_order(table_, filter, Nanos(50), [&](const Order& o) { found.push_back(o.price.v); });
    return found;
  }

  OrderTable table_;
};

TEST_F(OrderQueryTest, AnEmptyFilterMatchesEveryRowInUse) {
  EXPECT_THAT(prices({}), ElementsAre(100, 99, 110, 500));
}

TEST_F(OrderQueryTest, FiltersByInstrumentAndSide) {
  EXPECT_THAT(prices({.instrument = 1}), ElementsAre(500));
  EXPECT_THAT(prices({.side = Side::kBuy}), ElementsAre(100, 99));
  EXPECT_THAT(prices({.instrument = 1, .side = Side::kBuy}), IsEmpty());
}

TEST_F(OrderQueryTest, FiltersByStateSet) {
  EXPECT_THAT(prices({.states = kLiveStates}), ElementsAre(100, 99, 110));
  EXPECT_THAT(prices({.states = kRestingStates}), ElementsAre(100, 99));
  EXPECT_THAT(prices({.states = kTerminalStates}), ElementsAre(500));
  EXPECT_THAT(prices({.states = bit(OrderState::kUnknown)}), ElementsAre(110));
  EXPECT_THAT(prices({.states = 0}), IsEmpty());
}

TEST_F(OrderQueryTest, RangesIncludeTheirEnds) {
  EXPECT_THAT(prices({.age_min = Nanos(20), .age_max = Nanos(30)}), ElementsAre(99, 110));
  EXPECT_THAT(prices({.price_min = Ticks(100), .price_max = Ticks(110)}), ElementsAre(100, 110));
}

TEST_F(OrderQueryTest, CountsMatchesThatDoNotFitTheCallersSpan) {
  std::array<std::uint16_t, 2> slots{};
  EXPECT_EQ(find_orders(table_, {}, Nanos(50), slots), 4u);
  EXPECT_THAT(slots, ElementsAre(0, 1));
  EXPECT_EQ(count_orders(table_, {.side = Side::kSell}, Nanos(50)), 2u);
}

}  // namespace
}  // namespace mm
