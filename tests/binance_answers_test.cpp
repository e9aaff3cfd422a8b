// Every answer and user event of the order gateway, from the payloads of the venue's documentation.
#include <gmock/gmock.h>

#include "engine/runtime/sealed_scope.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/user_data_parser.h"

namespace mm::binance::orders {
namespace {

using testing::HasSubstr;

// Keeps the text alive, with the padding a receive buffer has.
struct Answers {
  ResponseParser parser{std::size_t{1} << 20};
  std::string text;
  const char* problem = "";
  const Response& read(std::string_view json) {
    text.assign(json);
    text.reserve(text.size() + ResponseParser::kPadding);
    problem = parser.parse(text);
    return parser.response();
  }
};
struct Events {
  UserDataParser parser{std::size_t{1} << 20};
  std::string text;
  const char* problem = "";
  const UserEvent& read(std::string_view json) {
    text.assign(json);
    text.reserve(text.size() + UserDataParser::kPadding);
    problem = parser.parse(text);
    return parser.event();
  }
};

constexpr std::string_view kLimits =
    R"(,"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50,)"
    R"("count":12},{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":160000,)"
    R"("count":4043},{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,)"
    R"("limit":6000,"count":321}]})";
constexpr std::string_view kCanceled =
    R"({"symbol":"BTCUSDT","origClientOrderId":"4d96324ff9d44481926157","orderId":125690984230,)"
    R"("orderListId":-1,"clientOrderId":"91fe37ce9e69c90d6358c0","transactTime":1684804350068,)"
    R"("price":"23450.00000000","origQty":"0.00847000","executedQty":"0.00001000",)"
    R"("origQuoteOrderQty":"0.000000","cummulativeQuoteQty":"0.23450000","status":"CANCELED",)"
    R"("timeInForce":"GTC","type":"LIMIT","side":"SELL","selfTradePreventionMode":"NONE"})";

TEST(BinanceResponse, ReadsAPlaceWithItsResultAndTheRateLimits) {
  Answers a;
  const Response& r = a.read(
      std::string(R"({"id":56374,"status":200,"result":{"symbol":"BTCUSDT","orderId":12569099453,)"
                  R"("orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40",)"
                  R"("transactTime":1660801715639,"price":"23416.10000000","origQty":"0.00847000",)"
                  R"("executedQty":"0.00000000","origQuoteOrderQty":"0.000000",)"
                  R"("cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC",)"
                  R"("type":"LIMIT","side":"SELL","workingTime":1660801715639,)"
                  R"("selfTradePreventionMode":"NONE"})") +
      std::string(kLimits));
  ASSERT_STREQ(a.problem, "");
  EXPECT_EQ(r.id, 56374u);
  EXPECT_TRUE(r.has_id && r.has_result && !r.has_error);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.order.order_id, 12569099453u);
  EXPECT_EQ(r.order.own_client_id(), "4d96324ff9d44481926157ec08158a40");
  EXPECT_EQ(r.order.status, "NEW");
  EXPECT_EQ(r.order.price, 2'341'610'000'000);
  EXPECT_EQ(r.order.quantity, 847'000);
  const std::span<const LimitUsage> limits = r.limits.all();
  ASSERT_EQ(limits.size(), 3u);
  EXPECT_EQ(limits[0].type, LimitType::kOrders);
  EXPECT_EQ(limits[0].window, 10 * kSecond);
  EXPECT_EQ(limits[0].used, 12u);
  EXPECT_EQ(limits[1].window, 86400 * kSecond);
  EXPECT_EQ(limits[2].type, LimitType::kWeight);
  EXPECT_EQ(limits[2].limit, 6000u);
}

TEST(BinanceResponse, ReadsAPlaceWithItsFills) {
  Answers a;
  const Response& r =
      a.read(R"({"id":56374,"status":200,"result":{"symbol":"BTCUSDT","orderId":12569099453,)"
             R"("orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40",)"
             R"("transactTime":1660801715793,"price":"23416.10000000","origQty":"0.00847000",)"
             R"("executedQty":"0.00847000","origQuoteOrderQty":"0.000000",)"
             R"("cummulativeQuoteQty":"198.33521500","status":"FILLED","timeInForce":"GTC",)"
             R"("type":"LIMIT","side":"SELL","workingTime":1660801715793,"fills":[)"
             R"({"price":"23416.50000000","qty":"0.00212000","commission":"0.000000",)"
             R"("commissionAsset":"BNB","tradeId":1650422482},{"price":"23416.10000000",)"
             R"("qty":"0.00635000","commission":"0.000000","commissionAsset":"BNB",)"
             R"("tradeId":1650422481}],"selfTradePreventionMode":"NONE"}})");
  ASSERT_STREQ(a.problem, "");
  EXPECT_EQ(r.order.price, 2'341'610'000'000) << "the order's, not that of a fill";
  EXPECT_EQ(r.order.quantity, 847'000);
  EXPECT_EQ(r.order.executed, 847'000);
  EXPECT_EQ(phase_of(r.order.status), OrderPhase::kFilled);
  EXPECT_TRUE(r.trades.empty()) << "the user data tell them";
}

TEST(BinanceResponse, AnAckHasNoStatusAndMeansOpen) {
  Answers a;
  const Response& r =
      a.read(R"({"id":1,"status":200,"result":{"symbol":"BTCUSDT","orderId":12569099453,)"
             R"("orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40",)"
             R"("transactTime":1660801715639}})");
  EXPECT_TRUE(r.order.present);
  EXPECT_EQ(phase_of(r.order.status), OrderPhase::kOpen);
}

TEST(BinanceResponse, ReadsACancelUnderTheOrdersOwnId) {
  Answers a;
  const Response& r = a.read(R"({"id":2,"status":200,"result":)" + std::string(kCanceled) + "}");
  EXPECT_EQ(r.order.own_client_id(), "4d96324ff9d44481926157");
  EXPECT_EQ(r.order.client_id, "91fe37ce9e69c90d6358c0");
  EXPECT_EQ(r.order.executed, 1000);
  EXPECT_EQ(phase_of(r.order.status), OrderPhase::kCanceled);
}

TEST(BinanceResponse, ReadsBothHalvesOfACancelReplace) {
  Answers a;
  const Response& r = a.read(
      R"({"id":3,"status":200,"result":{"cancelResult":"SUCCESS","newOrderResult":"SUCCESS",)"
      R"("cancelResponse":)" +
      std::string(kCanceled) +
      R"(,"newOrderResponse":{"symbol":"BTCUSDT","orderId":12569099453,"orderListId":-1,)"
      R"("clientOrderId":"bX5wROblo6YeDwa9iTLeyY","transactTime":1660813156959,)"
      R"("price":"23416.10000000","origQty":"0.00847000","executedQty":"0.00000000",)"
      R"("origQuoteOrderQty":"0.000000","cummulativeQuoteQty":"0.00000000","status":"NEW",)"
      R"("timeInForce":"GTC","type":"LIMIT","side":"SELL","selfTradePreventionMode":"NONE"}}})");
  EXPECT_EQ(r.cancel_result, "SUCCESS");
  EXPECT_EQ(r.new_order_result, "SUCCESS");
  EXPECT_EQ(r.canceled.own_client_id(), "4d96324ff9d44481926157");
  EXPECT_EQ(r.canceled.order_id, 125690984230u);
  EXPECT_EQ(r.order.own_client_id(), "bX5wROblo6YeDwa9iTLeyY");
  EXPECT_EQ(r.order.order_id, 12569099453u);
}

TEST(BinanceResponse, ReadsAFailedCancelReplace) {
  Answers a;
  const Response& r = a.read(
      R"({"id":4,"status":400,"error":{"code":-2022,"msg":"Order cancel-replace failed.",)"
      R"("data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED",)"
      R"("cancelResponse":{"code":-2011,"msg":"Unknown order sent."},"newOrderResponse":null}}})");
  EXPECT_EQ(r.error.code, -2022);
  EXPECT_EQ(r.cancel_result, "FAILURE");
  EXPECT_EQ(r.new_order_result, "NOT_ATTEMPTED");
  EXPECT_EQ(r.cancel_error.code, -2011);
  EXPECT_EQ(r.cancel_error.message, "Unknown order sent.");
  EXPECT_EQ(r.new_order_error.code, 0);
  EXPECT_FALSE(r.canceled.present);
}

TEST(BinanceResponse, ReadsAHalfFailedCancelReplace) {
  Answers a;
  const Response& r = a.read(
      R"({"id":5,"status":409,"error":{"code":-2021,)"
      R"("msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS",)"
      R"("newOrderResult":"FAILURE","cancelResponse":)" +
      std::string(kCanceled) +
      R"(,"newOrderResponse":{"code":-2010,"msg":"Order would immediately match and take."}}}})");
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(r.cancel_result, "SUCCESS");
  EXPECT_EQ(r.new_order_result, "FAILURE");
  EXPECT_EQ(r.canceled.executed, 1000);
  EXPECT_EQ(judge(400, r.new_order_error).reason, RejectReason::kWouldCross);
}

// orderRateLimitExceededMode DO_NOTHING: nothing was tried, so the old order lives.
TEST(BinanceResponse, ReadsACancelReplaceOfTooManyOrdersThatDidNothing) {
  Answers a;
  const Response& r = a.read(
      std::string(R"({"id":"3","status":429,"error":{"code":-1015,"msg":"Too many new orders; )"
                  R"(current limit is 50 orders per 10 SECOND."})") +
      std::string(kLimits));
  ASSERT_STREQ(a.problem, "");
  const Failure failure = failure_of(r);
  EXPECT_FALSE(failure.half);
  EXPECT_TRUE(failure.verdict.known);
  EXPECT_EQ(failure.verdict.reason, RejectReason::kRateLimit);
  EXPECT_FALSE(limits_address(r)) << "the account's orders, not the address's weight";
  EXPECT_EQ(r.limits.rows[0].used, 12u);
}

// CANCEL_ONLY: the old order goes, or its cancel fails; the status is 409, 429 or 400.
TEST(BinanceResponse, ReadsACancelReplaceOfTooManyOrdersThatOnlyCancels) {
  for (const int status : {409, 429}) {
    Answers a;
    const Response& gone =
        a.read(R"({"id":5,"status":)" + std::to_string(status) +
               R"(,"error":{"code":-2021,"msg":"Order cancel-replace partially failed.","data":{)"
               R"("cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":)" +
               std::string(kCanceled) +
               R"(,"newOrderResponse":{"code":-1015,)"
               R"("msg":"Too many new orders; current limit is 50 orders per 10 SECOND."}}}})");
    ASSERT_STREQ(a.problem, "");
    const Failure failure = failure_of(gone);
    EXPECT_TRUE(failure.half && failure.canceled);
    EXPECT_EQ(failure.error.code, -1015);
    EXPECT_EQ(failure.verdict.reason, RejectReason::kRateLimit);
    EXPECT_EQ(gone.canceled.own_client_id(), "4d96324ff9d44481926157");
    EXPECT_FALSE(limits_address(gone));
  }
  Answers a;
  const Response& kept = a.read(
      R"({"id":5,"status":429,"error":{"code":-2022,"msg":"Order cancel-replace failed.",)"
      R"("data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED","cancelResponse":)"
      R"({"code":-2011,"msg":"Unknown order sent."},"newOrderResponse":null}}})");
  const Failure failure = failure_of(kept);
  EXPECT_TRUE(failure.half);
  EXPECT_FALSE(failure.canceled);
  EXPECT_EQ(failure.verdict.reason, RejectReason::kUnknownOrder);
  EXPECT_FALSE(limits_address(kept)) << "or everything would pause";
}

TEST(BinanceResponse, ReadsAnAmendedOrder) {
  Answers a;
  const Response& r = a.read(
      R"({"id":6,"status":200,"result":{"transactTime":1741923284382,"executionId":16,)"
      R"("amendedOrder":{"symbol":"BTCUSDT","orderId":12,"orderListId":-1,)"
      R"("origClientOrderId":"my_test_order1","clientOrderId":"4zR9HFcEq8gM1tWUqPEUHc",)"
      R"("price":"5.00000000","qty":"5.00000000","executedQty":"0.00000000",)"
      R"("preventedQty":"0.00000000","quoteOrderQty":"0.00000000",)"
      R"("cumulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT",)"
      R"("side":"BUY","workingTime":1741923284364,"selfTradePreventionMode":"NONE"}}})");
  EXPECT_EQ(r.order.own_client_id(), "my_test_order1");
  EXPECT_EQ(r.order.quantity, 500'000'000);
  EXPECT_EQ(r.order.price, 500'000'000);
}

TEST(BinanceResponse, ReadsErrorsAndBans) {
  Answers a;
  const Response& plain =
      a.read(R"({"id":7,"status":400,"error":{"code":-2010,)"
             R"("msg":"Account has insufficient balance for requested action."},"rateLimits":[]})");
  EXPECT_EQ(plain.error.code, -2010);
  EXPECT_EQ(judge(plain.status, plain.error).reason, RejectReason::kInsufficientBalance);
  const Response& banned = a.read(
      R"({"id":8,"status":418,"error":{"code":-1003,)"
      R"("msg":"Way too much request weight used; IP banned until 1659146400000. Please use WebS)"
      R"(ocket Streams for live updates to avoid bans.","data":{"serverTime":1659142907531,)"
      R"("retryAfter":1659146400000}},"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT",)"
      R"("interval":"MINUTE","intervalNum":1,"limit":6000,"count":2411}]})");
  EXPECT_EQ(banned.status, 418);
  EXPECT_EQ(banned.retry_after_ms, 1659146400000);
  EXPECT_EQ(banned.server_time_ms, 1659142907531);
  EXPECT_EQ(banned.limits.rows[0].used, 2411u);
}

TEST(BinanceResponse, AnErrorOfTheWholeSessionHasNoId) {
  Answers a;
  const Response& r =
      a.read(R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP,)"
             R"( or permissions for action."}})");
  EXPECT_FALSE(r.has_id);
  EXPECT_EQ(r.status, 401);
  EXPECT_TRUE(refuses_key(r.error.code));
}

TEST(BinanceResponse, ReadsOpenOrdersAlsoWithAMemberTwice) {
  Answers a;
  const Response& r = a.read(
      R"({"id":9,"status":200,"result":[{"symbol":"BTCUSDT","orderId":12569099453,)"
      R"("orderListId":-1,"clientOrderId":"mm00000000000000ab","price":"23416.10000000",)"
      R"("origQty":"0.00847000","executedQty":"0.00720000","cummulativeQuoteQty":"172.43931000",)"
      R"("status":"PARTIALLY_FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL",)"
      R"("stopPrice":"0.00000000","icebergQty":"0.00000000","time":1660801715639,)"
      R"("updateTime":1660801717945,"isWorking":true,"workingTime":1660801715639,)"
      R"("origQuoteOrderQty":"0.00000000","selfTradePreventionMode":"NONE",)"
      R"("origQuoteOrderQty":"0.000000"},{"symbol":"BTCUSDT","orderId":2,"clientOrderId":"web_1",)"
      R"("status":"NEW"}]})");
  ASSERT_EQ(r.orders.size(), 2u);
  EXPECT_EQ(r.orders[0].client_id, "mm00000000000000ab");
  EXPECT_EQ(r.orders[0].executed, 720'000);
  EXPECT_EQ(r.orders[0].side, "SELL");
  EXPECT_EQ(r.orders[1].order_id, 2u);
}

TEST(BinanceResponse, ReadsTrades) {
  Answers a;
  const Response& r = a.read(
      R"({"id":10,"status":200,"result":[{"symbol":"BTCUSDT","id":1650422481,)"
      R"("orderId":12569099453,"orderListId":-1,"price":"23416.10000000","qty":"0.00635000",)"
      R"("quoteQty":"148.69223500","commission":"0.00000000","commissionAsset":"BNB",)"
      R"("time":1660801715793,"isBuyer":false,"isMaker":true,"isBestMatch":true}]})");
  ASSERT_EQ(r.trades.size(), 1u);
  EXPECT_EQ(r.trades[0].trade_id, 1650422481u);
  EXPECT_EQ(r.trades[0].order_id, 12569099453u);
  EXPECT_EQ(r.trades[0].quantity, 635'000);
  EXPECT_EQ(r.trades[0].fee_asset, "BNB");
  EXPECT_TRUE(r.trades[0].maker && !r.trades[0].buyer);
}

TEST(BinanceResponse, ReadsAnAccount) {
  Answers a;
  const Response& r = a.read(
      R"({"id":11,"status":200,"result":{"makerCommission":15,"takerCommission":15,)"
      R"("buyerCommission":0,"sellerCommission":0,"canTrade":true,"canWithdraw":true,)"
      R"("canDeposit":true,"commissionRates":{"maker":"0.00150000","taker":"0.00150000",)"
      R"("buyer":"0.00000000","seller":"0.00000000"},"brokered":false,)"
      R"("requireSelfTradePrevention":false,"preventSor":false,"updateTime":1660801833000,)"
      R"("accountType":"SPOT","balances":[{"asset":"BTC","free":"1.3447112",)"
      R"("locked":"0.08600000"},{"asset":"USDT","free":"1021.21000000","locked":"0.00000000"}],)"
      R"("permissions":["SPOT"],"uid":354937868}})");
  ASSERT_EQ(r.balances.size(), 2u);
  EXPECT_EQ(r.balances[0].asset, "BTC");
  EXPECT_EQ(r.balances[0].free, 134'471'120);
  EXPECT_EQ(r.balances[0].locked, 8'600'000);
}

TEST(BinanceResponse, ReadsALogonASubscriptionAndTheTime) {
  Answers a;
  const Response& logon = a.read(
      R"({"id":12,"status":200,"result":{"apiKey":"vmPUZE","authorizedSince":1649729878532,)"
      R"("connectedSince":1649729873021,"returnRateLimits":false,"serverTime":1649729878630,)"
      R"("userDataStream":false}})");
  EXPECT_EQ(logon.server_time_ms, 1649729878630);
  EXPECT_TRUE(a.read(R"({"id":13,"status":200,"result":{"subscriptionId":0}})").has_result);
  EXPECT_FALSE(a.parser.response().is_event);
  EXPECT_EQ(
      a.read(R"({"id":14,"status":200,"result":{"serverTime":1656400526260}})").server_time_ms,
      1656400526260);
}

TEST(BinanceResponse, LeavesEventsToTheOtherParser) {
  Answers a;
  EXPECT_TRUE(a.read(R"({"subscriptionId":0,"event":{"e":"balanceUpdate"}})").is_event);
  EXPECT_TRUE(a.read(R"({"event":{"e":"serverShutdown","E":1770123456789}})").is_event);
}

TEST(BinanceResponse, ReadsRestBodies) {
  Answers a;
  a.text = R"({"code":-2013,"msg":"Order does not exist."})";
  a.text.reserve(200);
  EXPECT_STREQ(a.parser.parse_body(a.text, 400), "");
  EXPECT_EQ(a.parser.response().error.code, -2013);
  a.text = R"([{"symbol":"BTCUSDT","orderId":2,"clientOrderId":"web_1","status":"NEW"}])";
  a.text.reserve(200);
  EXPECT_STREQ(a.parser.parse_body(a.text, 200), "");
  EXPECT_EQ(a.parser.response().orders.size(), 1u);
  a.text = "<html><body>403 Forbidden</body></html>";
  a.text.reserve(200);
  EXPECT_STRNE(a.parser.parse_body(a.text, 403), "");
}

TEST(BinanceResponse, TakesIdsAndNumbersAsTextToo) {
  Answers a;
  const Response& r =
      a.read(R"({"id":"15","status":200,"result":{"orderId":"1001","unknown":{"x":[1,{}]}}})");
  EXPECT_STREQ(a.problem, "");
  EXPECT_EQ(r.id, 15u);
  EXPECT_EQ(r.order.order_id, 1001u);
  EXPECT_EQ(a.read(R"({"id":"not-ours","status":200})").id, 0u);
}

TEST(BinanceResponse, RefusesWhatIsBrokenWithoutHarm) {
  const std::string whole =
      R"({"id":3,"status":200,"result":{"cancelResult":"SUCCESS","cancelResponse":)" +
      std::string(kCanceled) + "}}";
  Answers a;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    a.read(whole.substr(0, cut));
    EXPECT_STRNE(a.problem, "") << cut;
  }
  for (const std::string_view bad :
       {"null", "[]", "\"x\"", "{\"id\":1}{\"id\":2}", R"({"status":{}})",
        R"({"id":1,"result":{"price":"1e5"}})", R"({"id":1,"result":{"executedQty":"-1"}})",
        R"({"id":1,"result":{"orderId":1.5}})"}) {
    a.read(bad);
    EXPECT_STRNE(a.problem, "") << bad;
  }
  a.read(R"({"id":1,"result":)" + std::string(100'000, '[') + "}");
  EXPECT_STRNE(a.problem, "");
  EXPECT_STREQ((a.read(whole), a.problem), "");  // and goes on
}

TEST(BinanceResponse, ReadsWithoutAllocating) {
  Answers a;
  a.read(R"({"id":3,"status":200,"result":)" + std::string(kCanceled) + std::string(kLimits));
  const std::uint64_t before = thread_hot_path_allocations();
  {
    const SealedScope sealed;
    for (int i = 0; i < 100; ++i) a.parser.parse(a.text);
  }
  EXPECT_EQ(thread_hot_path_allocations(), before);
}

TEST(BinanceUserData, ReadsAnExecutionReport) {
  Events e;
  const UserEvent& event = e.read(
      R"({"subscriptionId":0,"event":{"e":"executionReport","E":1499405658658,"s":"ETHBTC",)"
      R"("c":"mUvoqJxFIILMdfAW5iGSOW","S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000",)"
      R"("p":"0.10264410","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW",)"
      R"("r":"NONE","i":4293153,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0",)"
      R"("N":null,"T":1499405658657,"t":-1,"v":3,"I":8641984,"w":true,"m":false,"M":false,)"
      R"("O":1499405658657,"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000","W":1499405658657,)"
      R"("V":"NONE"}})");
  ASSERT_STREQ(e.problem, "");
  EXPECT_EQ(event.kind, UserEventKind::kExecutionReport);
  const ExecutionReport& r = event.report;
  EXPECT_EQ(r.symbol, "ETHBTC");
  EXPECT_EQ(r.client_id, "mUvoqJxFIILMdfAW5iGSOW");
  EXPECT_EQ(r.original_client_id, "");
  EXPECT_EQ(r.execution, "NEW");
  EXPECT_EQ(r.order_id, 4293153u);
  EXPECT_EQ(r.trade_id, 0u);
  EXPECT_EQ(r.price, 10'264'410);
  EXPECT_EQ(r.quantity, 100'000'000);
  EXPECT_FALSE(r.maker);
}

TEST(BinanceUserData, ReadsATradeAndAPreventedOne) {
  Events e;
  const ExecutionReport trade =
      e.read(R"({"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT","c":"mm1",)"
             R"("S":"SELL","q":"2.0","p":"5.0","C":"","x":"TRADE","X":"PARTIALLY_FILLED",)"
             R"("r":"NONE","i":7,"l":"0.50000000","z":"1.50000000","L":"5.10000000",)"
             R"("n":"0.00100000","N":"BNB","t":99,"m":true}})")
          .report;
  EXPECT_EQ(trade.trade_id, 99u);
  EXPECT_EQ(trade.last_quantity, 50'000'000);
  EXPECT_EQ(trade.last_price, 510'000'000);
  EXPECT_EQ(trade.executed, 150'000'000);
  EXPECT_EQ(trade.fee, 100'000);
  EXPECT_TRUE(trade.maker);
  // "A" and "B" are quantities here, "u" and "U" ids.
  const UserEvent& prevented = e.read(
      R"({"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT","c":"mm1",)"
      R"("x":"TRADE_PREVENTION","X":"EXPIRED_IN_MATCH","v":3,"A":"3.000000","B":"3.000000","u":1,)"
      R"("U":37,"Cs":"BTCUSDT","pl":"2.123456","pL":"0.10000001","pY":"0.21234562",)"
      R"("eR":"INSUFFICIENT_LIQUIDITY"}})");
  EXPECT_STREQ(e.problem, "");
  EXPECT_EQ(phase_of(prevented.report.status), OrderPhase::kPrevented);
  EXPECT_EQ(prevented.report.expiry_reason, "INSUFFICIENT_LIQUIDITY");
}

TEST(BinanceUserData, ReadsTheOtherKinds) {
  Events e;
  const UserEvent& position =
      e.read(R"({"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":1564034571105,)"
             R"("u":1564034571073,"B":[{"a":"ETH","f":"10000.000000","l":"0.000000"}]}})");
  EXPECT_EQ(position.kind, UserEventKind::kAccountPosition);
  ASSERT_EQ(position.balances.size(), 1u);
  EXPECT_EQ(position.balances[0].free, 1'000'000'000'000);
  const auto kind = [&e](std::string_view json) { return e.read(json).kind; };
  EXPECT_EQ(kind(R"({"subscriptionId":0,"event":{"e":"balanceUpdate","E":1573200697110,"a":"BTC",)"
                 R"("d":"100.00000000","T":1573200697068}})"),
            UserEventKind::kBalanceUpdate);
  EXPECT_EQ(kind(R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1728973001334}})"),
            UserEventKind::kStreamTerminated);
  EXPECT_EQ(kind(R"({"event":{"e":"serverShutdown","E":1770123456789}})"),
            UserEventKind::kServerShutdown);
  EXPECT_EQ(
      kind(R"({"subscriptionId":0,"event":{"e":"externalLockUpdate","E":1581557507324,"a":"NEO",)"
           R"("d":"10.00000000","T":1581557507268}})"),
      UserEventKind::kIgnored);
  EXPECT_EQ(kind(R"({"subscriptionId":0,"event":{"e":"somethingNew","z":[1],"B":5}})"),
            UserEventKind::kIgnored);
  EXPECT_EQ(kind(R"({"subscriptionId":0,"event":{"e":"listStatus","E":1564035303637,)"
                 R"("s":"ETHBTC","g":2,"c":"OCO","l":"EXEC_STARTED","L":"EXECUTING","r":"NONE",)"
                 R"("C":"F4QN4G8DlFATFlIUQ0cjdD","T":1564035303625,"O":[{"s":"ETHBTC","i":17,)"
                 R"("c":"AJYsMjErWJesZvqlJCTUgL"},{"s":"ETHBTC","i":18,)"
                 R"("c":"bfYPSQdLoqAJeNrOr9adzq"}]}})"),
            UserEventKind::kIgnored);
  EXPECT_STREQ(e.problem, "");
}

TEST(BinanceUserData, RefusesWhatIsBroken) {
  Events e;
  for (const std::string_view bad :
       {"", "{", R"({"event":{"e":"executionReport","z":"x"}})",
        R"({"event":{"e":"executionReport","i":"1)", R"({"event":[]})"}) {
    e.read(bad);
    EXPECT_STRNE(e.problem, "") << bad;
  }
}

struct ErrorCase {
  int status;
  std::int64_t code;
  const char* message;
  bool known;
  RejectReason reason;
};

TEST(BinanceErrors, SayWhetherTheRequestFailedAndWhy) {
  using R = RejectReason;
  for (const ErrorCase& c : std::initializer_list<ErrorCase>{
           {400, -2010, "Account has insufficient balance for requested action.", true,
            R::kInsufficientBalance},
           {400, -2010, "Order would immediately match and take.", true, R::kWouldCross},
           {400, -2010, "Duplicate order sent.", false, R::kDuplicateId},
           {400, -2010, "Market is closed.", true, R::kMarketHalted},
           {400, -2010, "Filter failure: MAX_NUM_ORDERS", true, R::kMaxOrders},
           {400, -2010, "This action is disabled on this account.", true, R::kOther},
           {400, -2011, "Unknown order sent.", true, R::kUnknownOrder},
           {400, -2011, "Order was not canceled due to cancel restrictions.", true, R::kRestricted},
           {400, -2013, "Order does not exist.", true, R::kUnknownOrder},
           {400, -2026, "Order was canceled or expired with no executed qty over 90 days ago.",
            true, R::kUnknownOrder},
           {400, -2039, "Client order ID is not correct for this order ID", true, R::kUnknownOrder},
           {400, -2038, "Order amend (quantity increase) is not supported.", true, R::kOther},
           {400, -2038, "The requested action would change no state; rejecting", true,
            R::kNoChange},
           {400, -2038, "Filter failure: MAX_NUM_ORDER_AMENDS", true, R::kMaxAmends},
           {400, -2038, "Unknown order sent.", true, R::kUnknownOrder},
           {400, -1013, "Filter failure: PRICE_FILTER", true, R::kFilter},
           {400, -1013, "Filter failure: EXCHANGE_MAX_NUM_ORDERS", true, R::kMaxOrders},
           {400, -1013, "This symbol does not allow the specified self-trade prevention mode.",
            true, R::kOther},
           {400, -1111, "Parameter 'price' has too much precision.", true, R::kFilter},
           {400, -1021, "Timestamp for this request is outside of the recvWindow.", true,
            R::kOther},
           {400, -1022, "Signature for this request is not valid.", true, R::kOther},
           {400, -1102, "Mandatory parameter 'x' was not sent", true, R::kOther},
           {400, -1220, "The symbol's status does not match.", true, R::kMarketHalted},
           {400, -1016, "This service is no longer available.", true, R::kMarketHalted},
           {400, -1008, "Server is currently overloaded", true, R::kOther},
           {401, -2015, "Invalid API-key, IP, or permissions for action.", true, R::kOther},
           {403, 0, "", true, R::kOther},
           {429, -1015, "Too many new orders; current limit is 50 orders per 10 SECOND.", true,
            R::kRateLimit},
           {429, -1003, "Too much request weight used", true, R::kRateLimit},
           {418, -1003, "Way too much request weight used; IP banned", true, R::kRateLimit},
           {400, -9999, "A code nobody knows", true, R::kOther},
           {400, -1000, "An unknown error occurred", false, R::kOther},
           {400, -1001, "Internal error; unable to process your request.", false, R::kOther},
           {400, -1006, "An unexpected response was received", false, R::kOther},
           {400, -1007, "Timeout waiting for response from backend server.", false, R::kOther},
           {500, -1013, "Filter failure: PRICE_FILTER", false, R::kOther},
           {504, -1007, "Timeout", false, R::kOther},
           {503, -1008, "Server is currently overloaded", false, R::kOther},
           {408, 0, "", false, R::kOther},
           {200, 0, "", false, R::kOther}}) {
    const Verdict v = judge(c.status, {c.code, c.message});
    EXPECT_EQ(v.known, c.known) << c.code << ' ' << c.message;
    EXPECT_EQ(v.reason, c.reason) << c.code << ' ' << c.message;
  }
}

TEST(BinanceErrors, KnowTheOrderStatusWords) {
  EXPECT_EQ(phase_of("PARTIALLY_FILLED"), OrderPhase::kOpen);
  EXPECT_EQ(phase_of("PENDING_NEW"), OrderPhase::kOpen);
  EXPECT_EQ(phase_of("FILLED"), OrderPhase::kFilled);
  EXPECT_EQ(phase_of("EXPIRED"), OrderPhase::kExpired);
  EXPECT_EQ(phase_of("EXPIRED_IN_MATCH"), OrderPhase::kPrevented);
  EXPECT_EQ(phase_of("REJECTED"), OrderPhase::kRejected);
  EXPECT_EQ(phase_of("SOMETHING_NEW"), OrderPhase::kUnknownWord);
}

}  // namespace
}  // namespace mm::binance::orders
