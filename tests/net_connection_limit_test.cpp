#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "engine/net/connection_limit.h"

namespace mm::net {
namespace {

constexpr Nanos seconds(std::int64_t count) {
  return Nanos(kSecond.v * count);
}

TEST(ConnectionLimit, AllowsSoManyInAWindowThatSlides) {
  ConnectionLimit limit(3, seconds(300));
  EXPECT_TRUE(limit.take(seconds(0))) << "from the first moment on";
  EXPECT_TRUE(limit.take(seconds(100)));
  EXPECT_TRUE(limit.take(seconds(100)));
  EXPECT_FALSE(limit.take(seconds(299)));
  EXPECT_EQ(limit.next(seconds(299)), seconds(300));
  EXPECT_TRUE(limit.take(seconds(300)));
  EXPECT_FALSE(limit.take(seconds(301)));
  EXPECT_EQ(limit.next(seconds(301)), seconds(400));
  EXPECT_EQ(limit.next(seconds(500)), seconds(500)) << "never in the past";
}

TEST(ConnectionLimit, ARefusedAttemptCostsNothing) {
  ConnectionLimit limit(1, seconds(10));
  EXPECT_TRUE(limit.take(seconds(100)));
  for (int s = 100; s < 110; ++s) EXPECT_FALSE(limit.take(seconds(s)));
  EXPECT_TRUE(limit.take(seconds(110)));
}

RC_GTEST_PROP(ConnectionLimitProperty, NoWindowSeesMoreThanAllowedAndNoneIsRefusedNeedlessly,
              (const std::vector<std::uint8_t>& gaps)) {
  const auto attempts = static_cast<std::size_t>(*rc::gen::inRange(1, 6));
  ConnectionLimit limit(attempts, Nanos(500));
  std::deque<std::int64_t> recent;  // every attempt within the window before `now`
  std::int64_t now = 0;
  for (const std::uint8_t gap : gaps) {
    now += gap;
    while (!recent.empty() && recent.front() + 500 <= now) recent.pop_front();
    const bool allowed = recent.size() < attempts;
    RC_ASSERT((limit.next(Nanos(now)) == Nanos(now)) == allowed);
    RC_ASSERT(limit.take(Nanos(now)) == allowed);
    if (allowed) recent.push_back(now);
  }
}

}  // namespace
}  // namespace mm::net
