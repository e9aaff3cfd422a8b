#include "feeds/binance/market_connector.h"

#include <gtest/gtest.h>

#include "tests/live_feed_harness.h"

namespace mm::binance {
namespace {

using test::diff_text;
using test::LiveFeedHarness;
using test::ServedRequest;
using test::ServedResponse;
using test::snapshot_text;

class MarketConnectorTest : public testing::Test, protected LiveFeedHarness {
 protected:
  // A port at which nobody listens.
  static std::string closed_url() {
    const auto none = [](test::Peer&) {};
    return fmt::format("wss://127.0.0.1:{}", test::NetServer(none).port());
  }
  // Turns in steps of fake time, so that the test is quick whatever the pauses are.
  void pass(Nanos time, Nanos step) {
    for (const Nanos end = now + time; now < end; now += step) turn();
  }
};

TEST_F(MarketConnectorTest, PausesGrowBetweenAttempts) {
  options.stream_urls = {closed_url()};
  options.backoff_first = 100 * kMillisecond;
  options.backoff_longest = 10 * kSecond;
  start();
  pass(60 * kSecond, 50 * kMillisecond);
  EXPECT_GE(connector().counters().attempts, 8u);
  EXPECT_LE(connector().counters().attempts, 30u) << "a minute, pauses up to 10 s";
  EXPECT_EQ(connector().counters().failed, connector().counters().attempts);
  EXPECT_NE(log_text().find(options.stream_urls[0] + " #1: "), std::string::npos) << log_text();
}

TEST_F(MarketConnectorTest, AttemptsStayWithinTheVenuesLimit) {
  options.stream_urls = {closed_url()};
  options.connections = 2;
  options.backoff_first = options.backoff_longest = kMillisecond;
  options.attempts_max = 10;
  options.attempts_window = 300 * kSecond;
  start();
  pass(290 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(connector().counters().attempts, 10u);
  EXPECT_NE(log_text().find("as many attempts were made as the venue allows; the next in 2"),
            std::string::npos)
      << log_text();
  pass(20 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(connector().counters().attempts, 20u) << "the window has moved on";
}

TEST(SharedConnectionLimit, KeepsAShareForOrders) {
  using net::ConnectionUse;
  net::SharedConnectionLimit limit(5, 10 * kSecond, 2);
  const Nanos now = 100 * kSecond;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take(ConnectionUse::kMarket, now));
  EXPECT_FALSE(limit.take(ConnectionUse::kMarket, now));
  EXPECT_EQ(limit.next(ConnectionUse::kMarket, now), now + 10 * kSecond);
  EXPECT_TRUE(limit.take(ConnectionUse::kOrders, now));
  EXPECT_TRUE(limit.take(ConnectionUse::kOrders, now + kSecond));
  EXPECT_FALSE(limit.take(ConnectionUse::kOrders, now + kSecond));
  EXPECT_TRUE(limit.take(ConnectionUse::kMarket, now + 10 * kSecond));
}

TEST(AddressLimits, WhatAPreFlightHasTriedIsNotOfTheOrdersShare) {
  using net::ConnectionUse;
  const Nanos now = 100 * kSecond;
  net::AddressLimits limits(10, 10 * kSecond, 6, 3, now);
  EXPECT_TRUE(limits.connections.take(ConnectionUse::kMarket, now));
  EXPECT_FALSE(limits.connections.take(ConnectionUse::kMarket, now)) << "three of four were made";
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(limits.connections.take(ConnectionUse::kOrders, now));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limits.connections.take(ConnectionUse::kOnlyOrders, now));
}

TEST(AddressLimits, CountsAllThatAPreFlightHasTriedEvenSo) {
  using net::ConnectionUse;
  const Nanos now = 100 * kSecond;
  net::AddressLimits limits(10, 10 * kSecond, 6, 9, now);
  EXPECT_FALSE(limits.connections.take(ConnectionUse::kOrders, now));
  EXPECT_TRUE(limits.connections.take(ConnectionUse::kOnlyOrders, now));
  EXPECT_FALSE(limits.connections.take(ConnectionUse::kOnlyOrders, now)) << "ten in all";
}

TEST(SharedConnectionLimit, OrdersMayUseWhatMarketDataDoesNot) {
  net::SharedConnectionLimit limit(3, 10 * kSecond, 1);
  const Nanos now = 100 * kSecond;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take(net::ConnectionUse::kOrders, now));
  EXPECT_FALSE(limit.take(net::ConnectionUse::kMarket, now));
}

TEST(SharedConnectionLimit, KeepsTheLastForAnOrderConnectionBesideWhichThereIsNone) {
  using net::ConnectionUse;
  net::SharedConnectionLimit limit(10, 10 * kSecond, 6);
  const Nanos now = 100 * kSecond;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(limit.take(ConnectionUse::kMarket, now));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(limit.take(ConnectionUse::kOrders, now));
  EXPECT_FALSE(limit.take(ConnectionUse::kOrders, now));
  EXPECT_EQ(limit.next(ConnectionUse::kOrders, now), now + 10 * kSecond);
  EXPECT_EQ(limit.next(ConnectionUse::kOnlyOrders, now), now);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(limit.take(ConnectionUse::kOnlyOrders, now));
  EXPECT_FALSE(limit.take(ConnectionUse::kOnlyOrders, now + 9 * kSecond)) << "ten in all";
  EXPECT_TRUE(limit.take(ConnectionUse::kMarket, now + 10 * kSecond));
}

TEST_F(MarketConnectorTest, AWrongCertificateIsNamed) {
  const test::CertificateAuthority other;
  test::StreamServer stranger(other.issue());
  options.stream_urls = {stranger.url()};
  start();
  ASSERT_TRUE(until([&] { return connector().counters().failed > 0; }));
  EXPECT_NE(log_text().find("certificate"), std::string::npos) << log_text();
  EXPECT_NE(log_text().find(stranger.url()), std::string::npos) << "and where";
}

TEST_F(MarketConnectorTest, AnUnreadableAuthorityFileIsSaidAtOnce) {
  options.ca_file = "/no/such/authority.pem";
  start();
  EXPECT_NE(connector().error().find("/no/such/authority.pem"), std::string::npos);
  EXPECT_EQ(connector().do_work(now), 0);
}

TEST_F(MarketConnectorTest, ABadUrlIsSaidAtOnce) {
  options.stream_urls = {"gopher://x"};
  start();
  EXPECT_NE(connector().error(), "");
}

TEST_F(MarketConnectorTest, ARefusalSaysWhatAndRetryAfterIsObeyed) {
  struct Case {
    int status;
    const char* said;
  };
  for (const Case& c : {Case{403, "403"}, Case{451, "451"}, Case{429, "429"}, Case{418, "418"}}) {
    LiveFeedHarness h;
    const test::CertificateAuthority authority;
    test::NetServer refusing(test::serve_http([&](const ServedRequest&) {
      return ServedResponse{
          .status = c.status, .body = "<html>no</html>", .headers = {{"Retry-After", "120"}}};
    }));
    h.options.stream_urls = {fmt::format("ws://127.0.0.1:{}", refusing.port())};
    h.start();
    for (int i = 0; i < 100; ++i, h.now += kSecond) h.turn();
    EXPECT_EQ(h.connector().counters().attempts, 1u) << c.status;
    for (int i = 0; i < 60; ++i, h.now += kSecond) h.turn();
    EXPECT_EQ(h.connector().counters().attempts, 2u) << c.status;
    EXPECT_NE(h.log_text().find(c.said), std::string::npos) << h.log_text();
  }
}

TEST_F(MarketConnectorTest, SnapshotsThatFailAreRetriedWithGrowingPauses) {
  rest.answer([](const ServedRequest&) {
    return ServedResponse{.status = 500, .body = R"({"code":-1001,"msg":"DISCONNECTED"})"};
  });
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return !rest.targets().empty(); }));
  pass(20 * kSecond, 20 * kMillisecond);
  EXPECT_GE(rest.targets().size(), 4u);
  EXPECT_LE(rest.targets().size(), 12u);
  EXPECT_NE(log_text().find("snapshot of BTCUSDT"), std::string::npos);
  EXPECT_NE(log_text().find("-1001"), std::string::npos) << log_text();
  rest.answer(snapshot_text(10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
}

TEST_F(MarketConnectorTest, TooManyRequestsAreAnsweredWithSilence) {
  rest.answer([](const ServedRequest&) {
    return ServedResponse{.status = 429,
                          .body = R"({"code":-1003,"msg":"Too many requests"})",
                          .headers = {{"Retry-After", "30"}}};
  });
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return !rest.targets().empty(); }));
  rest.answer(snapshot_text(10));
  pass(28 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 1u);
  pass(5 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 2u);
  EXPECT_TRUE(book().synced());
}

TEST_F(MarketConnectorTest, TheVenuesOwnCountOfWeightHoldsSnapshotsBack) {
  rest.answer([](const ServedRequest&) {
    return ServedResponse{
        .status = 200, .body = snapshot_text(5), .headers = {{"X-MBX-USED-WEIGHT-1M", "2990"}}};
  });
  const Nanos minute(now.v / (60 * kSecond.v) * (60 * kSecond.v));
  now = minute;
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return feed().counters().snapshots_stale == 1; }));
  pass(minute + 58 * kSecond - now, 100 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 1u) << "3000 are our share";
  rest.answer(snapshot_text(10));
  pass(15 * kSecond, 100 * kMillisecond);
  EXPECT_EQ(rest.targets().size(), 2u) << "in the next minute";
}

TEST_F(MarketConnectorTest, APageInsteadOfJsonIsNamed) {
  rest.answer("<!DOCTYPE html><html>maintenance</html>");
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return connector().counters().snapshots_failed == 1; }));
  EXPECT_NE(log_text().find("not JSON: <!DOCTYPE html>"), std::string::npos) << log_text();
}

TEST_F(MarketConnectorTest, ATruncatedSnapshotIsNoBook) {
  rest.answer(R"({"lastUpdateId":10,"bids":[["100.00","1"],["99.0)");
  start();
  ASSERT_TRUE(until_connected(1));
  streams.send(0, diff_text(9, 10));
  ASSERT_TRUE(until([&] { return feed().problems().count(FeedProblem::kBadJson) >= 1; }));
  EXPECT_FALSE(book().synced());
  rest.answer(snapshot_text(10));
  ASSERT_TRUE(until([&] { return book().synced(); }));
}

}  // namespace
}  // namespace mm::binance
