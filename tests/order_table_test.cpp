#include "engine/core/order_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/core/order_id.h"

namespace mm {
namespace {

using enum OrderState;
using testing::ElementsAre;

constexpr Nanos kNow{1'000};

OrderTableConfig small() {
  return {.capacity = 8, .instruments = 2, .per_side_max = 6, .instance = 3, .epoch = 9};
}

std::vector<std::int64_t> prices(const OrderTable& table, Side side) {
  std::vector<std::int64_t> result;
  for (const auto slot : table.live(0, side)) result.push_back(table.row(slot).price.v);
  return result;
}

TEST(OrderTable, ANewRowIsPendingAndCounted) {
  OrderTable table(small());
  const Order* row = table.create(1, Side::kSell, Ticks(100), Lots(5), kNow);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->state, kPendingNew);
  EXPECT_EQ(row->created, kNow);
  EXPECT_EQ(table.exposure(1, Side::kSell), Lots(5));
  EXPECT_EQ(table.exposure(1, Side::kBuy), Lots(0));
  EXPECT_EQ(table.exposure(0, Side::kSell), Lots(0));
  EXPECT_EQ(table.live_count(), 1u);
  EXPECT_EQ(table.live_count(1), 1u);
  EXPECT_EQ(table.live_count(0), 0u);
}

TEST(OrderTable, IdsCarryInstanceEpochAndSlot) {
  OrderTable table(small());
  const Order* row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  const OrderIdParts p = parts(row->id);
  EXPECT_EQ(p.instance, 3);
  EXPECT_EQ(p.epoch, 9);
  EXPECT_EQ(p.slot, row->slot);
}

TEST(OrderTable, TwoThatTakeThemselvesForTheSameStartShareNoId) {
  OrderTableConfig config = small();
  std::vector<ClientOrderId> ids;
  for (const std::uint32_t nonce : {7u, 0xABCDEFu, 0xFFFFFFu}) {
    config.nonce = nonce;
    OrderTable table(config);
    Order* const row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
    ids.push_back(row->id);
    EXPECT_EQ(table.find(row->id), row);
    EXPECT_EQ(parts(row->id).epoch, config.epoch);
    EXPECT_NE(parts(row->id).generation, 0u);
  }
  EXPECT_EQ(parts(ids[0]).generation, 8u);
  std::ranges::sort(ids, {}, &ClientOrderId::v);
  EXPECT_TRUE(std::ranges::adjacent_find(ids) == ids.end());
}

TEST(OrderTable, ALateReportNeverHitsAReusedSlot) {
  OrderTable table({.capacity = 1});
  Order* first = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  const ClientOrderId old_id = first->id;
  EXPECT_EQ(table.find(old_id), first);
  ASSERT_TRUE(table.transition(*first, kRejected, kNow));
  table.release(*first);
  EXPECT_EQ(table.find(old_id), nullptr);
  Order* second = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  ASSERT_EQ(second->slot, 0);
  EXPECT_NE(second->id, old_id);
  EXPECT_EQ(table.find(old_id), nullptr);
  EXPECT_EQ(table.find(second->id), second);
}

TEST(OrderTable, IdsThatAreNotOursAreNotFound) {
  OrderTable table(small());
  const Order* row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  OrderIdParts p = parts(row->id);
  EXPECT_EQ(table.find(ClientOrderId(0)), nullptr);
  p.instance = 4;
  EXPECT_EQ(table.find(make_order_id(p)), nullptr);
  p = parts(row->id);
  p.epoch = 8;
  EXPECT_EQ(table.find(make_order_id(p)), nullptr);
  p = parts(row->id);
  p.slot = 60000;
  EXPECT_EQ(table.find(make_order_id(p)), nullptr);
}

// Its id names a slot that another row has, or that there is none of.
TEST(OrderTable, AnAdoptedOrderIsFoundByItsOwnIdWhereverItIs) {
  OrderTable table(small());
  const Order* const own = table.create(0, Side::kBuy, Ticks(100), Lots(1), kNow);
  OrderIdParts p = parts(own->id);
  p.epoch = 8;
  const ClientOrderId same_slot = make_order_id(p);
  p.slot = 60000;
  const ClientOrderId no_slot = make_order_id(p);
  EXPECT_TRUE(table.is_of_earlier_start(same_slot));
  EXPECT_FALSE(table.is_of_earlier_start(own->id));
  Order* const one = table.adopt(same_slot, 0, Side::kBuy, Ticks(101), Lots(5), kNow);
  Order* const other = table.adopt(no_slot, 0, Side::kBuy, Ticks(99), Lots(7), kNow);
  ASSERT_NE(one, nullptr);
  EXPECT_NE(one->slot, own->slot);
  EXPECT_EQ(table.find(same_slot), one);
  EXPECT_EQ(table.find(no_slot), other);
  EXPECT_EQ(table.find(own->id), own);
  EXPECT_EQ(table.exposure(0, Side::kBuy), Lots(13));
  EXPECT_THAT(prices(table, Side::kBuy), ElementsAre(101, 100, 99));
  // Replaced, it goes on under an id of this start; released, its slot is anybody's.
  const ClientOrderId next = table.fresh_id(*one);
  EXPECT_EQ(parts(next).slot, one->slot);
  table.update(*one, [&](Order& o) { o.next_id = next; });
  EXPECT_EQ(table.find(next), one);
  table.update(*one, [&](Order& o) { o.id = next; });
  EXPECT_EQ(table.find(same_slot), nullptr);
  EXPECT_EQ(table.find(next), one);
  ASSERT_TRUE(table.transition(*other, kFilled, kNow));
  EXPECT_EQ(table.find(no_slot), other);
  table.release(*other);
  EXPECT_EQ(table.find(no_slot), nullptr);
  EXPECT_EQ(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), other);
  EXPECT_EQ(table.find(no_slot), nullptr);
}

TEST(OrderTable, AFullTableAdoptsNothing) {
  OrderTable table({.capacity = 2, .epoch = 9, .reserved_for_unknown = 1});
  const auto id = [](std::uint32_t n) {
    return make_order_id({.instance = 0, .epoch = 8, .slot = 0, .generation = n});
  };
  EXPECT_NE(table.adopt(id(1), 0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.adopt(id(2), 0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.find(id(2)), nullptr);
}

TEST(OrderTable, AReplacementIsFoundByBothIds) {
  OrderTable table(small());
  Order* row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  const ClientOrderId next = table.fresh_id(*row);
  EXPECT_EQ(table.find(next), nullptr);
  table.update(*row, [&](Order& o) { o.next_id = next; });
  EXPECT_EQ(table.find(next), row);
  EXPECT_EQ(table.find(row->id), row);
}

TEST(OrderTable, LiveOrdersAreSortedBestPriceFirst) {
  OrderTable table(small());
  for (const int p : {100, 103, 101}) table.create(0, Side::kBuy, Ticks(p), Lots(1), kNow);
  for (const int p : {110, 107, 108}) table.create(0, Side::kSell, Ticks(p), Lots(1), kNow);
  EXPECT_THAT(prices(table, Side::kBuy), ElementsAre(103, 101, 100));
  EXPECT_THAT(prices(table, Side::kSell), ElementsAre(107, 108, 110));
  table.update(table.row(table.live(0, Side::kBuy)[0]), [](Order& o) { o.price = Ticks(99); });
  EXPECT_THAT(prices(table, Side::kBuy), ElementsAre(101, 100, 99));
}

TEST(OrderTable, AtOnePriceTheOlderOrderComesFirst) {
  OrderTable table(small());
  const auto first = table.create(0, Side::kBuy, Ticks(100), Lots(1), kNow)->slot;
  const auto second = table.create(0, Side::kBuy, Ticks(100), Lots(1), kNow)->slot;
  EXPECT_THAT(table.live(0, Side::kBuy), ElementsAre(first, second));
}

TEST(OrderTable, TheMostAggressivePriceIncludesAmendsInFlight) {
  OrderTable table(small());
  table.create(0, Side::kBuy, Ticks(103), Lots(1), kNow);
  Order* far = table.create(0, Side::kBuy, Ticks(100), Lots(1), kNow);
  EXPECT_EQ(table.most_aggressive(0, Side::kBuy), Ticks(103));
  table.update(*far, [](Order& o) {
    o.next_lots = Lots(2);
    o.next_price = Ticks(105);
  });
  EXPECT_EQ(table.most_aggressive(0, Side::kBuy), Ticks(105));
}

TEST(OrderTable, AnIllegalTransitionIsCountedAndRefused) {
  OrderTable table(small());
  Order* row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  ASSERT_TRUE(table.transition(*row, kFilled, kNow));
  EXPECT_FALSE(table.transition(*row, kActive, kNow));
  EXPECT_FALSE(table.transition(*row, kFree, kNow));  // rows are freed by release alone
  EXPECT_EQ(row->state, kFilled);
  EXPECT_EQ(table.illegal_transitions(), 2u);
}

TEST(OrderTable, AFullTableCreatesNothing) {
  OrderTable table({.capacity = 2});
  EXPECT_NE(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_NE(table.create(0, Side::kSell, Ticks(2), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
}

TEST(OrderTable, AFullSideCreatesNothing) {
  OrderTable table({.capacity = 8, .per_side_max = 1});
  EXPECT_NE(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_NE(table.create(0, Side::kSell, Ticks(2), Lots(1), kNow), nullptr);
}

TEST(OrderTable, TheReserveIsForUnknownOrdersOnly) {
  OrderTable table({.capacity = 3, .reserved_for_unknown = 1});
  Order* first = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  EXPECT_NE(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  ASSERT_TRUE(table.transition(*first, kUnknown, kNow));
  EXPECT_NE(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
  EXPECT_EQ(table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow), nullptr);
}

TEST(OrderTable, TerminalRowsAreKnownInTheOrderTheyEnded) {
  OrderTable table(small());
  Order* a = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  Order* b = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  Order* c = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  EXPECT_EQ(table.oldest_terminal(), nullptr);
  for (Order* row : {b, c, a}) table.transition(*row, kCanceled, kNow);
  EXPECT_EQ(table.oldest_terminal(), b);
  table.release(*c);  // out of order, as a reset does
  table.release(*b);
  EXPECT_EQ(table.oldest_terminal(), a);
  table.release(*a);
  EXPECT_EQ(table.oldest_terminal(), nullptr);
  EXPECT_EQ(table.used_count(), 0u);
}

TEST(OrderTable, TheNextDeadlineFollowsEveryChange) {
  OrderTable table(small());
  Order* a = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  Order* b = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  EXPECT_EQ(table.next_deadline(), kNever);
  table.update(*a, [](Order& o) { o.deadline = Nanos(50); });
  table.update(*b, [](Order& o) { o.deadline = Nanos(40); });
  EXPECT_EQ(table.next_deadline(), Nanos(40));
  EXPECT_EQ(table.due(Nanos(39), 0), kNoSlot);
  EXPECT_EQ(table.due(Nanos(40), 0), b->slot);
  table.update(*b, [](Order& o) { o.deadline = kNever; });
  EXPECT_EQ(table.next_deadline(), Nanos(50));
  table.transition(*a, kCanceled, kNow);
  table.release(*a);
  EXPECT_EQ(table.next_deadline(), kNever);
}

TEST(OrderTableDeathTest, ReleasingALiveRowIsABrokenPromise) {
  OrderTable table(small());
  Order* row = table.create(0, Side::kBuy, Ticks(1), Lots(1), kNow);
  EXPECT_DEATH(table.release(*row), "terminal");
}

// Every sum, computed again from the rows.
void expect_sums(const OrderTable& table) {
  std::size_t live = 0, unknown = 0;
  Nanos deadline = kNever;
  for (const Order& o : table.rows()) {
    live += may_be_live(o.state);
    unknown += o.state == kUnknown;
    if (o.state != kFree) deadline = std::min(deadline, o.deadline);
  }
  RC_ASSERT(table.live_count() == live);
  RC_ASSERT(table.unknown_count() == unknown);
  RC_ASSERT(table.next_deadline() == deadline);
  for (InstrumentId i = 0; i < table.instruments(); ++i) {
    std::size_t pending = 0;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      Lots exposure{};
      Payment payment;
      std::size_t count = 0;
      for (const Order& o : table.rows()) {
        if (o.instrument != i || o.side != side || !may_be_live(o.state)) continue;
        ++count;
        pending += o.state == kPendingModify;
        exposure += o.exposure();
        payment += o.payment();
      }
      const auto slots = table.live(i, side);
      RC_ASSERT(slots.size() == count);
      RC_ASSERT(table.exposure(i, side) == exposure);
      RC_ASSERT(table.payment(i, side) == payment);
      RC_ASSERT(std::is_sorted(slots.begin(), slots.end(), [&](auto a, auto b) {
        const Ticks pa = table.row(a).price, pb = table.row(b).price;
        return side == Side::kBuy ? pa > pb : pa < pb;
      }));
      for (const auto slot : slots) RC_ASSERT(may_be_live(table.row(slot).state));
    }
    RC_ASSERT(table.pending_modifications(i) == pending);
  }
}

// Up to `count` numbers over their whole range: long lists would bias them towards all bits set.
rc::Gen<std::vector<std::uint32_t>> random_numbers(int count) {
  using rc::gen::resize;
  return resize(count, rc::gen::container<std::vector<std::uint32_t>>(
                           resize(rc::kNominalSize, rc::gen::arbitrary<std::uint32_t>())));
}

RC_GTEST_PROP(OrderTableProperty, SumsAlwaysEqualARecomputation, ()) {
  const auto steps = *random_numbers(300);
  OrderTable table(
      {.capacity = 12, .instruments = 2, .per_side_max = 5, .reserved_for_unknown = 2});
  std::int64_t now = 0;
  for (const std::uint32_t step : steps) {
    const auto slot = static_cast<std::uint16_t>((step >> 4) % 12);
    const auto number = static_cast<std::int64_t>((step >> 8) % 50);
    const auto side = (step >> 16) % 2 == 0 ? Side::kBuy : Side::kSell;
    Order& row = table.row(slot);
    ++now;
    if (step % 16 < 6) {
      table.create((step >> 17) % 2, side, Ticks(number + 1), Lots(number % 7 + 1), Nanos(now));
    } else if (row.state == kFree) {
      continue;
    } else if (step % 16 < 10) {
      table.transition(row, static_cast<OrderState>((step >> 16) % 12), Nanos(now));
    } else if (step % 16 < 15) {
      table.update(row, [&](Order& o) {
        if (step & 0x10000) o.price = Ticks(number + 1);
        if (step & 0x20000) o.filled = Lots(number % 9);
        if (step & 0x40000) o.next_lots = Lots(number % 11);
        if (step & 0x80000) o.next_price = Ticks(number);
        if (step & 0x100000) o.deadline = step & 0x200000 ? kNever : Nanos(number);
        if (step & 0x400000) o.next_id = step & 0x800000 ? ClientOrderId(1) : ClientOrderId(0);
      });
    } else if (is_terminal(row.state)) {
      table.release(row);
    }
    expect_sums(table);
  }
}

}  // namespace
}  // namespace mm
