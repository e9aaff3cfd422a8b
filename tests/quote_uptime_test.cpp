#include "engine/core/quote_uptime.h"

#include <gtest/gtest.h>

#include "engine/core/reason_times.h"

namespace {

using namespace mm;

TEST(QuoteUptime, NothingIsMeasuredBeforeTheFirstEndOfWarmUp) {
  QuoteUptime uptime;
  uptime.update(Nanos(10), false, true);
  uptime.update(Nanos(20), false, true);
  EXPECT_EQ(uptime.measured(), Nanos(0));
  EXPECT_EQ(uptime.quoted(), Nanos(0));
}

TEST(QuoteUptime, AStateHoldsUntilTheNextUpdate) {
  QuoteUptime uptime;
  uptime.update(Nanos(10), false, true);
  uptime.update(Nanos(20), true, false);
  uptime.update(Nanos(50), true, true);
  uptime.update(Nanos(120), true, false);
  uptime.update(Nanos(121), true, false);
  EXPECT_EQ(uptime.measured(), Nanos(101));
  EXPECT_EQ(uptime.quoted(), Nanos(70));
}

TEST(QuoteUptime, TimeWithoutDataAfterWarmUpCounts) {
  QuoteUptime uptime;
  uptime.update(Nanos(0), true, true);
  uptime.update(Nanos(10), false, false);  // stale: no longer warmed up, still measured
  uptime.update(Nanos(40), true, true);
  EXPECT_EQ(uptime.measured(), Nanos(40));
  EXPECT_EQ(uptime.quoted(), Nanos(10));
}

TEST(QuoteUptime, RepeatedUpdatesAtOneInstantChangeNothing) {
  QuoteUptime uptime;
  uptime.update(Nanos(0), true, true);
  for (int i = 0; i < 3; ++i) uptime.update(Nanos(10), true, i == 2);
  uptime.update(Nanos(30), true, false);
  EXPECT_EQ(uptime.measured(), Nanos(30));
  EXPECT_EQ(uptime.quoted(), Nanos(30));
}

TEST(ReasonTimes, AReasonCountsFromItsUpdateToTheNext) {
  ReasonTimes times;
  times.update(Nanos(100), QuoteReason::kWarmUp, false);
  times.update(Nanos(150), QuoteReason::kQuoting, true);
  times.update(Nanos(160), QuoteReason::kRateBudget, false);
  times.update(Nanos(190), QuoteReason::kQuoting, true);
  times.update(Nanos(200), QuoteReason::kQuoting, true);
  EXPECT_EQ(times.spent(QuoteReason::kWarmUp), Nanos(50));
  EXPECT_EQ(times.spent(QuoteReason::kQuoting), Nanos(20));
  EXPECT_EQ(times.spent(QuoteReason::kRateBudget), Nanos(30));
  EXPECT_EQ(times.spent(QuoteReason::kHalted), Nanos(0));
}

TEST(ReasonTimes, WhatFallsShortIsQuotedAllTheSame) {
  ReasonTimes times;
  times.update(Nanos(0), QuoteReason::kPositionLimit, true);
  times.update(Nanos(100), QuoteReason::kPositionLimit, false);
  times.update(Nanos(130), QuoteReason::kQuoting, true);
  times.update(Nanos(170), QuoteReason::kQuoting, true);
  EXPECT_EQ(times.spent(QuoteReason::kQuoting), Nanos(140));
  EXPECT_EQ(times.spent(QuoteReason::kPositionLimit), Nanos(30));
  EXPECT_EQ(times.fell_short(QuoteReason::kPositionLimit), Nanos(100));
  EXPECT_EQ(times.fell_short(QuoteReason::kQuoting), Nanos(40));
}

TEST(DueTime, IsSplitIntoTheTimeAnOrderStoodAndTheRest) {
  DueTime due;
  due.update(Nanos(10), false, true);  // a reason is named: an order that stands does not count
  due.update(Nanos(20), true, false);
  due.update(Nanos(25), true, true);
  due.update(Nanos(100), false, true);
  due.update(Nanos(500), true, true);
  due.update(Nanos(501), false, false);
  EXPECT_EQ(due.total(), Nanos(81));
  EXPECT_EQ(due.stood(), Nanos(76));
}

}  // namespace
