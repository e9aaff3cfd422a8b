#include <gtest/gtest.h>

#include "engine/net/retry_schedule.h"

namespace mm::net {
namespace {

constexpr RetrySchedule::Pauses kPauses{
    .first = kSecond, .longest = 30 * kSecond, .steady = 60 * kSecond};

void expect_pause(Nanos pause, std::int64_t range_s) {
  EXPECT_GE(pause, Nanos(range_s * kSecond.v / 2));
  EXPECT_LE(pause, range_s * kSecond);
}

TEST(RetrySchedule, TheFirstAttemptIsDueAtOnceTheNextAfterThePause) {
  RetrySchedule retry(kPauses, 1);
  EXPECT_TRUE(retry.is_due(Nanos(0)));
  const Nanos now = 100 * kSecond;
  const Nanos pause = retry.failed(now);
  EXPECT_EQ(retry.next(), now + pause);
  EXPECT_FALSE(retry.is_due(now + pause - Nanos(1)));
  EXPECT_TRUE(retry.is_due(now + pause));
}

TEST(RetrySchedule, PausesDoubleUpToTheLongest) {
  RetrySchedule retry(kPauses, 1);
  for (const std::int64_t range : {1, 2, 4, 8, 16, 30, 30, 30}) {
    expect_pause(retry.failed(kSecond), range);
  }
}

TEST(RetrySchedule, OnlyWhatLastedStartsThemAnew) {
  RetrySchedule retry(kPauses, 1);
  Nanos now = 100 * kSecond;
  for (const std::int64_t range : {1, 2, 4}) expect_pause(retry.failed(now), range);
  now += 59 * kSecond;
  expect_pause(retry.ended(now - 59 * kSecond, now), 8);
  expect_pause(retry.ended(now - 60 * kSecond, now), 1);
  EXPECT_FALSE(retry.is_due(now)) << "also after a success something broke";
  expect_pause(retry.failed(now), 2);
}

TEST(RetrySchedule, ALongerPauseThatIsAskedForIsKept) {
  RetrySchedule retry(kPauses, 1);
  EXPECT_EQ(retry.failed(kSecond, 120 * kSecond), 120 * kSecond);
  EXPECT_EQ(retry.next(), 121 * kSecond);
  expect_pause(retry.failed(kSecond, kMillisecond), 2);
}

TEST(RetrySchedule, MayBeSetToATimeWithoutAFailure) {
  RetrySchedule retry(kPauses, 1);
  retry.failed(kSecond);
  retry.wait_until(kSecond);
  EXPECT_TRUE(retry.is_due(kSecond));
  retry.wait_until(500 * kSecond);
  EXPECT_FALSE(retry.is_due(499 * kSecond));
  expect_pause(retry.failed(500 * kSecond), 2);
}

TEST(RetrySchedule, ASuccessStartsThemAnewToo) {
  RetrySchedule retry(kPauses, 1);
  for (int i = 0; i < 5; ++i) retry.failed(kSecond);
  retry.succeeded(100 * kSecond);
  EXPECT_EQ(retry.next(), 100 * kSecond);
  expect_pause(retry.failed(kSecond), 1);
}

TEST(RetrySchedule, PausesAreDrawnAnewButRepeatWithTheirSeed) {
  constexpr RetrySchedule::Pauses kSame{.first = kSecond, .longest = kSecond, .steady = kSecond};
  RetrySchedule one(kSame, 1), same(kSame, 1), other(kSame, 2);
  bool differs = false;
  Nanos last{};
  for (int i = 0; i < 10; ++i) {
    const Nanos pause = one.failed(kSecond);
    EXPECT_EQ(pause, same.failed(kSecond));
    EXPECT_NE(pause, last);
    differs = differs || pause != other.failed(kSecond);
    last = pause;
  }
  EXPECT_TRUE(differs);
}

TEST(RetrySchedule, TheLongestMayBeTheLargestOfAll) {
  RetrySchedule retry({.first = Nanos(1), .longest = Nanos::max(), .steady = kSecond}, 1);
  for (int i = 0; i < 200; ++i) EXPECT_GE(retry.failed(Nanos(0)), Nanos{});
  EXPECT_GE(retry.failed(Nanos(0)), Nanos(Nanos::max().v / 2));
}

}  // namespace
}  // namespace mm::net
