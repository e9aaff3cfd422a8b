// What exchangeInfo announces becomes what the engine allows itself.
#include <gtest/gtest.h>

#include "engine/app/venue/venue_limits.h"

namespace mm::app {
namespace {

using binance::RateLimitKind;
using binance::orders::LimitType;

binance::ExchangeInfo announced(std::int32_t weight, std::int32_t orders,
                                std::int32_t connections) {
  binance::ExchangeInfo info;
  info.rate_limits = {{RateLimitKind::kRequestWeight, 60 * kSecond, weight},
                      {RateLimitKind::kOrders, 10 * kSecond, orders},
                      {RateLimitKind::kOrders, 86'400 * kSecond, 160'000},
                      {RateLimitKind::kRawRequests, 300 * kSecond, 61'000},
                      {RateLimitKind::kConnections, 300 * kSecond, connections},
                      {RateLimitKind::kUnknown, Nanos(0), 5}};
  return info;
}

TEST(VenueLimitsAtStart, AreObeyedWhereTheConfigurationWouldUseMore) {
  Config config;
  config.order_management.modify_rate_limit = 50;
  obey_limits(announced(1200, 100, 20), config);
  EXPECT_EQ(config.feed.options.attempts_max, 20);
  EXPECT_EQ(config.feed.options.weight_per_minute, 600) << "half of the address's";
  EXPECT_EQ(config.order_management.modify_rate_limit, 9) << "a tenth stays in reserve";
}

TEST(VenueLimitsAtStart, LeaveAConfigurationThatUsesLessAsItIs) {
  Config config;
  config.feed.options.attempts_max = 10;
  config.feed.options.weight_per_minute = 500;
  config.order_management.modify_rate_limit = 3;
  obey_limits(announced(6000, 100, 300), config);
  EXPECT_EQ(config.feed.options.attempts_max, 10);
  EXPECT_EQ(config.feed.options.weight_per_minute, 500);
  EXPECT_EQ(config.order_management.modify_rate_limit, 3);
  obey_limits({}, config);
  EXPECT_EQ(config.feed.options.attempts_max, 10) << "a venue that tells none";
}

TEST(VenueLimitsAtStart, FiltersOfTheExchangeAndOfPositionsAreObeyedToo) {
  Config config;
  config.venue.symbols = {"AAA", "BBB", "CCC"};
  config.common.risk.max_order_count = 100;
  config.common.risk.max_position = Amount(5 * kAmountScale);
  config.overrides = {config.symbol("AAA")};
  config.overrides[0].risk.max_position = Amount(0);  // bound by its worth only
  config.overrides[0].risk.max_order_count = 20;
  binance::ExchangeInfo info = announced(6000, 100, 300);
  info.orders_max = 30;
  for (const char* const name : {"AAA", "BBB", "CCC"}) {
    Instrument i;
    std::string_view(name).copy(i.symbol_text.data(), 3);
    info.instruments.push_back(i);
    info.rules.emplace_back().position_max = Amount(3 * kAmountScale);
  }
  info.rules[2].position_max = Amount(0);
  obey_limits(info, config);
  EXPECT_EQ(config.common.risk.max_order_count, 30);
  EXPECT_EQ(config.symbol("AAA").risk.max_order_count, 20);
  EXPECT_EQ(config.symbol("AAA").risk.max_position, Amount(3 * kAmountScale));
  EXPECT_EQ(config.symbol("BBB").risk.max_position, Amount(3 * kAmountScale));
  EXPECT_EQ(config.symbol("BBB").risk.max_order_count, 30);
  EXPECT_EQ(config.symbol("CCC").risk.max_position, Amount(5 * kAmountScale));
}

TEST(VenueLimitsAtStart, LeaveAtLeastOneOfEachAndASnapshot) {
  Config config;
  obey_limits(announced(1, 1, 1), config);
  EXPECT_EQ(config.feed.options.attempts_max, 1);
  EXPECT_EQ(config.feed.options.weight_per_minute, 50);
  EXPECT_EQ(config.order_management.modify_rate_limit, 1);
}

TEST(VenueLimitsAtStart, AreCountedByTheOrderSession) {
  const auto limits = order_limits(announced(6000, 100, 300));
  ASSERT_EQ(limits.size(), 4u);
  EXPECT_EQ(limits[0].type, LimitType::kWeight);
  EXPECT_EQ(limits[1].type, LimitType::kOrders);
  EXPECT_EQ(limits[1].window, 10 * kSecond);
  EXPECT_EQ(limits[1].limit, 100u);
  EXPECT_EQ(limits[2].window, 86'400 * kSecond);
  EXPECT_EQ(limits[3].type, LimitType::kRawRequests);
}

}  // namespace
}  // namespace mm::app
