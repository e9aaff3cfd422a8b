// A feed that is behind skips whole books that newer ones already follow, and nothing else.
#include <gtest/gtest.h>

#include "feeds/binance/book_head.h"
#include "tests/live_feed_harness.h"

namespace mm::binance {
namespace {

using test::diff_text;
using test::LiveFeedHarness;
using test::snapshot_text;
using test::stream_text;

// Its best bid is its id, in cents above 100.
std::string book_text(std::uint64_t id, std::string_view symbol = "btcusdt") {
  return stream_text(
      std::string(symbol) + "@depth20@100ms",
      snapshot_text(id, fmt::format(R"(["{}.{:02}","1"],["99.00","2"])", 100 + id / 100, id % 100),
                    R"(["107.00","1"],["108.00","2"])"));
}
std::string trade_text(std::uint64_t id) {
  return stream_text(
      "btcusdt@trade",
      fmt::format(R"({{"e":"trade","E":1672515782136000,"s":"BTCUSDT","t":{},"p":"100.50",)"
                  R"("q":"2","T":1672515782136000,"m":true,"M":true}})",
                  id));
}

TEST(BookHead, NamesStreamAndIdOfAWholeBook) {
  const std::string text = book_text(17);
  EXPECT_EQ(book_head(text).id, 17u);
  EXPECT_TRUE(book_head(book_text(18)).is_newer_than(book_head(text)));
  EXPECT_FALSE(book_head(book_text(17)).is_newer_than(book_head(text)));
  EXPECT_FALSE(book_head(book_text(18, "ethusdt")).is_newer_than(book_head(text)));
  EXPECT_FALSE(book_head(stream_text("btcusdt@depth5@100ms", snapshot_text(18)))
                   .is_newer_than(book_head(text)));
}

TEST(BookHead, KnowsNothingElse) {
  for (const std::string& text :
       {diff_text(1, 2), trade_text(1), snapshot_text(1), std::string(),
        std::string(R"({"stream":"btcusdt@depth20)"),
        std::string(R"({"stream":"btcusdt@depth20","data":{"lastUpdateId":)"),
        std::string(R"({"stream":"btcusdt@depth20","data":{"lastUpdateId":12)"),
        std::string(R"({"stream":"btcusdt@depth20","data":{"lastUpdateId":-12,)"),
        std::string(R"({"stream":"btcusdt@depth20","data":{"lastUpdateId":99999999999999999999,)"),
        std::string(R"({"stream":"btcusdt@depth20","data":{"lastUpdateId":"12")")}) {
    EXPECT_TRUE(book_head(text).stream.empty()) << text;
  }
}

TEST(SkipRuns, LetSoManyOfAStreamInARowBeSkipped) {
  SkipRuns runs(2);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < SkipRuns::kLongest; ++i) {
      EXPECT_TRUE(runs.skip("btcusdt@depth20"));
      EXPECT_TRUE(runs.skip("ethusdt@depth20"));
    }
    EXPECT_FALSE(runs.skip("btcusdt@depth20"));
    EXPECT_FALSE(runs.skip("ethusdt@depth20"));
  }
}

TEST(SkipRuns, ReadWhatNobodySubscribedTo) {
  SkipRuns runs(1);
  int skipped = 0;
  for (int i = 0; i < 1'000; ++i) skipped += runs.skip("stream " + std::to_string(i)) ? 1 : 0;
  EXPECT_LE(skipped, 16);
}

class SupersededBooks : public testing::Test, protected LiveFeedHarness {
 protected:
  SupersededBooks() : SupersededBooks(std::vector<std::string>{"BTCUSDT", "ETHUSDT"}) {}
  explicit SupersededBooks(const std::vector<std::string>& symbols) : LiveFeedHarness(symbols) {
    options.depth = DepthKind::kTop20;
  }

  // All of it is in the socket before the feed looks again.
  void bring(const std::vector<std::string>& texts) {
    const std::size_t before = streams.sent(0);
    for (const std::string& text : texts) streams.send(0, text);
    while (streams.sent(0) < before + texts.size()) std::this_thread::yield();
  }
  std::uint64_t superseded() { return feed().counters().books_superseded; }
  std::uint64_t applied() { return feed().feed_counters().partials_applied; }
};

TEST_F(SupersededBooks, AreCountedAndEverythingElseIsRead) {
  start();
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (std::uint64_t id = 1; id <= 40; ++id) {
    texts.push_back(book_text(id));
    if (id % 4 == 0) texts.push_back(trade_text(id));
  }
  bring(texts);
  ASSERT_TRUE(until_id(40));
  ASSERT_TRUE(until([&] { return feed().feed_counters().trades == 10; }));
  EXPECT_EQ(superseded() + applied(), 40u);
  EXPECT_GE(superseded(), 30u) << "behind after a few messages";
  EXPECT_EQ(book().touch().bid, Ticks(10'040));
}

TEST_F(SupersededBooks, AreNeverMoreThanSoManyInARow) {
  start();
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (std::uint64_t id = 1; id <= 330; ++id) texts.push_back(book_text(id));
  bring(texts);
  ASSERT_TRUE(until_id(330));
  EXPECT_EQ(superseded() + applied(), 330u);
  EXPECT_GE(applied(), 10u) << "a stream that never pauses would leave the core without a book";
}

TEST_F(SupersededBooks, AreOfTheSameStreamAndOlder) {
  start();
  ASSERT_TRUE(until_connected(1));
  bring({book_text(20), book_text(5, "ethusdt"), book_text(15), book_text(6, "ethusdt")});
  ASSERT_TRUE(until_id(20));
  ASSERT_TRUE(until_id(6, 1));
  EXPECT_EQ(book(0).update_id().v, 20u);
  EXPECT_LE(superseded(), 1u) << "the first of ETHUSDT, at most";
}

// Whose books come in turn, so that every so-and-so-manyth is always of the same stream.
class SupersededBooksOf : public SupersededBooks, public testing::WithParamInterface<int> {
 protected:
  static constexpr int kBooks = 200;  // a stream

  SupersededBooksOf() : SupersededBooks(symbols()) {}
  static std::vector<std::string> symbols() {
    std::vector<std::string> all;
    for (int i = 0; i < GetParam(); ++i) all.push_back(fmt::format("C{}USDT", i));
    return all;
  }
};

TEST_P(SupersededBooksOf, AreReadOfEachStreamNowAndThen) {
  start();
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (int id = 1; id <= kBooks; ++id) {
    for (int i = 0; i < GetParam(); ++i) {
      texts.push_back(book_text(static_cast<std::uint64_t>(id), fmt::format("c{}usdt", i)));
    }
  }
  bring(texts);
  reading = false;  // here
  std::vector<int> read(static_cast<std::size_t>(GetParam()));
  std::vector<std::uint64_t> longest(read.size()), last(read.size());
  ASSERT_TRUE(until([&] {
    Event e;
    while (ring().try_pop(e)) {
      if (e.kind != EventKind::kBookBegin) continue;
      ++read[e.instrument];
      const std::uint64_t id = e.book.last_id.v;
      longest[e.instrument] = std::max(longest[e.instrument], id - last[e.instrument]);
      last[e.instrument] = id;
    }
    return std::ranges::all_of(last, [](std::uint64_t id) { return id == kBooks; });
  }));
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_LE(longest[i], SkipRuns::kLongest + 1u) << "stream " << i << " of " << GetParam();
    EXPECT_LT(read[i], kBooks / 2) << "stream " << i << " of " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(StreamsInTurn, SupersededBooksOf, testing::Values(1, 2, 3, 7, 11));

TEST_F(SupersededBooks, AreReadOnRequest) {
  options.skip_superseded = false;
  start();
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (std::uint64_t id = 1; id <= 40; ++id) texts.push_back(book_text(id));
  bring(texts);
  ASSERT_TRUE(until_id(40));
  EXPECT_EQ(superseded(), 0u);
  EXPECT_EQ(applied(), 40u);
}

TEST_F(SupersededBooks, WhatWasReadAheadIsNotLostWithTheConnection) {
  start();
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (std::uint64_t id = 1; id <= 20; ++id) texts.push_back(book_text(id));
  for (std::uint64_t id = 1; id <= 50; ++id) texts.push_back(trade_text(id));
  bring(texts);
  streams.close(0);
  ASSERT_TRUE(until([&] { return feed().counters().sockets_ended == 1; }));
  EXPECT_EQ(superseded() + applied(), 20u);
  EXPECT_EQ(feed().feed_counters().trades, 50u);
}

TEST_F(SupersededBooks, GoToTheRecorderAllTheSame) {
  struct Collected final : RawTap {
    std::size_t count = 0;
    void on_raw(Nanos, std::string_view) override { ++count; }
  } tap;
  start(&tap);
  ASSERT_TRUE(until_connected(1));
  std::vector<std::string> texts;
  for (std::uint64_t id = 1; id <= 40; ++id) texts.push_back(book_text(id));
  bring(texts);
  ASSERT_TRUE(until_id(40));
  EXPECT_EQ(tap.count, 40u);
}

}  // namespace
}  // namespace mm::binance
