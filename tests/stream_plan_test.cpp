#include "feeds/binance/stream_plan.h"

#include <gtest/gtest.h>

#include "tests/feed_test_support.h"

namespace mm::binance {
namespace {

std::vector<FeedInstrument> instruments(std::size_t count) {
  std::vector<FeedInstrument> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({.id = static_cast<InstrumentId>(i),
                   .spec = test::make_instrument("S" + std::to_string(i) + "USDT", 1, 1)});
  return all;
}

TEST(StreamPlan, PutsFewStreamsIntoTheUrl) {
  const std::vector<FeedInstrument> one{{.id = 0, .spec = test::make_instrument("BTCUSDT", 1, 1)}};
  LiveFeedOptions o;
  EXPECT_EQ(plan_streams(o, one).lines.at(0).url,
            "wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms/btcusdt@trade/"
            "btcusdt@bookTicker&timeUnit=MICROSECOND");
  o.depth = DepthKind::kTop20;
  o.trades = TradeKind::kAggTrade;
  o.tickers = false;
  o.update_ms = 1000;
  o.microseconds = false;
  EXPECT_EQ(plan_streams(o, one).lines.at(0).url,
            "wss://stream.binance.com:9443/stream?streams=btcusdt@depth20/btcusdt@aggTrade");
  o = {};
  o.combined = false;
  o.trades = TradeKind::kNone;
  EXPECT_EQ(plan_streams(o, one).lines.at(0).url,
            "wss://stream.binance.com:9443/ws/btcusdt@depth@100ms/btcusdt@bookTicker"
            "?timeUnit=MICROSECOND");
}

TEST(StreamPlan, EncodesSymbolsThatAreNotAscii) {
  const std::vector<FeedInstrument> one{{.id = 0, .spec = test::make_instrument("这A", 1, 1)}};
  EXPECT_NE(plan_streams({}, one).lines.at(0).url.find("streams=%E8%BF%99a@depth"),
            std::string::npos);
}

TEST(StreamPlan, SubscribesToManyInBatches) {
  const StreamPlan plan = plan_streams({}, instruments(70));
  ASSERT_EQ(plan.lines.size(), 1u);
  EXPECT_EQ(plan.lines[0].url, "wss://stream.binance.com:9443/stream?timeUnit=MICROSECOND");
  ASSERT_EQ(plan.lines[0].subscribe.size(), 3u) << "210 streams, 100 a message";
  EXPECT_TRUE(plan.lines[0].subscribe[0].starts_with(
      R"({"method":"SUBSCRIBE","params":["s0usdt@depth@100ms","s0usdt@trade",)"));
  EXPECT_TRUE(plan.lines[0].subscribe[2].ends_with(R"("s69usdt@bookTicker"],"id":3})"));
}

TEST(StreamPlan, CutsWhatOneConnectionMayNotCarryAndTwinsEachPart) {
  LiveFeedOptions o;
  o.connections = 2;
  o.stream_urls = {"wss://a:1", "wss://b:2"};
  const StreamPlan plan = plan_streams(o, instruments(342));
  ASSERT_EQ(plan.shards.size(), 2u) << "341 symbols of 3 streams fit 1024";
  EXPECT_EQ(plan.shards[0].count, 341u);
  EXPECT_EQ(plan.shards[1].first, 341u);
  ASSERT_EQ(plan.lines.size(), 4u);
  EXPECT_TRUE(plan.lines[0].url.starts_with("wss://a:1/"));
  EXPECT_TRUE(plan.lines[1].url.starts_with("wss://b:2/"));
  EXPECT_EQ(plan.lines[1].shard, 0u);
  EXPECT_EQ(plan.lines[3].shard, 1u);
  EXPECT_EQ(plan.lines[3].connection, 1u);
}

TEST(LiveFeedOptionsCheck, RefusesWhatCannotWork) {
  EXPECT_EQ(LiveFeedOptions{}.check(), "");
  const auto refused = [](auto change) {
    LiveFeedOptions o;
    change(o);
    return !o.check().empty();
  };
  EXPECT_TRUE(refused([](auto& o) { o.stream_urls.clear(); }));
  EXPECT_TRUE(refused([](auto& o) { o.connections = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.update_ms = 250; }));
  EXPECT_TRUE(refused([](auto& o) { o.snapshot_levels = 5001; }));
  EXPECT_TRUE(refused([](auto& o) { o.streams_per_connection_max = 1025; }));
  EXPECT_TRUE(refused([](auto& o) { o.backoff_first = 2 * o.backoff_longest; }));
  EXPECT_TRUE(refused([](auto& o) { o.attempts_max = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.weight_per_minute = 49; })) << "a snapshot costs 50";
  EXPECT_TRUE(refused([](auto& o) {
    o.combined = false;
    o.depth = DepthKind::kTop5;
  }));
}

}  // namespace
}  // namespace mm::binance
