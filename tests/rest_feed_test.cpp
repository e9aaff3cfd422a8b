#include "feeds/binance/rest_feed.h"

#include <gtest/gtest.h>

#include "tests/live_feed_harness.h"

namespace mm::binance {
namespace {

using test::ServedRequest;
using test::ServedResponse;
using test::snapshot_text;

constexpr std::string_view kTrades =
    R"([{"id":28457,"price":"100.00","qty":"12.00000000","quoteQty":"1200","time":1499865549590,)"
    R"("isBuyerMaker":true,"isBestMatch":true},{"id":28458,"price":"101.00","qty":"1",)"
    R"("quoteQty":"101","time":1499865549591,"isBuyerMaker":false,"isBestMatch":true}])";
constexpr std::string_view kAggTrades =
    R"([{"a":26129,"p":"100.50","q":"4.70443","f":27781,"l":27781,"T":1498793709153,"m":true,)"
    R"("M":true}])";

class RestFeedTest : public testing::Test {
 protected:
  RestFeedTest() {
    options.rest_url = rest.url();
    options.ca_file = scratch_.write("ca.pem", authority_.pem());
    options.poll_interval = 100 * kMillisecond;
    options.snapshot_levels = 100;
    books_and_trades(snapshot_text(5), std::string(kTrades));
  }
  void books_and_trades(const std::string& book, const std::string& trades) {
    rest.answer([=](const ServedRequest& r) {
      const bool depth = r.target.find("/depth") != std::string::npos;
      return ServedResponse{.status = 200, .body = depth ? book : trades};
    });
  }
  void start() {
    const std::vector<FeedInstrument> one{
        {.id = 0, .spec = test::make_instrument("BTCUSDT", 1'000'000, 1'000)}};
    feed_.emplace(options, one, ring_, pause_, &writer_, nullptr, &tap);
  }
  void pass(Nanos time, Nanos step = 10 * kMillisecond) {
    for (const Nanos end = now + time; now < end; now += step) {
      feed_->do_work(now);
      Event e;
      while (reading && ring_.try_pop(e)) take(e);
      log_.drain(now);
    }
  }
  std::uint64_t count(EventKind k) const { return kinds_[static_cast<std::size_t>(k)]; }
  std::string log_text() {
    log_.drain(now + 10 * kSecond);
    std::string all;
    for (const std::string& line : log_.tail()) all += line + "\n";
    return all;
  }

  struct Tap final : RawTap {
    void on_raw(Nanos, std::string_view text) override { texts.emplace_back(text); }
    std::vector<std::string> texts;
  };

 private:
  void take(const Event& e) {
    ++kinds_[static_cast<std::size_t>(e.kind)];
    if (e.kind == EventKind::kFeedStatus)
      up = e.feed.up != 0;
    else
      market.on(e);
  }
  test::Scratch scratch_;
  test::CertificateAuthority authority_;
  Log log_{""};
  LogWriter writer_{log_};
  std::array<std::uint64_t, static_cast<std::size_t>(EventKind::kCount)> kinds_{};

 protected:
  test::RestServer rest{authority_.issue()};
  LiveFeedOptions options;
  SpscRing<Event> ring_{1024};
  net::SharedRequestPause pause_;
  Tap tap;
  std::optional<RestFeed> feed_;
  Market market{Market::Config{}};
  Nanos now{1'700'000'040 * kSecond.v};  // a minute begins
  bool up = false, reading = true;
};

TEST_F(RestFeedTest, AsksForBooksAndTradesAtTheIntervalAndSendsNewsOnly) {
  start();
  pass(kSecond);
  EXPECT_TRUE(up);
  EXPECT_TRUE(market.synced());
  EXPECT_EQ(market.touch().bid, Ticks(10'000));
  EXPECT_EQ(count(EventKind::kBookBegin), 1u) << "unchanged books are no news";
  EXPECT_EQ(count(EventKind::kTrade), 2u) << "each trade once";
  EXPECT_EQ(rest.targets().size(), 20u) << "ten a second of each";
  EXPECT_EQ(rest.targets().at(0), "/api/v3/depth?symbol=BTCUSDT&limit=100");
  EXPECT_EQ(rest.targets().at(1), "/api/v3/trades?symbol=BTCUSDT&limit=500");
  books_and_trades(snapshot_text(6, R"(["100.50","1"])"), std::string(kTrades));
  pass(200 * kMillisecond);
  EXPECT_EQ(market.update_id().v, 6u);
  EXPECT_EQ(market.touch().bid, Ticks(10'050));
}

TEST_F(RestFeedTest, AggregateTradesToo) {
  options.trades = TradeKind::kAggTrade;
  books_and_trades(snapshot_text(5), std::string(kAggTrades));
  start();
  pass(300 * kMillisecond);
  EXPECT_EQ(rest.targets().at(1), "/api/v3/aggTrades?symbol=BTCUSDT&limit=500");
  EXPECT_EQ(count(EventKind::kTrade), 1u);
  EXPECT_EQ(market.last_trade_price(), Ticks(10'050));
}

TEST_F(RestFeedTest, WhatItSawCanBeRecorded) {
  start();
  pass(200 * kMillisecond);
  ASSERT_EQ(tap.texts.size(), 3u);
  EXPECT_EQ(tap.texts[0], test::stream_text("btcusdt@depth100", snapshot_text(5)));
  EXPECT_EQ(tap.texts[1], R"({"e":"trade","E":1499865549590,"s":"BTCUSDT","t":28457,"p":"100.00",)"
                          R"("q":"12.00000000","T":1499865549590,"m":true,"M":true})");
}

TEST_F(RestFeedTest, StaysWithinItsWeight) {
  options.weight_per_minute = 90;  // a book weighs 5, trades 25
  start();
  pass(50 * kSecond, 50 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 6u);
  pass(10 * kSecond, 50 * kMillisecond);
  const std::size_t first_minute = rest.targets().size();
  EXPECT_EQ(first_minute, 6u);
  pass(5 * kSecond, 50 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 12u) << "a new minute";
}

TEST_F(RestFeedTest, RefusalsSilenceItForAsLongAsTheVenueSays) {
  rest.answer([](const ServedRequest&) {
    return ServedResponse{.status = 418,
                          .body = R"({"code":-1003,"msg":"Way too many requests"})",
                          .headers = {{"Retry-After", "20"}}};
  });
  start();
  pass(19 * kSecond, 50 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 1u);
  EXPECT_NE(log_text().find("418: this address is banned"), std::string::npos) << log_text();
  books_and_trades(snapshot_text(5), "[]");
  pass(2 * kSecond, 50 * kMillisecond);
  EXPECT_TRUE(up);
}

TEST_F(RestFeedTest, KeepsAPauseThatSomebodyElseWasAskedFor) {
  start();
  pass(kSecond);
  const std::size_t before = rest.targets().size();
  pause_.on_status(429, now + 30 * kSecond, now);
  pass(29 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), before);
  pass(2 * kSecond);
  EXPECT_GT(rest.targets().size(), before);
}

TEST_F(RestFeedTest, ThreeMissingAnswersAreDown) {
  start();
  pass(300 * kMillisecond);
  ASSERT_TRUE(up);
  rest.answer([](const ServedRequest&) { return ServedResponse{.status = 502, .body = "<html>"}; });
  pass(kSecond);
  EXPECT_FALSE(up);
  EXPECT_NE(log_text().find("HTTP 502"), std::string::npos) << log_text();
  books_and_trades(snapshot_text(5), "[]");
  pass(300 * kMillisecond);
  EXPECT_TRUE(up);
}

TEST_F(RestFeedTest, AnUnknownSymbolIsNamed) {
  rest.answer([](const ServedRequest&) {
    return ServedResponse{.status = 400, .body = R"({"code":-1121,"msg":"Invalid symbol."})"};
  });
  start();
  pass(100 * kMillisecond);
  EXPECT_FALSE(up);
  EXPECT_NE(log_text().find("BTCUSDT: "), std::string::npos);
  EXPECT_NE(log_text().find("Invalid symbol"), std::string::npos) << log_text();
}

TEST_F(RestFeedTest, BrokenAnswersAreCountedAndSurvived) {
  books_and_trades(R"({"lastUpdateId":5,"bids":[["x","1"]],"asks":[]})",
                   R"([{"id":1,"price":"100.00"}])");
  start();
  pass(200 * kMillisecond);
  EXPECT_FALSE(market.synced());
  books_and_trades(R"({"lastUpdateId":5,"bids":[["100.)", "{");
  pass(200 * kMillisecond);
  EXPECT_FALSE(up);
  EXPECT_NE(log_text().find("invalid JSON"), std::string::npos) << log_text();
  books_and_trades(snapshot_text(5), "[]");
  pass(200 * kMillisecond);
  EXPECT_TRUE(market.synced());
}

TEST_F(RestFeedTest, ABookThatFoundNoRoomIsSentAgain) {
  start();
  reading = false;
  Event filler;
  while (ring_.try_push(filler)) continue;
  pass(200 * kMillisecond);
  EXPECT_GE(feed_->counters().messages_dropped, 1u);
  while (ring_.try_pop(filler)) continue;
  reading = true;
  pass(200 * kMillisecond);
  EXPECT_TRUE(market.synced()) << "though its id has not changed";
}

TEST_F(RestFeedTest, AnUnreadableAuthorityFileIsSaidAtOnce) {
  options.ca_file = "/no/such/file.pem";
  start();
  EXPECT_NE(feed_->error().find("/no/such/file.pem"), std::string::npos);
  EXPECT_EQ(feed_->do_work(now), 0);
}

}  // namespace
}  // namespace mm::binance
