// What the venue says of our symbols, asked of a scripted REST server.
#include "feeds/binance/exchange_watch.h"

#include <gmock/gmock.h>

#include "tests/live_feed_harness.h"

namespace mm::binance {
namespace {

using test::ServedRequest;
using test::ServedResponse;

class ExchangeWatchTest : public testing::Test {
 protected:
  ExchangeWatchTest() {
    options_.rest_url = rest_.url();
    options_.ca_file = scratch_.write("ca.pem", authority_.pem());
    tls_ = net::TlsContext::client(options_.ca_file);
    watch_.emplace(
        options_, &tls_, pause_, std::vector<std::string>{"BTCUSDT", "ETHUSDT"},
        [this](const ExchangeInfo& info) {
          const SymbolRules* const rules = info.find_rules("BTCUSDT", true);
          told_.push_back(rules == nullptr ? SymbolStatus::kUnknown : rules->status);
        },
        &wanted_, &writer_, nullptr);
  }
  void says(ServedResponse answer) {
    rest_.answer([=](const ServedRequest&) { return answer; });
  }
  void says_status(const std::string& word) {
    says({.body = R"({"timezone":"UTC","rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":")" +
                  word + R"(","filters":[{"filterType":"NOTIONAL"}]}]})"});
  }
  std::string log_text() {
    log_.drain(10'000 * kSecond);
    std::string all;
    for (const std::string& line : log_.tail()) all += line + "\n";
    return all;
  }

  test::Scratch scratch_;
  test::CertificateAuthority authority_;
  test::RestServer rest_{authority_.issue()};
  net::SharedRequestPause pause_;
  Log log_{""};
  LogWriter writer_{log_};
  LiveFeedOptions options_;
  net::TlsContext tls_{net::TlsContext::client("")};
  std::atomic<bool> wanted_{false};
  std::vector<SymbolStatus> told_;
  std::optional<ExchangeWatch> watch_;
};

TEST_F(ExchangeWatchTest, TellsWhatItHears) {
  Nanos now = kSecond;
  for (const char* word : {"TRADING", "HALT", "SOMETHING_NEW"}) {
    says_status(word);
    ASSERT_EQ(watch_->do_work(now), 1);
    now += ExchangeWatch::kInterval;
  }
  EXPECT_THAT(told_, testing::ElementsAre(SymbolStatus::kTrading, SymbolStatus::kHalt,
                                          SymbolStatus::kUnknown));
  EXPECT_THAT(rest_.targets()[0], testing::HasSubstr("exchangeInfo?symbols=%5B%22BTCUSDT%22%2C"));
}

TEST_F(ExchangeWatchTest, AsksOnceAMinuteAndSoonOnDemand) {
  says_status("TRADING");
  EXPECT_EQ(watch_->do_work(kSecond), 1);
  EXPECT_EQ(watch_->do_work(60 * kSecond), 0);
  EXPECT_EQ(watch_->do_work(61 * kSecond), 1);
  wanted_ = true;
  EXPECT_EQ(watch_->do_work(65 * kSecond), 0);
  EXPECT_EQ(watch_->do_work(66 * kSecond), 1);
  EXPECT_FALSE(wanted_.load());
  EXPECT_EQ(watch_->do_work(71 * kSecond), 0);
}

TEST_F(ExchangeWatchTest, WithoutAnAnswerNothingIsToldAndAPauseIsKept) {
  says({.status = 500, .body = "<html>"});
  ASSERT_EQ(watch_->do_work(kSecond), 1);
  says({.body = R"({"symbols":7})"});
  ASSERT_EQ(watch_->do_work(61 * kSecond), 1);
  EXPECT_THAT(log_text(), testing::HasSubstr("not an exchangeInfo"));
  says({.status = 429, .body = "{}", .headers = {{"Retry-After", "300"}}});
  ASSERT_EQ(watch_->do_work(121 * kSecond), 1);
  wanted_ = true;
  EXPECT_EQ(watch_->do_work(420 * kSecond), 0);
  EXPECT_THAT(told_, testing::IsEmpty());
  says_status("HALT");
  EXPECT_EQ(watch_->do_work(421 * kSecond), 1);
  EXPECT_THAT(told_, testing::ElementsAre(SymbolStatus::kHalt));
}

}  // namespace
}  // namespace mm::binance
