// The WebSocket API goes away while REST works: real processes, loopback TLS, a door before the
// port that order connections use.
#include <gmock/gmock.h>

#include "tests/live_engine.h"
#include "tests/tcp_gate.h"

namespace mm {
namespace {

using test::count_of;
using test::read_file;
using test::TcpGate;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kForeign = "placed-by-hand";

class RestFallback : public test::LiveEngine {
 protected:
  void start(const std::string& fallback, bool open = true) {
    ASSERT_NO_FATAL_FAILURE(LiveEngine::open());
    gate_ = std::make_unique<TcpGate>(venue_->port(), open);
    start_engine(
        "s", {"--set", "venue.ws_api_url=wss://127.0.0.1:" + gate_->port() + "/ws-api/v3", "--set",
              "venue.rest_fallback=" + fallback, "--set", "venue.rest_fallback_after_ms=100",
              "--set", "execution.reconnect_longest_s=0.5", "--set", "execution.silence_s=2",
              "--set", "venue.recv_window_ms=2000"});
  }
  std::vector<std::string> our_ids() {
    const std::string open = venue_->open_orders();
    const std::regex id("\"(mm[0-9a-z]+)\"");
    std::vector<std::string> ids;
    for (std::sregex_iterator it(open.begin(), open.end(), id), end; it != end; ++it) {
      ids.push_back((*it)[1]);
    }
    return ids;
  }
  bool any_open(const std::vector<std::string>& ids) {
    const std::string open = venue_->open_orders();
    return std::ranges::any_of(
        ids, [&](const std::string& id) { return open.find(id) != std::string::npos; });
  }
  bool until_none_is_left() {
    return wait_until([&] { return ours() == 0; });
  }
  std::size_t trades() {
    return count_of(venue_->ask("GET", "/api/v3/myTrades", {{"symbol", "ETHUSDT"}}), "\"id\":");
  }
  // The log is written a moment later.
  bool until_said(const std::string& text, std::size_t times = 1) {
    return wait_until([&] { return count_of(log(), text) >= times; });
  }
  void expect_equal_ends(const std::string& left = "[]") {
    EXPECT_EQ(stop(), 0) << said();
    EXPECT_THAT(venue_->open_orders(), HasSubstr(left));
    EXPECT_EQ(ours(), 0u);
    expect_no_violation();
  }

  std::unique_ptr<TcpGate> gate_;
};

TEST_F(RestFallback, QuotesAreCancelledByRestAndPlacedAgainWhenTheWebSocketIsBack) {
  start("cancel");
  ASSERT_TRUE(until_quoting()) << said();
  ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
  for (const std::size_t time : {1u, 2u}) {
    gate_->shut();
    ASSERT_TRUE(until_none_is_left()) << venue_->open_orders() << said();
    EXPECT_TRUE(until_said("cancels and questions go by REST", time)) << said();
    EXPECT_THAT(venue_->open_orders(), HasSubstr(kForeign));
    gate_->open();
    ASSERT_TRUE(until_quoting()) << said();
    EXPECT_TRUE(until_said("REST was in use", time)) << said();
  }
  EXPECT_THAT(said(), Not(HasSubstr(read_file(here_.path("api.key")))));
  expect_equal_ends(kForeign);
}

TEST_F(RestFallback, QuotingGoesOnByRestAndFillsAreCounted) {
  start("trade");
  ASSERT_TRUE(until_quoting()) << said();
  const std::vector<std::string> earlier = our_ids();
  gate_->shut();
  ASSERT_TRUE(until_said("go by REST")) << said();
  ASSERT_TRUE(wait_until([&] { return ours() >= 2 && !any_open(earlier); })) << said();
  const std::size_t before = trades();
  EXPECT_TRUE(wait_until([&] { return trades() > before; }, 60)) << "nothing was filled" << said();
  gate_->open();
  ASSERT_TRUE(until_said("REST was in use")) << said();
  ASSERT_TRUE(until_quoting()) << said();
  expect_equal_ends();
}

TEST_F(RestFallback, QuotingBeginsAndEndsByRestIfTheWebSocketNeverComes) {
  start("trade", false);
  ASSERT_TRUE(until_quoting()) << said();
  expect_equal_ends();
}

TEST_F(RestFallback, WithoutItNothingIsSentUntilTheWebSocketIsBack) {
  start("off");
  ASSERT_TRUE(until_quoting()) << said();
  gate_->shut();
  ASSERT_TRUE(until_said("next attempt")) << said();
  EXPECT_GE(ours(), 1u);
  EXPECT_THAT(log(), Not(HasSubstr("by REST")));
  gate_->open();
  ASSERT_TRUE(until_quoting()) << said();
  expect_equal_ends();
}

// Order connections, also new ones, stand open and dead.
TEST_F(RestFallback, HalfOpenConnectionsAreGivenUpAndTheirQuotesCancelledByRest) {
  start("cancel");
  ASSERT_TRUE(until_quoting()) << said();
  ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
  gate_->freeze();
  ASSERT_TRUE(until_none_is_left()) << venue_->open_orders() << said();
  EXPECT_TRUE(until_said("cancels and questions go by REST")) << said();
  gate_->open();
  ASSERT_TRUE(until_said("ended: silent", 2)) << said();
  ASSERT_TRUE(until_quoting()) << said();
  expect_equal_ends(kForeign);
}

TEST_F(RestFallback, AKillLeavesNoOrderWhileEveryConnectionIsHalfOpen) {
  start("cancel");
  ASSERT_TRUE(until_quoting()) << said();
  gate_->freeze();
  std::string last;
  const auto kill = [&] {
    const test::Ran ran = here_.run(std::string("kill s -c ") + test::kConfig);
    last = ran.out + ran.err;
    return ran.exit_code == 0;
  };
  EXPECT_TRUE(wait_until(kill)) << last << said();
  EXPECT_THAT(last, HasSubstr("No order is live"));
  EXPECT_EQ(ours(), 0u) << said();
  expect_equal_ends();
}

// New ones are good: they take over while the old ones still stand.
TEST_F(RestFallback, QuotingGoesOnOverNewConnectionsWhereTheOldOnesAreHalfOpen) {
  start("cancel");
  ASSERT_TRUE(until_quoting()) << said();
  const std::vector<std::string> earlier = our_ids();
  EXPECT_THAT(venue_->fault("half_open", 600), HasSubstr("until"));
  ASSERT_TRUE(until_said("ended: silent", 2)) << said();
  ASSERT_TRUE(wait_until([&] { return ours() >= 2 && !any_open(earlier); })) << said();
  expect_equal_ends();
}

}  // namespace
}  // namespace mm
