#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "engine/net/shared_request_pause.h"

namespace mm::net {
namespace {

constexpr Nanos kNow{1'700'000'000 * kSecond.v};

TEST(SharedRequestPause, NothingIsHeldBackWithoutARefusal) {
  SharedRequestPause pause;
  for (const int status : {0, 200, 400, 403, 409, 451, 500, 503}) {
    pause.on_status(status, kNow + 30 * kSecond, kNow);
  }
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow);
  EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow);
}

TEST(SharedRequestPause, TooManyRequestsHoldBackAllButCancels) {
  SharedRequestPause pause;
  pause.on_status(429, kNow + 30 * kSecond, kNow);
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + 30 * kSecond);
  EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow);
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow + 31 * kSecond), kNow + 31 * kSecond);
}

TEST(SharedRequestPause, ABanHoldsBackEverything) {
  SharedRequestPause pause;
  pause.on_status(418, kNow + 300 * kSecond, kNow);
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + 300 * kSecond);
  EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow + 300 * kSecond);
}

TEST(SharedRequestPause, WithoutATimeItLastsAsLongAsTheVenuesOwnMinimum) {
  SharedRequestPause pause;
  pause.on_status(429, Nanos(0), kNow);
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + SharedRequestPause::kPauseUntold);
  pause.on_wait(418, Nanos(0), kNow);
  EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow + SharedRequestPause::kBanUntold);
}

TEST(SharedRequestPause, WithATimeThatHasJustComeItIsNearlyOver) {
  for (const Nanos told : {kNow - kSecond, kNow, kNow + kMillisecond}) {
    SharedRequestPause pause;
    pause.on_status(418, told, kNow);
    EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow + kSecond);
    EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + kSecond);
  }
}

TEST(SharedRequestPause, AnEarlierEndTakesNothingBackAndNonsenseDoesNotStopUsForEver) {
  SharedRequestPause pause;
  pause.on_status(429, kNow + 30 * kSecond, kNow);
  pause.on_status(429, kNow + 10 * kSecond, kNow);
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + 30 * kSecond);
  pause.on_status(418, Nanos::max(), kNow);
  EXPECT_EQ(pause.next(RequestUse::kCancel, kNow), kNow + SharedRequestPause::kLongest);
}

TEST(SharedRequestPause, TheLatestOfManyThreadsStands) {
  SharedRequestPause pause;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pause, t] {
      for (int i = 1; i <= 1000; ++i) {
        pause.on_status(429, kNow + kMillisecond * (4 * i + t), kNow);
        EXPECT_GE(pause.next(RequestUse::kOther, kNow), kNow + kMillisecond * (4 * i + t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pause.next(RequestUse::kOther, kNow), kNow + kMillisecond * 4003);
}

}  // namespace
}  // namespace mm::net
