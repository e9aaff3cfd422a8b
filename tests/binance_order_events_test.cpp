// What answers and user events tell the core, in every order they may come in.
#include <gmock/gmock.h>

#include "gateway/binance/order_events.h"
#include "gateway/binance/read_lag.h"
#include "tests/binance_instruments.h"

namespace mm::binance::orders {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Identity kSelf{.instance = 1, .epoch = 7};
const ClientOrderId kId = make_order_id({1, 7, 3, 1});
const ClientOrderId kNewId = make_order_id({1, 7, 3, 2});

std::string text_of(ClientOrderId id) {
  const ClientIdText text = client_id_text(id);
  return {text.data(), text.size()};
}

class BinanceOrderEvents : public testing::Test {
 protected:
  BinanceOrderEvents() { events_.set_now(Nanos(5)); }

  static Command command(CommandKind kind) {
    Command c;
    c.kind = kind;
    if (kind == CommandKind::kQueryOrder) c.question = 7;
    c.id = kId;
    c.side = Side::kSell;
    if (kind == CommandKind::kReplace) c.new_id = kNewId;
    c.ticks = 2'341'610;
    c.lots = Lots(847);
    return c;
  }
  void send(CommandKind kind) { events_.on_sent(command(kind)); }

  // The answer to a command of `kind`: everything behind the id.
  void answer(CommandKind kind, const std::string& rest) {
    text_ = "{\"id\":1," + rest + "}";
    text_.reserve(text_.size() + ResponseParser::kPadding);
    ASSERT_STREQ(parser_.parse(text_), "") << text_;
    PendingRequest request;
    request.command = command(kind);
    events_.on_answer(request, parser_.response(), Nanos(0));
  }
  void ok(CommandKind kind, const std::string& result) {
    answer(kind, "\"status\":200,\"result\":" + result);
  }
  void error(CommandKind kind, int status, int code, const std::string& message,
             const std::string& data = "") {
    answer(kind, "\"status\":" + std::to_string(status) +
                     ",\"error\":{\"code\":" + std::to_string(code) + ",\"msg\":\"" + message +
                     "\"" + (data.empty() ? "" : ",\"data\":" + data) + "}");
  }
  void report(const std::string& execution, ClientOrderId id, const std::string& status,
              const std::string& more = "", const std::string& original = "") {
    text_ = R"({"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT","c":")" +
            text_of(id) + R"(","C":")" + original + R"(","S":"SELL","x":")" + execution +
            R"(","X":")" + status + R"(","i":42,"p":"23416.10000000","q":"0.00847000")" + more +
            "}}";
    text_.reserve(text_.size() + UserDataParser::kPadding);
    ASSERT_STREQ(user_data_.parse(text_), "") << text_;
    events_.on_report(user_data_.event().report);
  }
  void fill(std::uint64_t trade, const std::string& last, const std::string& sum,
            const std::string& status, ClientOrderId id = kId) {
    report("TRADE", id, status,
           R"(,"t":)" + std::to_string(trade) + R"(,"l":")" + last + R"(","z":")" + sum +
               R"(","L":"23416.10000000","n":"0.00001000","N":"BTC","m":true)");
  }
  // Its texts live until the next.
  OrderRecord listed(ClientOrderId id, const std::string& executed) {
    text_ = R"({"id":1,"status":200,"result":[)" +
            order(text_of(id), "PARTIALLY_FILLED", executed) + "]}";
    text_.reserve(text_.size() + ResponseParser::kPadding);
    EXPECT_STREQ(parser_.parse(text_), "") << text_;
    return parser_.response().orders[0];
  }
  // The follow-up that is wanted, as if it had been sent.
  PendingRequest asked_for_trades() {
    const OrderEvents::FollowUp wanted = events_.follow_ups().at(0);
    events_.follow_ups().clear();
    PendingRequest request;
    request.purpose = wanted.purpose;
    request.command = wanted.command;
    request.then = wanted.then;
    return request;
  }
  // Its answer.
  void trades(const std::string& result) {
    const PendingRequest request = asked_for_trades();
    text_ = R"({"id":1,"status":200,"result":)" + result + "}";
    text_.reserve(text_.size() + ResponseParser::kPadding);
    ASSERT_STREQ(parser_.parse(text_), "") << text_;
    events_.on_answer(request, parser_.response(), Nanos(0));
  }
  static std::string trade(std::uint64_t id, const std::string& quantity) {
    return R"({"symbol":"BTCUSDT","id":)" + std::to_string(id) + R"(,"orderId":42,)" +
           R"("price":"23416.10","qty":")" + quantity +
           R"(","commission":"0.1","commissionAsset":"BNB","isBuyer":false,"isMaker":true})";
  }
  void adopt(ClientOrderId id, Lots told, std::uint64_t last_trade, const std::string& executed) {
    events_.adopt({.instrument = 0, .id = id, .executed = told, .last_trade = last_trade},
                  listed(id, executed));
  }
  std::vector<Event> take() {
    std::vector<Event> all;
    Event e;
    while (out_.try_pop(e)) all.push_back(e);
    return all;
  }
  std::vector<EventKind> kinds() {
    std::vector<EventKind> all;
    for (const Event& e : take()) all.push_back(e.kind);
    return all;
  }
  static std::string order(const std::string& id, const std::string& status,
                           const std::string& executed = "0.00000000") {
    return R"({"symbol":"BTCUSDT","orderId":42,"clientOrderId":")" + id +
           R"(","price":"23416.10000000","origQty":"0.00847000","executedQty":")" + executed +
           R"(","status":")" + status + R"(","side":"SELL"})";
  }
  static std::string halves(const std::string& cancel, const std::string& placed,
                            const std::string& canceled_order, const std::string& new_order) {
    return R"({"cancelResult":")" + cancel + R"(","newOrderResult":")" + placed +
           R"(","cancelResponse":)" + canceled_order + R"(,"newOrderResponse":)" + new_order + "}";
  }
  static std::string canceled_half(const std::string& executed = "0.00000000") {
    return R"({"symbol":"BTCUSDT","origClientOrderId":")" + text_of(kId) +
           R"(","orderId":41,"clientOrderId":"x","executedQty":")" + executed +
           R"(","status":"CANCELED"})";
  }

  InstrumentMap instruments_{test::spot_instruments()};
  VenueOrderIds venue_ids_{64};
  std::array<std::atomic<std::uint64_t>, 2> last_trades_{};
  SpscRing<Event> out_{16384};
  OrderEvents events_{instruments_, kSelf, 16, venue_ids_, last_trades_, out_};
  ResponseParser parser_{1 << 20};
  UserDataParser user_data_{1 << 20};
  std::string text_;
};

TEST_F(BinanceOrderEvents, AcceptsOnceWhicheverChannelIsFirst) {
  send(CommandKind::kPlace);
  ok(CommandKind::kPlace, order(text_of(kId), "NEW"));
  report("NEW", kId, "NEW");
  const auto first = take();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].kind, EventKind::kAccepted);
  EXPECT_EQ(first[0].report.id, kId);
  EXPECT_EQ(first[0].report.venue_id.v, 42u);
  EXPECT_EQ(first[0].report.lots, Lots(847));
  EXPECT_EQ(first[0].report.ticks, 2'341'610);
  EXPECT_EQ(first[0].side(), Side::kSell);
  EXPECT_EQ(first[0].received, Nanos(5));
  send(CommandKind::kPlace);  // the other way round
  report("NEW", kId, "NEW");
  ok(CommandKind::kPlace, order(text_of(kId), "NEW"));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kAccepted));
}

TEST_F(BinanceOrderEvents, OnlyTheUserDataStreamRaisesTheLastTradeKnown) {
  send(CommandKind::kPlace);
  fill(900, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  text_ = R"({"id":1,"status":200,"result":[{"symbol":"BTCUSDT","id":905,"orderId":42,"price":)"
          R"("23416.10000000","qty":"0.00002000","commission":"0","commissionAsset":"BTC",)"
          R"("isBuyer":false,"isMaker":true}]})";
  text_.reserve(text_.size() + ResponseParser::kPadding);
  ASSERT_STREQ(parser_.parse(text_), "");
  PendingRequest request;
  request.command = command(CommandKind::kQueryOrder);
  request.purpose = Purpose::kTrades;
  events_.on_answer(request, parser_.response(), Nanos(0));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kFilled));
  EXPECT_EQ(last_trades_[0], 900u) << "trades of other orders before 905 may still be missing";
}

TEST_F(BinanceOrderEvents, AFillThatIsNotInWholeLotsOrTicksIsToldAsItIs) {
  send(CommandKind::kPlace);
  fill(900, "0.00847050", "0.00847050", "PARTIALLY_FILLED");
  report("TRADE", kId, "PARTIALLY_FILLED",
         R"(,"t":901,"l":"0.00001000","z":"0.00848050","L":"23416.10500000","m":true)");
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  for (const Event& e : all) {
    EXPECT_EQ(e.kind, EventKind::kOffGridFill);
    EXPECT_EQ(e.off_grid.id, kId);
    EXPECT_EQ(e.side(), Side::kSell);
  }
  EXPECT_EQ(all[0].off_grid.quantity, Amount(847'050));
  EXPECT_EQ(all[0].off_grid.price, Amount(2'341'610'000'000));
  EXPECT_EQ(all[0].off_grid.trade_id.v, 900u);
  EXPECT_EQ(all[1].off_grid.price, Amount(2'341'610'500'000));
  EXPECT_EQ(events_.counters().off_grid_fills, 2u);
}

TEST_F(BinanceOrderEvents, AllCanceledAsksAgainOnlyIfItWasRefused) {
  ok(CommandKind::kCancelAll, "[" + order(text_of(kId), "CANCELED") + "]");
  error(CommandKind::kCancelAll, 400, -2011, "Unknown order sent.");
  EXPECT_THAT(kinds(), IsEmpty());
  error(CommandKind::kCancelAll, 429, -1003, "Too many requests.");
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kCancelRejected);
  EXPECT_EQ(static_cast<CommandKind>(all[0].failure.command), CommandKind::kCancelAll);
}

TEST_F(BinanceOrderEvents, RejectsOnceWhicheverChannelIsFirst) {
  send(CommandKind::kPlace);
  error(CommandKind::kPlace, 400, -2010, "Order would immediately match and take.");
  report("REJECTED", kId, "REJECTED", R"(,"r":"WOULD_MATCH_IMMEDIATELY")");
  auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kRejected);
  EXPECT_EQ(all[0].failure.reason, RejectReason::kWouldCross);
  EXPECT_EQ(all[0].failure.id, kId);
  send(CommandKind::kPlace);
  report("REJECTED", kId, "REJECTED", R"(,"r":"INSUFFICIENT_BALANCES")");
  error(CommandKind::kPlace, 400, -2010, "Account has insufficient balance.");
  all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].failure.reason, RejectReason::kInsufficientBalance);
}

TEST_F(BinanceOrderEvents, AFillMayComeBeforeTheAnswerToItsPlace) {
  send(CommandKind::kPlace);
  fill(900, "0.00847000", "0.00847000", "FILLED");
  ok(CommandKind::kPlace, order(text_of(kId), "FILLED", "0.00847000"));
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);  // which says all there is
  EXPECT_EQ(all[0].kind, EventKind::kFilled);
  EXPECT_EQ(all[0].fill.trade_id.v, 900u);
  EXPECT_EQ(all[0].fill.lots, Lots(847));
  EXPECT_EQ(all[0].fill.fee, Amount(1000));
  EXPECT_EQ(all[0].fill.fee_asset, Asset::kBase);
  EXPECT_EQ(all[0].flags, kFlagSell | kFlagMaker);
  EXPECT_EQ(last_trades_[0], 900u);
  send(CommandKind::kPlace);
  fill(901, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  ok(CommandKind::kPlace, order(text_of(kId), "PARTIALLY_FILLED", "0.00001000"));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kAccepted));
}

TEST_F(BinanceOrderEvents, ACancelTellsTheExecutedQuantityAndItsFillComesLater) {
  send(CommandKind::kPlace);
  ok(CommandKind::kCancel, R"({"origClientOrderId":")" + text_of(kId) +
                               R"(","orderId":42,"clientOrderId":"x","executedQty":"0.00001000",)" +
                               R"("status":"CANCELED"})");
  report("CANCELED", ClientOrderId(1), "CANCELED", R"(,"z":"0.00001000")", text_of(kId));
  fill(901, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, EventKind::kCanceled);
  EXPECT_EQ(all[0].report.lots, Lots(1));
  EXPECT_EQ(all[1].kind, EventKind::kFilled);
}

TEST_F(BinanceOrderEvents, SaysWhyACancelWasRefused) {
  error(CommandKind::kCancel, 400, -2011, "Unknown order sent.");
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kCancelRejected);
  EXPECT_EQ(all[0].failure.reason, RejectReason::kUnknownOrder);
}

// --- the table of cancelReplace -------------------------------------------------------------

TEST_F(BinanceOrderEvents, AReplaceThatSucceedsIsToldOnceInAnyOrder) {
  send(CommandKind::kReplace);
  ok(CommandKind::kReplace,
     halves("SUCCESS", "SUCCESS", canceled_half(), order(text_of(kNewId), "NEW")));
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(kId));
  report("NEW", kNewId, "NEW");
  auto all = take();
  // The old order has no row of its own here, so its report is told as well.
  ASSERT_GE(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kReplaced);
  EXPECT_EQ(all[0].report.id, kId);
  EXPECT_EQ(all[0].report.new_id, kNewId);

  send(CommandKind::kPlace);
  send(CommandKind::kReplace);
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(kId));
  report("NEW", kNewId, "NEW");
  ok(CommandKind::kReplace,
     halves("SUCCESS", "SUCCESS", canceled_half(), order(text_of(kNewId), "NEW")));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kCanceled, EventKind::kReplaced));

  send(CommandKind::kPlace);
  send(CommandKind::kReplace);
  ok(CommandKind::kReplace,
     halves("SUCCESS", "SUCCESS", canceled_half(), order(text_of(kNewId), "NEW")));
  report("NEW", kNewId, "NEW");
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(kId));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kReplaced));
}

TEST_F(BinanceOrderEvents, AReplaceWhoseCancelFailsLeavesTheOldOrder) {
  send(CommandKind::kReplace);
  error(
      CommandKind::kReplace, 400, -2022, "Order cancel-replace failed.",
      halves("FAILURE", "NOT_ATTEMPTED", R"({"code":-2011,"msg":"Unknown order sent."})", "null"));
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 400, -2022, "Order cancel-replace failed.",
        halves("FAILURE", "NOT_ATTEMPTED",
               R"({"code":-2011,"msg":"Order was not canceled due to cancel restrictions."})",
               "null"));
  // CANCEL_ONLY over the limit, the cancel failed: by the table 429.
  send(CommandKind::kReplace);
  error(
      CommandKind::kReplace, 429, -2022, "Order cancel-replace failed.",
      halves("FAILURE", "NOT_ATTEMPTED", R"({"code":-2011,"msg":"Unknown order sent."})", "null"));
  // ALLOW_FAILURE, which we never send.
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 400, -2022, "Order cancel-replace failed.",
        halves("FAILURE", "FAILURE", R"({"code":-2011,"msg":"Unknown order sent."})",
               R"({"code":-2010,"msg":"Order would immediately match and take."})"));
  const auto all = take();
  ASSERT_EQ(all.size(), 4u);
  for (const Event& e : all) {
    EXPECT_EQ(e.kind, EventKind::kReplaceRejected);
    EXPECT_EQ(e.failure.old_canceled, 0);
    EXPECT_EQ(e.failure.new_id, kNewId);
  }
  EXPECT_EQ(all[0].failure.reason, RejectReason::kUnknownOrder);
  EXPECT_EQ(all[1].failure.reason, RejectReason::kRestricted);
  EXPECT_EQ(all[2].failure.reason, RejectReason::kUnknownOrder);
}

TEST_F(BinanceOrderEvents, AReplaceWhoseNewOrderFailsHasEndedTheOldOne) {
  for (const int status : {409, 429}) {
    send(CommandKind::kPlace);
    send(CommandKind::kReplace);
    error(CommandKind::kReplace, status, -2021, "Order cancel-replace partially failed.",
          halves("SUCCESS", "FAILURE", canceled_half(),
                 status == 409 ? R"({"code":-2010,"msg":"Order would immediately match and take."})"
                               : R"({"code":-1015,"msg":"Too many new orders."})"));
    report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(kId));
    const auto all = take();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].kind, EventKind::kReplaceRejected);
    EXPECT_EQ(all[0].failure.old_canceled, 1);
    EXPECT_EQ(all[0].failure.reason,
              status == 409 ? RejectReason::kWouldCross : RejectReason::kRateLimit);
  }
}

TEST_F(BinanceOrderEvents, AReplaceRefusedBeforeAnythingWasTriedLeavesTheOldOrder) {
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 429, -1015, "Too many new orders; current limit is 50 orders.");
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 400, -1013, "Filter failure: PRICE_FILTER");
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(all[1].failure.reason, RejectReason::kFilter);
  for (const Event& e : all) {
    EXPECT_EQ(e.kind, EventKind::kReplaceRejected);
    EXPECT_EQ(e.failure.old_canceled, 0);
  }
}

TEST_F(BinanceOrderEvents, AReplaceWithAnUncertainHalfIsUnknown) {
  // The cancel's half timed out.
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 400, -2022, "Order cancel-replace failed.",
        halves("FAILURE", "NOT_ATTEMPTED", R"({"code":-1007,"msg":"Timeout"})", "null"));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOutcomeUnknown));
  // The new order's half timed out: the old one is gone for certain.
  send(CommandKind::kPlace);
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 409, -2021, "Order cancel-replace partially failed.",
        halves("SUCCESS", "FAILURE", canceled_half(), R"({"code":-1007,"msg":"Timeout"})"));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kCanceled, EventKind::kOutcomeUnknown));
  // Old unknown, new live; or no data at all; or a server in trouble.
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 409, -2021, "Order cancel-replace partially failed.",
        halves("FAILURE", "SUCCESS", R"({"code":-2011,"msg":"Unknown order sent."})",
               order(text_of(kNewId), "NEW")));
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 400, -2022, "Order cancel-replace failed.");
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 503, -1013, "Filter failure: PRICE_FILTER");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOutcomeUnknown, EventKind::kOutcomeUnknown,
                                   EventKind::kOutcomeUnknown));
}

TEST_F(BinanceOrderEvents, AHalfReplaceOfAnOrderWithUnseenFillsKeepsItsEndOpen) {
  send(CommandKind::kPlace);
  send(CommandKind::kReplace);
  error(CommandKind::kReplace, 409, -2021, "Order cancel-replace partially failed.",
        halves("SUCCESS", "FAILURE", canceled_half("0.00001000"),
               R"({"code":-2010,"msg":"Order would immediately match and take."})"));
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, EventKind::kCanceled);
  EXPECT_EQ(all[0].report.lots, Lots(1));
  EXPECT_EQ(all[1].kind, EventKind::kRejected);
  EXPECT_EQ(all[1].failure.id, kNewId);
}

// --- amends, ends, questions ----------------------------------------------------------------

TEST_F(BinanceOrderEvents, AmendsOnceWhicheverChannelIsFirst) {
  send(CommandKind::kPlace);
  const std::string amended =
      R"({"executionId":16,"amendedOrder":{"orderId":42,"origClientOrderId":")" + text_of(kId) +
      R"(","clientOrderId":")" + text_of(kId) +
      R"(","price":"23416.10000000","qty":"0.00500000","executedQty":"0","status":"NEW"}})";
  ok(CommandKind::kReduce, amended);
  report("REPLACED", kId, "NEW", R"(,"q":"0.00500000")", text_of(kId));
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kAmended);
  EXPECT_EQ(all[0].report.lots, Lots(500));
  EXPECT_EQ(all[0].report.ticks, 2'341'610);
  error(CommandKind::kReduce, 400, -2038, "The requested action would change no state; rejecting");
  const auto refused = take();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].kind, EventKind::kAmendRejected);
  EXPECT_EQ(refused[0].failure.reason, RejectReason::kNoChange);
}

TEST_F(BinanceOrderEvents, AnAmendMayEndTheOrder) {
  send(CommandKind::kPlace);
  ok(CommandKind::kReduce, R"({"amendedOrder":{"orderId":42,"executedQty":"0.00500000",)"
                           R"("qty":"0.00500000","status":"EXPIRED"}})");
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kExpired);
  EXPECT_EQ(all[0].report.lots, Lots(500));
}

TEST_F(BinanceOrderEvents, AnOrderEndsByExpiryAndBySelfTradePrevention) {
  send(CommandKind::kPlace);
  report("EXPIRED", kId, "EXPIRED", R"(,"z":"0.00002000","eR":"EXCHANGE_CANCELED")");
  send(CommandKind::kPlace);
  report("TRADE_PREVENTION", kId, "NEW", R"(,"A":"0.00100000")");  // smaller, still there
  report("TRADE_PREVENTION", kId, "EXPIRED_IN_MATCH");
  const auto all = take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, EventKind::kExpired);
  EXPECT_EQ(all[0].report.reason, RejectReason::kMarketHalted);
  EXPECT_EQ(all[0].report.lots, Lots(2));
  EXPECT_EQ(all[1].kind, EventKind::kAmended);
  EXPECT_EQ(all[1].report.reason, RejectReason::kSelfTrade);
  EXPECT_EQ(all[1].report.lots, Lots(747));
  EXPECT_EQ(all[2].kind, EventKind::kExpired);
  EXPECT_EQ(all[2].report.reason, RejectReason::kSelfTrade);
}

// A trade of the account's own by hand, with DECREMENT: ours gets smaller without a trade.
TEST_F(BinanceOrderEvents, AnOrderThatWasDecrementedIsOverWhenWhatIsLeftOfItIsFilled) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  report("TRADE_PREVENTION", kId, "NEW", R"(,"A":"0.00400000","B":"0.00400000")");
  report("TRADE_PREVENTION", kId, "NEW", R"(,"A":"0.00400000","B":"0.00400000")");  // again
  fill(1, "0.00100000", "0.00100000", "PARTIALLY_FILLED");
  fill(2, "0.00347000", "0.00447000", "FILLED");
  fill(2, "0.00347000", "0.00447000", "FILLED");
  const auto all = take();
  ASSERT_GE(all.size(), 5u);
  EXPECT_EQ(all[1].kind, EventKind::kAmended);
  EXPECT_EQ(all[1].report.reason, RejectReason::kSelfTrade);
  EXPECT_EQ(all[1].report.lots, Lots(447));
  EXPECT_EQ(all[2].kind, EventKind::kFilled);
  EXPECT_EQ(all[3].kind, EventKind::kFilled);
  EXPECT_EQ(all[4].kind, EventKind::kExpired);
  EXPECT_EQ(all[4].report.lots, Lots(447)) << "what was executed";
  EXPECT_EQ(std::ranges::count(all, EventKind::kExpired, &Event::kind), 1);
}

TEST_F(BinanceOrderEvents, AReductionOfADecrementedOrderLeavesItsDecrement) {
  send(CommandKind::kPlace);
  report("TRADE_PREVENTION", kId, "NEW", R"(,"A":"0.00100000")");
  ok(CommandKind::kReduce, R"({"amendedOrder":{"orderId":42,"executedQty":"0","qty":"0.00500000",)"
                           R"("preventedQty":"0.00100000","status":"NEW"}})");
  const auto all = take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].report.lots, Lots(500)) << "as it was asked for";
  EXPECT_EQ(all[1].report.reason, RejectReason::kNone);
  EXPECT_EQ(all[2].report.lots, Lots(400)) << "as it rests";
  EXPECT_EQ(all[2].report.reason, RejectReason::kSelfTrade);
}

TEST_F(BinanceOrderEvents, AnOrderThatEndedShortOfItsQuantityIsStillLookedFor) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  fill(1, "0.00447000", "0.00447000", "FILLED");  // nobody has told what was prevented
  take();
  events_.set_now(Nanos(5) + 10 * kSecond);
  events_.on_list(0, {}, Nanos(5) + 10 * kSecond);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOutcomeUnknown));
}

TEST_F(BinanceOrderEvents, AnOrderThatHasJustComeMayBeMissingInAList) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  take();
  const Nanos opened(5);
  events_.on_list(0, {}, opened + kReadLagMax);
  EXPECT_THAT(take(), IsEmpty());
  events_.on_list(0, {}, opened + kReadLagMax + Nanos(1));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOutcomeUnknown));
}

// A cancel was answered with success, and the order lives.
TEST_F(BinanceOrderEvents, AnOrderThatIsListedLongAfterItsEndLives) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  const Nanos ended = 100 * kSecond;
  events_.set_now(ended);
  report("CANCELED", kId, "CANCELED");
  take();
  const std::string client_id = text_of(kId);
  OrderRecord record;
  record.present = true;
  record.order_id = 42;
  record.client_id = client_id;
  const auto listed = [&](Nanos asked) { events_.on_list(0, {&record, 1}, asked); };
  listed(ended + 4 * kSecond);
  EXPECT_THAT(take(), IsEmpty()) << "a list may lag behind";
  listed(ended + 6 * kSecond);
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kOrderStatus);
  EXPECT_EQ(static_cast<OrderStatusCode>(all[0].report.status), OrderStatusCode::kOpen);
  EXPECT_NE(all[0].report.reason, RejectReason::kNone);
  EXPECT_EQ(events_.counters().risen, 1u);
  report("CANCELED", kId, "CANCELED");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kCanceled)) << "its end is news again";
}

TEST_F(BinanceOrderEvents, AnswersAQuestionWithWhatTheVenueSays) {
  const auto status = [this] {
    const auto all = take();
    EXPECT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].kind, EventKind::kOrderStatus);
    EXPECT_EQ(all[0].report.asked, 7);
    return static_cast<OrderStatusCode>(all[0].report.status);
  };
  ok(CommandKind::kQueryOrder, order(text_of(kId), "NEW"));
  EXPECT_EQ(status(), OrderStatusCode::kOpen);
  ok(CommandKind::kQueryOrder, order(text_of(kId), "CANCELED"));
  EXPECT_EQ(status(), OrderStatusCode::kCanceled);
  ok(CommandKind::kQueryOrder, order(text_of(kId), "EXPIRED_IN_MATCH"));
  EXPECT_EQ(status(), OrderStatusCode::kExpired);
  ok(CommandKind::kQueryOrder, order(text_of(kId), "REJECTED"));
  EXPECT_EQ(status(), OrderStatusCode::kRejected);
  error(CommandKind::kQueryOrder, 400, -2013, "Order does not exist.");
  EXPECT_EQ(status(), OrderStatusCode::kNotFound);
  error(CommandKind::kQueryOrder, 500, -2013, "Order does not exist.");
  ok(CommandKind::kQueryOrder, order(text_of(kId), "SOMETHING_NEW"));
  ok(CommandKind::kQueryOrder, "{}");
  EXPECT_THAT(kinds(), testing::Each(EventKind::kOutcomeUnknown));
}

TEST_F(BinanceOrderEvents, AListingIsNoAnswerToAQuestion) {
  send(CommandKind::kPlace);
  const std::string client_id = text_of(kId);
  OrderRecord record;
  record.present = true;
  record.order_id = 42;
  record.client_id = client_id;
  events_.on_open_order(0, record);
  ok(CommandKind::kQueryOpenOrders, "[" + order(client_id, "NEW") + "]");
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  for (const Event& e : all) {
    EXPECT_EQ(e.kind, EventKind::kOrderStatus);
    EXPECT_EQ(e.report.asked, 0);
  }
}

TEST_F(BinanceOrderEvents, AsksForTheExecutionsItHasNotSeenBeforeItAnswers) {
  send(CommandKind::kPlace);
  ok(CommandKind::kQueryOrder, order(text_of(kId), "FILLED", "0.00847000"));
  ASSERT_EQ(events_.follow_ups().size(), 1u);
  const OrderEvents::FollowUp follow_up = events_.follow_ups()[0];
  EXPECT_EQ(follow_up.purpose, Purpose::kTrades);
  EXPECT_EQ(follow_up.command.venue_id.v, 42u);
  EXPECT_EQ(follow_up.command.id, kId);
  events_.follow_ups().clear();
  EXPECT_THAT(kinds(), IsEmpty());
  text_ = R"({"id":1,"status":200,"result":[{"symbol":"BTCUSDT","id":11,"orderId":42,)"
          R"("price":"23416.10",)"
          R"("qty":"0.00847","commission":"0.1","commissionAsset":"BNB","isBuyer":false,)"
          R"("isMaker":true}]})";
  text_.reserve(text_.size() + ResponseParser::kPadding);
  ASSERT_STREQ(parser_.parse(text_), "");
  PendingRequest request;
  request.purpose = Purpose::kTrades;
  request.command = follow_up.command;
  request.then = follow_up.then;
  events_.on_answer(request, parser_.response(), Nanos(0));
  const auto all = take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].kind, EventKind::kOrderStatus);
  EXPECT_EQ(all[1].report.lots, Lots(847));
  EXPECT_EQ(all[1].report.asked, 7);
  EXPECT_EQ(all[0].kind, EventKind::kFilled);
  EXPECT_EQ(all[0].fill.trade_id.v, 11u);
  EXPECT_EQ(all[0].fill.fee_asset, Asset::kOther);
  EXPECT_EQ(all[0].side(), Side::kSell);
  ok(CommandKind::kQueryOrder, order(text_of(kId), "FILLED", "0.00847000"));
  EXPECT_THAT(events_.follow_ups(), IsEmpty());  // it knows them now
}

TEST_F(BinanceOrderEvents, SeesAGapBetweenFills) {
  send(CommandKind::kPlace);
  fill(1, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
  fill(3, "0.00001000", "0.00003000", "PARTIALLY_FILLED");
  EXPECT_EQ(events_.follow_ups().size(), 1u);
}

TEST_F(BinanceOrderEvents, AReportThatComesTwiceDoesNotHideTheGapBehindIt) {
  send(CommandKind::kPlace);
  fill(1, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  fill(1, "0.00001000", "0.00001000", "PARTIALLY_FILLED");
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
  fill(3, "0.00001000", "0.00003000", "PARTIALLY_FILLED");
  EXPECT_EQ(events_.follow_ups().size(), 1u);
}

// The core must not take it for an order that rests, with what is missing still on it.
TEST_F(BinanceOrderEvents, AFilledOrderWithAHoleInItsFillsIsOverAndTheCoreAsksForThem) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  fill(3, "0.00600000", "0.00847000", "FILLED");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kAccepted, EventKind::kFilled));
  ASSERT_EQ(events_.follow_ups().size(), 1u);
  trades("[]");  // not listed yet
  const auto told = take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, EventKind::kOrderStatus);
  EXPECT_EQ(told[0].report.status, static_cast<std::uint8_t>(OrderStatusCode::kFilled));
  EXPECT_EQ(told[0].report.lots, Lots(847));
  EXPECT_EQ(told[0].report.asked, 0) << "nobody asked";
  ok(CommandKind::kQueryOrder, order(text_of(kId), "FILLED", "0.00847000"));
  ASSERT_EQ(events_.follow_ups().size(), 1u) << "asked for until it has come";
  trades("[" + trade(2, "0.00247") + "," + trade(3, "0.006") + "]");
  EXPECT_THAT(kinds(),
              ElementsAre(EventKind::kFilled, EventKind::kFilled, EventKind::kOrderStatus));
  ok(CommandKind::kQueryOrder, order(text_of(kId), "FILLED", "0.00847000"));
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
}

TEST_F(BinanceOrderEvents, AnOrderThatRestsWithAHoleInItsFillsIsToldOf) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  fill(3, "0.00200000", "0.00500000", "PARTIALLY_FILLED");
  take();
  ASSERT_EQ(events_.follow_ups().size(), 1u);
  trades("[" + trade(3, "0.002") + "]");  // not all are listed yet
  const auto told = take();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].kind, EventKind::kOrderStatus);
  EXPECT_EQ(told[1].report.status, static_cast<std::uint8_t>(OrderStatusCode::kOpen));
  EXPECT_EQ(told[1].report.lots, Lots(500)) << "more than the core has fills of: it asks";
}

TEST_F(BinanceOrderEvents, WhatWasToBeToldAfterFillsThatNobodyListsIsToldWithoutThem) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  fill(3, "0.00600000", "0.00847000", "FILLED");
  take();
  PendingRequest lost = asked_for_trades();
  events_.on_lost(lost);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOrderStatus));
  ok(CommandKind::kQueryOrder, order(text_of(kId), "FILLED", "0.00847000"));
  lost = asked_for_trades();
  events_.give_up(lost.command, lost.then);
  const auto told = take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].report.asked, 0) << "counts for no answer without fills";
}

TEST_F(BinanceOrderEvents, ThatAnOrderRestsIsNotToldAfterItsEnd) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  fill(3, "0.00200000", "0.00500000", "PARTIALLY_FILLED");
  report("CANCELED", ClientOrderId(1), "CANCELED", R"(,"z":"0.00500000")", text_of(kId));
  take();
  trades("[" + trade(2, "0.003") + "," + trade(3, "0.002") + "]");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kFilled));
}

// Its fills may have been in no list when they were looked for: they are asked for by order, once
// lists show them, and its end comes after them.
TEST_F(BinanceOrderEvents, OfAnOrderThatWeDoNotKnowTheFillsAreThereBeforeItsEnd) {
  const ClientOrderId earlier = make_order_id({1, 6, 3, 1});
  report("CANCELED", ClientOrderId(1), "CANCELED", R"(,"z":"0.00500000")", text_of(earlier));
  EXPECT_THAT(kinds(), IsEmpty());
  for (int i = 0; i < 2; ++i) {  // the first one is lost
    ASSERT_EQ(events_.follow_ups().size(), 1u);
    EXPECT_EQ(events_.follow_ups()[0].due, Nanos(5) + kReadLagMax);
    if (i == 0) events_.on_lost(asked_for_trades());
  }
  trades("[" + trade(2, "0.005") + "]");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kCanceled));
}

// --- whose orders ---------------------------------------------------------------------------

TEST_F(BinanceOrderEvents, LeavesTheOrdersOfOthersAlone) {
  text_ = R"({"event":{"e":"executionReport","s":"BTCUSDT","c":"web_1","C":"","x":"NEW",)"
          R"("X":"NEW","i":5}})";
  text_.reserve(text_.size() + UserDataParser::kPadding);
  ASSERT_STREQ(user_data_.parse(text_), "");
  events_.on_report(user_data_.event().report);
  report("NEW", make_order_id({2, 7, 3, 1}), "NEW");
  OrderRecord record;
  record.symbol = "BTCUSDT";
  record.client_id = "ios_77";
  events_.on_open_order(0, record);
  EXPECT_THAT(kinds(), IsEmpty());
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
  EXPECT_EQ(events_.counters().foreign_reports, 2u);
  EXPECT_EQ(events_.counters().other_instances, 1u);
}

TEST_F(BinanceOrderEvents, AnOrderOfALaterStartIsARivals) {
  const ClientOrderId later = make_order_id({1, 8, 3, 1});
  report("NEW", later, "NEW");
  EXPECT_EQ(events_.take_rival(), later);
  EXPECT_EQ(events_.take_rival(), ClientOrderId(0));
  events_.on_open_order(0, listed(later, "0.00000000"));
  EXPECT_EQ(events_.take_rival(), later);
  EXPECT_EQ(events_.counters().rivals, 2u);
  EXPECT_THAT(kinds(), IsEmpty());
}

TEST_F(BinanceOrderEvents, AnOrderOfThisStartThatNobodyHereSentIsARivals) {
  send(CommandKind::kPlace);
  send(CommandKind::kReplace);
  report("NEW", kId, "NEW");
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(kId));
  EXPECT_EQ(events_.take_rival(), ClientOrderId(0));
  take();
  for (const ClientOrderId beyond :
       {make_order_id({1, 7, 3, 3}), make_order_id({1, 7, 4, 1}), make_order_id({1, 7, 900, 1})}) {
    report("NEW", beyond, "NEW");
    EXPECT_EQ(events_.take_rival(), beyond);
    events_.on_open_order(0, listed(beyond, "0.00000000"));
    EXPECT_EQ(events_.take_rival(), beyond);
  }
  EXPECT_THAT(kinds(), IsEmpty()) << "and nothing of it is told as ours";
}

TEST(OrderFactsTable, KnowsItsLastIdsHoweverManyThereWereAndAlsoBehindTheWrap) {
  constexpr std::uint32_t kLast = 0xFFFFFF;
  OrderFactsTable facts(2, 7);
  const auto id = [](std::uint32_t generation) { return make_order_id({1, 7, 1, generation}); };
  for (std::uint32_t i = 1; i <= kLast; ++i) facts.open(id(i), {}, Lots(1));
  for (std::uint32_t i = 1; i <= 5; ++i) facts.open(id(i), {}, Lots(1));
  EXPECT_TRUE(facts.was_opened(id(5)));
  EXPECT_TRUE(facts.was_opened(id(kLast - 1000)));
  EXPECT_FALSE(facts.was_opened(id(6)));
  EXPECT_FALSE(facts.was_opened(make_order_id({1, 7, 0, 1})));
}

TEST_F(BinanceOrderEvents, TellsOfAnOrderOfAnEarlierStartThatItLivesFillsAndEnds) {
  const ClientOrderId earlier = make_order_id({1, 6, 3, 1});
  report("NEW", earlier, "NEW");
  fill(77, "0.00001000", "0.00001000", "PARTIALLY_FILLED", earlier);
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(earlier));
  const auto all = take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, EventKind::kOrderStatus);
  EXPECT_EQ(all[0].report.id, earlier);
  EXPECT_EQ(all[1].kind, EventKind::kFilled);
  EXPECT_EQ(all[1].fill.id, earlier);
  EXPECT_EQ(all[2].kind, EventKind::kCanceled);
}

// --- orders of earlier starts that go on ------------------------------------------------------

TEST_F(BinanceOrderEvents, AdoptsAnOrderOnceAndThenTellsOfItAsOfAnyOther) {
  const ClientOrderId earlier = make_order_id({1, 6, 3, 1});
  adopt(earlier, Lots(100), 70, "0.00100000");
  adopt(earlier, Lots(100), 70, "0.00100000");
  const auto told = take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, EventKind::kAdopted);
  EXPECT_EQ(told[0].adoption.id, earlier);
  EXPECT_EQ(told[0].adoption.venue_id.v, 42u);
  EXPECT_EQ(told[0].adoption.lots, Lots(847));
  EXPECT_EQ(told[0].adoption.executed, Lots(100));
  EXPECT_EQ(told[0].adoption.ticks, 2'341'610);
  EXPECT_EQ(told[0].side(), Side::kSell);
  EXPECT_EQ(events_.counters().adopted, 1u);
  // An order of this start in the same slot, of the same generation, is another one.
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  report("NEW", earlier, "NEW");  // late
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kAccepted));
  fill(71, "0.00010000", "0.00110000", "PARTIALLY_FILLED", earlier);
  EXPECT_THAT(events_.follow_ups(), IsEmpty()) << "nothing is missing";
  report("CANCELED", ClientOrderId(1), "CANCELED", R"(,"z":"0.00110000")", text_of(earlier));
  report("CANCELED", ClientOrderId(1), "CANCELED", R"(,"z":"0.00110000")", text_of(earlier));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kCanceled));
  EXPECT_EQ(events_.counters().strays, 0u);
}

TEST_F(BinanceOrderEvents, AsksForWhatAnAdoptedOrderHasExecutedBeyondWhatWasTold) {
  const ClientOrderId earlier = make_order_id({1, 6, 3, 1});
  adopt(earlier, Lots(100), 70, "0.00150000");
  const OrderRecord record = listed(earlier, "0.00150000");
  events_.on_open_order(0, record);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kAdopted, EventKind::kOrderStatus));
  ASSERT_EQ(events_.follow_ups().size(), 1u);
  EXPECT_EQ(events_.follow_ups()[0].command.id, earlier);
  // What user data repeat of before is not counted twice against it.
  events_.follow_ups().clear();
  fill(70, "0.00100000", "0.00100000", "PARTIALLY_FILLED", earlier);
  fill(71, "0.00050000", "0.00150000", "PARTIALLY_FILLED", earlier);
  events_.on_open_order(0, record);
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
}

TEST_F(BinanceOrderEvents, AnAdoptedOrderThatAListOfAllDoesNotHaveIsInDoubt) {
  const ClientOrderId earlier = make_order_id({1, 6, 3, 1});
  adopt(earlier, Lots(0), 70, "0");
  take();
  events_.on_list(0, {}, Nanos(10 * kSecond.v));
  const auto told = take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, EventKind::kOutcomeUnknown);
  EXPECT_EQ(told[0].failure.id, earlier);
}

TEST_F(BinanceOrderEvents, AdoptsNoMoreThanTheTableHasRows) {
  for (std::uint16_t slot = 0; slot < 20; ++slot) {
    adopt(make_order_id({1, 6, slot, 1}), Lots(0), 70, "0");
  }
  EXPECT_EQ(kinds().size(), 16u);
  report("CANCELED", ClientOrderId(1), "CANCELED", "", text_of(make_order_id({1, 6, 2, 1})));
  adopt(make_order_id({1, 6, 30, 1}), Lots(0), 70, "0");  // in its place
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kCanceled, EventKind::kAdopted));
}

TEST_F(BinanceOrderEvents, FindsTheOrderOfAReportByItsNumberWhenTheIdWasChanged) {
  send(CommandKind::kPlace);
  report("NEW", kId, "NEW");
  take();
  text_ = R"({"event":{"e":"executionReport","s":"BTCUSDT","c":"renamed","C":"","S":"SELL",)"
          R"("x":"CANCELED","X":"CANCELED","i":42,"z":"0"}})";
  text_.reserve(text_.size() + UserDataParser::kPadding);
  ASSERT_STREQ(user_data_.parse(text_), "");
  events_.on_report(user_data_.event().report);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kCanceled));
}

TEST_F(BinanceOrderEvents, TellsThatAnOrderOfOursThatWasGivenUpIsOpen) {
  send(CommandKind::kPlace);
  error(CommandKind::kPlace, 400, -1013, "Filter failure: PRICE_FILTER");
  take();
  report("NEW", kId, "NEW");
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kOrderStatus);
  EXPECT_EQ(all[0].report.status, static_cast<std::uint8_t>(OrderStatusCode::kOpen));
  EXPECT_EQ(all[0].report.id, kId);
  EXPECT_EQ(all[0].report.venue_id.v, 42u);
  EXPECT_EQ(all[0].report.asked, 0);
  EXPECT_EQ(events_.counters().strays, 1u);
  EXPECT_THAT(events_.follow_ups(), IsEmpty());
}

TEST_F(BinanceOrderEvents, BalancesGoToEveryInstrumentThatUsesTheAsset) {
  const BalanceRecord usdt{"USDT", 500, 7}, btc{"BTC", 3, 0}, bnb{"BNB", 9, 0}, xyz{"XYZ", 1, 1};
  for (const BalanceRecord& b : {usdt, btc, bnb, xyz}) events_.on_balances({&b, 1}, 0);
  const auto all = take();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].instrument, 0);
  EXPECT_EQ(all[1].instrument, 1);
  EXPECT_EQ(all[0].balance.asset, Asset::kQuote);
  EXPECT_EQ(all[0].balance.free, Amount(500));
  EXPECT_EQ(all[0].balance.locked, Amount(7));
  EXPECT_EQ(all[2].balance.asset, Asset::kBase);
  EXPECT_EQ(all[3].balance.asset, Asset::kOther);
}

TEST_F(BinanceOrderEvents, AnOlderBalanceOfAnAssetIsNotTold) {
  const BalanceRecord old_btc{"BTC", 3, 0}, new_btc{"BTC", 4, 0}, bnb{"BNB", 9, 0};
  events_.on_balances({&new_btc, 1}, 2000);
  events_.on_balances({&old_btc, 1}, 1999);
  events_.on_balances({&bnb, 1}, 1999);      // another asset
  events_.on_balances({&new_btc, 1}, 2000);  // of the same moment
  auto all = take();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].balance.free, Amount(4));
  EXPECT_EQ(all[1].balance.asset, Asset::kOther);
  EXPECT_EQ(all[2].balance.free, Amount(4));
  EXPECT_EQ(events_.counters().stale_balances, 1u);
  events_.on_found(all[2], 1500);  // an account's answer that was overtaken
  EXPECT_THAT(kinds(), IsEmpty());
  events_.on_balances({&old_btc, 1}, 0);  // nobody knows: told
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kBalance));
}

TEST_F(BinanceOrderEvents, LostRequestsAreUnknown) {
  PendingRequest request;
  request.command = command(CommandKind::kReplace);
  events_.on_lost(request);
  request.purpose = Purpose::kTime;
  events_.on_lost(request);
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kOutcomeUnknown);
  EXPECT_EQ(all[0].failure.new_id, kNewId);
  EXPECT_EQ(all[0].failure.command, static_cast<std::uint8_t>(CommandKind::kReplace));
}

TEST_F(BinanceOrderEvents, AnAckIsEnoughToAccept) {
  send(CommandKind::kPlace);
  ok(CommandKind::kPlace, R"({"symbol":"BTCUSDT","orderId":42,"orderListId":-1})");
  const auto all = take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, EventKind::kAccepted);
  EXPECT_EQ(all[0].report.lots, Lots(847));
}

TEST_F(BinanceOrderEvents, ADuplicateIdMeansThatTheOrderMayLive) {
  send(CommandKind::kPlace);
  error(CommandKind::kPlace, 400, -2010, "Duplicate order sent.");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kOutcomeUnknown));
  report("NEW", kId, "NEW");
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kAccepted));
}

TEST(BinanceVenueOrderIds, KeepTheNewestOfABucketAndTellSymbolsApart) {
  VenueOrderIds ids(8);
  ids.insert(0, VenueOrderId(5), ClientOrderId(50));
  ids.insert(1, VenueOrderId(5), ClientOrderId(51));
  EXPECT_EQ(ids.find(0, VenueOrderId(5)).v, 50u);
  EXPECT_EQ(ids.find(1, VenueOrderId(5)).v, 51u);
  EXPECT_EQ(ids.find(2, VenueOrderId(5)).v, 0u);
  for (std::uint64_t i = 100; i < 1000; ++i) {
    ids.insert(0, VenueOrderId(i), ClientOrderId(i));
    EXPECT_EQ(ids.find(0, VenueOrderId(i)).v, i);
  }
  EXPECT_EQ(ids.find(0, VenueOrderId(5)).v, 0u);
}

}  // namespace
}  // namespace mm::binance::orders
