#include "feeds/binance/exchange_info.h"

#include <gtest/gtest.h>

#include <string>

namespace mm::binance {
namespace {

// The documented answer, with the filters of a symbol as it trades today.
constexpr std::string_view kDocumented =
    R"({"timezone":"UTC","serverTime":1655969291181,"rateLimits":[)"
    R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},)"
    R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":160000},)"
    R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50},)"
    R"({"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":61000},)"
    R"({"rateLimitType":"CONNECTIONS","interval":"MINUTE","intervalNum":5,"limit":300}],)"
    R"("exchangeFilters":[],"symbols":[{"symbol":"BNBBTC","status":"TRADING","baseAsset":"BNB",)"
    R"("baseAssetPrecision":8,"quoteAsset":"BTC","quotePrecision":8,"quoteAssetPrecision":8,)"
    R"("baseCommissionPrecision":8,"quoteCommissionPrecision":8,"orderTypes":["LIMIT",)"
    R"("LIMIT_MAKER","MARKET","STOP_LOSS_LIMIT","TAKE_PROFIT_LIMIT"],"icebergAllowed":true,)"
    R"("ocoAllowed":true,"otoAllowed":true,"opoAllowed":true,"quoteOrderQtyMarketAllowed":true,)"
    R"("allowTrailingStop":true,"cancelReplaceAllowed":true,"amendAllowed":false,)"
    R"("pegInstructionsAllowed":true,"isSpotTradingAllowed":true,"isMarginTradingAllowed":true,)"
    R"("filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":)"
    R"("100000.00000000","tickSize":"0.00000100"},{"filterType":"LOT_SIZE","minQty":"0.00100000",)"
    R"("maxQty":"100000.00000000","stepSize":"0.00100000"},{"filterType":"MARKET_LOT_SIZE",)"
    R"("minQty":"0.00000000","maxQty":"1000.00000000","stepSize":"0.00000000"},)"
    R"({"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"maxTrailingAboveDelta":2000,)"
    R"("minTrailingBelowDelta":10,"maxTrailingBelowDelta":2000},)"
    R"({"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1.2","bidMultiplierDown":"0.2",)"
    R"("askMultiplierUp":"5","askMultiplierDown":"0.8","avgPriceMins":1},)"
    R"({"filterType":"NOTIONAL","minNotional":"10.00000000","applyMinToMarket":false,)"
    R"("maxNotional":"10000.00000000","applyMaxToMarket":false,"avgPriceMins":5},)"
    R"({"filterType":"MAX_NUM_ORDERS","maxNumOrders":25},)"
    R"({"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5},)"
    R"({"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10}],"permissions":[],)"
    R"("permissionSets":[["SPOT","MARGIN","TRD_GRP_004"]],)"
    R"("defaultSelfTradePreventionMode":"NONE","allowedSelfTradePreventionModes":["NONE"]}],)"
    R"("sors":[{"baseAsset":"BTC","symbols":["BTCUSDT","BTCUSDC"]}]})";

TEST(ExchangeInfoLive, KnowsTheRateLimitsOfTheVenue) {
  const ExchangeInfo info = parse_exchange_info(kDocumented);
  ASSERT_EQ(info.error, "");
  ASSERT_EQ(info.rate_limits.size(), 5u);
  const RateLimit* const orders = info.find_limit(RateLimitKind::kOrders);
  ASSERT_NE(orders, nullptr);
  EXPECT_EQ(orders->interval, 10 * kSecond) << "the shorter of two";
  EXPECT_EQ(orders->limit, 50);
  EXPECT_EQ(info.find_limit(RateLimitKind::kRequestWeight)->limit, 6000);
  EXPECT_EQ(info.find_limit(RateLimitKind::kRequestWeight)->interval, 60 * kSecond);
  EXPECT_EQ(info.find_limit(RateLimitKind::kRawRequests)->limit, 61'000);
  EXPECT_EQ(info.find_limit(RateLimitKind::kConnections)->interval, 300 * kSecond);
  EXPECT_EQ(info.find_limit(RateLimitKind::kUnknown), nullptr);
}

TEST(ExchangeInfoLive, ReadsTheAnswerOfTheWebSocketApiToo) {
  const ExchangeInfo info = parse_exchange_info(
      R"({"id":1,"status":200,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",)"
      R"("intervalNum":1,"limit":6000,"count":20}],"result":)" +
      std::string(kDocumented) + "}");
  ASSERT_EQ(info.error, "");
  EXPECT_NE(info.find("BNBBTC", true), nullptr);
  EXPECT_EQ(info.rate_limits.size(), 5u) << "what is used is no rule";
  EXPECT_NE(parse_exchange_info(R"({"id":1,"status":200,"result":{"a":1}})").error, "");
  EXPECT_NE(parse_exchange_info(R"({"id":1,"status":400,"error":{"code":-1121}})").error, "");
}

TEST(ExchangeInfoLive, KnowsWhatASymbolAllows) {
  const ExchangeInfo info = parse_exchange_info(kDocumented);
  const SymbolRules* const rules = info.find_rules("BNBBTC", true);
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(rules->status, SymbolStatus::kTrading);
  EXPECT_TRUE(rules->post_only_allowed);
  EXPECT_EQ(rules->self_trade_modes, std::vector<std::string>{"NONE"});
  EXPECT_EQ(info.find_rules("BNBBTC", false), nullptr);
  const Instrument& i = *info.find("BNBBTC", true);
  EXPECT_FALSE(i.rules.keep_priority_reduce) << "amendAllowed";
  EXPECT_TRUE(i.rules.cancel_replace);
  EXPECT_EQ(i.orders_max, 25);
  EXPECT_EQ(i.rules.amends_per_order_max, 10);
  EXPECT_EQ(i.notional_min, 10 * Money(kMoneyScale));
  EXPECT_EQ(i.notional_max, 10'000 * Money(kMoneyScale));
  EXPECT_EQ(i.bid_band.up, Ratio(1'200'000'000));
  EXPECT_EQ(i.bid_band.down, Ratio(200'000'000));
  EXPECT_EQ(i.ask_band.up, Ratio(5'000'000'000));
  EXPECT_EQ(i.ask_band.down, Ratio(800'000'000));
}

TEST(ExchangeInfoLive, KnowsTheFiltersOfTheExchangeAndOfPositions) {
  const ExchangeInfo info = parse_exchange_info(
      R"({"exchangeFilters":[{"filterType":"EXCHANGE_MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":200},)"
      R"({"filterType":"EXCHANGE_MAX_NUM_ORDERS","maxNumOrders":1000}],"symbols":[{"symbol":"A",)"
      R"("filters":[{"filterType":"MAX_POSITION","maxPosition":"10.00000000"}]},)"
      R"({"symbol":"B","filters":[]}]})");
  ASSERT_EQ(info.error, "");
  EXPECT_EQ(info.orders_max, 1000);
  EXPECT_EQ(info.rules[0].position_max, Amount(10 * kAmountScale));
  EXPECT_EQ(info.rules[1].position_max, Amount(0));
  EXPECT_EQ(parse_exchange_info(kDocumented).orders_max, 0);
}

TEST(ExchangeInfoLive, KnowsASymbolWithoutReplacesOrPostOnlyOrders) {
  const ExchangeInfo info = parse_exchange_info(
      R"({"symbols":[{"symbol":"A","cancelReplaceAllowed":false,"amendAllowed":true,)"
      R"("orderTypes":["LIMIT","MARKET"],"filters":[]},{"symbol":"B","filters":[]}]})");
  ASSERT_EQ(info.error, "");
  EXPECT_FALSE(info.instruments[0].rules.cancel_replace);
  EXPECT_TRUE(info.instruments[0].rules.keep_priority_reduce);
  EXPECT_FALSE(info.rules[0].post_only_allowed);
  EXPECT_TRUE(info.rules[1].post_only_allowed) << "nothing is told of it";
}

TEST(ExchangeInfoLive, WhatIsNotSaidToBeAmendableIsNot) {
  const ExchangeInfo info = parse_exchange_info(R"({"symbols":[{"symbol":"A","filters":[]}]})");
  ASSERT_EQ(info.error, "");
  EXPECT_FALSE(info.instruments[0].rules.keep_priority_reduce);
  EXPECT_TRUE(info.instruments[0].rules.cancel_replace) << "the usual way to move an order";
}

TEST(ExchangeInfoLive, LeavesOutWhatHasNoName) {
  const ExchangeInfo info = parse_exchange_info(
      R"({"symbols":[{"status":"TRADING","filters":[]},{"symbol":"","filters":[]},)"
      R"({"symbol":"A","filters":[]}]})");
  ASSERT_EQ(info.error, "");
  ASSERT_EQ(info.instruments.size(), 1u);
  EXPECT_EQ(info.instruments[0].symbol(), "A");
  EXPECT_EQ(info.rules.size(), 1u);
}

TEST(ExchangeInfoLive, KnowsEveryStatus) {
  for (const SymbolStatus s : {SymbolStatus::kTrading, SymbolStatus::kEndOfDay, SymbolStatus::kHalt,
                               SymbolStatus::kBreak, SymbolStatus::kCancelOnly}) {
    const std::string body =
        std::string(R"({"symbols":[{"symbol":"A","filters":[],"status":")") + name(s) + "\"}]}";
    ASSERT_NE(parse_exchange_info(body).find_rules("A", true), nullptr) << body;
    EXPECT_EQ(parse_exchange_info(body).find_rules("A", true)->status, s) << body;
  }
  const ExchangeInfo other =
      parse_exchange_info(R"({"symbols":[{"symbol":"A","status":"AUCTION_MATCH","filters":[]}]})");
  EXPECT_EQ(other.find_rules("A", true)->status, SymbolStatus::kUnknown);
}

TEST(ExchangeInfoLive, BoundsNumbersThatMakeNoSense) {
  const ExchangeInfo info = parse_exchange_info(
      R"({"rateLimits":[{"rateLimitType":"NEW","interval":"WEEK","intervalNum":-5,)"
      R"("limit":99999999999999}],"symbols":[{"symbol":"A","filters":[)"
      R"({"filterType":"MAX_NUM_ORDERS","maxNumOrders":99999999999},)"
      R"({"filterType":"PERCENT_PRICE","multiplierUp":"99999999999","multiplierDown":"0.7"}]}]})");
  ASSERT_EQ(info.error, "");
  EXPECT_EQ(info.rate_limits[0].kind, RateLimitKind::kUnknown);
  EXPECT_EQ(info.rate_limits[0].interval, Nanos{});
  EXPECT_EQ(info.rate_limits[0].limit, std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(info.instruments[0].orders_max, std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(info.instruments[0].bid_band.down, Ratio(700'000'000));
  EXPECT_GT(info.instruments[0].ask_band.up.v, 0);
}

TEST(ExchangeInfoLive, SaysThatAPartIsBroken) {
  for (const std::string_view body :
       {R"({"rateLimits":[{"rateLimitType":"ORDERS"}],"symbols":[]})", R"({"rateLimits":{}})",
        R"({"symbols":[{"symbol":"A","amendAllowed":"yes","filters":[]}]})",
        R"({"rateLimits":[]})"})
    EXPECT_NE(parse_exchange_info(body).error, "") << body;
}

}  // namespace
}  // namespace mm::binance
