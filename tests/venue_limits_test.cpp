// Rate limits: clock-aligned windows, bans, and what a fill gives back.
#include <gtest/gtest.h>

#include "sim/server/limits.h"
#include "tests/venue_harness.h"

namespace mm::server {
namespace {

constexpr Nanos kStart{1'700'000'040 * kSecond.v};  // a whole minute
constexpr const char* kHome = "10.0.0.1";

LimitsConfig small() {
  LimitsConfig config;
  config.weight_per_minute = 100;
  config.orders_per_10s = 3;
  config.orders_per_day = 5;
  config.raw_requests_per_5min = 1000;
  config.connections_per_5min = 2;
  config.refusals_before_ban = 2;
  config.ban_s = 120;
  return config;
}

TEST(VenueLimits, WeightIsCountedByAddressAndMinute) {
  Limits limits(small(), 1);
  EXPECT_FALSE(limits.admit(kHome, kStart));
  limits.charge_weight(kHome, 60, kStart);
  limits.charge_weight(kHome, 40, kStart + kSecond);
  EXPECT_EQ(limits.weight_used(kHome, kStart + kSecond), 100u);
  EXPECT_FALSE(limits.admit("10.0.0.2", kStart + kSecond)) << "another address";
  const auto refused = limits.admit(kHome, kStart + 59 * kSecond);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->code, -1003);
  EXPECT_EQ(refused->retry_after, kStart + 60 * kSecond);
  EXPECT_FALSE(limits.admit(kHome, kStart + 60 * kSecond)) << "a new minute";
  EXPECT_EQ(limits.weight_used(kHome, kStart + 60 * kSecond), 0u);
}

TEST(VenueLimits, WindowsEndWithTheClockAndNotAfterTheirLength) {
  Limits limits(small(), 1);
  const Nanos late = kStart + 59 * kSecond;
  limits.charge_weight(kHome, 100, late);
  EXPECT_TRUE(limits.admit(kHome, late));
  EXPECT_FALSE(limits.admit(kHome, late + kSecond));
}

TEST(VenueLimits, WhoIgnoresRefusalsIsBannedForAWhile) {
  Limits limits(small(), 1);
  limits.charge_weight(kHome, 100, kStart);
  EXPECT_EQ(limits.admit(kHome, kStart)->status, 429);
  EXPECT_EQ(limits.admit(kHome, kStart)->status, 429);
  const auto banned = limits.admit(kHome, kStart);
  ASSERT_TRUE(banned);
  EXPECT_EQ(banned->status, 418);
  EXPECT_EQ(banned->message,
            "Way too much request weight used; IP banned until 1700000160000. Please use WebSocket "
            "Streams for live updates to avoid bans.");
  EXPECT_EQ(test::Json(banned->data).integer("/retryAfter"), 1'700'000'160'000);
  EXPECT_EQ(limits.admit(kHome, kStart + 119 * kSecond)->status, 418) << "also in a new minute";
  EXPECT_FALSE(limits.admit(kHome, kStart + 120 * kSecond));
}

TEST(VenueLimits, RawRequestsAreLimitedOnTheirOwn) {
  LimitsConfig config = small();
  config.raw_requests_per_5min = 3;
  Limits limits(config, 1);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limits.admit(kHome, kStart));
  const auto refused = limits.admit(kHome, kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->code, -1003);
  EXPECT_EQ(refused->message,
            "Too many requests; current limit is 3 requests per 5 MINUTE. Please use WebSocket "
            "Streams for live updates to avoid polling the API.");
}

TEST(VenueLimits, OrdersAreCountedByAccountInTenSecondsAndADay) {
  Limits limits(small(), 2);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limits.admit_order(0, kStart));
    limits.charge_order(0, kStart);
  }
  const auto refused = limits.admit_order(0, kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->code, -1015);
  EXPECT_EQ(refused->message, "Too many new orders; current limit is 3 orders per 10 SECOND.");
  EXPECT_FALSE(limits.admit_order(1, kStart)) << "another account";
  const Nanos later = kStart + 10 * kSecond;
  limits.charge_order(0, later);
  limits.charge_order(0, later);
  EXPECT_EQ(limits.orders_used(0, later).in_10s, 2u);
  EXPECT_EQ(limits.admit_order(0, later)->message,
            "Too many new orders; current limit is 5 orders per 1 DAY.");
}

TEST(VenueLimits, AFirstFillGivesOrdersBackAndNeverCredit) {
  Limits limits(small(), 1);
  for (int i = 0; i < 3; ++i) limits.charge_order(0, kStart);
  limits.on_first_fill(0, false, kStart);
  EXPECT_EQ(limits.orders_used(0, kStart).in_10s, 2u);
  limits.on_first_fill(0, true, kStart);
  EXPECT_EQ(limits.orders_used(0, kStart).in_10s, 0u);
  EXPECT_EQ(limits.orders_used(0, kStart).today, 0u);
}

TEST(VenueLimits, ConnectionsAreCountedInFiveMinutes) {
  Limits limits(small(), 1);
  EXPECT_FALSE(limits.admit_connection(kHome, kStart));
  EXPECT_FALSE(limits.admit_connection(kHome, kStart));
  const auto refused = limits.admit_connection(kHome, kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, -1034);
  EXPECT_EQ(refused->retry_after.v % (300 * kSecond.v), 0);
  EXPECT_FALSE(limits.admit_connection(kHome, refused->retry_after));
}

TEST(VenueLimits, AreAnnouncedAsTheVenueDoes) {
  Limits limits(LimitsConfig{}, 1);
  const test::Json json('[' + limits.announced_json() + ']');
  EXPECT_EQ(json.size(""), 5u);
  EXPECT_EQ(json.text("/0/rateLimitType"), "REQUEST_WEIGHT");
  EXPECT_EQ(json.text("/0/interval"), "MINUTE");
  EXPECT_EQ(json.integer("/0/limit"), 6000);
  EXPECT_EQ(json.text("/1/interval"), "SECOND");
  EXPECT_EQ(json.integer("/1/intervalNum"), 10);
  EXPECT_EQ(json.text("/2/interval"), "DAY");
  EXPECT_EQ(json.text("/3/rateLimitType"), "RAW_REQUESTS");
  EXPECT_EQ(json.integer("/3/intervalNum"), 5);
  EXPECT_EQ(json.integer("/4/limit"), 300);
}

}  // namespace
}  // namespace mm::server
