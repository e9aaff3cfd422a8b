#include "feeds/capture/capture_feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/decimal.h"
#include "feeds/binance/exchange_info.h"
#include "feeds/capture/capture_scan.h"
#include "tests/feed_test_support.h"

namespace mm {
namespace {

using binance::Venue;
using test::gzip;
using test::TempFiles;

constexpr std::int64_t kBase = 1'723'161'254'024'000'000;

std::string at(std::int64_t offset, std::string_view json) {
  return fmt::format("{} {}\n", kBase + offset, json);
}
std::string spot_diff(std::string_view symbol, int first, int last, std::string_view bids = "") {
  return fmt::format(
      R"({{"e":"depthUpdate","E":1672515782136,"s":"{}","U":{},"u":{},"b":[{}],"a":[]}})", symbol,
      first, last, bids);
}
std::string spot_ticker(std::string_view symbol, int id, std::string_view bid) {
  return fmt::format(R"({{"u":{},"s":"{}","b":"{}","B":"1.5","a":"999999","A":"2"}})", id, symbol,
                     bid);
}
std::string usdm_diff(std::string_view symbol, int first, int last, int previous) {
  return fmt::format(R"({{"e":"depthUpdate","E":1,"T":1,"s":"{}","U":{},"u":{},"pu":{},)"
                     R"("b":[["5.5","2"]],"a":[]}})",
                     symbol, first, last, previous);
}
std::string snapshot(int id, std::string_view bids) {
  return fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[]}})", id, bids);
}

struct Seen {
  std::string kinds;  // b: book message, s: snapshot, x: stale, t: trade, k: ticker
  std::vector<Nanos> times;
};
Seen walk(CaptureFeed& feed, InstrumentId only = 0) {
  Seen seen;
  EventBatch batch;
  Nanos time;
  while (feed.next(time, batch)) {
    seen.times.push_back(time);
    for (const Event& e : batch.events()) {
      if (e.instrument != only) continue;
      if (e.kind == EventKind::kBookBegin) seen.kinds += (e.flags & kFlagSnapshot) ? 's' : 'b';
      if (e.kind == EventKind::kBookStale) seen.kinds += 'x';
      if (e.kind == EventKind::kTrade) seen.kinds += 't';
      if (e.kind == EventKind::kBookTicker) seen.kinds += 'k';
    }
  }
  return seen;
}
std::unique_ptr<CaptureFeed> open(const std::vector<std::string>& files) {
  CaptureOptions options;
  options.files = files;
  CaptureFeed::Opened opened = CaptureFeed::open(options);
  EXPECT_EQ(opened.error, "");
  return std::move(opened.feed);
}
std::string open_error(const std::vector<std::string>& files, const char* symbol = "") {
  CaptureOptions options;
  options.files = files;
  options.symbol = symbol;
  CaptureFeed::Opened opened = CaptureFeed::open(options);
  EXPECT_EQ(opened.feed, nullptr);
  return opened.error;
}

TEST(CaptureScan, InfersTickAndLotFromAllNumbers) {
  const TempFiles files;
  const CaptureScan scan = scan_captures(
      {files.write("a", at(0, snapshot(10, R"(["100.25","3.2"],["100.10","0.4"])")) +
                            at(1, spot_diff("ETHUSDT", 11, 12, R"(["99.85","0.00000000"])")) +
                            at(2, spot_ticker("ETHUSDT", 12, "100.25")))});
  ASSERT_EQ(scan.error, "");
  ASSERT_EQ(scan.instruments.size(), 1u);
  const ScannedInstrument& i = scan.instruments[0];
  EXPECT_EQ(i.spec.symbol(), "ETHUSDT");
  EXPECT_EQ(std::string_view(i.spec.base_text.data()), "ETH");
  EXPECT_EQ(std::string_view(i.spec.quote_text.data()), "USDT");
  EXPECT_EQ(decimal_text(i.spec.tick.v), "0.05");
  EXPECT_EQ(decimal_text(i.spec.lot.v), "0.1");
  EXPECT_TRUE(i.spec.is_spot);
  EXPECT_FALSE(i.spec.book_includes_own);
  EXPECT_EQ(i.diffs, 1u);
  EXPECT_EQ(i.snapshots, 1u);
  EXPECT_TRUE(i.has_book);
  EXPECT_EQ(decimal_text(i.price_low.v), "100.25");
  EXPECT_EQ(scan.first.v, kBase);
  EXPECT_EQ(scan.last.v, kBase + 2);
}

TEST(CaptureScan, KnowsAUsdmCaptureByItsMessages) {
  const TempFiles files;
  const CaptureScan scan = scan_captures({files.write(
      "a", at(0, usdm_diff("BTCUSDT", 1, 2, 0)) + at(1, usdm_diff("BTCUSDT", 5, 6, 2)))});
  ASSERT_EQ(scan.instruments.size(), 1u);
  EXPECT_EQ(scan.files[0].venue, Venue::kUsdm);
  EXPECT_FALSE(scan.instruments[0].spec.is_spot);
  EXPECT_TRUE(scan.instruments[0].spec.rules.modify_in_place);
  EXPECT_FALSE(scan.has_book()) << "differences alone are no book";
}

// An aggTrade of USD-M has nothing that one of spot does not have.
TEST(CaptureScan, AnInstrumentWhoseFirstMessagesDoNotTellTheVenueIsOne) {
  const TempFiles files;
  const std::string trade =
      R"({"e":"aggTrade","E":1,"s":"BTCUSDT","a":1,"p":"5.5","q":"1","T":1,"m":true})";
  const std::string book =
      at(1, R"({"lastUpdateId":3,"E":1,"T":1,"bids":[["5.5","1"]],"asks":[]})") +
      at(2, usdm_diff("BTCUSDT", 2, 5, 1));
  const std::string trades = files.write("trades", at(0, trade)),
                    books = files.write("books", book);
  for (const std::vector<std::string>& captures :
       {std::vector{files.write("both", at(0, trade) + book)}, {trades, books}, {books, trades}}) {
    const CaptureScan scan = scan_captures(captures);
    ASSERT_EQ(scan.instruments.size(), 1u);
    EXPECT_EQ(scan.instruments[0].venue, Venue::kUsdm);
    EXPECT_TRUE(scan.has_book());
    const auto feed = open(captures);
    EXPECT_EQ(walk(*feed).kinds, "tsb");
    EXPECT_EQ(feed->problems().count(FeedProblem::kUnknownSymbol), 0u);
  }
}

TEST(CaptureScan, OtherFormsAreNamed) {
  const TempFiles files;
  struct Case {
    const char *text, *expected;
  };
  for (const Case& c :
       {Case{"wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.53\n", "OKX"},
        Case{"{\"topic\":\"orderbook.500.XRPUSDT\",\"type\":\"snapshot\"}\n", "Bybit"},
        Case{"1723161254024000000 {\"topic\":\"orderbook.50.X\",\"data\":{}}\n", "Bybit"},
        Case{"{\"t\":\"header\",\"format\":2,\"exchange\":\"BYBIT\"}\n", "Bybit"},
        Case{"https://api.binance.com/api -> 1633998512.32: {}\n", "cryptofeed"},
        Case{"{\"u\":1,\"s\":\"X\"}\n", "without a receive time"},
        Case{"# Some prose\nmore\n", "not a Binance capture;"},
        Case{"", "not a Binance capture;"}}) {
    const std::string error = open_error({files.write("a", c.text)});
    EXPECT_NE(error.find("not a Binance capture"), std::string::npos) << error;
    EXPECT_NE(error.find(c.expected), std::string::npos) << error;
  }
}

TEST(CaptureFeed, FindsItsInstrumentsAndSaysWhereUnitsCameFrom) {
  const TempFiles files;
  const auto feed = open({files.write("a", at(0, snapshot(10, R"(["100.25","3.2"])")) +
                                               at(1, spot_diff("ETHUSDT", 11, 12)) +
                                               at(2, spot_diff("ETHUSDT", 13, 14)))});
  ASSERT_NE(feed, nullptr);
  ASSERT_EQ(feed->instruments().size(), 1u);
  ASSERT_EQ(feed->notes().size(), 1u);
  EXPECT_EQ(feed->notes()[0],
            "ETHUSDT: tick 100.25 and lot 3.2 inferred from the capture (1 prices; 1 quantities)");
  EXPECT_EQ(feed->units()[0], feed->notes()[0]);
  EXPECT_FALSE(feed->had_book());
  EXPECT_EQ(walk(*feed).kinds, "sbb");
  EXPECT_TRUE(feed->had_book());
  EXPECT_EQ(feed->lines(), 3u);
  EXPECT_EQ(feed->bytes_read(), feed->bytes_total());
}

TEST(CaptureFeed, SaysOnceThatItsConnectionIsUp) {
  const TempFiles files;
  const auto feed = open({files.write(
      "a", at(0, snapshot(10, R"(["100.25","3.2"])")) + at(1, spot_diff("ETHUSDT", 11, 12)))});
  ASSERT_NE(feed, nullptr);
  EventBatch batch;
  Nanos time;
  std::vector<int> ups;
  while (feed->next(time, batch)) {
    ups.push_back(0);
    for (const Event& e : batch.events()) {
      if (e.kind == EventKind::kFeedStatus) ups.back() += e.feed.up;
    }
  }
  EXPECT_EQ(ups, (std::vector{1, 0}));
}

TEST(CaptureFeed, ConfiguredUnitsAreTakenAsTheyAre) {
  const TempFiles files;
  CaptureOptions options;
  options.files = {files.write("a", at(0, snapshot(10, R"(["100.25","3.2"])")) +
                                        at(1, spot_diff("ETHUSDT", 11, 12, R"(["100.255","1"])")))};
  options.configure = [](Instrument& i) {
    i.tick = Amount(1'000'000);
    i.lot = Amount(10'000'000);
  };
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_TRUE(opened.feed->notes().empty());
  EXPECT_EQ(opened.feed->units()[0], "ETHUSDT: tick 0.01 and lot 0.1 from config");
  EXPECT_EQ(walk(*opened.feed).kinds, "s");
  EXPECT_EQ(opened.feed->problems().count(FeedProblem::kOffGrid), 1u);
  EXPECT_EQ(opened.feed->problems().bad_lines(), 1u);
}

constexpr std::string_view kExchangeInfo =
    R"({"timezone":"UTC","symbols":[{"symbol":"ETHUSDT","status":"TRADING","baseAsset":"ETH",)"
    R"("quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01000000",)"
    R"("maxPrice":"1000000.00000000","tickSize":"0.01000000"},{"filterType":"LOT_SIZE",)"
    R"("minQty":"0.00010000","maxQty":"9000.00000000","stepSize":"0.00010000"},)"
    R"({"filterType":"MARKET_LOT_SIZE","minQty":"0.0","maxQty":"1600.5","stepSize":"0.00000000"},)"
    R"({"filterType":"NOTIONAL","minNotional":"5.00000000","maxNotional":"9000000.0"},)"
    R"({"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":12}]},)"
    R"({"symbol":"OFFUSDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.00000000"}]},)"
    R"({"symbol":"BTCUSDT","contractType":"PERPETUAL","filters":[{"minPrice":"556.72",)"
    R"("maxPrice":"1000000","filterType":"PRICE_FILTER","tickSize":"0.10"},{"stepSize":"0.001",)"
    R"("filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001"},)"
    R"({"notional":"5","filterType":"MIN_NOTIONAL"}]}]})";

TEST(ExchangeInfo, ReadsFiltersOfBothVenues) {
  const binance::ExchangeInfo info = binance::parse_exchange_info(kExchangeInfo);
  ASSERT_EQ(info.error, "");
  const Instrument* const eth = info.find("ETHUSDT", true);
  ASSERT_NE(eth, nullptr);
  EXPECT_EQ(eth->tick.v, 1'000'000);
  EXPECT_EQ(eth->lot.v, 10'000);
  EXPECT_EQ(eth->price_min.v, 1);
  EXPECT_EQ(eth->price_max.v, 100'000'000);
  EXPECT_EQ(eth->lots_max.v, 90'000'000);
  EXPECT_EQ(eth->notional_min, Money(5 * kMoneyScale));
  EXPECT_EQ(eth->rules.amends_per_order_max, 12);
  EXPECT_EQ(std::string_view(eth->base_text.data()), "ETH");
  const Instrument* const btc = info.find("BTCUSDT", false);
  ASSERT_NE(btc, nullptr);
  EXPECT_EQ(btc->price_min.v, 5'568) << "rounded up to a tick";
  EXPECT_EQ(btc->notional_min, Money(5 * kMoneyScale));
  EXPECT_TRUE(btc->rules.modify_in_place);
  EXPECT_EQ(info.find("BTCUSDT", true), nullptr);
  EXPECT_EQ(info.find("OFFUSDT", true)->tick.v, 0) << "a disabled filter";
}

TEST(ExchangeInfo, ReadsFilesPlainPackedAndRecorded) {
  const TempFiles files;
  const std::string recorded = "https://api.binance.com/api/v3/exchangeInfo -> 1633998511.13: " +
                               std::string(kExchangeInfo) + "\nconfiguration: {\"trades\":[]}\n";
  for (const std::string& bytes :
       {std::string(kExchangeInfo), gzip(kExchangeInfo), recorded, gzip(recorded)}) {
    const binance::ExchangeInfo info = binance::read_exchange_info(files.write("info", bytes));
    EXPECT_EQ(info.error, "");
    EXPECT_EQ(info.instruments.size(), 3u);
  }
}

TEST(ExchangeInfo, SaysWhatIsWrong) {
  const TempFiles files;
  const std::string packed = gzip(kExchangeInfo);
  for (const std::string& bytes : {std::string("nothing"), std::string("{\"symbols\":[{]}"),
                                   std::string("{\"a\":1}"), packed.substr(0, packed.size() / 2)})
    EXPECT_NE(binance::read_exchange_info(files.write("info", bytes)).error, "") << bytes;
  EXPECT_NE(binance::read_exchange_info("/no/such/file").error.find("/no/such/file"),
            std::string::npos);
}

TEST(CaptureFeed, UnitsComeFromExchangeInfoIfTheyFitTheCapture) {
  const TempFiles files;
  const std::string fits = files.write(
      "fits", at(0, snapshot(10, R"(["100.25","3.2"])")) + at(1, spot_diff("ETHUSDT", 11, 12)));
  const std::string finer = files.write(
      "finer", at(0, snapshot(10, R"(["100.255","3.2"])")) + at(1, spot_diff("ETHUSDT", 11, 12)));
  CaptureOptions options;
  options.exchange_info_file = files.write("info", kExchangeInfo);
  options.files = {fits};
  CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->instruments()[0].tick.v, 1'000'000);
  EXPECT_EQ(opened.feed->instruments()[0].notional_min, Money(5 * kMoneyScale));
  EXPECT_EQ(opened.feed->units()[0], "ETHUSDT: tick 0.01 and lot 0.0001 from exchangeInfo");
  options.files = {finer};
  opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  ASSERT_EQ(opened.feed->notes().size(), 2u);
  EXPECT_NE(opened.feed->notes()[0].find("does not fit"), std::string::npos);
  EXPECT_EQ(walk(*opened.feed).kinds, "sb");
  options.exchange_info_file = "/no/such/file";
  EXPECT_NE(CaptureFeed::open(options).error, "");
}

// Two far orders that are older than the lot: exchangeInfo is right, and the book loses nothing.
TEST(CaptureFeed, AFewQuantitiesOffTheLotDoNotOverruleExchangeInfo) {
  const TempFiles files;
  std::string text = at(0, snapshot(10, R"(["100.25","3.2"],["50","2292.22972"])"));
  for (int i = 11; i <= 300; ++i)
    text += at(i, spot_diff("ETHUSDT", i, i, R"(["100.25","0.0003"])"));
  text += at(301, spot_diff("ETHUSDT", 301, 301, R"(["49","47.50196"])"));
  CaptureOptions options;
  options.exchange_info_file = files.write("info", kExchangeInfo);
  options.files = {files.write("a", text)};
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->units()[0], "ETHUSDT: tick 0.01 and lot 0.0001 from exchangeInfo");
  walk(*opened.feed);
  EXPECT_EQ(opened.feed->counters().diffs_applied, 291u);
  EXPECT_EQ(opened.feed->counters().gaps, 0u);
  EXPECT_EQ(opened.feed->problems().count(FeedProblem::kOffGrid), 2u);
}

TEST(CaptureFeed, AUnitOfTheConfigStandsBesideOneThatIsFoundElsewhere) {
  const TempFiles files;
  CaptureOptions options;
  options.files = {files.write(
      "a", at(0, snapshot(10, R"(["100.255","3.2"])")) + at(1, spot_diff("ETHUSDT", 11, 12)))};
  options.configure = [](Instrument& i) { i.tick = Amount(500'000); };
  CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->units()[0],
            "ETHUSDT: tick 0.005 from config, lot 3.2 inferred from the capture "
            "(1 prices; 1 quantities)");
  options.exchange_info_file = files.write("info", kExchangeInfo);
  opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->units()[0],
            "ETHUSDT: tick 0.005 from config, lot 0.0001 from exchangeInfo");
  EXPECT_EQ(opened.feed->notes().size(), 1u) << "whether its own tick would fit is not asked";
}

// A line or two of another symbol, without a book, are no instrument unless it is asked for.
TEST(CaptureFeed, AStrayLineOfAnotherSymbolMakesNoInstrument) {
  const TempFiles files;
  CaptureOptions options;
  options.files = {files.write(
      "a", at(0, snapshot(10, R"(["100.25","3.2"])")) + at(1, spot_diff("ETHUSDT", 11, 12)) +
               at(2, spot_diff("DOGEUSDT", 5, 6)) + at(3, spot_diff("ETHUSDT", 13, 14)))};
  options.named = [](std::string_view symbol) { return symbol == "BTCUSDT"; };
  CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  ASSERT_EQ(opened.feed->instruments().size(), 1u);
  EXPECT_EQ(opened.feed->instruments()[0].symbol(), "ETHUSDT");
  EXPECT_NE(
      opened.feed->notes().back().find("DOGEUSDT: left out, the captures hold 1 messages of it"),
      std::string::npos)
      << opened.feed->notes().back();
  walk(*opened.feed);
  EXPECT_EQ(opened.feed->problems().count(FeedProblem::kUnknownSymbol), 1u);
  options.named = [](std::string_view symbol) { return symbol == "DOGEUSDT"; };
  opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->instruments().size(), 2u) << "it is asked for";
}

TEST(CaptureFeed, OneSymbolWithoutABookIsStillAnInstrument) {
  const TempFiles files;
  CaptureOptions options;
  options.files = {files.write("a", at(2, spot_diff("DOGEUSDT", 5, 6)))};
  options.named = [](std::string_view) { return false; };
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->instruments().size(), 1u);
}

TEST(CaptureFeed, ThatIsDamagedFromItsBeginningIsSaidToBe) {
  const TempFiles files;
  std::string packed = gzip(at(0, snapshot(10, R"(["100.25","3.2"])")));
  for (std::size_t i = 10; i < 20; ++i) packed[i] = static_cast<char>(0xff);
  EXPECT_NE(open_error({files.write("a", packed)}).find("corrupt gzip"), std::string::npos);
}

// The finest step that is seen is the tick; that a single price of hundreds asks for it is said,
// wherever it stands.
TEST(CaptureFeed, AStrayPriceDoesNotDecideTheTickSilently) {
  const TempFiles files;
  const std::string stray =
      at(0, R"({"e":"trade","s":"ETHUSDT","t":1,"p":"20.00000001","q":"1","m":true})");
  std::string market;
  for (int i = 1; i <= 300; ++i)
    market += at(i, spot_diff("ETHUSDT", i, i, fmt::format(R"(["20.{:02}","0.5"])", i % 100)));
  for (const std::string& text : {stray + market, market + stray}) {
    const auto feed = open({files.write("a", text)});
    EXPECT_EQ(feed->instruments()[0].tick.v, 1);
    ASSERT_EQ(feed->notes().size(), 1u);
    EXPECT_EQ(feed->notes()[0],
              "ETHUSDT: tick 0.00000001 and lot 0.5 inferred from the capture (301 prices, only 1 "
              "with more than 2 decimals; 301 quantities)");
  }
  EXPECT_EQ(open({files.write("a", market)})->notes()[0],
            "ETHUSDT: tick 0.01 and lot 0.5 inferred from the capture (300 prices; 300 "
            "quantities)");
}

TEST(CaptureFeed, MergesInstrumentsAndVenuesByReceiveTime) {
  const TempFiles files;
  const std::string spot = files.write(
      "spot", at(0, snapshot(10, R"(["100","1"])")) + at(4, spot_diff("BTCUSDT", 11, 12)));
  const std::string usdm = files.write(
      "usdm", at(1, usdm_diff("BTCUSDT", 1, 5, 0)) +
                  at(2, R"({"lastUpdateId":3,"E":1,"T":1,"bids":[["5.5","1"]],"asks":[]})") +
                  at(3, usdm_diff("BTCUSDT", 9, 11, 5)));
  const auto feed = open({usdm, spot});
  ASSERT_EQ(feed->instruments().size(), 2u);
  EXPECT_FALSE(feed->instruments()[0].is_spot);
  EXPECT_TRUE(feed->instruments()[1].is_spot);
  const Seen seen = walk(*feed);
  EXPECT_EQ(seen.kinds, "sbb");
  EXPECT_TRUE(std::is_sorted(seen.times.begin(), seen.times.end()));
  EXPECT_EQ(walk(*open({usdm, spot}), 1).kinds, "sb");
}

TEST(CaptureFeed, TheNextFileContinuesTheBookOrResynchronisesIt) {
  const TempFiles files;
  const std::string first =
      files.write("1", at(0, snapshot(10, R"(["100","1"])")) + at(1, spot_diff("ETHUSDT", 11, 12)));
  const std::string next = files.write("2", at(10, spot_diff("ETHUSDT", 13, 14)));
  const std::string late = files.write(
      "3", at(20, spot_diff("ETHUSDT", 20, 21)) + at(21, snapshot(20, R"(["100","1"])")));
  EXPECT_EQ(walk(*open({first, next})).kinds, "sbb");
  EXPECT_EQ(walk(*open({late, next, first})).kinds, "sbbxsb");
}

TEST(CaptureFeed, ASymbolMayBePickedOutOfSeveral) {
  const TempFiles files;
  const std::string both = files.write(
      "a", at(0, spot_ticker("ETHUSDT", 5, "100")) + at(1, spot_ticker("BTCUSDT", 5, "60000")) +
               at(2, snapshot(5, R"(["60000","1"])")) + at(3, snapshot(7, R"(["100","1"])")));
  CaptureOptions options;
  options.files = {both};
  options.symbol = "ETHUSDT";
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  ASSERT_EQ(opened.error, "");
  EXPECT_EQ(opened.feed->instruments().size(), 1u);
  EXPECT_EQ(walk(*opened.feed).kinds, "ks") << "the other symbol's snapshot is not taken for ours";
  EXPECT_EQ(opened.feed->problems().count(FeedProblem::kUnknownSymbol), 0u);
  EXPECT_EQ(
      std::ranges::count(opened.feed->notes(), "BTCUSDT: left out, only ETHUSDT is asked for"), 1);
  EXPECT_NE(open_error({both}, "DOGEUSDT").find("DOGEUSDT"), std::string::npos);
}

// Behind more lines than any look at the beginning of a capture takes in; with and without units.
TEST(CaptureFeed, AnInstrumentThatFirstAppearsLateIsKnownFromTheStart) {
  const TempFiles files;
  std::string text = at(0, snapshot(10, R"(["100","1"])"));
  int id = 11;
  for (; id < 30'000; ++id) text += at(id, spot_diff("ETHUSDT", id, id));
  text += at(id, spot_ticker("BTCUSDT", 7, "60000"));
  text += at(id + 1, snapshot(7, R"(["60000","1"])"));
  text += at(id + 2, spot_diff("BTCUSDT", 8, 8));
  for (const std::int64_t unit : {0, 1'000'000}) {
    CaptureOptions options;
    options.files = {files.write("a", text)};
    options.configure = [unit](Instrument& i) { i.tick = i.lot = Amount(unit); };
    const CaptureFeed::Opened opened = CaptureFeed::open(options);
    ASSERT_EQ(opened.error, "");
    ASSERT_EQ(opened.feed->instruments().size(), 2u);
    EXPECT_EQ(walk(*opened.feed, 1).kinds, "ksb") << "and its snapshot is not the first one's";
    EXPECT_EQ(opened.feed->counters().gaps, 0u);
  }
}

TEST(CaptureFeed, EachKindOfProblemIsCountedAndSaidOnce) {
  const TempFiles files;
  const std::string text = at(0, snapshot(10, R"(["100","1"])")) +
                           at(1, spot_diff("ETHUSDT", 11, 12)) + at(2, "{broken") +
                           at(3, "{\"e\":\"trade\"") + "no time\n" +
                           at(4, R"({"e":"neverHeardOf"})") +
                           at(5, R"({"e":"trade","s":"ETHUSDT","t":1,"p":"-1","q":"1","m":true})") +
                           at(6, spot_diff("ETHUSDT", 13, 14)) + "172316125402400";
  const auto feed = open({files.write("a", text)});
  EXPECT_EQ(walk(*feed).kinds, "sbb");
  std::vector<std::string> said;
  const auto say = [&](FeedProblem p, std::string_view where) {
    said.push_back(fmt::format("{} {}", name(p), where));
  };
  feed->problems().take_unsaid(say);
  ASSERT_EQ(said.size(), 5u);
  feed->problems().take_unsaid(say);
  EXPECT_EQ(said.size(), 5u) << "never twice";
  EXPECT_NE(said[0].find("a:5"), std::string::npos) << said[0];
  EXPECT_EQ(feed->problems().count(FeedProblem::kBadJson), 2u);
  EXPECT_EQ(feed->problems().count(FeedProblem::kUnknownMessage), 1u);
  EXPECT_EQ(feed->problems().count(FeedProblem::kCutLine), 1u);
  EXPECT_EQ(feed->problems().bad_lines(), 5u);
}

TEST(CaptureFeed, SaysWhyItCannotStart) {
  EXPECT_EQ(open_error({}), "no capture is named");
  EXPECT_NE(open_error({"/no/such/capture"}).find("cannot be opened"), std::string::npos);
  const TempFiles files;
  EXPECT_NE(open_error({files.write("a", at(0, R"({"result":null,"id":1})"))}), "");
}

}  // namespace
}  // namespace mm
