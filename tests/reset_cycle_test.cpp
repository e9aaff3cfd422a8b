#include "engine/core/reset_cycle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace {

using namespace mm;

constexpr Nanos kStart(1'000);
constexpr Nanos kInterval(300);

TEST(ResetCycle, NeverComesDueWithoutAnInterval) {
  ResetCycle reset;
  EXPECT_EQ(reset.due(), kNever);
  reset.start(kStart, Nanos(0), 0, 1);
  EXPECT_EQ(reset.due(), kNever);
  reset.start(kStart, kInterval, 0, 1);
  reset.start(kStart, Nanos(0), 0, 1);  // switched off by a reload
  EXPECT_EQ(reset.due(), kNever);
}

TEST(ResetCycle, SymbolsAreStaggeredOverTheInterval) {
  std::set<Nanos> dues;
  for (std::size_t i = 0; i < 3; ++i) {
    ResetCycle reset;
    reset.start(kStart, kInterval, i, 3);
    dues.insert(reset.due());
  }
  EXPECT_EQ(dues, (std::set<Nanos>{Nanos(1'100), Nanos(1'200), Nanos(1'300)}));
}

TEST(ResetCycle, CancelsFromBeginToFinishAndComesDueAgain) {
  ResetCycle reset;
  reset.start(kStart, kInterval, 0, 1);
  EXPECT_FALSE(reset.canceling());
  reset.begin(Nanos(1'310));
  EXPECT_TRUE(reset.canceling());
  EXPECT_EQ(reset.began(), Nanos(1'310));
  EXPECT_EQ(reset.due(), Nanos(1'600));
  EXPECT_EQ(reset.count(), 1u);
  reset.finish();
  EXPECT_FALSE(reset.canceling());
}

TEST(ResetCycle, ASkippedResetIsNotCounted) {
  ResetCycle reset;
  reset.start(kStart, kInterval, 0, 1);
  reset.skip(Nanos(1'300));
  EXPECT_EQ(reset.due(), Nanos(1'600));
  EXPECT_EQ(reset.count(), 0u);
  EXPECT_FALSE(reset.canceling());
}

TEST(ResetCycle, NakedTimeRunsFromBeginUntilBothSidesStandAgain) {
  ResetCycle reset;
  reset.start(kStart, kInterval, 0, 1);
  reset.quoted(Nanos(1'200));  // nothing to end
  EXPECT_EQ(reset.naked(), Nanos(0));
  reset.begin(Nanos(1'300));
  reset.quoted(Nanos(1'310));  // still cancelling: the old orders
  EXPECT_EQ(reset.naked(), Nanos(0));
  reset.finish();
  reset.quoted(Nanos(1'340));
  reset.quoted(Nanos(1'350));
  EXPECT_EQ(reset.naked(), Nanos(40));
}

TEST(ResetCycle, NakedTimeGoesOnWhenTheNextResetComesBeforeTheQuotes) {
  ResetCycle reset;
  reset.start(kStart, kInterval, 0, 1);
  reset.begin(Nanos(1'300));
  reset.finish();
  reset.begin(Nanos(1'600));
  reset.finish();
  reset.quoted(Nanos(1'620));
  EXPECT_EQ(reset.naked(), Nanos(320));
  EXPECT_EQ(reset.count(), 2u);
}

RC_GTEST_PROP(ResetCycleProperty, TheNextDueTimeIsTheFirstOfTheScheduleAfterNow, ()) {
  ResetCycle reset;
  const Nanos interval(*rc::gen::inRange<std::int64_t>(1, 1'000));
  const auto n = *rc::gen::inRange<std::size_t>(1, 60);
  const auto i = *rc::gen::inRange<std::size_t>(0, n);
  reset.start(kStart, interval, i, n);
  const Nanos first = reset.due();
  RC_ASSERT(first >= kStart);
  RC_ASSERT(first <= kStart + interval);
  Nanos now = kStart;
  for (int k = 0; k < 20; ++k) {
    now = std::max(now, reset.due()) + Nanos(*rc::gen::inRange<std::int64_t>(0, 5'000));
    reset.skip(now);
    RC_ASSERT(reset.due() > now);
    RC_ASSERT(reset.due() - interval <= now);
    RC_ASSERT((reset.due() - first).v % interval.v == 0);
  }
}

}  // namespace
