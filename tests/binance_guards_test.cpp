// What keeps a session within bounds: the venue's clock, its limits, one engine an account.
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <limits>

#include "gateway/binance/account_lock.h"
#include "gateway/binance/questions.h"
#include "gateway/binance/rate_guard.h"
#include "gateway/binance/usage_headers.h"
#include "gateway/binance/venue_clock.h"
#include "tests/e2e_support.h"

namespace mm::binance::orders {
namespace {

using testing::HasSubstr;
using testing::Not;

Nanos ms(std::int64_t v) {
  return kMillisecond * v;
}

TEST(BinanceVenueClock, TakesTheLowestOffsetOfTheQuickestExchange) {
  VenueClock clock;
  EXPECT_FALSE(clock.known());
  EXPECT_EQ(clock.timestamp_ms(ms(5000)), 5000u);
  // Venue 1000 ms ahead; stamped half way through an exchange of 40 ms.
  clock.observe(ms(100), ms(140), 1120);
  EXPECT_EQ(clock.timestamp_ms(ms(140)), 1120u);
  clock.observe(ms(200), ms(204), 1202);  // quicker: nearer to the truth
  EXPECT_EQ(clock.offset(), ms(998));
  clock.observe(ms(300), ms(900), 1301);
  EXPECT_EQ(clock.offset(), ms(998));
  EXPECT_EQ(clock.local(clock.venue(ms(777))), ms(777));
}

TEST(BinanceVenueClock, NeverStampsAheadOfTheVenueWhateverTheWay) {
  for (const std::int64_t there : {0, 3, 50, 400}) {
    for (const std::int64_t back : {0, 3, 50, 400}) {
      VenueClock clock;
      const std::int64_t ahead = -60'000;
      clock.observe(ms(100'000), ms(100'000 + there + back), 100'000 + there + ahead);
      const std::uint64_t stamp = clock.timestamp_ms(ms(200'000));
      EXPECT_LE(stamp, 140'000u);
      EXPECT_GE(stamp, 140'000u - static_cast<std::uint64_t>(back));
    }
  }
}

TEST(BinanceVenueClock, ATimeThatCannotBeIsNone) {
  VenueClock clock;
  for (const std::int64_t impossible :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'000'000},
        std::numeric_limits<std::int64_t>::max()}) {
    clock.observe(ms(0), ms(1), impossible);
    EXPECT_FALSE(clock.known()) << impossible;
  }
}

TEST(BinanceVenueClock, ForgetsOldExchangesAndARefusedOffset) {
  VenueClock clock;
  clock.observe(ms(0), ms(1), 1000);
  for (int i = 0; i < 8; ++i) clock.observe(ms(100), ms(110), 5000);
  EXPECT_EQ(clock.offset(), ms(4890));
  clock.reset();
  EXPECT_FALSE(clock.known());
  clock.observe(ms(0), ms(500), 0);  // no time told
  EXPECT_FALSE(clock.known());
  clock.observe(ms(0), ms(500), 1500);
  EXPECT_EQ(clock.offset(), ms(1000));
}

TEST(BinanceVenueWords, AreOneLineOfBoundedLengthWithoutTheKey) {
  EXPECT_EQ(venue_words("Invalid key the-key,\nor\x1b[31m address.", "the-key"),
            "Invalid key ***, or [31m address.");
  const std::string across = std::string(196, 'x') + "the-key";
  EXPECT_EQ(venue_words(across, "the-key"), std::string(196, 'x') + "***");
  EXPECT_EQ(venue_words(std::string(300, 'x'), "").size(), 200u);
}

Response usage(LimitType type, Nanos window, std::uint32_t limit, std::uint32_t used) {
  Response r;
  r.status = 200;
  r.limits.add({.type = type, .window = window, .limit = limit, .used = used});
  return r;
}

TEST(BinanceRateGuard, CountsOrdersOnTheWayAndStartsAnewWithTheWindow) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const VenueClock clock;
  const Nanos now = 1003 * kSecond;
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 100, 80), clock, now);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 9, now), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 10, now), 1010 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kReplace, 10, now), 1010 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kReduce, 10, now), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 10, now), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 10, 1010 * kSecond), kNever);
}

TEST(BinanceRateGuard, CancelsGoThoughNearlyAllWeightIsUsedAndNothingElseMay) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const Nanos now = 1003 * kSecond;
  for (const LimitType type : {LimitType::kWeight, LimitType::kRawRequests}) {
    guard.update(usage(type, 60 * kSecond, 6000, 5990), VenueClock{}, now);
    for (const CommandKind kind : {CommandKind::kCancel, CommandKind::kCancelAll}) {
      EXPECT_EQ(guard.refused_until(kind, 0, now), kNever);
    }
    for (const CommandKind kind : {CommandKind::kPlace, CommandKind::kReplace, CommandKind::kReduce,
                                   CommandKind::kQueryOrder}) {
      EXPECT_EQ(guard.refused_until(kind, 0, now), 1020 * kSecond);
    }
  }
}

TEST(BinanceRateGuard, KnowsTheLimitsThatWereAnnouncedBeforeAnyAnswer) {
  const std::array announced{LimitUsage{LimitType::kOrders, 10 * kSecond, 20, 0},
                             LimitUsage{LimitType::kWeight, 60 * kSecond, 6000, 0}};
  net::SharedRequestPause pause;
  RateGuard guard(pause, announced);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 17, kSecond), kNever);
  EXPECT_NE(guard.refused_until(CommandKind::kPlace, 18, kSecond), kNever);
  EXPECT_EQ(guard.usage(kSecond).orders_limit, 20u);
  EXPECT_EQ(guard.usage(kSecond).weight_limit, 6000u);
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 100, 80), VenueClock{}, kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 9, kSecond), kNever) << "as it says now";
  EXPECT_EQ(guard.usage(kSecond).orders_limit, 100u);
}

TEST(BinanceRateGuard, WhereOnlyTheUseIsToldTheLimitIsTheOneAnnounced) {
  const std::array announced{LimitUsage{LimitType::kOrders, 10 * kSecond, 20, 0}};
  net::SharedRequestPause pause;
  RateGuard guard(pause, announced);
  const std::array used{LimitUsage{LimitType::kOrders, 10 * kSecond, 0, 17},
                        LimitUsage{LimitType::kWeight, 60 * kSecond, 0, 5000}};
  const Nanos now = 1003 * kSecond;
  guard.update(used, VenueClock{}, now);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, now), kNever)
      << "of weight no limit is known";
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 1, now), 1010 * kSecond);
  EXPECT_EQ(guard.usage(now).orders_limit, 20u);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 1, 1010 * kSecond), kNever) << "told long ago";
}

TEST(BinanceUsageHeaders, SayWhichLimitByTheirNames) {
  const LimitsUsed used = limits_used({{"Content-Type", "application/json"},
                                       {"x-mbx-used-weight", "30"},
                                       {"x-mbx-used-weight-1m", "31"},
                                       {"X-MBX-ORDER-COUNT-10S", "17"},
                                       {"X-MBX-ORDER-COUNT-1D", "401"},
                                       {"X-MBX-ORDER-COUNT-3H", "18"}});
  ASSERT_EQ(used.count, 4u);
  EXPECT_EQ(used.rows[0].type, LimitType::kWeight);
  EXPECT_EQ(used.rows[0].window, 60 * kSecond);
  EXPECT_EQ(used.rows[0].used, 31u);
  EXPECT_EQ(used.rows[1].type, LimitType::kOrders);
  EXPECT_EQ(used.rows[1].window, 10 * kSecond);
  EXPECT_EQ(used.rows[1].used, 17u);
  EXPECT_EQ(used.rows[2].window, 86'400 * kSecond);
  EXPECT_EQ(used.rows[3].window, 10'800 * kSecond);
  EXPECT_EQ(used.rows[3].limit, 0u);
}

TEST(BinanceUsageHeaders, WhatIsNoUseOfALimitIsLeftOut) {
  EXPECT_EQ(limits_used({}).count, 0u);
  for (const char* name : {"X-MBX-ORDER-COUNT-", "X-MBX-ORDER-COUNT-10", "X-MBX-ORDER-COUNT-S",
                           "X-MBX-ORDER-COUNT-10X", "X-MBX-ORDER-COUNT-99999999999S",
                           "X-MBX-ORDER-COUNT-5000S", "X-MBX-ORDER", "X-MBX-UUID"}) {
    EXPECT_EQ(limits_used({{name, "1"}}).count, 0u) << name;
  }
  for (const char* value : {"-1", "x", "1x", "99999999999"}) {
    EXPECT_EQ(limits_used({{"X-MBX-ORDER-COUNT-10S", value}}).count, 0u) << value;
  }
  net::HttpHeaders many;
  for (int i = 1; i <= 20; ++i)
    many.emplace_back("X-MBX-ORDER-COUNT-" + std::to_string(i) + "S", "1");
  EXPECT_EQ(limits_used(many).count, LimitsUsed::kMax);
}

TEST(BinanceRateGuard, WhatIsAnnouncedLaterChangesTheLimitAndNotTheCount) {
  net::SharedRequestPause pause;
  const LimitUsage before{LimitType::kRawRequests, 300 * kSecond, 100, 0};
  RateGuard guard(pause, {&before, 1});
  for (int i = 0; i < 8; ++i) guard.on_sent(ms(1000));
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, ms(1000)), kNever);
  const std::array<LimitUsage, 4> now{{{LimitType::kConnections, 300 * kSecond, 1, 0},
                                       {LimitType::kOther, 300 * kSecond, 1, 0},
                                       {LimitType::kOrders, Nanos{}, 1, 0},
                                       {LimitType::kRawRequests, 300 * kSecond, 10, 0}}};
  guard.announce(now);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, ms(1000)), ms(301'000));
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, ms(1000)), kNever);
}

TEST(BinanceRateGuard, CountsRequestsAsSuchWhereTheVenueLimitsThem) {
  const std::array announced{LimitUsage{LimitType::kRawRequests, 300 * kSecond, 100, 0}};
  net::SharedRequestPause pause;
  RateGuard guard(pause, announced);
  for (int i = 0; i < 79; ++i) guard.on_sent(kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, kSecond), kNever);
  guard.on_sent(kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, kSecond), 301 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kQueryOrder, 0, kSecond), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, kSecond), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, 301 * kSecond), kNever);
}

TEST(BinanceRateGuard, AlignsWindowsToTheVenuesClock) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  VenueClock clock;
  clock.observe(Nanos(0), Nanos(0), 4000);  // four seconds ahead
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 10, 10), clock, 1003 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, 1003 * kSecond), 1006 * kSecond);
}

TEST(BinanceRateGuard, TellsTheShortestOrderWindow) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const VenueClock clock;
  guard.update(usage(LimitType::kOrders, 86400 * kSecond, 160000, 400), clock, kSecond);
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 50, 7), clock, kSecond);
  guard.update(usage(LimitType::kWeight, 60 * kSecond, 6000, 300), clock, kSecond);
  const RateUsage u = guard.usage(kSecond);
  EXPECT_EQ(u.orders_used, 7u);
  EXPECT_EQ(u.orders_limit, 50u);
  EXPECT_EQ(u.orders_end, 10 * kSecond);
  EXPECT_EQ(u.weight_limit, 6000u);
}

TEST(BinanceRateGuard, TellsWhichWindowIsNearestFullUntilItEnds) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const VenueClock clock;
  guard.update(usage(LimitType::kOrders, 86400 * kSecond, 1000, 650), clock, kSecond);
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 50, 40), clock, kSecond);
  guard.update(usage(LimitType::kWeight, 60 * kSecond, 6000, 4200), clock, kSecond);
  EXPECT_EQ(guard.usage(kSecond).tightest_pct, 80u);
  EXPECT_EQ(guard.usage(kSecond).tightest_end, 10 * kSecond);
  EXPECT_EQ(guard.usage(10 * kSecond).tightest_pct, 70u);
  EXPECT_EQ(guard.usage(60 * kSecond).tightest_pct, 65u);
  EXPECT_EQ(guard.usage(60 * kSecond).tightest_end, 86400 * kSecond);
}

TEST(BinanceRateGuard, TellsByOurClockWhenTheWindowEnds) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  VenueClock clock;
  clock.observe(1000 * kSecond, 1000 * kSecond, 1'003'000);  // the venue is 3 s ahead
  guard.update(usage(LimitType::kOrders, 10 * kSecond, 50, 7), clock, 1001 * kSecond);
  EXPECT_EQ(guard.usage(1001 * kSecond).orders_end, 1007 * kSecond);
  guard.update(usage(LimitType::kOrders, 86400 * kSecond, 160000, 400), clock, 1001 * kSecond);
  EXPECT_EQ(guard.usage(1001 * kSecond).orders_end, 1007 * kSecond) << "of the shortest";
}

TEST(BinanceRateGuard, ABanWithoutAnEndLastsTwoMinutes) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const VenueClock clock;
  Response banned;
  banned.status = 418;
  guard.update(banned, clock, kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, kSecond), 121 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, 121 * kSecond), kNever);
}

Response refusal(int status, std::int64_t code, std::int64_t retry_after_ms) {
  Response r;
  r.status = status;
  r.has_error = true;
  r.error.code = code;
  r.retry_after_ms = retry_after_ms;
  return r;
}

TEST(BinanceRateGuard, TooMuchWeightHoldsBackAllOfTheAddressButCancels) {
  net::SharedRequestPause pause;
  RateGuard guard(pause), other(pause);
  const VenueClock clock;
  guard.update(refusal(429, -1003, 31'000), clock, kSecond);
  for (const CommandKind kind : {CommandKind::kPlace, CommandKind::kReplace, CommandKind::kReduce,
                                 CommandKind::kQueryOrder, CommandKind::kQueryOpenOrders}) {
    EXPECT_EQ(guard.refused_until(kind, 0, kSecond), 31 * kSecond);
    EXPECT_EQ(other.refused_until(kind, 0, kSecond), 31 * kSecond);
  }
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, kSecond), kNever);
  EXPECT_EQ(guard.retry_at(kSecond), 31 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, 31 * kSecond), kNever);
  EXPECT_EQ(guard.retry_at(31 * kSecond), Nanos(0));
}

TEST(BinanceRateGuard, TooManyOrdersAreTheAccountsAndHoldBackQuotesOnly) {
  net::SharedRequestPause pause;
  RateGuard guard(pause);
  const VenueClock clock;
  guard.update(refusal(429, -1015, 8'000), clock, kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kPlace, 0, kSecond), 8 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kQueryOrder, 0, kSecond), kNever);
  EXPECT_EQ(guard.refused_until(CommandKind::kCancel, 0, kSecond), kNever);
  EXPECT_EQ(pause.next(net::RequestUse::kOther, kSecond), kSecond);
  Response half = refusal(429, -2021, 0);  // the reason is inside
  half.new_order_error.code = -1015;
  guard.update(half, clock, 20 * kSecond);
  EXPECT_EQ(guard.refused_until(CommandKind::kReplace, 0, 20 * kSecond), 30 * kSecond);
  EXPECT_EQ(pause.next(net::RequestUse::kOther, 20 * kSecond), 20 * kSecond);
}

TEST(BinanceAccountLock, IsHeldByOneEngineAKeyAndInstance) {
  const test::Scratch scratch;
  const std::string folder = scratch.path("locks");
  {
    const AccountLock first("key", 1, folder);
    ASSERT_TRUE(first.held()) << first.error();
    EXPECT_THAT(first.path(), Not(HasSubstr("key")));
    const AccountLock second("key", 1, folder);
    EXPECT_FALSE(second.held());
    EXPECT_THAT(second.error(), HasSubstr("process " + std::to_string(getpid())));
    EXPECT_THAT(second.error(), HasSubstr("instance 1"));
    EXPECT_TRUE(AccountLock("key", 2, folder).held());
    EXPECT_TRUE(AccountLock("other", 1, folder).held());
  }
  EXPECT_TRUE(AccountLock("key", 1, folder).held());
}

TEST(BinanceAccountLock, SaysWhereItCannotBe) {
  EXPECT_THAT(AccountLock("key", 1, "/proc/nowhere").error(),
              HasSubstr("cannot open the lock /proc/nowhere"));
}

TEST(BinanceAccountLock, IsInTheFolderItIsGivenWhateverTheEnvironmentSays) {
  const test::Scratch scratch;
  setenv("XDG_RUNTIME_DIR", scratch.path("elsewhere").c_str(), 1);
  EXPECT_THAT(AccountLock("key", 1, scratch.path("state")).path(),
              testing::StartsWith(scratch.path("state") + "/"));
  unsetenv("XDG_RUNTIME_DIR");
}

}  // namespace
}  // namespace mm::binance::orders
