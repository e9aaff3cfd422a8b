// Whether symbols trade, asked of a scripted HTTP server.
#include <gmock/gmock.h>

#include <mutex>

#include "gateway/binance/symbol_status.h"
#include "tests/binance_instruments.h"
#include "tests/net_server.h"

namespace mm::binance::orders {
namespace {

using test::ServedRequest;
using test::ServedResponse;

class BinanceSymbolStatus : public testing::Test {
 protected:
  BinanceSymbolStatus()
      : server_(test::serve_http([this](const ServedRequest& r) {
          const std::lock_guard lock(mutex_);
          targets_.push_back(r.target);
          return answer_;
        })) {}

  void says(ServedResponse answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void says_status(const std::string& word) {
    says({.body = R"({"timezone":"UTC","rateLimits":[{"limit":6000}],"symbols":[{"symbol":")" +
                  std::string(instruments_[0].symbol()) + R"(","status":")" + word +
                  R"(","filters":[{"filterType":"NOTIONAL"}]},{"symbol":"XRPUSDT",)" +
                  R"("status":"HALT"}]})"});
  }

  std::mutex mutex_;
  std::vector<std::string> targets_;
  ServedResponse answer_;
  test::NetServer server_;
  InstrumentMap instruments_{test::spot_instruments()};
  SessionLink link_{1, 2};
  SymbolStatus status_{server_.endpoint(), nullptr, {}, instruments_, link_};
};

TEST_F(BinanceSymbolStatus, WhateverIsNotTradingIsHalted) {
  Nanos now = kSecond;
  for (const char* word : {"HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY", "SOMETHING_NEW"}) {
    says_status("TRADING");
    ASSERT_TRUE(status_.do_work(now));
    EXPECT_FALSE(link_.halted[0].load()) << status_.problem();
    now += SymbolStatus::kInterval;
    says_status(word);
    ASSERT_TRUE(status_.do_work(now));
    EXPECT_TRUE(link_.halted[0].load()) << word;
    EXPECT_FALSE(link_.halted[1].load());
    now += SymbolStatus::kInterval;
  }
  EXPECT_EQ(link_.halted_news.load(), 10u);
  EXPECT_THAT(targets_[0], testing::HasSubstr("exchangeInfo?symbols=%5B%22BTCUSDT%22%2C"));
}

TEST_F(BinanceSymbolStatus, AChangedTickOrLotHaltsUntilARestartAndIsSaidOnce) {
  const auto says_grid = [this](const std::string& tick, const std::string& lot) {
    says({.body = R"({"symbols":[{"symbol":"BTCUSDT","filters":[{"filterType":"PRICE_FILTER",)"
                  R"("tickSize":")" +
                  tick + R"("},{"filterType":"LOT_SIZE","stepSize":")" + lot +
                  R"("},{"filterType":"MARKET_LOT_SIZE","stepSize":"0.00000000"}],)"
                  R"("status":"TRADING"}]})"});
  };
  struct Change {
    const char *tick, *lot;
  };
  for (const Change& change : {Change{"0.10000000", "0.00001000"},     // coarser than ours
                               Change{"0.01000000", "0.00000100"}}) {  // finer
    SymbolStatus status(server_.endpoint(), nullptr, {}, instruments_, link_);
    says_grid("0.01000000", "0.00001000");
    ASSERT_TRUE(status.do_work(kSecond));
    EXPECT_FALSE(link_.halted[0].load()) << status.problem();
    says_grid(change.tick, change.lot);
    ASSERT_TRUE(status.do_work(61 * kSecond));
    EXPECT_TRUE(link_.halted[0].load());
    const auto news = status.take_news();
    ASSERT_EQ(news.size(), 1u);
    EXPECT_THAT(news[0], testing::HasSubstr("BTCUSDT: the venue's tick"));
    says_grid("0.01000000", "0.00001000");  // and back
    ASSERT_TRUE(status.do_work(121 * kSecond));
    EXPECT_TRUE(link_.halted[0].load());
    EXPECT_TRUE(status.take_news().empty());
  }
}

TEST_F(BinanceSymbolStatus, AGridThatOursDoesNotFitIsHaltedAtOnce) {
  says({.body = R"({"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[)"
                R"({"filterType":"PRICE_FILTER","tickSize":"0.50000000"},)"
                R"({"filterType":"LOT_SIZE","stepSize":"0.00001000"}]}]})"});
  ASSERT_TRUE(status_.do_work(kSecond));
  EXPECT_TRUE(link_.halted[0].load());
}

TEST_F(BinanceSymbolStatus, IsAskedOnceAMinuteAndSoonAfterARefusal) {
  says_status("TRADING");
  EXPECT_TRUE(status_.do_work(kSecond));
  EXPECT_FALSE(status_.do_work(60 * kSecond));
  EXPECT_TRUE(status_.do_work(61 * kSecond));
  link_.market_refused = true;
  EXPECT_FALSE(status_.do_work(65 * kSecond));
  EXPECT_TRUE(status_.do_work(66 * kSecond));
  EXPECT_FALSE(link_.market_refused.load());
  EXPECT_FALSE(status_.do_work(71 * kSecond));
}

TEST_F(BinanceSymbolStatus, WithoutAnAnswerWhatWasKnownStaysAndAPauseIsKept) {
  says_status("HALT");
  ASSERT_TRUE(status_.do_work(kSecond));
  says({.status = 500, .body = "<html>"});
  ASSERT_TRUE(status_.do_work(61 * kSecond));
  EXPECT_EQ(status_.problem(), "HTTP 500");
  says({.body = "<html>"});
  ASSERT_TRUE(status_.do_work(121 * kSecond));
  EXPECT_NE(status_.problem(), "");
  says({.status = 429, .body = "{}", .headers = {{"Retry-After", "300"}}});
  ASSERT_TRUE(status_.do_work(181 * kSecond));
  EXPECT_TRUE(link_.halted[0].load());
  link_.market_refused = true;
  EXPECT_FALSE(status_.do_work(480 * kSecond));
  says_status("TRADING");
  EXPECT_TRUE(status_.do_work(481 * kSecond));
  EXPECT_FALSE(link_.halted[0].load());
}

}  // namespace
}  // namespace mm::binance::orders
