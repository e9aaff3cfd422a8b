// `record` and `watch` against a scripted venue on TLS; what was recorded runs on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/live_feed_harness.h"

namespace mm::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr std::string_view kExchangeInfo =
    R"({"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC",)"
    R"("quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01",)"
    R"("maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.00001",)"
    R"("maxQty":"9000","stepSize":"0.00001"},{"filterType":"NOTIONAL","minNotional":"5"}]}]})";

class RecordE2E : public testing::Test {
 protected:
  RecordE2E() {
    ca_file_ = scratch.write("ca.pem", authority_.pem());
    rest.answer([this](const ServedRequest& r) {
      const bool info = r.target.find("exchangeInfo") != std::string::npos;
      const bool trades = r.target.find("trades") != std::string::npos;
      return ServedResponse{.status = 200,
                            .body = info     ? std::string(kExchangeInfo)
                                    : trades ? "[]"
                                             : snapshot_text(id_)};
    });
  }
  std::string at_venue() const {
    return " --set venue.symbols=BTCUSDT --set venue.ca_file=" + ca_file_ +
           " --set venue.stream_url=" + streams.url() + " --set venue.rest_url=" + rest.url();
  }
  // Too small to be shown for its size.
  static std::string trade_text(std::uint64_t id) {
    return stream_text(
        "btcusdt@trade",
        fmt::format(R"({{"e":"trade","E":1672515782136000,"s":"BTCUSDT","t":{},"p":"100.50",)"
                    R"("q":"0.001","T":1672515782136000,"m":{},"M":true}})",
                    id, id % 2 == 0));
  }
  // Runs the binary while the venue talks.
  Ran run(const std::string& arguments) {
    Ran ran;
    std::atomic<bool> done{false};
    std::thread binary([&] {
      ran = scratch.run(arguments);
      done = true;
    });
    while (!done) {
      const std::uint64_t id = ++id_;
      for (std::size_t c = 0; c < streams.connections(); ++c) {
        streams.send(c, diff_text(id, id, fmt::format(R"(["100.{:02}","{}"])", id % 90, id % 3)));
        streams.send(c, trade_text(id));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    binary.join();
    return ran;
  }

  Scratch scratch;

 private:
  std::atomic<std::uint64_t> id_{10};  // of the venue's last update
  CertificateAuthority authority_;
  std::string ca_file_;

 protected:
  StreamServer streams{authority_.issue()};
  RestServer rest{authority_.issue()};
};

TEST_F(RecordE2E, WhatIsRecordedIsInspectedAndTradedOn) {
  const Ran recorded = run("record --out market.gz --seconds 2" + at_venue());
  ASSERT_EQ(recorded.exit_code, 0) << recorded.out << recorded.err;
  EXPECT_THAT(recorded.out, HasSubstr("recording BTCUSDT from " + streams.url()));
  EXPECT_THAT(recorded.out, HasSubstr("1 snapshots (weight 50), 0 gaps"));
  const Ran inspected = scratch.run("inspect --capture market.gz");
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
  EXPECT_THAT(inspected.out, HasSubstr("{\"applied\":"));
  const Ran traded = scratch.run("backtest --capture market.gz -c " + kConfig);
  EXPECT_EQ(traded.exit_code, 0) << traded.err;
}

TEST_F(RecordE2E, PolledDataIsRecordedToo) {
  const Ran recorded =
      run("record --out polled.gz --seconds 2 --set feed.source=rest "
          "--set feed.poll_interval_ms=100" +
          at_venue());
  ASSERT_EQ(recorded.exit_code, 0) << recorded.out << recorded.err;
  const Ran inspected = scratch.run("inspect --capture polled.gz");
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
}

TEST_F(RecordE2E, WatchShowsBookSummaryAndFlow) {
  const Ran watched = run("watch --seconds 2 --set measures.trade_print_interval=0.1" + at_venue());
  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("market data connected"));
  EXPECT_THAT(watched.out, HasSubstr("  market    "));
  // Where the market was a minute ago a market of two seconds does not know.
  EXPECT_THAT(watched.out, HasSubstr("  moved     1 min -, 5 min -, 15 min -"));
  EXPECT_THAT(watched.out, ContainsRegex("volatility \\+[0-9.]*[1-9]"));
  EXPECT_THAT(watched.out, ContainsRegex("  flow      buy [0-9.]*[1-9][0-9]* / sell "
                                         "[0-9.]*[1-9][0-9]* BTC in 1 min"));
  // One trade in every interval, not one for all time.
  const std::string_view out = watched.out;
  const std::size_t shown = out.find(" trade, ");
  EXPECT_NE(shown, out.npos);
  EXPECT_NE(out.find(" trade, ", shown + 1), out.npos);
  EXPECT_THAT(watched.out, HasSubstr("1 x 101"));
}

TEST_F(RecordE2E, ProblemsAreOneClearLineEach) {
  const Ran unknown = scratch.run("record --out a.gz --seconds 1 --set venue.symbols=DOGEUSDT" +
                                  at_venue() + " --set venue.symbols=DOGEUSDT");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr(rest.url() + ": DOGEUSDT: unknown symbol"));
  const Ran nowhere =
      scratch.run("record --out a.gz --seconds 1 --set venue.rest_url=https://127.0.0.1:1");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("https://127.0.0.1:1/api/v3/exchangeInfo: "));
  const Ran untrusted = scratch.run("watch --seconds 1" + at_venue() + " --set venue.ca_file=");
  EXPECT_EQ(untrusted.exit_code, 1);
  EXPECT_THAT(untrusted.err, HasSubstr("certificate"));
  scratch.write("there.gz", "x");
  const Ran there = scratch.run("record --out there.gz --seconds 1" + at_venue());
  EXPECT_EQ(there.exit_code, 2);
  EXPECT_THAT(there.err, HasSubstr("--out there.gz: is there already"));
  const Ran bad = scratch.run("record --out b.gz --set venue.stream_url=ftp://x");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("stream_url"));
}

}  // namespace
}  // namespace mm::test
