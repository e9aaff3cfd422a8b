// The WS API, message by message: shapes as documented, and every refusal.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/venue_harness.h"

namespace mm::test {
namespace {

class VenueWsApi : public testing::Test {
 protected:
  VenueHarness venue;
  std::unique_ptr<Client> client = venue.connect("/ws-api/v3");

  Json ask(const std::string& method, Params params = {}, int account = 0) {
    return venue.ask(*client, method, std::move(params), account);
  }
  Json say(std::string_view text) {
    client->take();
    client->say(text);
    return client->next();
  }
  // With one parameter another one, or (empty) without it.
  static Params with(Params params, const std::string& name, const std::string& value) {
    std::erase_if(params, [&](const auto& p) { return p.first == name; });
    if (!value.empty()) params.emplace_back(name, value);
    return params;
  }
  void expect_refused(const std::string& method, const Params& params, int code,
                      const std::string& message, int status = 400) {
    const Json answer = ask(method, params);
    EXPECT_EQ(answer.integer("/status"), status) << answer.whole();
    EXPECT_EQ(answer.integer("/error/code"), code) << answer.whole();
    EXPECT_EQ(answer.text("/error/msg"), message);
    EXPECT_EQ(venue.frontend.host().exchange().open_orders(), 0u);
  }
  std::int64_t place() { return ask("order.place", venue.maker()).integer("/result/orderId"); }
};

TEST_F(VenueWsApi, EchoesIdsAsTheyWereWritten) {
  EXPECT_EQ(say(R"({"id":1,"method":"ping"})").integer("/id"), 1);
  EXPECT_EQ(say(R"({"id":"a-b","method":"ping"})").text("/id"), "a-b");
  EXPECT_TRUE(say(R"({"id":null,"method":"ping"})").is_null("/id"));
  EXPECT_TRUE(say(R"({"method":"ping"})").is_null("/id"));
  EXPECT_EQ(say(R"({"id":1.5,"method":"ping"})").integer("/status"), 400);
  EXPECT_EQ(say(R"({"id":[1],"method":"ping"})").integer("/error/code"), -1100);
}

TEST_F(VenueWsApi, AnswersWithStatusResultAndRateLimits) {
  const Json answer = say(R"({"id":"x","method":"time"})");
  EXPECT_EQ(answer.keys(), "id status result rateLimits");
  EXPECT_EQ(answer.integer("/status"), 200);
  EXPECT_EQ(answer.integer("/result/serverTime"), VenueHarness::milliseconds());
  EXPECT_EQ(answer.keys("/rateLimits/0"), "rateLimitType interval intervalNum limit count");
  EXPECT_EQ(answer.integer("/rateLimits/0/count"), 3) << "connecting cost two";
}

TEST_F(VenueWsApi, LeavesRateLimitsOutWhenAskedTo) {
  EXPECT_FALSE(
      say(R"({"id":1,"method":"ping","params":{"returnRateLimits":false}})").has("/rateLimits"));
  client = venue.connect("/ws-api/v3?returnRateLimits=false");
  EXPECT_FALSE(say(R"({"id":1,"method":"ping"})").has("/rateLimits"));
  EXPECT_TRUE(
      say(R"({"id":1,"method":"ping","params":{"returnRateLimits":true}})").has("/rateLimits"));
}

TEST_F(VenueWsApi, TellsTimesInMicrosecondsWhenAskedTo) {
  client = venue.connect("/ws-api/v3?timeUnit=MICROSECOND");
  EXPECT_EQ(say(R"({"id":1,"method":"time"})").integer("/result/serverTime"),
            VenueHarness::milliseconds() * 1000);
  EXPECT_EQ(venue.connect("/ws-api/v3?timeUnit=MINUTE"), nullptr);
  EXPECT_EQ(Json(venue.refusal.body).integer("/code"), -1194);
}

TEST_F(VenueWsApi, WhatIsNoRequestIsAnsweredAndNeverKills) {
  for (const char* text :
       {"", "{", "nonsense", "[1,2]", "null", "{\"id\":1,\"method\":\"ping\"", "\"\xff\"",
        "{\"id\":123456789012345678901234567890,\"method\":\"ping\"}"}) {
    const Json answer = say(text);
    EXPECT_EQ(answer.integer("/status"), 400) << text;
    EXPECT_EQ(answer.integer("/error/code"), -1135) << text;
  }
  const std::string deep =
      "{\"id\":1,\"params\":" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_EQ(say(deep).integer("/error/code"), -1135);
  std::string many = R"({"id":1,"method":"ping","params":{)";
  for (int i = 0; i < 100; ++i) many += "\"p" + std::to_string(i) + "\":1,";
  EXPECT_EQ(say(many + "\"last\":1}}").integer("/error/code"), -1101);
  EXPECT_EQ(say(R"({"id":1,"method":5})").integer("/error/code"), -1102);
  EXPECT_EQ(say(R"({"id":1,"method":"ping","params":[1]})").integer("/error/code"), -1130);
  EXPECT_EQ(say(R"({"id":1,"method":"no.such"})").integer("/error/code"), -1020);
  EXPECT_EQ(say(R"({"id":1,"method":"v3/ping"})").integer("/status"), 200);
}

TEST_F(VenueWsApi, ChecksKeySignatureAndTime) {
  const std::string good = VenueHarness::signed_request("account.status", {});
  EXPECT_EQ(say(good).integer("/status"), 200);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return say(text);
  };
  const std::string now = std::to_string(VenueHarness::milliseconds());
  EXPECT_EQ(changed(now, std::to_string(VenueHarness::milliseconds() - 1)).integer("/error/code"),
            -1022);
  EXPECT_EQ(changed("\"vm", "\"xx").integer("/error/code"), -2015);
  EXPECT_EQ(changed("\"vm", "\"!!").integer("/error/code"), -2014);
  EXPECT_EQ(changed("\"apiKey\"", "\"other\"").text("/error/msg"),
            "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed.");
  EXPECT_EQ(changed("\"signature\"", "\"other\"").integer("/error/code"), -1102);
  EXPECT_EQ(changed("\"timestamp\"", "\"other\"").integer("/error/code"), -1102);
  EXPECT_EQ(say(R"({"id":1,"method":"account.status"})").integer("/error/code"), -1102);
}

TEST_F(VenueWsApi, RefusesWhatIsTooOldOrFromTheFuture) {
  const std::string good = VenueHarness::signed_request("account.status", {});
  VenueHarness::now += Nanos(5001 * kMillisecond.v);
  const Json late = say(good);
  EXPECT_EQ(late.integer("/error/code"), -1021);
  EXPECT_EQ(late.text("/error/msg"), "Timestamp for this request is outside of the recvWindow.");
  const std::string ahead = VenueHarness::signed_request("account.status", {});
  VenueHarness::now -= kSecond;
  EXPECT_EQ(say(ahead).text("/error/msg"),
            "Timestamp for this request was 1000ms ahead of the server's time.");
}

TEST_F(VenueWsApi, ReadsTheWindowWithItsDecimals) {
  const std::string narrow =
      VenueHarness::signed_request("account.status", {{"recvWindow", "1.5"}});
  VenueHarness::now += kMillisecond;
  EXPECT_EQ(say(narrow).integer("/status"), 200);
  VenueHarness::now += kMillisecond;
  EXPECT_EQ(say(narrow).integer("/error/code"), -1021);
  expect_refused("account.status", {{"recvWindow", "60001"}}, -1131,
                 "recvWindow must be less than 60000.");
  EXPECT_EQ(ask("account.status", {{"recvWindow", "1.2345"}}).integer("/error/code"), -1111);
  EXPECT_EQ(ask("account.status", {{"recvWindow", "soon"}}).integer("/error/code"), -1100);
}

TEST_F(VenueWsApi, NumbersAreSignedAsTheyAreWritten) {
  const std::string time = std::to_string(VenueHarness::milliseconds());
  const std::string key = venue.config.accounts[0].api_key;
  const std::string payload = "apiKey=" + key + "&recvWindow=10000&timestamp=" + time;
  const std::string signature = hmac_hex(venue.config.accounts[0].hmac_secret, payload);
  EXPECT_EQ(say(R"({"id":1,"method":"account.status","params":{"recvWindow":10000 ,"timestamp":)" +
                time + R"(,"apiKey":")" + key + R"(","signature":")" + signature + "\"}}")
                .integer("/status"),
            200);
}

TEST_F(VenueWsApi, ASessionNeedsAnEd25519KeyAndThenOnlyTheTime) {
  EXPECT_TRUE(say(R"({"id":1,"method":"session.status"})").is_null("/result/apiKey"));
  EXPECT_EQ(ask("session.logon").integer("/error/code"), -2015) << "an HMAC key";
  const Json logged_on = ask("session.logon", {}, 1);
  EXPECT_EQ(logged_on.keys("/result"),
            "apiKey authorizedSince connectedSince returnRateLimits serverTime userDataStream");
  EXPECT_EQ(logged_on.text("/result/apiKey"), VenueHarness::kEd25519Key);
  EXPECT_EQ(say(R"({"id":1,"method":"account.status"})").integer("/error/code"), -1102);
  const std::string time = std::to_string(VenueHarness::milliseconds());
  const std::string unsigned_request =
      R"({"id":1,"method":"account.status","params":{"timestamp":)" + time + "}}";
  EXPECT_EQ(say(unsigned_request).integer("/result/uid"), 2);
  EXPECT_EQ(ask("account.status").integer("/result/uid"), 1) << "signed on its own";
  EXPECT_TRUE(say(R"({"id":1,"method":"session.logout"})").is_null("/result/apiKey"));
  EXPECT_EQ(say(unsigned_request).integer("/status"), 400);
}

TEST_F(VenueWsApi, KeysWithoutPermissionAreRefused) {
  server::ServerConfig config = VenueHarness::default_config();
  config.accounts[0].can_trade = false;
  VenueHarness other(config);
  const std::unique_ptr<Client> guest = other.connect("/ws-api/v3");
  EXPECT_EQ(other.ask(*guest, "account.status").integer("/status"), 200);
  const Json refused = other.ask(*guest, "order.place", other.maker());
  EXPECT_EQ(refused.integer("/status"), 401);
  EXPECT_EQ(refused.integer("/error/code"), -2015);
}

TEST_F(VenueWsApi, PlacesAPostOnlyOrderAndAnswersAsAskedFor) {
  const Json ack = ask("order.place", venue.maker());
  EXPECT_EQ(ack.keys("/result"), "symbol orderId orderListId clientOrderId transactTime");
  EXPECT_EQ(ack.integer("/result/orderListId"), -1);
  const Json result = ask("order.place", with(with(venue.maker(), "newOrderRespType", "RESULT"),
                                              "newClientOrderId", "my-order_1"));
  EXPECT_EQ(result.keys("/result"),
            "symbol orderId orderListId clientOrderId transactTime price origQty executedQty "
            "origQuoteOrderQty cummulativeQuoteQty status timeInForce type side workingTime "
            "selfTradePreventionMode");
  EXPECT_EQ(result.text("/result/clientOrderId"), "my-order_1");
  EXPECT_EQ(result.text("/result/status"), "NEW");
  EXPECT_EQ(result.text("/result/type"), "LIMIT_MAKER");
  EXPECT_EQ(result.text("/result/origQty"), "0.01000000");
  EXPECT_EQ(result.text("/result/selfTradePreventionMode"), "EXPIRE_MAKER");
  EXPECT_EQ(result.size("/rateLimits"), 3u);
  EXPECT_EQ(result.text("/rateLimits/0/rateLimitType"), "ORDERS");
  EXPECT_EQ(result.integer("/rateLimits/0/count"), 2);
  EXPECT_EQ(result.integer("/rateLimits/2/count"), 2) << "what succeeds weighs nothing";
}

TEST_F(VenueWsApi, AMarketOrderIsAnsweredWithItsFills) {
  const Params market{
      {"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "MARKET"}, {"quantity", "0.01000"}};
  const Json answer = ask("order.place", market);
  EXPECT_EQ(answer.text("/result/status"), "FILLED");
  EXPECT_EQ(answer.keys("/result/fills/0"), "price qty commission commissionAsset tradeId");
  EXPECT_EQ(answer.text("/result/fills/0/commissionAsset"), "BTC");
  const Json trades = ask("myTrades", {{"symbol", "BTCUSDT"}});
  EXPECT_EQ(trades.keys("/result/0"),
            "symbol id orderId orderListId price qty quoteQty commission commissionAsset time "
            "isBuyer isMaker isBestMatch");
  EXPECT_FALSE(trades.flag("/result/0/isMaker"));
  const Json by_worth =
      ask("order.place", with(with(market, "quantity", ""), "quoteOrderQty", "100"));
  EXPECT_EQ(by_worth.text("/result/status"), "FILLED") << by_worth.whole();
}

TEST_F(VenueWsApi, RefusesIncompleteOrders) {
  const auto mandatory = [](const std::string& name) {
    return "Mandatory parameter '" + name + "' was not sent, was empty/null, or malformed.";
  };
  for (const char* name : {"symbol", "side", "type", "price", "quantity"}) {
    expect_refused("order.place", with(venue.maker(), name, ""), -1102, mandatory(name));
  }
  expect_refused("order.place", with(venue.maker(), "type", "LIMIT"), -1102,
                 mandatory("timeInForce"));
}

TEST_F(VenueWsApi, RefusesOrdersThatSayTooMuchOrTheWrongThing) {
  const Params good = venue.maker();
  expect_refused("order.place", with(good, "symbol", "NOSUCH"), -1121, "Invalid symbol.");
  expect_refused("order.place", with(good, "side", "buy"), -1117, "Invalid side.");
  expect_refused("order.place", with(good, "type", "POST"), -1116, "Invalid orderType.");
  expect_refused("order.place", with(good, "type", "STOP_LOSS"), -2010,
                 "Unsupported order combination.");
  expect_refused("order.place", with(good, "timeInForce", "GTC"), -1106,
                 "Parameter 'timeInForce' sent when not required.");
  expect_refused("order.place", with(with(good, "type", "LIMIT"), "timeInForce", "GTX"), -1115,
                 "Invalid timeInForce.");
  expect_refused("order.place", with(good, "selfTradePreventionMode", "TRANSFER"), -1013,
                 "This symbol does not allow the specified self-trade prevention mode.");
  expect_refused("order.place", with(good, "price", "0.123456789"), -1111,
                 "Parameter 'price' has too much precision.");
  expect_refused("order.place", with(good, "price", "-1"), -1100,
                 "Illegal characters found in parameter 'price'; legal range is "
                 "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.");
  expect_refused("order.place", with(good, "newClientOrderId", "not allowed"), -1100,
                 "Illegal characters found in parameter 'newClientOrderId'; legal range is "
                 "'^[a-zA-Z0-9-_]{1,36}$'.");
  Params empty = good;
  empty.emplace_back("newClientOrderId", "");
  expect_refused("order.place", empty, -1118, "New client order ID was empty.");
}

TEST_F(VenueWsApi, RefusesOrdersByTheFilterTheyFail) {
  const Params good = venue.maker();
  const auto filter = [&](const std::string& name, const std::string& value,
                          const std::string& failed) {
    expect_refused("order.place", with(good, name, value), -1013, "Filter failure: " + failed);
  };
  filter("price", "50000.005", "PRICE_FILTER");
  filter("price", "0", "PRICE_FILTER");
  filter("quantity", "0.000001", "LOT_SIZE");
  filter("quantity", "0", "LOT_SIZE");
  filter("quantity", "0.00001", "NOTIONAL");
  filter("price", "1000", "PERCENT_PRICE_BY_SIDE");
}

TEST_F(VenueWsApi, TheMatchingRefusesInWordsThatTellWhy) {
  expect_refused("order.place", with(venue.maker(), "price", venue.price(Side::kSell, 0)), -2010,
                 "Order would immediately match and take.");
  expect_refused("order.place", with(venue.maker(), "quantity", "1000"), -2010,
                 "Account has insufficient balance for requested action.");
  const Params named = with(venue.maker(), "newClientOrderId", "twice");
  EXPECT_EQ(ask("order.place", named).integer("/status"), 200);
  const Json again = ask("order.place", named);
  EXPECT_EQ(again.text("/error/msg"), "Duplicate order sent.");
  EXPECT_EQ(ask("order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "twice"}})
                .integer("/status"),
            200);
  EXPECT_EQ(ask("order.place", named).integer("/status"), 200) << "free again";
}

TEST_F(VenueWsApi, CancelsUnderANameOfItsOwn) {
  ask("order.place", with(venue.maker(), "newClientOrderId", "mine"));
  const Json canceled = ask(
      "order.cancel",
      {{"symbol", "BTCUSDT"}, {"origClientOrderId", "mine"}, {"newClientOrderId", "the-cancel"}});
  EXPECT_EQ(canceled.keys("/result"),
            "symbol origClientOrderId orderId orderListId clientOrderId transactTime price origQty "
            "executedQty origQuoteOrderQty cummulativeQuoteQty status timeInForce type side "
            "selfTradePreventionMode");
  EXPECT_EQ(canceled.text("/result/origClientOrderId"), "mine");
  EXPECT_EQ(canceled.text("/result/clientOrderId"), "the-cancel");
  EXPECT_EQ(canceled.text("/result/status"), "CANCELED");
  EXPECT_EQ(canceled.size("/rateLimits"), 1u);
  expect_refused("order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "mine"}}, -2011,
                 "Unknown order sent.");
}

TEST_F(VenueWsApi, RefusesCancelsThatMeanNothing) {
  expect_refused("order.cancel", {{"symbol", "BTCUSDT"}}, -1102,
                 "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  expect_refused("order.cancel", {{"symbol", "BTCUSDT"}, {"orderId", "99"}}, -2011,
                 "Unknown order sent.");
  const std::string id = std::to_string(place());
  const Params mine{{"symbol", "BTCUSDT"}, {"orderId", id}};
  EXPECT_EQ(ask("order.cancel", mine, 1).integer("/error/code"), -2011) << "another account's";
  EXPECT_EQ(ask("order.cancel", with(mine, "symbol", "ETHUSDT")).integer("/error/code"), -2011);
  EXPECT_EQ(ask("order.cancel", with(mine, "origClientOrderId", "x")).integer("/error/code"),
            -2039);
  EXPECT_EQ(ask("order.cancel", with(mine, "cancelRestrictions", "NO")).integer("/error/code"),
            -1145);
  EXPECT_EQ(ask("order.cancel", with(mine, "cancelRestrictions", "ONLY_PARTIALLY_FILLED"))
                .text("/error/msg"),
            "Order was not canceled due to cancel restrictions.");
  EXPECT_EQ(ask("order.cancel", with(mine, "cancelRestrictions", "ONLY_NEW")).integer("/status"),
            200);
}

TEST_F(VenueWsApi, AmendsDownwardsUnderANewName) {
  const std::string id = std::to_string(place());
  const Params amend{{"symbol", "BTCUSDT"}, {"orderId", id}, {"newQty", "0.00500"}};
  const Json amended = ask("order.amend.keepPriority", with(amend, "newClientOrderId", "less"));
  EXPECT_EQ(amended.keys("/result"), "transactTime executionId amendedOrder");
  EXPECT_EQ(amended.keys("/result/amendedOrder"),
            "symbol orderId orderListId origClientOrderId clientOrderId price qty executedQty "
            "preventedQty quoteOrderQty cumulativeQuoteQty status timeInForce type side "
            "workingTime selfTradePreventionMode");
  EXPECT_EQ(amended.text("/result/amendedOrder/qty"), "0.00500000");
  EXPECT_EQ(amended.text("/result/amendedOrder/clientOrderId"), "less");
  EXPECT_EQ(amended.integer("/rateLimits/0/count"), 6) << "four, and two of connecting";
  EXPECT_EQ(ask("order.amend.keepPriority", amend).text("/error/msg"),
            "The requested action would change no state; rejecting");
  const Json more = ask("order.amend.keepPriority", with(amend, "newQty", "0.02"));
  EXPECT_EQ(more.integer("/error/code"), -2038);
  EXPECT_EQ(more.text("/error/msg"), "Order amend (quantity increase) is not supported.");
  const Json history = ask("order.amendments", {{"symbol", "BTCUSDT"}, {"orderId", id}});
  EXPECT_EQ(history.text("/result/0/newClientOrderId"), "less");
  EXPECT_EQ(history.text("/result/0/origQty"), "0.01000000");
  EXPECT_EQ(ask("order.status", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "less"}})
                .text("/result/origQty"),
            "0.00500000");
}

TEST_F(VenueWsApi, AnAmendmentThatTheMatchingRejectsSaysWhy) {
  const std::string price = venue.price(Side::kBuy, -1);  // alone at the top of the bids
  const std::int64_t id =
      ask("order.place", with(venue.maker(), "price", price)).integer("/result/orderId");
  auto other = venue.connect("/ws-api/v3");
  venue.ask(*other, "order.place",
            {{"symbol", "BTCUSDT"},
             {"side", "SELL"},
             {"type", "LIMIT"},
             {"timeInForce", "IOC"},
             {"price", price},
             {"quantity", "0.004"}},
            1);
  const Params amend{{"symbol", "BTCUSDT"}, {"orderId", std::to_string(id)}};
  for (const char* executed : {"0.004", "0.003"}) {
    const Json answer = ask("order.amend.keepPriority", with(amend, "newQty", executed));
    EXPECT_EQ(answer.integer("/error/code"), -2038) << answer.whole();
    EXPECT_EQ(answer.text("/error/msg"),
              "Order amend (quantity at or below what is executed) is not supported.");
  }
  EXPECT_EQ(ask("order.amend.keepPriority", with(amend, "newQty", "0.005")).integer("/status"),
            200);
}

TEST(VenueWsApiRules, ASymbolMayForbidAmendments) {
  server::ServerConfig config = VenueHarness::default_config();
  config.symbols[0].instrument.rules.keep_priority_reduce = false;
  VenueHarness venue(config);
  auto client = venue.connect("/ws-api/v3");
  const std::int64_t id =
      venue.ask(*client, "order.place", venue.maker()).integer("/result/orderId");
  const Json answer =
      venue.ask(*client, "order.amend.keepPriority",
                {{"symbol", "BTCUSDT"}, {"orderId", std::to_string(id)}, {"newQty", "0.005"}});
  EXPECT_EQ(answer.integer("/error/code"), -2038) << answer.whole();
  EXPECT_EQ(answer.text("/error/msg"), "Order amend is not supported for this symbol.");
}

TEST_F(VenueWsApi, AnOrderIsAmendedTenTimesAtMost) {
  const std::string id = std::to_string(place());
  Json last("{}");
  for (int i = 0; i < 11; ++i) {
    last =
        ask("order.amend.keepPriority",
            {{"symbol", "BTCUSDT"}, {"orderId", id}, {"newQty", "0.009" + std::to_string(90 - i)}});
  }
  EXPECT_EQ(last.integer("/error/code"), -2038);
  EXPECT_EQ(last.text("/error/msg"), "Filter failure: MAX_NUM_ORDER_AMENDS");
}

TEST_F(VenueWsApi, ReplacesInOneRequest) {
  const std::string id = std::to_string(place());
  Params replace = with(venue.maker(), "newOrderRespType", "RESULT");
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrderId", id);
  const Json answer = ask("order.cancelReplace", replace);
  EXPECT_EQ(answer.keys("/result"), "cancelResult newOrderResult cancelResponse newOrderResponse");
  EXPECT_EQ(answer.text("/result/cancelResult"), "SUCCESS");
  EXPECT_EQ(answer.text("/result/newOrderResult"), "SUCCESS");
  EXPECT_EQ(answer.text("/result/cancelResponse/status"), "CANCELED");
  EXPECT_EQ(answer.text("/result/newOrderResponse/status"), "NEW");
  // The old one is gone now.
  const Json stopped = ask("order.cancelReplace", replace);
  EXPECT_EQ(stopped.integer("/status"), 400);
  EXPECT_EQ(stopped.integer("/error/code"), -2022);
  EXPECT_EQ(stopped.text("/error/data/cancelResult"), "FAILURE");
  EXPECT_EQ(stopped.text("/error/data/newOrderResult"), "NOT_ATTEMPTED");
  EXPECT_EQ(stopped.integer("/error/data/cancelResponse/code"), -2011);
  EXPECT_TRUE(stopped.is_null("/error/data/newOrderResponse"));
  const Json allowed =
      ask("order.cancelReplace", with(replace, "cancelReplaceMode", "ALLOW_FAILURE"));
  EXPECT_EQ(allowed.integer("/status"), 409);
  EXPECT_EQ(allowed.integer("/error/code"), -2021);
  EXPECT_EQ(allowed.text("/error/data/newOrderResult"), "SUCCESS");
}

TEST_F(VenueWsApi, AReplacementThatFailsLeavesNoOrder) {
  Params replace = with(venue.maker(), "price", venue.price(Side::kSell, 0));
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrderId", std::to_string(place()));
  const Json answer = ask("order.cancelReplace", replace);
  EXPECT_EQ(answer.integer("/status"), 409);
  EXPECT_EQ(answer.text("/error/data/cancelResult"), "SUCCESS");
  EXPECT_EQ(answer.text("/error/data/newOrderResponse/msg"),
            "Order would immediately match and take.");
  EXPECT_EQ(venue.frontend.host().exchange().open_orders(), 0u);
}

TEST_F(VenueWsApi, AReplacementMayKeepTheName) {
  ask("order.place", with(venue.maker(), "newClientOrderId", "same"));
  Params replace = with(venue.maker(), "newClientOrderId", "same");
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrigClientOrderId", "same");
  EXPECT_EQ(ask("order.cancelReplace", replace).integer("/status"), 200);
  EXPECT_EQ(ask("order.status", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "same"}})
                .text("/result/status"),
            "NEW");
}

TEST_F(VenueWsApi, FiltersAreCheckedBeforeTheCancel) {
  Params replace = with(venue.maker(), "quantity", "0.00001");
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrderId", std::to_string(place()));
  const Json answer = ask("order.cancelReplace", replace);
  EXPECT_EQ(answer.text("/error/msg"), "Filter failure: NOTIONAL");
  EXPECT_EQ(venue.frontend.host().exchange().open_orders(), 1u);
}

TEST_F(VenueWsApi, WithoutOrdersLeftAReplacementDoesNothingOrCancelsOnly) {
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.orders_per_10s = 1;
  VenueHarness other(config);
  const std::unique_ptr<Client> guest = other.connect("/ws-api/v3");
  const Json placed = other.ask(*guest, "order.place", other.maker());
  Params replace = other.maker();
  replace.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  replace.emplace_back("cancelOrderId", std::to_string(placed.integer("/result/orderId")));
  const Json nothing = other.ask(*guest, "order.cancelReplace", replace);
  EXPECT_EQ(nothing.integer("/status"), 429);
  EXPECT_EQ(nothing.integer("/error/code"), -1015);
  EXPECT_EQ(other.frontend.host().exchange().open_orders(), 1u);
  replace.emplace_back("orderRateLimitExceededMode", "CANCEL_ONLY");
  const Json canceled = other.ask(*guest, "order.cancelReplace", replace);
  EXPECT_EQ(canceled.integer("/status"), 409);
  EXPECT_EQ(canceled.text("/error/data/cancelResult"), "SUCCESS");
  EXPECT_EQ(canceled.integer("/error/data/newOrderResponse/code"), -1015);
  EXPECT_EQ(other.frontend.host().exchange().open_orders(), 0u);
}

TEST_F(VenueWsApi, AnswersQuestionsAboutOrders) {
  const std::string id = std::to_string(place());
  constexpr const char* kItem =
      "symbol orderId orderListId clientOrderId price origQty executedQty cummulativeQuoteQty "
      "status timeInForce type side stopPrice icebergQty time updateTime isWorking workingTime "
      "origQuoteOrderQty selfTradePreventionMode";
  EXPECT_EQ(ask("order.status", {{"symbol", "BTCUSDT"}, {"orderId", id}}).keys("/result"), kItem);
  EXPECT_EQ(ask("openOrders.status", {{"symbol", "BTCUSDT"}}).keys("/result/0"), kItem);
  EXPECT_EQ(ask("openOrders.status", {{"symbol", "ETHUSDT"}}).size("/result"), 0u);
  EXPECT_EQ(ask("openOrders.status").size("/result"), 1u);
  EXPECT_EQ(ask("openOrders.status", {}, 1).size("/result"), 0u) << "another account";
  EXPECT_EQ(ask("allOrders", {{"symbol", "BTCUSDT"}}).size("/result"), 1u);
  const Json missing = ask("order.status", {{"symbol", "BTCUSDT"}, {"orderId", "99"}});
  EXPECT_EQ(missing.integer("/error/code"), -2013);
  EXPECT_EQ(missing.text("/error/msg"), "Order does not exist.");
}

TEST_F(VenueWsApi, CancelsAllOfASymbolOrSaysThereWasNone) {
  place();
  place();
  const Json all = ask("openOrders.cancelAll", {{"symbol", "BTCUSDT"}});
  EXPECT_EQ(all.size("/result"), 2u);
  EXPECT_EQ(all.text("/result/1/status"), "CANCELED");
  expect_refused("openOrders.cancelAll", {{"symbol", "BTCUSDT"}}, -2011, "Unknown order sent.");
}

TEST_F(VenueWsApi, TellsBalancesWithWhatOrdersHold) {
  ask("order.place", venue.maker(Side::kSell, "1.5"));
  const Json account = ask("account.status");
  EXPECT_EQ(account.keys("/result"),
            "makerCommission takerCommission buyerCommission sellerCommission canTrade canWithdraw "
            "canDeposit commissionRates brokered requireSelfTradePrevention preventSor updateTime "
            "accountType balances permissions uid");
  EXPECT_EQ(account.text("/result/balances/0/asset"), "BTC");
  EXPECT_EQ(account.text("/result/balances/0/free"), "8.50000000");
  EXPECT_EQ(account.text("/result/balances/0/locked"), "1.50000000");
  EXPECT_EQ(account.text("/result/commissionRates/maker"), "0.00100000");
  EXPECT_EQ(account.integer("/result/makerCommission"), 10);
}

TEST(VenueAccounts, MayHoldWhatNoSymbolTrades) {
  server::ServerConfig config = VenueHarness::default_config();
  config.symbols.resize(1);
  config.accounts[0].balances = {{"BTC", Amount(kAmountScale)},
                                 {"XRP", Amount(3 * kAmountScale)},
                                 {"DOGE", Amount(4 * kAmountScale)}};
  VenueHarness venue(config);
  const auto client = venue.connect("/ws-api/v3");
  const Json account = venue.ask(*client, "account.status", {}, 0);
  std::map<std::string, std::string> free;
  for (std::size_t i = 0; i < account.size("/result/balances"); ++i) {
    const std::string row = "/result/balances/" + std::to_string(i);
    free[account.text(row + "/asset")] = account.text(row + "/free");
  }
  EXPECT_EQ(free["XRP"], "3.00000000");
  EXPECT_EQ(free["DOGE"], "4.00000000");
}

TEST_F(VenueWsApi, ChargesWhatQuestionsCost) {
  const auto weight = [&](const std::string& method, const Params& params) {
    const std::uint32_t before = static_cast<std::uint32_t>(
        say(R"({"id":1,"method":"ping"})").integer("/rateLimits/0/count"));
    const Json answer = ask(method, params);
    const std::size_t last = answer.size("/rateLimits") - 1;
    return answer.integer("/rateLimits/" + std::to_string(last) + "/count") - before;
  };
  EXPECT_EQ(weight("depth", {{"symbol", "BTCUSDT"}}), 5);
  EXPECT_EQ(weight("depth", {{"symbol", "BTCUSDT"}, {"limit", "500"}}), 25);
  EXPECT_EQ(weight("depth", {{"symbol", "BTCUSDT"}, {"limit", "5000"}}), 250);
  EXPECT_EQ(weight("exchangeInfo", {}), 20);
  EXPECT_EQ(weight("openOrders.status", {{"symbol", "BTCUSDT"}}), 6);
  EXPECT_EQ(weight("openOrders.status", {}), 80);
  EXPECT_EQ(weight("order.place", with(venue.maker(), "price", "1")), 1) << "refused";
  EXPECT_EQ(weight("order.place", venue.maker()), 0);
  EXPECT_EQ(weight("account.rateLimits.orders", {}), 40);
}

TEST_F(VenueWsApi, TellsTheRulesOfSymbolsAsRestDoes) {
  const Json told = say(R"({"id":1,"method":"exchangeInfo","params":{"symbols":["ETHUSDT",)"
                        R"("BTCUSDT"],"showPermissionSets":false}})");
  EXPECT_EQ(told.integer("/status"), 200);
  EXPECT_EQ(told.size("/result/symbols"), 2u);
  EXPECT_EQ(told.text("/result/symbols/0/symbol"), "ETHUSDT");
  EXPECT_EQ(told.text("/result/symbols/0/status"), "TRADING");
  EXPECT_EQ(told.text("/result/symbols/1/filters/0/tickSize"), "0.01000000");
  EXPECT_EQ(told.text("/result/rateLimits/0/rateLimitType"), "REQUEST_WEIGHT");
  EXPECT_EQ(say(R"({"id":1,"method":"exchangeInfo","params":{"symbols":["NOUSDT"]}})")
                .integer("/error/code"),
            -1121);
}

TEST_F(VenueWsApi, TooMuchWeightIsRefusedWithTheTimeToComeBack) {
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.weight_per_minute = 25;
  VenueHarness other(config);
  client = other.connect("/ws-api/v3");
  say(R"({"id":1,"method":"exchangeInfo"})");
  say(R"({"id":1,"method":"exchangeInfo"})");
  const Json refused = say(R"({"id":1,"method":"ping"})");
  EXPECT_EQ(refused.integer("/status"), 429);
  EXPECT_EQ(refused.integer("/error/code"), -1003);
  EXPECT_EQ(refused.integer("/error/data/retryAfter") % 60'000, 0);
  EXPECT_EQ(refused.integer("/error/data/serverTime"), VenueHarness::milliseconds());
}

// User data.

class VenueUserData : public VenueWsApi {
 protected:
  void SetUp() override {
    EXPECT_EQ(ask("userDataStream.subscribe.signature").integer("/result/subscriptionId"), 0);
    client->take();
  }
  // The events of one request, its answer left out.
  std::vector<Json> events_of(const std::string& method, Params params) {
    ask(method, std::move(params));
    return events();
  }
  std::vector<Json> events() {
    std::vector<Json> all;
    for (std::string& text : client->take()) all.emplace_back(std::move(text));
    return all;
  }
};

TEST_F(VenueUserData, AnOrderIsReportedAfterItsAnswer) {
  const auto events = events_of("order.place", with(venue.maker(), "newClientOrderId", "mine"));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].keys(), "subscriptionId event");
  EXPECT_EQ(events[0].integer("/subscriptionId"), 0);
  EXPECT_EQ(events[0].keys("/event"),
            "e E s c S o f q p P F g C x X r i l z L n N T t I w m M O Z Y Q W V");
  EXPECT_EQ(events[0].text("/event/e"), "executionReport");
  EXPECT_EQ(events[0].text("/event/c"), "mine");
  EXPECT_EQ(events[0].text("/event/C"), "");
  EXPECT_EQ(events[0].text("/event/x"), "NEW");
  EXPECT_EQ(events[0].text("/event/X"), "NEW");
  EXPECT_EQ(events[0].integer("/event/t"), -1);
  EXPECT_TRUE(events[0].flag("/event/w"));
  EXPECT_EQ(events[1].keys("/event"), "e E u B");
  EXPECT_EQ(events[1].keys("/event/B/0"), "a f l");
  EXPECT_EQ(events[1].text("/event/B/0/a"), "USDT");
}

TEST_F(VenueUserData, ACancelHasItsOwnNameAndTheOrdersAsOriginal) {
  ask("order.place", with(venue.maker(), "newClientOrderId", "mine"));
  const auto events = events_of(
      "order.cancel",
      {{"symbol", "BTCUSDT"}, {"origClientOrderId", "mine"}, {"newClientOrderId", "the-cancel"}});
  ASSERT_GE(events.size(), 1u);
  EXPECT_EQ(events[0].text("/event/x"), "CANCELED");
  EXPECT_EQ(events[0].text("/event/X"), "CANCELED");
  EXPECT_EQ(events[0].text("/event/c"), "the-cancel");
  EXPECT_EQ(events[0].text("/event/C"), "mine");
  EXPECT_FALSE(events[0].flag("/event/w"));
  EXPECT_FALSE(events[0].has("/event/W")) << "no longer on the book";
}

TEST_F(VenueUserData, AnAmendmentIsReportedAsReplaced) {
  ask("order.place", with(venue.maker(), "newClientOrderId", "mine"));
  const auto events = events_of("order.amend.keepPriority", {{"symbol", "BTCUSDT"},
                                                             {"origClientOrderId", "mine"},
                                                             {"newClientOrderId", "less"},
                                                             {"newQty", "0.005"}});
  ASSERT_GE(events.size(), 1u);
  EXPECT_EQ(events[0].text("/event/x"), "REPLACED");
  EXPECT_EQ(events[0].text("/event/X"), "NEW");
  EXPECT_EQ(events[0].text("/event/c"), "less");
  EXPECT_EQ(events[0].text("/event/C"), "mine");
  EXPECT_EQ(events[0].text("/event/q"), "0.00500000");
}

TEST_F(VenueUserData, BothSidesOfATradeAreReportedAndItsIdsAgree) {
  auto other = venue.connect("/ws-api/v3");
  EXPECT_EQ(venue.ask(*other, "userDataStream.subscribe.signature", {}, 1).integer("/status"), 200);
  other->take();
  const std::string price = venue.price(Side::kBuy, -1);  // alone at the top of the bids
  ask("order.place", with(venue.maker(), "price", price));
  client->take();
  const Json sold = venue.ask(*other, "order.place",
                              {{"symbol", "BTCUSDT"},
                               {"side", "SELL"},
                               {"type", "LIMIT"},
                               {"timeInForce", "IOC"},
                               {"price", price},
                               {"quantity", "0.02"}},
                              1);
  EXPECT_EQ(sold.text("/result/status"), "EXPIRED");
  EXPECT_EQ(sold.text("/result/executedQty"), "0.01000000");
  EXPECT_EQ(sold.text("/result/expiryReason"), "UNFILLED_IOC_QUANTITY_EXPIRED");
  const auto maker_events = events();
  ASSERT_EQ(maker_events.size(), 2u);
  EXPECT_EQ(maker_events[0].text("/event/x"), "TRADE");
  EXPECT_EQ(maker_events[0].text("/event/X"), "FILLED");
  EXPECT_TRUE(maker_events[0].flag("/event/m"));
  EXPECT_EQ(maker_events[0].text("/event/l"), "0.01000000");
  EXPECT_EQ(maker_events[0].text("/event/L"), price);
  EXPECT_EQ(maker_events[0].text("/event/N"), "BTC");
  EXPECT_EQ(maker_events[1].text("/event/e"), "outboundAccountPosition");
  std::vector<Json> taker_events;
  for (std::string& text : other->take()) taker_events.emplace_back(std::move(text));
  ASSERT_EQ(taker_events.size(), 4u);
  EXPECT_EQ(taker_events[0].text("/event/x"), "NEW");
  EXPECT_EQ(taker_events[1].text("/event/x"), "TRADE");
  EXPECT_EQ(taker_events[1].integer("/event/t"), maker_events[0].integer("/event/t"));
  EXPECT_FALSE(taker_events[1].flag("/event/m"));
  EXPECT_EQ(taker_events[2].text("/event/x"), "EXPIRED");
  EXPECT_EQ(taker_events[2].text("/event/eR"), "UNFILLED_IOC_QUANTITY_EXPIRED");
}

TEST_F(VenueUserData, SelfTradePreventionIsReported) {
  const std::string price = venue.price(Side::kBuy, -1);
  ask("order.place", with(venue.maker(), "price", price));
  const auto events = events_of("order.place", {{"symbol", "BTCUSDT"},
                                                {"side", "SELL"},
                                                {"type", "LIMIT"},
                                                {"timeInForce", "IOC"},
                                                {"price", price},
                                                {"quantity", "0.01"}});
  bool prevented = false;
  for (const Json& event : events) {
    if (event.text("/event/e") != "executionReport") continue;
    if (event.text("/event/x") != "TRADE_PREVENTION") continue;
    prevented = true;
    EXPECT_EQ(event.text("/event/X"), "EXPIRED_IN_MATCH");
    EXPECT_EQ(event.text("/event/A"), "0.01000000");
  }
  EXPECT_TRUE(prevented);
}

TEST_F(VenueUserData, TellsOnlyTheAccountAndOnlyWhileSubscribed) {
  auto other = venue.connect("/ws-api/v3");
  venue.ask(*other, "order.place", venue.maker(), 1);
  EXPECT_EQ(events().size(), 0u) << "another account's";
  const Json ended = say(R"({"id":1,"method":"userDataStream.unsubscribe"})");
  EXPECT_EQ(ended.keys("/result"), "");
  const Json terminated = client->next();
  EXPECT_EQ(terminated.text("/event/e"), "eventStreamTerminated");
  EXPECT_EQ(events_of("order.place", venue.maker()).size(), 0u);
  EXPECT_EQ(say(R"({"id":1,"method":"userDataStream.unsubscribe"})").integer("/error/code"), -2036);
}

TEST_F(VenueUserData, OneSubscriptionAnAccount) {
  EXPECT_EQ(ask("userDataStream.subscribe.signature").integer("/error/code"), -2035);
  EXPECT_EQ(ask("userDataStream.subscribe.signature", {}, 1).integer("/result/subscriptionId"), 1);
  const Json both = say(R"({"id":1,"method":"session.subscriptions"})");
  EXPECT_EQ(both.size("/result"), 2u);
  EXPECT_EQ(both.integer("/result/1/subscriptionId"), 1);
}

TEST_F(VenueUserData, LoggingOutEndsTheSessionsOwnSubscription) {
  EXPECT_EQ(say(R"({"id":1,"method":"userDataStream.subscribe"})").integer("/error/code"), -2015);
  ask("session.logon", {}, 1);
  EXPECT_EQ(say(R"({"id":1,"method":"userDataStream.subscribe"})").integer("/status"), 200);
  EXPECT_TRUE(say(R"({"id":1,"method":"session.status"})").flag("/result/userDataStream"));
  say(R"({"id":1,"method":"session.logout"})");
  EXPECT_EQ(client->next().text("/event/e"), "eventStreamTerminated");
  EXPECT_EQ(say(R"({"id":1,"method":"session.subscriptions"})").size("/result"), 1u);
}

TEST_F(VenueUserData, ForgetsAClientThatHasGone) {
  client.reset();
  auto other = venue.connect("/ws-api/v3");
  EXPECT_EQ(venue.ask(*other, "order.place", venue.maker()).integer("/status"), 200);
}

TEST_F(VenueUserData, MakerFillsGiveOrdersBack) {
  auto other = venue.connect("/ws-api/v3");
  const std::string price = venue.price(Side::kBuy, -1);
  for (int i = 0; i < 7; ++i) ask("order.place", venue.maker());
  const Json placed = ask("order.place", with(venue.maker(), "price", price));
  EXPECT_EQ(placed.integer("/rateLimits/0/count"), 8);
  venue.ask(*other, "order.place",
            {{"symbol", "BTCUSDT"}, {"side", "SELL"}, {"type", "MARKET"}, {"quantity", "0.005"}},
            1);
  EXPECT_EQ(ask("account.rateLimits.orders").integer("/result/0/count"), 3) << "five less";
}

}  // namespace
}  // namespace mm::test
