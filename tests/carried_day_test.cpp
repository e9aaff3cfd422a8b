// A restart is no fresh start: the day's profit and the position's worth come from before.
#include <gtest/gtest.h>

#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;

constexpr Money quote(std::int64_t units) {
  return Money(units * kMoneyScale);
}

// One coin at a loss limit of 10; the market's mid will be 3000.
CoreConfig config_with(CarriedDay carried) {
  CoreConfig c = test::one_instrument();
  c.account.max_daily_loss = quote(10);
  c.instruments[0].risk.max_daily_loss = Money(0);
  c.instruments[0].risk.start_position = Amount(kAmountScale);
  c.instruments[0].carried = carried;
  return c;
}

QuoteReason trip_of(CarriedDay carried) {
  CoreHarness h(config_with(carried));
  h.start_quoting();
  return h.core.trip();
}

TEST(CarriedDay, WhatWasLostBeforeCounts) {
  EXPECT_EQ(trip_of({}), QuoteReason::kQuoting);
  EXPECT_EQ(trip_of({.profit = quote(-10), .mark = {}}), QuoteReason::kQuoting) << "at the limit";
  EXPECT_EQ(trip_of({.profit = quote(-11), .mark = {}}), QuoteReason::kLossLimit);
}

TEST(CarriedDay, WhatThePositionLostBetweenTheSessionsCounts) {
  constexpr HalfTicks at_3009(601'800), at_3011(602'200);
  EXPECT_EQ(trip_of({.profit = {}, .mark = at_3009}), QuoteReason::kQuoting);
  EXPECT_EQ(trip_of({.profit = {}, .mark = at_3011}), QuoteReason::kLossLimit);
  EXPECT_EQ(trip_of({.profit = quote(-2), .mark = at_3009}), QuoteReason::kLossLimit);
  EXPECT_EQ(trip_of({.profit = quote(2), .mark = at_3011}), QuoteReason::kQuoting)
      << "as it would without the restart";
}

TEST(CarriedDay, TheSymbolsOwnLimitCountsTheSame) {
  CoreConfig c = config_with({.profit = quote(-11), .mark = {}});
  c.account.max_daily_loss = Money(0);
  c.instruments[0].risk.max_daily_loss = quote(10);
  CoreHarness h(c);
  h.start_quoting();
  EXPECT_EQ(h.core.trip(), QuoteReason::kLossLimit);
}

TEST(CarriedDay, IsHandedOnWholeWhateverTheSessionSaw) {
  constexpr HalfTicks at_3004(600'800);
  CoreHarness h(config_with({.profit = quote(-3), .mark = at_3004}));
  EXPECT_EQ(h.core.instrument(0).today(), quote(-3)) << "before any market";
  h.start_quoting();
  EXPECT_EQ(h.core.instrument(0).today(), quote(-7));
  EXPECT_EQ(h.core.trip(), QuoteReason::kQuoting);
}

// A ledger is kept at any record, between a fill and the batch's end too.
TEST(CarriedDay, AFillIsInItAtOnce) {
  CoreHarness h(config_with({.profit = quote(-3), .mark = {}}));
  h.start_quoting();
  const InstrumentState& s = h.core.instrument(0);
  const Order& order = *h.core.orders().rows().begin();
  h.fill(order, Lots(1), 1);
  EXPECT_EQ(s.today(), quote(-3) + s.position.total(s.mark));
  EXPECT_NE(s.today(), quote(-3));
}

TEST(CarriedDay, ANewDayBeginsWithNothing) {
  CoreHarness h(config_with({.profit = quote(-11), .mark = {}}));
  h.advance(24 * 3600 * kSecond);
  EXPECT_EQ(h.core.instrument(0).today(), Money(0));
  h.start_quoting();
  EXPECT_EQ(h.core.trip(), QuoteReason::kQuoting);
  EXPECT_EQ(h.core.instrument(0).today(), Money(0));
}

// Which of the first book and the first balance comes first is up to two connections.
TEST(CarriedDay, TheBalanceAtTheStartIsTheSameWhicheverComesFirst) {
  for (const bool book_first : {true, false}) {
    CoreHarness h(config_with({}));
    Event balance = CoreHarness::event(EventKind::kBalance);
    balance.balance.asset = Asset::kBase;
    balance.balance.free = Amount(9 * kAmountScale);
    balance.balance.locked = Amount(2 * kAmountScale);
    if (!book_first) h.deliver(balance);
    h.start_quoting();
    if (book_first) h.deliver(balance);
    const InstrumentState& s = h.core.instrument(0);
    EXPECT_EQ(s.position.opening(), Amount(kAmountScale));
    EXPECT_EQ(s.opening_base, Amount(11 * kAmountScale)) << book_first;
  }
}

}  // namespace
}  // namespace mm
