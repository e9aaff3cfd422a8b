// Which symbol's open orders are listed when.
#include "gateway/binance/sweep_schedule.h"

#include <gmock/gmock.h>

namespace mm::binance::orders {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanos kStart{1000 * kSecond.v};
constexpr Nanos kRetry{10 * kSecond.v};

// What is asked for until `end`, a look each millisecond.
std::vector<InstrumentId> asked(SweepSchedule& sweeps, Nanos from, Nanos end, bool answered) {
  std::vector<InstrumentId> all;
  for (Nanos now = from; now < end; now = now + kMillisecond) {
    const std::optional<InstrumentId> symbol = sweeps.due(now);
    if (!symbol) continue;
    sweeps.sent(*symbol, now);
    if (answered) sweeps.listed(*symbol, now);
    all.push_back(*symbol);
  }
  return all;
}

TEST(SweepSchedule, LooksAtEachSymbolOnceAnInterval) {
  SweepSchedule sweeps(3, 60 * kSecond, kRetry);
  sweeps.reconciled(kStart);
  const Nanos later = kStart + 15 * kSecond;
  asked(sweeps, kStart, later, true);
  EXPECT_THAT(asked(sweeps, later, later + 120 * kSecond, true), ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(SweepSchedule, OwesEachSymbolALookOnceListsNoLongerLagBehindAReconciliation) {
  SweepSchedule sweeps(3, Nanos(0), kRetry);
  sweeps.reconciled(kStart);
  const Nanos no_lag = kStart + kReadLagMax;
  EXPECT_THAT(asked(sweeps, kStart, no_lag, true), IsEmpty());
  EXPECT_THAT(asked(sweeps, no_lag, no_lag + kSecond, true), ElementsAre(0, 1, 2));
  EXPECT_THAT(asked(sweeps, no_lag + kSecond, no_lag + 3600 * kSecond, true), IsEmpty());
  sweeps.reconciled(kStart + 4000 * kSecond);
  EXPECT_THAT(asked(sweeps, kStart + 4000 * kSecond, kStart + 4010 * kSecond, true),
              ElementsAre(0, 1, 2));
}

TEST(SweepSchedule, ALookThatNobodyAnswersIsOwedStill) {
  SweepSchedule sweeps(2, Nanos(0), kRetry);
  sweeps.reconciled(kStart);
  const Nanos no_lag = kStart + kReadLagMax;
  EXPECT_THAT(asked(sweeps, no_lag, no_lag + kRetry - kMillisecond, false), ElementsAre(0, 1));
  EXPECT_THAT(asked(sweeps, no_lag + kRetry - kMillisecond, no_lag + 2 * kRetry, true),
              ElementsAre(0, 1));
}

TEST(SweepSchedule, AListOfWhenItMayHaveLaggedPaysNothing) {
  SweepSchedule sweeps(1, 500 * kMillisecond, kRetry);
  sweeps.reconciled(kStart);
  EXPECT_FALSE(asked(sweeps, kStart, kStart + kReadLagMax, true).empty());
  SweepSchedule never(1, Nanos(0), kRetry);
  never.reconciled(kStart);
  never.listed(0, kStart + kReadLagMax - Nanos(1));
  EXPECT_EQ(never.due(kStart + kReadLagMax), std::optional<InstrumentId>(0));
}

TEST(SweepSchedule, WhatCannotBeSentComesAgainAMomentLater) {
  SweepSchedule sweeps(2, Nanos(0), kRetry);
  sweeps.reconciled(kStart);
  const Nanos no_lag = kStart + kReadLagMax;
  EXPECT_EQ(sweeps.due(no_lag), std::optional<InstrumentId>(0));
  EXPECT_EQ(sweeps.due(no_lag), std::nullopt);
  EXPECT_EQ(sweeps.due(no_lag + 100 * kMillisecond), std::optional<InstrumentId>(0));
}

TEST(SweepSchedule, OwesNothingBeforeAnythingWasFound) {
  SweepSchedule sweeps(2, Nanos(0), kRetry);
  EXPECT_EQ(sweeps.due(kStart), std::nullopt);
}

}  // namespace
}  // namespace mm::binance::orders
