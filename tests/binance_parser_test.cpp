#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "feeds/binance/parser.h"
#include "tests/feed_test_support.h"

namespace mm::binance {
namespace {

using test::Padded;

// Payloads of Binance's public documentation.
constexpr std::string_view kSpotDiff =
    R"({"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,)"
    R"("b":[["0.0024","10"]],"a":[["0.0026","100"]]})";
constexpr std::string_view kUsdmDiff =
    R"({"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","ps":"BTCUSDT","st":1,)"
    R"("U":157,"u":160,"pu":149,"b":[["0.0024","10"]],"a":[["0.0026","100"]]})";
constexpr std::string_view kTrade =
    R"({"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",)"
    R"("T":1672515782136,"m":true,"M":true})";
constexpr std::string_view kAggTrade =
    R"({"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100",)"
    R"("f":100,"l":105,"T":1672515782136,"m":true,"M":true})";
constexpr std::string_view kSpotTicker =
    R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000",)"
    R"("a":"25.36520000","A":"40.66000000"})";
constexpr std::string_view kUsdmTicker =
    R"({"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT",)"
    R"("b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000","st":1})";
constexpr std::string_view kPartial =
    R"({"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]})";
constexpr std::string_view kSnapshot =
    R"({"lastUpdateId":2731179239,"bids":[["0.01379900","3.43200000"],)"
    R"(["0.01379800","3.24300000"]],"asks":[["0.01380000","5.91700000"],)"
    R"(["0.01380100","6.01400000"]]})";

std::string enveloped(std::string_view stream, std::string_view data) {
  return R"({"stream":")" + std::string(stream) + R"(","data":)" + std::string(data) + "}";
}

class BinanceParser : public testing::Test {
 protected:
  FeedProblem parse(std::string_view text) {
    text_.emplace(text);
    return parser_.parse(text_->text());
  }
  const Message& parsed(std::string_view text) {
    EXPECT_EQ(parse(text), FeedProblem::kNone) << parser_.detail() << " in " << text;
    return parser_.message();
  }

  Parser parser_{std::size_t{1} << 20};
  std::optional<Padded> text_;  // what the message points into
};

TEST_F(BinanceParser, ReadsASpotDifference) {
  const Message& m = parsed(kSpotDiff);
  EXPECT_EQ(m.kind, MessageKind::kDepthDiff);
  EXPECT_EQ(m.venue, Venue::kSpot);
  EXPECT_EQ(m.symbol, "BNBBTC");
  EXPECT_EQ(m.first_id, 157u);
  EXPECT_EQ(m.last_id, 160u);
  EXPECT_FALSE(m.has_previous);
  EXPECT_EQ(m.exchange_time.v, 1'672'515'782'136'000'000);
  ASSERT_EQ(m.bids.size(), 1u);
  EXPECT_EQ(m.bids[0].price, 240'000);
  EXPECT_EQ(m.bids[0].quantity, 10 * kAmountScale);
  ASSERT_EQ(m.asks.size(), 1u);
  EXPECT_EQ(m.asks[0].price, 260'000);
}

TEST_F(BinanceParser, ReadsAUsdmDifferenceWithItsPredecessor) {
  const Message& m = parsed(kUsdmDiff);
  EXPECT_EQ(m.kind, MessageKind::kDepthDiff);
  EXPECT_EQ(m.venue, Venue::kUsdm);
  EXPECT_TRUE(m.has_previous);
  EXPECT_EQ(m.previous_id, 149u);
  EXPECT_EQ(m.exchange_time.v, 123'456'788'000'000) << "the transaction's time, not the event's";
}

TEST_F(BinanceParser, ReadsTradesAndWhoseAggressionTheyWere) {
  const Message& m = parsed(kTrade);
  EXPECT_EQ(m.kind, MessageKind::kTrade);
  EXPECT_EQ(m.trade_id, 12'345u);
  EXPECT_EQ(m.price, 100'000);
  EXPECT_EQ(m.quantity, 100 * kAmountScale);
  EXPECT_TRUE(m.aggressor_sold) << "the buyer was the maker";
  EXPECT_EQ(parsed(kAggTrade).kind, MessageKind::kAggTrade);
  EXPECT_EQ(parser_.message().trade_id, 12'345u);
}

TEST_F(BinanceParser, OrderIdsOfOldTradesAreNotTradeIds) {
  const Message& m =
      parsed(R"({"e":"trade","E":1499405254326,"s":"ETHBTC","t":12345,"p":"0.001","q":"100",)"
             R"("b":88,"a":50,"T":1499405254324,"m":false,"M":true})");
  EXPECT_EQ(m.kind, MessageKind::kTrade);
  EXPECT_EQ(m.trade_id, 12'345u);
  EXPECT_FALSE(m.aggressor_sold);
}

TEST_F(BinanceParser, UsdmTradesThatNoBookSawAreIgnored) {
  EXPECT_EQ(parsed(R"({"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":5,"p":"0","q":"0",)"
                   R"("X":"INSURANCE_FUND","m":true})")
                .kind,
            MessageKind::kIgnored);
  EXPECT_EQ(parsed(R"({"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":5,"p":"1","q":"1",)"
                   R"("X":"MARKET","m":true})")
                .kind,
            MessageKind::kTrade);
}

TEST_F(BinanceParser, ReadsTickersOfBothVenues) {
  const Message& spot = parsed(kSpotTicker);
  EXPECT_EQ(spot.kind, MessageKind::kBookTicker);
  EXPECT_EQ(spot.venue, Venue::kSpot);
  EXPECT_EQ(spot.last_id, 400'900'217u);
  EXPECT_EQ(spot.bid.price, 2'535'190'000);
  EXPECT_EQ(spot.bid.quantity, 3'121'000'000);
  EXPECT_EQ(spot.ask.price, 2'536'520'000);
  EXPECT_EQ(spot.ask.quantity, 4'066'000'000);
  EXPECT_EQ(spot.exchange_time.v, 0);
  const Message& usdm = parsed(kUsdmTicker);
  EXPECT_EQ(usdm.kind, MessageKind::kBookTicker);
  EXPECT_EQ(usdm.venue, Venue::kUsdm);
  EXPECT_EQ(usdm.exchange_time.v, 1'568'014'460'891'000'000);
}

TEST_F(BinanceParser, ASnapshotAndASpotPartialBookDifferOnlyInTheirStream) {
  const Message& rest = parsed(kSnapshot);
  EXPECT_EQ(rest.kind, MessageKind::kSnapshot);
  EXPECT_EQ(rest.last_id, 2'731'179'239u);
  EXPECT_EQ(rest.bids.size(), 2u);
  EXPECT_EQ(rest.asks[1].price, 1'380'100);
  EXPECT_TRUE(rest.symbol.empty());
  EXPECT_EQ(parsed(kPartial).kind, MessageKind::kSnapshot);
  for (const char* stream : {"bnbbtc@depth5", "bnbbtc@depth10@100ms", "bnbbtc@depth20@100ms"}) {
    const Message& partial = parsed(enveloped(stream, kPartial));
    EXPECT_EQ(partial.kind, MessageKind::kPartialDepth) << stream;
    EXPECT_EQ(partial.stream_symbol, "bnbbtc");
    EXPECT_EQ(partial.last_id, 160u);
  }
}

TEST_F(BinanceParser, AUsdmPartialBookIsADifferenceUnderAnotherStream) {
  const std::string partial = enveloped("btcusdt@depth20@100ms", kUsdmDiff);
  EXPECT_EQ(parsed(partial).kind, MessageKind::kPartialDepth);
  EXPECT_EQ(parsed(enveloped("btcusdt@depth@100ms", kUsdmDiff)).kind, MessageKind::kDepthDiff);
  EXPECT_EQ(parsed(enveloped("btcusdt@depth", kUsdmDiff)).kind, MessageKind::kDepthDiff);
}

TEST_F(BinanceParser, BlanksAndTheOrderOfFieldsDoNotMatter) {
  const Message& rest =
      parsed(R"({ "lastUpdateId" : 7 , "E": 1680652700590, "T": 1680652700580, )"
             R"("bids": [ [ "28145.10", "3.818" ] , ["28145.00", "0.413"] ], "asks": [ ] })");
  EXPECT_EQ(rest.kind, MessageKind::kSnapshot);
  EXPECT_EQ(rest.venue, Venue::kUsdm);
  EXPECT_EQ(rest.bids.size(), 2u);
  const Message& diff =
      parsed(R"({"data":{"a":[["3","1"]],"b":[],"u":9,"new":{"deep":[1,{"x":"}"}]},"U":8,)"
             R"("s":"ETHUSDT","E":1672515782136,"e":"depthUpdate"},"stream":"ethusdt@depth"})");
  EXPECT_EQ(diff.kind, MessageKind::kDepthDiff);
  EXPECT_EQ(diff.first_id, 8u);
  EXPECT_EQ(diff.asks.size(), 1u);
  EXPECT_TRUE(diff.bids.empty());
  EXPECT_EQ(parsed(R"({"data":)" + std::string(kPartial) + R"(,"stream":"x@depth5"})").kind,
            MessageKind::kPartialDepth);
}

TEST_F(BinanceParser, KnownMessagesOfNoUseAreNoProblem) {
  for (const std::string_view text : {
           std::string_view(R"({"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1.2345678912"})"),
           std::string_view(R"({"e":"kline","E":1,"s":"BNBBTC","k":{"t":1,"T":2,"o":"0.001"}})"),
           std::string_view(R"({"e":"24hrTicker","E":1,"s":"BNBBTC","p":"-0.0015","b":"0.1"})"),
           std::string_view(R"({"e":"avgPrice","E":1693907033000,"s":"BTCUSDT","i":"5m",)"
                            R"("w":"25776.86000000","T":1693907032213})"),
           std::string_view(R"({"e":"blockTrade","E":1772506983582,"s":"BNBBTC","t":582,)"
                            R"("p":"0.052","q":"5838","T":1772506983321,"m":true})"),
           std::string_view(R"({"e":"referencePrice","s":"BAZUSD","r":"1.00","t":1770313263917})"),
           std::string_view(R"({"e":"referencePrice","s":"BAZUSD","r":null,"t":1770313263917})"),
           std::string_view(R"({"result":null,"id":1})"),
           std::string_view(R"({"result":["btcusdt@aggTrade"],"id":3})"),
           std::string_view(R"({"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker"}]})"),
       })
    EXPECT_EQ(parsed(text).kind, MessageKind::kIgnored) << text;
}

TEST_F(BinanceParser, AServerThatShutsDownIsHeard) {
  for (const std::string_view text :
       {R"({"e":"serverShutdown","E":1770123456789})",
        R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})"})
    EXPECT_EQ(parsed(text).kind, MessageKind::kServerShutdown) << text;
}

TEST_F(BinanceParser, TheResultOfADepthRequestIsASnapshot) {
  const Message& m =
      parsed(R"({"id":"51e2affb","status":200,"result":)" + std::string(kSnapshot) + "}");
  EXPECT_EQ(m.kind, MessageKind::kSnapshot);
  EXPECT_EQ(m.last_id, 2'731'179'239u);
}

TEST_F(BinanceParser, ErrorMessagesAndUnknownOnesAreToldApart) {
  for (const std::string_view refusal :
       {R"({"code":0,"msg":"Unknown property","id":2})",
        R"({"code":2,"msg":"Invalid request: too many parameters"})",
        R"({"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"})"}) {
    EXPECT_EQ(parse(refusal), FeedProblem::kVenueError) << refusal;
  }
  EXPECT_EQ(parse(R"({"e":"somethingNew","E":1,"s":"BTCUSDT"})"), FeedProblem::kUnknownMessage);
  EXPECT_EQ(parser_.detail(), "somethingNew");
  EXPECT_EQ(parse(R"({"topic":"orderbook.500.XRPUSDT","type":"snapshot","data":{"s":"X"}})"),
            FeedProblem::kUnknownMessage);
  EXPECT_EQ(parse("{}"), FeedProblem::kUnknownMessage);
}

struct BadCase {
  std::string_view text;
  FeedProblem problem;
};

TEST_F(BinanceParser, BrokenMessagesAreNamedByWhatIsBroken) {
  const std::vector<BadCase> cases{
      {"", FeedProblem::kBadJson},
      {"   ", FeedProblem::kBadJson},
      {"nonsense", FeedProblem::kBadJson},
      {"[1,2]", FeedProblem::kBadJson},
      {R"({"e":"trade")", FeedProblem::kBadJson},
      {R"({"e":"trade"}})", FeedProblem::kBadJson},
      {R"({"u":1,"s":"X"}{"u":2})", FeedProblem::kBadJson},
      {"{\"e\":\"tra\xff\xfe\"}", FeedProblem::kBadJson},
      {R"({"e":"trade","t":1,"p":"1","q":"1"})", FeedProblem::kMissingField},
      {R"({"e":"trade","p":"1","q":"1","m":true})", FeedProblem::kMissingField},
      {R"({"e":"depthUpdate","s":"X","U":1,"u":2,"b":[]})", FeedProblem::kMissingField},
      {R"({"e":"depthUpdate","s":"X","u":2,"b":[],"a":[]})", FeedProblem::kMissingField},
      {R"({"lastUpdateId":1,"bids":[]})", FeedProblem::kMissingField},
      {R"({"u":1,"s":"X","b":"1","B":"1","a":"1"})", FeedProblem::kMissingField},
      {R"({"e":"depthUpdate","U":1,"u":2,"b":[["1"]],"a":[]})", FeedProblem::kMissingField},
      {R"({"e":"trade","t":-1,"p":"1","q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1.5,"p":"1","q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":99999999999999999999,"p":"1","q":"1","m":true})",
       FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":"-1","q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":1.5,"q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":"1e3","q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":"","q":"1","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":"1","q":"999999999999","m":true})", FeedProblem::kBadNumber},
      {R"({"e":"trade","t":1,"p":"1","q":"1","m":"yes"})", FeedProblem::kBadNumber},
      {R"({"e":"depthUpdate","U":3,"u":2,"b":[],"a":[]})", FeedProblem::kBadNumber},
      {R"({"e":"depthUpdate","U":1,"u":2,"b":[["x","1"]],"a":[]})", FeedProblem::kBadNumber},
      {R"({"e":"depthUpdate","U":1,"u":2,"b":["1","1"],"a":[]})", FeedProblem::kBadNumber},
      {R"({"e":"depthUpdate","U":1,"u":2,"b":[[1,2]],"a":[]})", FeedProblem::kBadNumber},
  };
  for (const BadCase& c : cases)
    EXPECT_EQ(parse(c.text), c.problem) << c.text << " gave " << name(parse(c.text));
}

TEST_F(BinanceParser, MoreLevelsThanItHasRoomForAreRefusedWhole) {
  std::string text = R"({"lastUpdateId":1,"asks":[],"bids":[["1","1"])";
  for (std::size_t i = 0; i < Parser::kLevelsMax; ++i) text += R"(,["1","1"])";
  EXPECT_EQ(parse(text + "]}"), FeedProblem::kTooManyLevels);
}

TEST_F(BinanceParser, AMessageLargerThanAllowedIsRefused) {
  EXPECT_EQ(parse(R"({"e":")" + std::string(std::size_t{1} << 20, 'x') + R"("})"),
            FeedProblem::kBadJson);
}

TEST_F(BinanceParser, ATruncationAtAnyByteIsAProblemAndTheNextMessageIsRead) {
  for (const std::string_view whole :
       {kSpotDiff, kUsdmDiff, kTrade, kAggTrade, kSpotTicker, kUsdmTicker, kPartial, kSnapshot})
    for (const std::string& text : {std::string(whole), enveloped("bnbbtc@depth20", whole)}) {
      for (std::size_t length = 0; length < text.size(); ++length)
        ASSERT_EQ(parse(text.substr(0, length)), FeedProblem::kBadJson) << text.substr(0, length);
      ASSERT_EQ(parse(text), FeedProblem::kNone);
    }
}

RC_GTEST_FIXTURE_PROP(BinanceParser, AChangedByteNeverCrashes, ()) {
  const auto whole = *rc::gen::element(kSpotDiff, kUsdmDiff, kTrade, kSpotTicker, kSnapshot);
  std::string text(whole);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::arbitrary<char>();
  parse(text);
  RC_ASSERT(parse(whole) == FeedProblem::kNone);
}

}  // namespace
}  // namespace mm::binance
