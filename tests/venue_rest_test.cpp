// REST: the same operations under paths, with headers.
#include <gtest/gtest.h>

#include "tests/venue_harness.h"

namespace mm::test {
namespace {

class VenueRest : public testing::Test {
 protected:
  VenueHarness venue;

  Json body(const server::HttpAnswer& answer, int status = 200) {
    EXPECT_EQ(answer.status, status) << answer.body;
    return Json(answer.body);
  }
};

TEST_F(VenueRest, AnswersWhatAnybodyMayAsk) {
  EXPECT_EQ(venue.public_rest("GET", "/api/v3/ping").body, "{}");
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/time")).integer("/serverTime"),
            VenueHarness::milliseconds());
  venue.pass(3000);
  const Json book = body(venue.public_rest("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=7"));
  EXPECT_EQ(book.keys(), "lastUpdateId bids asks");
  EXPECT_EQ(book.size("/bids"), 7u);
  EXPECT_EQ(book.size("/asks/0"), 2u);
  const Json trades = body(venue.public_rest("GET", "/api/v3/trades", "symbol=BTCUSDT&limit=2"));
  EXPECT_EQ(trades.size(""), 2u);
  EXPECT_EQ(trades.keys("/0"), "id price qty quoteQty time isBuyerMaker isBestMatch");
  const Json aggregates = body(venue.public_rest("GET", "/api/v3/aggTrades", "symbol=BTCUSDT"));
  EXPECT_EQ(aggregates.keys("/0"), "a p q f l T m M");
  const Json all = body(venue.public_rest("GET", "/api/v3/ticker/bookTicker"));
  EXPECT_EQ(all.size(""), 2u);
  EXPECT_EQ(all.keys("/1"), "symbol bidPrice bidQty askPrice askQty");
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/ticker/price", "symbol=ETHUSDT")).keys(),
            "symbol price");
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/ticker/price", "symbols=%5B%22ETHUSDT%22%5D"))
                .size(""),
            1u);
}

TEST_F(VenueRest, DescribesInstrumentsWithTheirFilters) {
  const Json info = body(venue.public_rest("GET", "/api/v3/exchangeInfo"));
  EXPECT_EQ(info.keys(), "timezone serverTime rateLimits exchangeFilters symbols sors");
  EXPECT_EQ(info.size("/symbols"), 2u);
  EXPECT_EQ(info.text("/symbols/0/symbol"), "BTCUSDT");
  EXPECT_EQ(info.text("/symbols/0/status"), "TRADING");
  EXPECT_TRUE(info.flag("/symbols/0/amendAllowed"));
  EXPECT_EQ(info.text("/symbols/0/filters/0/tickSize"), "0.01000000");
  EXPECT_EQ(info.text("/symbols/0/filters/1/stepSize"), "0.00001000");
  EXPECT_EQ(info.text("/symbols/0/filters/3/bidMultiplierUp"), "1.2000");
  EXPECT_EQ(info.text("/symbols/0/filters/4/minNotional"), "5.00000000");
  EXPECT_EQ(info.integer("/symbols/0/filters/6/maxNumOrderAmends"), 10);
  EXPECT_EQ(
      body(venue.public_rest("GET", "/api/v3/exchangeInfo", "symbol=ETHUSDT")).size("/symbols"),
      1u);
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/exchangeInfo", "symbols=%5B%22NO%22%5D"), 400)
                .integer("/code"),
            -1121);
}

TEST_F(VenueRest, TheLifeOfAnOrderIsTheSameHere) {
  const auto placed = venue.rest("POST", "/api/v3/order", venue.maker());
  const std::string id = std::to_string(body(placed).integer("/orderId"));
  EXPECT_EQ(header(placed, "X-MBX-ORDER-COUNT-10S"), "1");
  EXPECT_EQ(header(placed, "X-MBX-ORDER-COUNT-1D"), "1");
  const Params mine{{"symbol", "BTCUSDT"}, {"orderId", id}};
  EXPECT_EQ(body(venue.rest("GET", "/api/v3/order", mine)).text("/status"), "NEW");
  Params amend = mine;
  amend.emplace_back("newQty", "0.005");
  EXPECT_EQ(
      body(venue.rest("PUT", "/api/v3/order/amend/keepPriority", amend)).text("/amendedOrder/qty"),
      "0.00500000");
  Params replace = venue.maker();
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrderId", id);
  const Json replaced = body(venue.rest("POST", "/api/v3/order/cancelReplace", replace));
  const Params next{{"symbol", "BTCUSDT"},
                    {"orderId", std::to_string(replaced.integer("/newOrderResponse/orderId"))}};
  EXPECT_EQ(body(venue.rest("GET", "/api/v3/openOrders", {{"symbol", "BTCUSDT"}})).size(""), 1u);
  EXPECT_EQ(body(venue.rest("DELETE", "/api/v3/order", next)).text("/status"), "CANCELED");
  const Json failed = body(venue.rest("POST", "/api/v3/order/cancelReplace", replace), 400);
  EXPECT_EQ(failed.integer("/code"), -2022);
  EXPECT_EQ(failed.text("/data/newOrderResult"), "NOT_ATTEMPTED");
  EXPECT_EQ(body(venue.rest("DELETE", "/api/v3/openOrders", {{"symbol", "BTCUSDT"}}), 400)
                .integer("/code"),
            -2011);
}

TEST_F(VenueRest, SignsWithEd25519Too) {
  EXPECT_EQ(body(venue.rest("GET", "/api/v3/account", {}, 1)).integer("/uid"), 2);
}

TEST_F(VenueRest, TellsWhatTheKeyMayDo) {
  const Json may = body(venue.rest("GET", "/sapi/v1/account/apiRestrictions"));
  EXPECT_TRUE(may.flag("/enableReading"));
  EXPECT_TRUE(may.flag("/enableSpotAndMarginTrading"));
  EXPECT_FALSE(may.flag("/enableWithdrawals"));
  EXPECT_FALSE(may.flag("/ipRestrict"));
}

TEST_F(VenueRest, RefusesWithoutAKeyASignatureOrTheTime) {
  server::HttpRequest request;
  request.method = "GET";
  request.path = "/api/v3/account";
  request.address = "127.0.0.1";
  EXPECT_EQ(body(venue.frontend.answer(request), 401).integer("/code"), -2014);
  request.api_key = "unknown";
  EXPECT_EQ(body(venue.frontend.answer(request), 401).integer("/code"), -2015);
  request.api_key = venue.config.accounts[0].api_key;
  EXPECT_EQ(body(venue.frontend.answer(request), 400).text("/msg"),
            "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.");
  request.query = "signature=00&timestamp=" + std::to_string(VenueHarness::milliseconds());
  EXPECT_EQ(body(venue.frontend.answer(request), 400).integer("/code"), -1022);
  request.query = "signature=00&timestamp=1";
  EXPECT_EQ(body(venue.frontend.answer(request), 400).integer("/code"), -1021);
}

TEST_F(VenueRest, ParametersMayStandInTheBody) {
  server::HttpRequest request;
  request.method = "POST";
  request.path = "/api/v3/order";
  request.address = "127.0.0.1";
  request.api_key = venue.config.accounts[0].api_key;
  std::string form;
  for (const auto& [name, value] : venue.maker()) form += name + '=' + value + '&';
  const std::size_t half = form.find("type=");
  request.query = form.substr(0, half - 1);
  request.body = form.substr(half) + "timestamp=" + std::to_string(VenueHarness::milliseconds());
  const std::string signature =
      hmac_hex(venue.config.accounts[0].hmac_secret, request.query + request.body);
  request.body += "&signature=" + signature;
  EXPECT_GT(body(venue.frontend.answer(request)).integer("/orderId"), 0);
}

TEST_F(VenueRest, WhatIsNotThereIsSaidInJson) {
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/nothing"), 404).integer("/code"), -1099);
  EXPECT_EQ(body(venue.public_rest("GET", "/"), 404).integer("/code"), -1099);
  EXPECT_EQ(body(venue.public_rest("PATCH", "/api/v3/order"), 405).integer("/code"), -1020);
  EXPECT_EQ(venue.public_rest("HEAD", "/api/v3/ping").status, 200);
  EXPECT_EQ(body(venue.public_rest("GET", "/api/v3/depth", "symbol=%zz"), 400).integer("/code"),
            -1101);
  EXPECT_EQ(venue.connect("/other"), nullptr);
  EXPECT_EQ(venue.refusal.status, 404);
}

TEST_F(VenueRest, CountsWeightInAHeaderAndSaysWhenToComeBack) {
  const auto info = venue.public_rest("GET", "/api/v3/exchangeInfo");
  EXPECT_EQ(header(info, "X-MBX-USED-WEIGHT-1M"), "20");
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.weight_per_minute = 20;
  VenueHarness other(config);
  other.public_rest("GET", "/api/v3/exchangeInfo");
  const auto refused = other.public_rest("GET", "/api/v3/ping");
  EXPECT_EQ(body(refused, 429).integer("/code"), -1003);
  const std::int64_t left_s = 60 - VenueHarness::now.v / kSecond.v % 60;
  EXPECT_NEAR(static_cast<double>(std::stoll(header(refused, "Retry-After"))),
              static_cast<double>(left_s), 1);
}

TEST_F(VenueRest, TooManyConnectionsAreRefused) {
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.connections_per_5min = 2;
  VenueHarness other(config);
  EXPECT_NE(other.connect("/ws"), nullptr);
  EXPECT_NE(other.connect("/ws-api/v3"), nullptr);
  EXPECT_EQ(other.connect("/ws"), nullptr);
  EXPECT_EQ(other.refusal.status, 429);
  EXPECT_EQ(Json(other.refusal.body).integer("/code"), -1034);
  EXPECT_NE(header(other.refusal, "Retry-After"), "");
}

TEST_F(VenueRest, WhoIsBannedIsToldSoWhenConnecting) {
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.raw_requests_per_5min = 1;
  config.limits.refusals_before_ban = 0;
  VenueHarness other(config);
  other.public_rest("GET", "/api/v3/ping");
  EXPECT_EQ(other.public_rest("GET", "/api/v3/ping").status, 418);
  EXPECT_EQ(other.connect("/ws"), nullptr);
  EXPECT_EQ(other.refusal.status, 418);
  EXPECT_EQ(Json(other.refusal.body).integer("/code"), -1003);
  EXPECT_NE(other.refusal.body.find("IP banned until"), std::string::npos);
  EXPECT_NE(header(other.refusal, "Retry-After"), "");
}

TEST_F(VenueRest, TicksOfADayAndAnAverageComeFromWhatWasTraded) {
  const std::string path = "/api/v3/ticker/24hr";
  const Json before = body(venue.public_rest("GET", path, "symbol=BTCUSDT"));
  EXPECT_EQ(before.integer("/count"), 0);
  EXPECT_EQ(before.integer("/firstId"), -1);
  venue.pass(3000);
  const auto answer = venue.public_rest("GET", path, "symbol=BTCUSDT");
  EXPECT_EQ(header(answer, "X-MBX-USED-WEIGHT-1M"), "4") << "two each";
  const Json day = body(answer);
  EXPECT_EQ(day.keys(),
            "symbol priceChange priceChangePercent weightedAvgPrice prevClosePrice lastPrice "
            "lastQty bidPrice bidQty askPrice askQty openPrice highPrice lowPrice volume "
            "quoteVolume openTime closeTime firstId lastId count");
  const Json trades = body(venue.public_rest("GET", "/api/v3/trades", "symbol=BTCUSDT&limit=1000"));
  const std::size_t last = trades.size("") - 1;
  ASSERT_EQ(day.integer("/count"), static_cast<std::int64_t>(trades.size("")));
  EXPECT_EQ(day.text("/openPrice"), trades.text("/0/price"));
  EXPECT_EQ(day.text("/lastPrice"), trades.text("/" + std::to_string(last) + "/price"));
  EXPECT_EQ(day.text("/lastQty"), trades.text("/" + std::to_string(last) + "/qty"));
  EXPECT_EQ(day.integer("/lastId"), trades.integer("/" + std::to_string(last) + "/id"));
  double quantity = 0, worth = 0, high = 0, low = 1e18;
  for (std::size_t i = 0; i <= last; ++i) {
    const std::string at = "/" + std::to_string(i);
    const double price = std::stod(trades.text(at + "/price"));
    quantity += std::stod(trades.text(at + "/qty"));
    worth += price * std::stod(trades.text(at + "/qty"));
    high = std::max(high, price);
    low = std::min(low, price);
  }
  EXPECT_NEAR(std::stod(day.text("/volume")), quantity, 1e-6);
  EXPECT_NEAR(std::stod(day.text("/quoteVolume")), worth, 1e-2);
  EXPECT_NEAR(std::stod(day.text("/weightedAvgPrice")), worth / quantity, 1e-2);
  EXPECT_DOUBLE_EQ(std::stod(day.text("/highPrice")), high);
  EXPECT_DOUBLE_EQ(std::stod(day.text("/lowPrice")), low);
  const double open = std::stod(day.text("/openPrice"));
  EXPECT_NEAR(std::stod(day.text("/priceChangePercent")),
              (std::stod(day.text("/lastPrice")) - open) / open * 100, 1e-3);
  const Json average = body(venue.public_rest("GET", "/api/v3/avgPrice", "symbol=BTCUSDT"));
  EXPECT_EQ(average.keys(), "mins price closeTime");
  EXPECT_EQ(average.text("/price"), day.text("/weightedAvgPrice"));
  EXPECT_EQ(body(venue.public_rest("GET", path)).size(""), 2u);
}

TEST_F(VenueRest, OlderTradesAreAskedForByTheirIds) {
  venue.pass(3000);
  for (const char* path : {"/api/v3/historicalTrades", "/api/v3/aggTrades"}) {
    const std::string id = std::string(path).ends_with("aggTrades") ? "/a" : "/id";
    const Json newest = body(venue.public_rest("GET", path, "symbol=BTCUSDT&limit=3"));
    ASSERT_EQ(newest.size(""), 3u);
    const std::int64_t from = newest.integer("/0" + id) - 2;
    const Json some = body(
        venue.public_rest("GET", path, "symbol=BTCUSDT&limit=3&fromId=" + std::to_string(from)));
    ASSERT_EQ(some.size(""), 3u);
    EXPECT_EQ(some.integer("/0" + id), from);
    EXPECT_EQ(some.integer("/2" + id), from + 2);
  }
}

TEST_F(VenueRest, TellsTheFiltersOfAnAccount) {
  const Json filters = body(venue.rest("GET", "/api/v3/myFilters", {{"symbol", "BTCUSDT"}}));
  EXPECT_EQ(filters.keys(), "exchangeFilters symbolFilters assetFilters");
  EXPECT_EQ(filters.text("/symbolFilters/0/filterType"), "MAX_NUM_ORDERS");
  EXPECT_EQ(filters.integer("/symbolFilters/1/maxNumOrderAmends"), 10);
  EXPECT_EQ(venue.public_rest("GET", "/api/v3/myFilters", "symbol=BTCUSDT").status, 401);
}

TEST_F(VenueRest, AdminIsForLoopbackAndOnlyWhereEnabled) {
  EXPECT_EQ(body(venue.public_rest("POST", "/admin/drop", "after=3")).integer("/dropped"), 0);
  EXPECT_EQ(venue.public_rest("GET", "/admin/drop").status, 404);
  server::HttpRequest request;
  request.method = "POST";
  request.path = "/admin/drop";
  request.address = "10.0.0.1";
  EXPECT_EQ(venue.frontend.answer(request).status, 404);
  server::ServerConfig config = VenueHarness::default_config();
  config.admin = false;
  VenueHarness other(config);
  EXPECT_EQ(other.public_rest("POST", "/admin/drop").status, 404);
}

}  // namespace
}  // namespace mm::test
