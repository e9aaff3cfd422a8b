#include "feeds/binance/rest_weight.h"

#include <gtest/gtest.h>

#include <limits>

namespace mm::binance {
namespace {

constexpr Nanos kNow{1'700'000'040 * kSecond.v};  // a minute begins
constexpr std::int32_t kAll = 1000;

TEST(RestWeight, AFullMinuteIsWaitedFor) {
  RestWeight weight(kAll);
  EXPECT_EQ(weight.next(kNow, kAll), kNow);
  weight.on_sent(kNow, kAll);
  EXPECT_EQ(weight.next(kNow, 1), kNow + 60 * kSecond);
  EXPECT_EQ(weight.next(kNow + 60 * kSecond, kAll), kNow + 60 * kSecond);
}

TEST(RestWeight, WhatTheVenueSaysCounts) {
  RestWeight weight(kAll);
  weight.on_sent(kNow, 10);
  weight.on_answer(kNow, 990);
  EXPECT_EQ(weight.next(kNow, 10), kNow);
  EXPECT_EQ(weight.next(kNow, 11), kNow + 60 * kSecond);
  weight.on_answer(kNow, 20);  // late, and less than is known
  EXPECT_EQ(weight.used(kNow), 990);
}

TEST(RestWeight, WhateverTheVenueSaysSumsHold) {
  RestWeight weight(kAll);
  weight.on_answer(kNow, std::numeric_limits<std::int32_t>::max());
  weight.on_sent(kNow, kAll);
  EXPECT_EQ(weight.next(kNow, kAll), kNow + 60 * kSecond);
  const Nanos later = kNow + 60 * kSecond;
  weight.on_answer(later, std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(weight.used(later), 0);
  EXPECT_EQ(weight.next(later, kAll), later);
}

}  // namespace
}  // namespace mm::binance
