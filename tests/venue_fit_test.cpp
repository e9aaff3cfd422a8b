// Units and sizes of a configuration against the filters of a venue.
#include "engine/app/venue/venue_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeds/binance/exchange_info.h"

namespace mm::app {
namespace {

constexpr Ticks kPrice{300'000};  // 3000

// ETHUSDT with a tick of 0.01, a lot of 0.0001 and orders of 0.0015 to 9000, worth 5 to
// 9,000,000.
Instrument venue() {
  const binance::ExchangeInfo info = binance::parse_exchange_info(
      R"({"symbols":[{"symbol":"ETHUSDT","baseAsset":"ETH","quoteAsset":"USDT","filters":[)"
      R"({"filterType":"PRICE_FILTER","tickSize":"0.01"},{"filterType":"LOT_SIZE",)"
      R"("minQty":"0.0015","maxQty":"9000","stepSize":"0.0001"},)"
      R"({"filterType":"NOTIONAL","minNotional":"5","maxNotional":"9000000"}]}]})");
  EXPECT_EQ(info.error, "");
  return info.instruments.at(0);
}

std::string judged(std::string_view text, std::optional<Ticks> price = kPrice) {
  const ConfigLoad load = parse_config(text, "test.ini");
  EXPECT_EQ(load.error, "");
  Findings findings;
  testing::internal::CaptureStdout();
  judge_units(load.config, venue(), findings);
  judge_sizes(load.config, venue(), price, findings);
  std::string said = testing::internal::GetCapturedStdout();
  EXPECT_EQ(findings.failed(), !said.empty());
  return said;
}

TEST(VenueFit, WhatIsLeftOpenOrEqualIsRight) {
  EXPECT_EQ(judged(""), "");
  EXPECT_EQ(judged("[instrument]\ntick = 0.01\nlot = 0.0001\nmin_notional = 5\n"), "");
}

TEST(VenueFit, OtherUnitsAreNamedWithThoseOfTheVenue) {
  EXPECT_EQ(judged("[instrument]\ntick = 0.005\n"),
            "fail  units     ETHUSDT: [instrument] tick = 0.005: the venue's is 0.01\n");
  EXPECT_EQ(judged("[instrument]\nlot = 0.00001\n"),
            "fail  units     ETHUSDT: [instrument] lot = 0.00001: the venue's is 0.0001\n");
  EXPECT_EQ(judged("[symbol ETHUSDT]\nmin_notional = 10\n"),
            "fail  units     ETHUSDT: [symbol ETHUSDT] min_notional = 10: the venue's is 5\n");
}

TEST(VenueFit, AMultipleIsNotTheVenuesOwn) {
  EXPECT_EQ(
      judged("[instrument]\ntick = 0.05\n"),
      "fail  units     ETHUSDT: [instrument] tick = 0.05: the venue's is 0.01, and a multiple "
      "of it is not the venue's\n");
  EXPECT_EQ(judged("[instrument]\nlot = 0.001\n"),
            "fail  units     ETHUSDT: [instrument] lot = 0.001: the venue's is 0.0001, and a "
            "multiple of it is not the venue's\n");
}

TEST(VenueFit, AnOrderSizeObeysLotSize) {
  EXPECT_EQ(judged("[strategy]\norder_size = 0.00015\n"),
            "fail  size      ETHUSDT: [strategy] order_size = 0.00015: LOT_SIZE takes steps of "
            "0.0001 ETH\n");
  EXPECT_EQ(judged("[strategy]\norder_size = 0.0009\n", std::nullopt),
            "fail  size      ETHUSDT: [strategy] order_size = 0.0009: LOT_SIZE takes 0.0015 ETH at "
            "least\n");
  EXPECT_EQ(judged("[symbol ETHUSDT]\norder_size = 10000\n", std::nullopt),
            "fail  size      ETHUSDT: [symbol ETHUSDT] order_size = 10000: LOT_SIZE takes 9000 ETH "
            "at most\n");
  EXPECT_EQ(judged("[strategy]\norder_size = 0.01\n"), "");
}

TEST(VenueFit, AnOrderSizeObeysNotional) {
  EXPECT_EQ(judged("[strategy]\norder_size = 0.0016\n"),
            "fail  size      ETHUSDT: [strategy] order_size = 0.0016: 0.0016 ETH at 3000 are worth "
            "4.8 USDT: NOTIONAL takes 5 USDT at least\n");
  EXPECT_EQ(judged("[strategy]\norder_size = 3001\n"),
            "fail  size      ETHUSDT: [strategy] order_size = 3001: 3001 ETH at 3000 are worth "
            "9003000 USDT: NOTIONAL takes 9000000 USDT at most\n");
  EXPECT_EQ(judged("[strategy]\norder_size = 0.0016\n", std::nullopt), "") << "nobody knows";
}

TEST(VenueFit, AnOrderNotionalIsJudgedAsTheOrderThatComesOfIt) {
  EXPECT_EQ(judged("[strategy]\norder_notional = 4\n", std::nullopt),
            "fail  size      ETHUSDT: [strategy] order_notional = 4: NOTIONAL takes 5 USDT at "
            "least\n");
  EXPECT_EQ(judged("[strategy]\norder_notional = 5\n"),
            "fail  size      ETHUSDT: [strategy] order_notional = 5: 0.0016 ETH at 3000 are worth "
            "4.8 USDT: NOTIONAL takes 5 USDT at least\n");
  EXPECT_EQ(judged("[strategy]\norder_notional = 5.1\n"), "");
}

}  // namespace
}  // namespace mm::app
