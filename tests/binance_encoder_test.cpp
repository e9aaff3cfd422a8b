// Commands to requests: the words, the digits, the signature, and that nothing is allocated.
#include <gmock/gmock.h>
#include <simdjson.h>

#include "engine/runtime/sealed_scope.h"
#include "gateway/binance/in_flight.h"
#include "gateway/binance/request_encoder.h"
#include "gateway/binance/signed_request.h"
#include "tests/binance_instruments.h"

namespace mm::binance::orders {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<Instrument> kInstruments = test::spot_instruments();
constexpr ClientOrderId kId{0xAB}, kNewId{0xCD};

Command command(CommandKind kind, Side side = Side::kBuy) {
  Command c;
  c.kind = kind;
  c.side = side;
  c.id = kId;
  c.new_id = kNewId;
  c.ticks = 2'341'610;  // 23416.10
  c.lots = Lots(847);   // 0.00847
  return c;
}

std::string encoded(RequestEncoder& encoder, const Command& c) {
  std::string out(RequestEncoder::kBytesMax, '\0');
  out.resize(encoder.encode(c, 77, 1'655'716'096'498, out));
  return out;
}
std::string unsigned_text(const Command& c) {
  RequestEncoder encoder(kInstruments, {.sign_requests = false}, "", nullptr);
  return encoded(encoder, c);
}

TEST(BinanceEncoder, WritesAPlaceWithTheDigitsOfTheFilters) {
  EXPECT_EQ(unsigned_text(command(CommandKind::kPlace, Side::kSell)),
            R"({"id":77,"method":"order.place","params":{"newClientOrderId":"mm00000000000000ab",)"
            R"("newOrderRespType":"RESULT","price":"23416.10","quantity":"0.00847",)"
            R"("recvWindow":5000,"selfTradePreventionMode":"EXPIRE_MAKER","side":"SELL",)"
            R"("symbol":"BTCUSDT","timestamp":1655716096498,"type":"LIMIT_MAKER"}})");
}

TEST(BinanceEncoder, NeverSendsATimeInForceWithAPostOnlyOrder) {
  EXPECT_THAT(unsigned_text(command(CommandKind::kPlace)), Not(HasSubstr("timeInForce")));
  EXPECT_THAT(unsigned_text(command(CommandKind::kReplace)), Not(HasSubstr("timeInForce")));
}

TEST(BinanceEncoder, AReplaceStopsOnFailureAndTouchesUnfilledOrdersOnly) {
  Command c = command(CommandKind::kReplace);
  const std::string text = unsigned_text(c);
  EXPECT_THAT(text, HasSubstr(R"("method":"order.cancelReplace")"));
  EXPECT_THAT(text, HasSubstr(R"("cancelReplaceMode":"STOP_ON_FAILURE")"));
  EXPECT_THAT(text, HasSubstr(R"("cancelRestrictions":"ONLY_NEW")"));
  EXPECT_THAT(text, HasSubstr(R"("orderRateLimitExceededMode":"CANCEL_ONLY")"));
  EXPECT_THAT(text, HasSubstr(R"("cancelOrigClientOrderId":"mm00000000000000ab")"));
  EXPECT_THAT(text, HasSubstr(R"("newClientOrderId":"mm00000000000000cd")"));
  EXPECT_THAT(text, HasSubstr(R"("side":"BUY")"));
  EXPECT_THAT(text, Not(HasSubstr("cancelOrderId")));
  c.venue_id = VenueOrderId(125690984230);
  EXPECT_THAT(unsigned_text(c), HasSubstr(R"("cancelOrderId":125690984230)"));
}

TEST(BinanceEncoder, CancelsByBothIdsWhereBothAreKnown) {
  Command c = command(CommandKind::kCancel);
  EXPECT_EQ(unsigned_text(c), R"({"id":77,"method":"order.cancel","params":{"origClientOrderId":)"
                              R"("mm00000000000000ab","recvWindow":5000,"symbol":"BTCUSDT",)"
                              R"("timestamp":1655716096498}})");
  c.venue_id = VenueOrderId(12);
  EXPECT_THAT(unsigned_text(c), HasSubstr(R"("orderId":12,"origClientOrderId":"mm)"));
}

TEST(BinanceEncoder, AReductionKeepsTheClientId) {
  const std::string text = unsigned_text(command(CommandKind::kReduce));
  EXPECT_THAT(text, HasSubstr(R"("method":"order.amend.keepPriority")"));
  EXPECT_THAT(text, HasSubstr(R"("newClientOrderId":"mm00000000000000ab","newQty":"0.00847")"));
  EXPECT_THAT(text, HasSubstr(R"("origClientOrderId":"mm00000000000000ab")"));
}

TEST(BinanceEncoder, AsksForOrdersAndTrades) {
  Command c = command(CommandKind::kQueryOrder);
  c.venue_id = VenueOrderId(5);
  EXPECT_THAT(unsigned_text(c), HasSubstr(R"("method":"order.status","params":{"origClient)"));
  c.instrument = 1;
  c.kind = CommandKind::kQueryOpenOrders;
  EXPECT_THAT(unsigned_text(c), HasSubstr(R"("method":"openOrders.status")"));
  EXPECT_THAT(unsigned_text(c), HasSubstr(R"("symbol":"ETHUSDT")"));
  RequestEncoder encoder(kInstruments, {.sign_requests = false}, "", nullptr);
  std::string out(RequestEncoder::kBytesMax, '\0');
  out.resize(encoder.encode_trades(0, VenueOrderId(9), 3, 4, out));
  EXPECT_EQ(out, R"({"id":3,"method":"myTrades","params":{"limit":1000,"orderId":9,)"
                 R"("recvWindow":5000,"symbol":"BTCUSDT","timestamp":4}})");
}

TEST(BinanceEncoder, RefusesWhatIsNoRequestOrDoesNotFit) {
  RequestEncoder encoder(kInstruments, {.sign_requests = false}, "", nullptr);
  std::string out(RequestEncoder::kBytesMax, '\0');
  for (const auto kind : {CommandKind::kNone, CommandKind::kModify, CommandKind::kResyncFeed}) {
    EXPECT_EQ(encoder.encode(command(kind), 1, 1, out), 0u);
  }
  EXPECT_EQ(encoder.encode(command(CommandKind::kPlace), 1, 1, std::span(out).first(40)), 0u);
  Command c = command(CommandKind::kPlace);
  c.instrument = 2;
  EXPECT_EQ(encoder.encode(c, 1, 1, out), 0u);
}

// What the venue does: takes the parameters out of the JSON, sorts them, and signs again.
std::string expected_signature(const std::string& text, Signer& signer) {
  simdjson::dom::parser parser;
  const simdjson::dom::object root = parser.parse(text).get_object();
  Params params;
  for (const auto& [key, value] : simdjson::dom::object(root["params"])) {
    if (key == "signature") continue;
    const bool is_text = value.is_string();
    params.push_back({std::string(key),
                      is_text ? std::string(std::string_view(value)) : simdjson::minify(value),
                      is_text});
  }
  std::array<char, Signer::kTextMax> out;
  return std::string(signer.sign(ws_payload(params), out));
}

TEST(BinanceEncoder, SignsEveryKindOfRequestAsTheVenueChecksIt) {
  Signer::Made made = Signer::from_secret(SecretText("secret"));
  RequestEncoder encoder(kInstruments, {}, "the-key", made.signer.get());
  for (const auto kind :
       {CommandKind::kPlace, CommandKind::kCancel, CommandKind::kReplace, CommandKind::kReduce,
        CommandKind::kQueryOrder, CommandKind::kQueryOpenOrders}) {
    for (const std::uint64_t venue_id : {0u, 99u}) {
      Command c = command(kind);
      c.venue_id = VenueOrderId(venue_id);
      const std::string text = encoded(encoder, c);
      EXPECT_THAT(text, HasSubstr(R"("apiKey":"the-key")"));
      EXPECT_THAT(text,
                  HasSubstr(R"("signature":")" + expected_signature(text, *made.signer) + "\"}}"));
    }
  }
}

TEST(BinanceEncoder, AllocatesNothingAlsoWhenItSigns) {
  Signer::Made made = Signer::from_secret(SecretText("secret"));
  RequestEncoder encoder(kInstruments, {}, "the-key", made.signer.get());
  std::array<char, RequestEncoder::kBytesMax> out;
  const std::uint64_t before = thread_hot_path_allocations();
  {
    const SealedScope sealed;
    for (int i = 0; i < 100; ++i) encoder.encode(command(CommandKind::kReplace), 1, 1, out);
  }
  EXPECT_EQ(thread_hot_path_allocations(), before);
}

TEST(BinanceTextWriter, WritesExactlyTheDecimalsAsked) {
  const auto text = [](std::int64_t value, int places) {
    std::array<char, 40> room;
    TextWriter out(room);
    out.decimal(value, places);
    return std::string(out.view());
  };
  EXPECT_EQ(text(2'341'610'000'000, 2), "23416.10");
  EXPECT_EQ(text(1'000, 5), "0.00001");
  EXPECT_EQ(text(1, 8), "0.00000001");
  EXPECT_EQ(text(500'000'000, 0), "5");
  EXPECT_EQ(text(9'223'372'036'854'775'807, 8), "92233720368.54775807");
}

TEST(BinanceTextWriter, RemembersThatSomethingDidNotFit) {
  std::array<char, 4> room;
  TextWriter out(room);
  out.text("abc");
  EXPECT_FALSE(out.overflowed());
  out.decimal(100'000'000, 2);
  EXPECT_TRUE(out.overflowed());
}

TEST(BinanceTextWriter, KnowsTheDecimalsOfAStep) {
  EXPECT_EQ(decimal_places(Amount(1'000'000)), 2);
  EXPECT_EQ(decimal_places(Amount(1)), 8);
  EXPECT_EQ(decimal_places(Amount(5'000'000)), 2);  // 0.05
  EXPECT_EQ(decimal_places(Amount(100'000'000)), 0);
  EXPECT_EQ(decimal_places(Amount(1'000'000'000)), 0);  // ten
}

TEST(BinanceInFlight, FindsEachRequestOnceAndNeverAnOldOne) {
  InFlight table(2);
  PendingRequest& first = table.add();
  const std::uint64_t id = first.id;
  EXPECT_EQ(table.find(id), &first);
  table.remove(first);
  EXPECT_EQ(table.find(id), nullptr);
  PendingRequest& again = table.add();  // the same row
  EXPECT_NE(again.id, id);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(~std::uint64_t{0}), nullptr);
  table.add();
  EXPECT_EQ(table.room(), 0u);
  int count = 0;
  table.for_each([&](PendingRequest& row) {
    ++count;
    table.remove(row);
  });
  EXPECT_EQ(count, 2);
  EXPECT_EQ(table.room(), 2u);
}

}  // namespace
}  // namespace mm::binance::orders
