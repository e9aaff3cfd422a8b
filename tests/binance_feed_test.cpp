#include "feeds/binance/binance_feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/market.h"
#include "tests/feed_test_support.h"

namespace mm::binance {
namespace {

using test::make_instrument;
using test::Padded;
using Levels = std::vector<std::pair<std::string, std::string>>;

std::string json(const Levels& levels) {
  std::string text = "[";
  for (const auto& [price, quantity] : levels)
    text += fmt::format("{}[\"{}\",\"{}\"]", text.size() > 1 ? "," : "", price, quantity);
  return text + "]";
}
std::string snapshot(std::uint64_t id, const Levels& bids, const Levels& asks) {
  return fmt::format(R"({{"lastUpdateId":{},"bids":{},"asks":{}}})", id, json(bids), json(asks));
}
std::string diff(std::uint64_t first, std::uint64_t last, const Levels& bids = {},
                 const Levels& asks = {}, std::string_view symbol = "ETHUSDT") {
  return fmt::format(
      R"({{"e":"depthUpdate","E":1672515782136,"s":"{}","U":{},"u":{},"b":{},"a":{}}})", symbol,
      first, last, json(bids), json(asks));
}
std::string usdm_diff(std::uint64_t first, std::uint64_t last, std::uint64_t previous,
                      const Levels& bids = {}) {
  return fmt::format(
      R"({{"e":"depthUpdate","E":1672515782136,"T":1672515782130,"s":"ETHUSDT","U":{},"u":{},)"
      R"("pu":{},"b":{},"a":[]}})",
      first, last, previous, json(bids));
}
std::string partial(std::uint64_t id, const Levels& bids, std::string_view symbol = "ethusdt") {
  return fmt::format(R"({{"stream":"{}@depth20@100ms","data":{}}})", symbol,
                     snapshot(id, bids, {}));
}
std::string ticker(std::uint64_t id) {
  return fmt::format(R"({{"u":{},"s":"ETHUSDT","b":"99.5","B":"1","a":"100.5","A":"2"}})", id);
}
std::string trade(std::uint64_t id, const char* price = "100.5", const char* kind = "trade") {
  const bool aggregate = std::string_view(kind) == "aggTrade";
  return fmt::format(
      R"({{"e":"{}","E":1672515782136,"s":"ETHUSDT","{}":{},"p":"{}","q":"2","T":1672515782135,)"
      R"("m":true,"M":true}})",
      kind, aggregate ? "a" : "t", id, price);
}

class BinanceFeedTest : public testing::Test {
 protected:
  explicit BinanceFeedTest(Venue venue = Venue::kSpot, std::size_t batch = 8192)
      : batch_(batch),
        feed_(instruments(venue == Venue::kSpot),
              FeedOptions{.venue = venue,
                          .message_bytes_max = std::size_t{1} << 20,
                          .buffered_levels = std::size_t{1} << 15,
                          .buffered_diffs = 1024,
                          .tickers_once = true}) {}

  static std::vector<FeedInstrument> instruments(bool is_spot) {
    return {{.id = 7, .spec = make_instrument("ETHUSDT", 1'000'000, 10'000, is_spot)},
            {.id = 9, .spec = make_instrument("BTCUSDT", 10'000'000, 100'000, is_spot)}};
  }
  std::span<const Event> send(std::string_view text, InstrumentId nameless = 7) {
    text_.emplace(text);
    batch_.clear();
    problem_ = feed_.on_message(Nanos(1'000), text_->text(), batch_, nameless);
    return batch_.events();
  }
  static std::string kinds(std::span<const Event> events) {
    std::string text;
    for (const Event& e : events)
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name(e.kind), e.sequence);
    return text;
  }

  std::optional<Padded> text_;  // what the feed's last words point into
  EventBatch batch_;
  BinanceFeed feed_;
  FeedProblem problem_{FeedProblem::kNone};
};

TEST_F(BinanceFeedTest, ASnapshotTravelsAsBeginAndLevelsOfOneSideEach) {
  const auto events = send(
      snapshot(100, {{"10.00", "1"}, {"9.99", "2"}, {"9.98", "3"}, {"9", "4"}}, {{"10.01", "5"}}));
  ASSERT_EQ(events.size(), 4u);
  const Event& begin = events[0];
  EXPECT_EQ(begin.kind, EventKind::kBookBegin);
  EXPECT_EQ(begin.flags, kFlagSnapshot);
  EXPECT_EQ(begin.instrument, 7);
  EXPECT_EQ(begin.sequence, 1u);
  EXPECT_EQ(begin.received.v, 1'000);
  EXPECT_EQ(begin.book.last_id.v, 100u);
  EXPECT_EQ(begin.book.level_count, 5u);
  EXPECT_EQ(events[1].levels.count, 3);
  EXPECT_EQ(events[1].side(), Side::kBuy);
  EXPECT_EQ(events[1].levels.ticks[0], 1'000);
  EXPECT_EQ(events[1].levels.lots[2], 30'000);
  EXPECT_EQ(events[2].levels.count, 1);
  EXPECT_FALSE(events[2].last());
  EXPECT_EQ(events[3].side(), Side::kSell);
  EXPECT_TRUE(events[3].last());
  for (const Event& e : events) EXPECT_EQ(e.sequence, 1u);
}

TEST_F(BinanceFeedTest, AMessageWithoutLevelsIsABeginThatIsLast) {
  send(snapshot(100, {}, {}));
  const auto events = send(diff(101, 105));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].last());
  EXPECT_EQ(events[0].book.first_id.v, 101u);
  EXPECT_EQ(events[0].book.exchange_time.v, 1'672'515'782'136'000'000);
}

TEST_F(BinanceFeedTest, DifferencesWaitForTheSnapshotAndFollowIt) {
  EXPECT_TRUE(send(diff(95, 99)).empty());
  EXPECT_TRUE(send(diff(100, 104, {{"10", "0"}})).empty());
  EXPECT_TRUE(feed_.needs_snapshot(7));
  EXPECT_EQ(kinds(send(snapshot(101, {{"10", "1"}}, {}))),
            "book_begin:1 book_levels:1 book_begin:2 book_levels:2");
  EXPECT_FALSE(feed_.needs_snapshot(7));
  EXPECT_EQ(kinds(send(diff(105, 106))), "book_begin:3");
  EXPECT_EQ(feed_.counters().diffs, 3u);
  EXPECT_EQ(feed_.counters().diffs_applied, 2u);
}

TEST_F(BinanceFeedTest, ASnapshotBeforeTheFirstDifferenceIsABookAtOnce) {
  EXPECT_EQ(kinds(send(snapshot(100, {{"10", "1"}}, {}))), "book_begin:1 book_levels:1");
  EXPECT_TRUE(send(diff(90, 100)).empty()) << "already in the snapshot";
  EXPECT_EQ(kinds(send(diff(99, 101))), "book_begin:2");
}

TEST_F(BinanceFeedTest, AStaleSnapshotIsSaidAndMakesNothing) {
  send(diff(200, 210));
  EXPECT_TRUE(send(snapshot(150, {{"10", "1"}}, {})).empty());
  EXPECT_EQ(problem_, FeedProblem::kStaleSnapshot);
  EXPECT_FALSE(send(snapshot(205, {{"10", "1"}}, {})).empty());
}

TEST_F(BinanceFeedTest, AGapIsStaleOnceAndALaterSnapshotResynchronises) {
  send(snapshot(100, {{"10", "1"}}, {}));
  EXPECT_EQ(kinds(send(diff(103, 105))), "book_stale:2");
  EXPECT_TRUE(feed_.needs_snapshot(7));
  EXPECT_TRUE(send(diff(106, 110)).empty());
  EXPECT_TRUE(send(diff(120, 125)).empty()) << "another hole while waiting";
  EXPECT_EQ(kinds(send(snapshot(121, {{"10", "1"}}, {}))),
            "book_begin:3 book_levels:3 book_begin:4");
  EXPECT_EQ(feed_.counters().gaps, 1u);
  EXPECT_EQ(feed_.counters().resyncs, 1u);
}

TEST_F(BinanceFeedTest, ABadDifferenceIsDroppedWholeAndBreaksTheChain) {
  send(snapshot(100, {{"10", "1"}}, {}));
  EXPECT_TRUE(send(diff(101, 102, {{"10", "2"}, {"10.005", "1"}})).empty());
  EXPECT_EQ(problem_, FeedProblem::kOffGrid);
  EXPECT_TRUE(send(diff(101, 102, {{"30000000000", "1"}})).empty());
  EXPECT_EQ(problem_, FeedProblem::kBadNumber);
  EXPECT_TRUE(send(diff(101, 102, {{"0", "1"}})).empty());
  EXPECT_EQ(problem_, FeedProblem::kBadNumber);
  EXPECT_EQ(kinds(send(diff(103, 104))), "book_stale:2");
}

// Orders older than a lot's last change rest far out and stay: the book goes on with them.
TEST_F(BinanceFeedTest, AQuantityOffTheLotIsRoundedDownButNeverToNothing) {
  const auto lots_of = [](std::span<const Event> events) {
    const BookLevels& levels = events[1].levels;
    return std::vector<std::int64_t>{levels.lots[0], levels.lots[1]};
  };
  EXPECT_EQ(lots_of(send(snapshot(100, {{"10", "1.00019"}, {"9", "0.00001"}}, {}))),
            (std::vector<std::int64_t>{10'001, 1}))
      << "what rests there is there";
  EXPECT_EQ(problem_, FeedProblem::kOffGrid) << "counted and said";
  EXPECT_EQ(lots_of(send(diff(101, 102, {{"10", "2.00015"}, {"9", "0"}}))),
            (std::vector<std::int64_t>{20'001, 0}));
  EXPECT_EQ(problem_, FeedProblem::kOffGrid);
  EXPECT_EQ(kinds(send(diff(103, 104, {{"10", "1"}}))), "book_begin:3 book_levels:3");
  EXPECT_EQ(problem_, FeedProblem::kNone);
  EXPECT_EQ(feed_.counters().gaps, 0u);
}

TEST_F(BinanceFeedTest, TradesCarryPriceSizeAndAggressor) {
  const auto events = send(trade(5));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::kTrade);
  EXPECT_EQ(events[0].sequence, 0u);
  EXPECT_EQ(events[0].side(), Side::kSell);
  EXPECT_EQ(events[0].trade.ticks, 10'050);
  EXPECT_EQ(events[0].trade.lots.v, 20'000);
  EXPECT_EQ(events[0].trade.trade_id.v, 5u);
  EXPECT_EQ(events[0].trade.exchange_time.v, 1'672'515'782'135'000'000);
}

TEST_F(BinanceFeedTest, ATradeIsToldOnceThoughTwoStreamsOrFilesTellIt) {
  EXPECT_EQ(send(trade(5)).size(), 1u);
  EXPECT_TRUE(send(trade(5)).empty());
  EXPECT_TRUE(send(trade(4)).empty());
  EXPECT_TRUE(send(trade(900, "100.5", "aggTrade")).empty()) << "the same news as trade";
  EXPECT_EQ(send(trade(6)).size(), 1u);
  EXPECT_EQ(feed_.counters().trades, 2u);
  EXPECT_EQ(feed_.counters().trades_repeated, 3u);
}

TEST_F(BinanceFeedTest, ATradeOffTheGridIsNotRounded) {
  EXPECT_TRUE(send(trade(5, "100.505")).empty());
  EXPECT_EQ(problem_, FeedProblem::kOffGrid);
  EXPECT_TRUE(send(trade(6, "0")).empty());
  EXPECT_EQ(problem_, FeedProblem::kBadNumber);
}

TEST_F(BinanceFeedTest, TickersComeWithOrWithoutABook) {
  const auto events =
      send(R"({"u":42,"s":"BTCUSDT","b":"25.4","B":"31.21","a":"25.5","A":"0.001"})");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::kBookTicker);
  EXPECT_EQ(events[0].instrument, 9);
  EXPECT_EQ(events[0].ticker.update_id.v, 42u);
  EXPECT_EQ(events[0].ticker.bid_ticks, 254);
  EXPECT_EQ(events[0].ticker.ask_ticks, 255);
  EXPECT_EQ(events[0].ticker.bid_lots.v, 31'210);
  EXPECT_EQ(events[0].ticker.ask_lots.v, 1);
}

TEST_F(BinanceFeedTest, OtherSymbolsAreCountedAsUnknown) {
  EXPECT_TRUE(send(diff(1, 2, {}, {}, "DOGEUSDT")).empty());
  EXPECT_EQ(problem_, FeedProblem::kUnknownSymbol);
  EXPECT_EQ(feed_.detail(), "DOGEUSDT");
  EXPECT_TRUE(send(partial(5, {{"1", "1"}}, "dogeusdt")).empty());
  EXPECT_EQ(problem_, FeedProblem::kUnknownSymbol);
  EXPECT_TRUE(send(partial(5, {{"1", "1"}}, std::string(200, 'a'))).empty());
  EXPECT_EQ(problem_, FeedProblem::kUnknownSymbol);
}

TEST_F(BinanceFeedTest, PartialBooksAreSnapshotsUntilThereIsAWholeBook) {
  EXPECT_EQ(kinds(send(partial(100, {{"10", "1"}}))), "book_begin:1 book_levels:1");
  EXPECT_EQ(batch_.events()[0].flags, kFlagSnapshot);
  EXPECT_EQ(batch_.events()[0].instrument, 7);
  EXPECT_TRUE(send(diff(101, 103)).empty()) << "nothing is known behind the top";
  EXPECT_TRUE(send(partial(99, {{"10", "1"}})).empty()) << "older";
  EXPECT_EQ(kinds(send(partial(104, {{"10", "1"}}))), "book_begin:2 book_levels:2");
  EXPECT_EQ(kinds(send(snapshot(102, {{"10", "1"}}, {}))),
            "book_begin:3 book_levels:3 book_begin:4");
  EXPECT_TRUE(send(partial(110, {{"10", "1"}})).empty());
  EXPECT_EQ(feed_.counters().partials_applied, 2u);
  EXPECT_EQ(feed_.counters().resyncs, 0u);
}

TEST_F(BinanceFeedTest, ASnapshotWithoutASymbolGoesWhereItFits) {
  send(diff(1'000, 1'005, {{"10", "1"}}));
  send(diff(5'000, 5'005, {{"300", "1"}}, {}, "BTCUSDT"));
  send(snapshot(5'003, {{"300", "1"}}, {}), kBestFit);
  ASSERT_FALSE(batch_.empty());
  EXPECT_EQ(batch_.events()[0].instrument, 9);
  send(snapshot(1'003, {{"10", "1"}}, {}), kOnlyInstrument);
  ASSERT_FALSE(batch_.empty());
  EXPECT_EQ(batch_.events()[0].instrument, 7);
  EXPECT_TRUE(send(snapshot(1'004, {{"77", "1"}}, {}), kBestFit).empty());
  EXPECT_EQ(problem_, FeedProblem::kUnplacedSnapshot);
  EXPECT_TRUE(send(snapshot(1'010, {{"10", "1"}}, {}), kNotOurs).empty());
  EXPECT_EQ(problem_, FeedProblem::kUnplacedSnapshot);
}

TEST_F(BinanceFeedTest, ALostReaderGetsTheNextSnapshotOnly) {
  send(snapshot(100, {{"10", "1"}}, {}));
  feed_.resync(7);
  EXPECT_TRUE(feed_.needs_snapshot(7));
  EXPECT_TRUE(send(diff(101, 105)).empty());
  EXPECT_EQ(kinds(send(snapshot(103, {{"10", "1"}}, {}))),
            "book_begin:2 book_levels:2 book_begin:3");
  EXPECT_EQ(feed_.counters().resyncs, 1u);
}

class BinanceUsdmFeed : public BinanceFeedTest {
 protected:
  BinanceUsdmFeed() : BinanceFeedTest(Venue::kUsdm) {}
};

TEST_F(BinanceUsdmFeed, FollowsThePredecessorNotTheNumbers) {
  send(usdm_diff(90, 99, 85));
  send(usdm_diff(103, 110, 99));
  EXPECT_EQ(kinds(send(snapshot(105, {{"10", "1"}}, {}))),
            "book_begin:1 book_levels:1 book_begin:2");
  EXPECT_EQ(kinds(send(usdm_diff(140, 150, 110))), "book_begin:3") << "ids have holes";
  EXPECT_EQ(kinds(send(usdm_diff(151, 160, 149))), "book_stale:4") << "pu is not the last u";
  EXPECT_EQ(feed_.counters().gaps, 1u);
}

TEST_F(BinanceUsdmFeed, ADifferenceWithoutPredecessorIsIncomplete) {
  send(snapshot(100, {{"10", "1"}}, {}));
  send(diff(101, 102));
  EXPECT_EQ(problem_, FeedProblem::kMissingField);
}

class BinanceSmallBatch : public BinanceFeedTest {
 protected:
  BinanceSmallBatch() : BinanceFeedTest(Venue::kSpot, 8) {}
};

TEST_F(BinanceSmallBatch, WhatDoesNotFitIsDroppedWholeAndTheBookIsStale) {
  Levels many;
  for (int i = 1; i <= 30; ++i) many.emplace_back(std::to_string(i), "1");
  EXPECT_EQ(kinds(send(snapshot(100, many, {}))), "book_stale:1");
  EXPECT_EQ(problem_, FeedProblem::kBatchFull);
  EXPECT_TRUE(feed_.needs_snapshot(7));
  EXPECT_EQ(kinds(send(snapshot(101, {{"10", "1"}}, {}))), "book_begin:2 book_levels:2");
}

TEST_F(BinanceSmallBatch, ABacklogIsDrainedBatchByBatchInOrder) {
  for (std::uint64_t id = 101; id < 120; ++id) send(diff(id, id, {{"10", "1"}}));
  EXPECT_EQ(kinds(send(snapshot(100, {{"10", "1"}}, {}))),
            "book_begin:1 book_levels:1 book_begin:2 book_levels:2 book_begin:3 book_levels:3");
  EXPECT_TRUE(feed_.has_backlog());
  std::uint32_t expected = 4;
  send(diff(120, 120, {{"10", "1"}}));  // joins the queue
  for (; !batch_.empty(); batch_.clear(), feed_.drain(batch_))
    for (const Event& e : batch_.events())
      if (e.kind == EventKind::kBookBegin) {
        EXPECT_EQ(e.sequence, expected);
        EXPECT_EQ(e.book.last_id.v, 97u + expected++ + 2);
      }
  EXPECT_FALSE(feed_.has_backlog());
  EXPECT_EQ(feed_.counters().diffs_applied, 20u);
  EXPECT_EQ(kinds(send(diff(121, 121))), "book_begin:22");
}

// A venue that numbers its updates, loses messages, and sends snapshots now and then.
RC_GTEST_FIXTURE_PROP(BinanceFeedTest, TheCoresBookIsTheVenuesWheneverItIsInSync, ()) {
  std::map<int, int> bids;  // the venue's: price, quantity
  Market market(Market::Config{});
  std::uint64_t id = 1'000;
  const auto apply = [&](std::span<const Event> events) {
    for (const Event& e : events) market.on(e);
  };
  for (int step = 0; step < 60; ++step) {
    const std::uint64_t first = id + 1;
    id += *rc::gen::inRange<std::uint64_t>(1, 4);
    Levels changed;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      const int price = *rc::gen::inRange(1, 12), quantity = *rc::gen::inRange(0, 5);
      if (quantity == 0)
        bids.erase(price);
      else
        bids[price] = quantity;
      changed.emplace_back(std::to_string(price), std::to_string(quantity));
    }
    const int fate = *rc::gen::inRange(0, 10);
    if (fate != 0) apply(send(diff(first, id, changed)));
    if (fate == 1) {
      Levels all;
      for (const auto& [price, quantity] : bids)
        all.emplace_back(std::to_string(price), std::to_string(quantity));
      apply(send(snapshot(id, all, {})));
    }
    RC_ASSERT(market.counters().sequence_breaks == 0u);
    if (!market.synced() || fate == 0) continue;
    RC_ASSERT(market.update_id().v == id);
    RC_ASSERT(market.book().levels(Side::kBuy) == bids.size());
    for (const auto& [price, quantity] : bids)
      RC_ASSERT(market.book().lots_at(Side::kBuy, Ticks(price * 100)).v == quantity * 10'000);
  }
}

TEST_F(BinanceFeedTest, NewsOfATwinConnectionIsUsedOnce) {
  EXPECT_EQ(send(ticker(20)).size(), 1u);
  EXPECT_TRUE(send(ticker(20)).empty());
  EXPECT_TRUE(send(ticker(19)).empty()) << "older";
  EXPECT_EQ(send(partial(30, {{"1", "1"}})).size(), 2u);
  EXPECT_TRUE(send(partial(30, {{"1", "1"}})).empty());
  EXPECT_EQ(send(trade(5)).size(), 1u);
  EXPECT_TRUE(send(trade(5)).empty());
  EXPECT_EQ(feed_.counters().tickers_repeated, 2u);
}

TEST_F(BinanceFeedTest, TradesAheadOfTheOthersAreLeftToThem) {
  send(trade(5));
  feed_.set_joining(true);
  EXPECT_TRUE(send(trade(8)).empty()) << "6 and 7 are still to come from the old connection";
  EXPECT_EQ(send(trade(6)).size(), 1u) << "the very next one is fine";
  feed_.set_joining(false);
  EXPECT_EQ(send(trade(7)).size(), 1u);
  EXPECT_EQ(send(trade(8)).size(), 1u);
}

TEST_F(BinanceFeedTest, SaysWhatAMessageWasAbout) {
  send(trade(5));
  EXPECT_EQ(feed_.arrival().instrument, 7);
  EXPECT_EQ(feed_.arrival().kind, MessageKind::kTrade);
  EXPECT_EQ(feed_.arrival().id, 5u);
  send(diff(1, 2));
  EXPECT_EQ(feed_.arrival().id, 2u);
  send("{\"e\":\"serverShutdown\",\"E\":1770123456789}");
  EXPECT_EQ(feed_.arrival().kind, MessageKind::kServerShutdown);
  EXPECT_EQ(feed_.arrival().instrument, kNotOurs);
  send(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})");
  EXPECT_EQ(feed_.arrival().kind, MessageKind::kServerShutdown);
}

TEST_F(BinanceFeedTest, ANamedSnapshotFindsItsBook) {
  const auto events =
      send(R"({"stream":"btcusdt@snapshot","data":)" + snapshot(5, {}, {}) + "}", kOnlyInstrument);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].instrument, 9);
  EXPECT_EQ(events[0].flags, kFlagSnapshot | kFlagLast);
}

TEST_F(BinanceFeedTest, LosingABookTellsItsReader) {
  send(snapshot(10, {}, {}));
  send(diff(11, 11));
  EXPECT_TRUE(feed_.is_proven(7));
  EXPECT_EQ(feed_.book_id(7), 11u);
  batch_.clear();
  feed_.lose(7, Nanos(5), batch_);
  ASSERT_EQ(batch_.size(), 1u);
  EXPECT_EQ(batch_.events()[0].kind, EventKind::kBookStale);
  EXPECT_EQ(batch_.events()[0].sequence, 3u);
  EXPECT_TRUE(feed_.needs_snapshot(7));
  EXPECT_TRUE(send(diff(12, 12)).empty());
}

TEST_F(BinanceFeedTest, WhatWaitedBehindAHoleFollowsWhatFillsIt) {
  send(snapshot(10, {}, {}));
  feed_.set_gap_patience(Nanos(1'000'000));
  EXPECT_TRUE(send(diff(12, 12)).empty());
  EXPECT_EQ(kinds(send(diff(11, 11))), "book_begin:2 book_begin:3");
  EXPECT_EQ(feed_.book_id(7), 12u);
  EXPECT_EQ(feed_.counters().gaps, 0u);
}

}  // namespace
}  // namespace mm::binance
