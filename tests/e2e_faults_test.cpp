// `mm_logic run --mode live` against a venue on which things go wrong, one after the other: quotes
// are back each time, and in the end the books are equal; and those of the scenarios S1 to S25 for
// which it is the gateway that has an answer. Real processes, loopback TLS.
#include <gmock/gmock.h>

#include "tests/live_engine.h"

namespace mm {
namespace {

using test::count_of;
using test::wait_until;
using testing::HasSubstr;

class LiveFaults : public test::LiveEngine {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(open({.keys = kLimits}));
    start_quoting();
  }
  void start_quoting(const std::vector<std::string>& sets = {}) {
    std::vector<std::string> all{"--set", "execution.reconnect_longest_s=0.5", "--set",
                                 "feed.reconnect_longest_s=0.5"};
    for (const std::string& set : sets) all.insert(all.end(), {"--set", set});
    start_engine("s", all);
    ASSERT_TRUE(quotes_after(0)) << said();
  }
  // The ids that the venue gave to our open orders, lowest first.
  std::vector<std::uint64_t> our_ids() {
    const std::string open = venue_->open_orders();
    const std::regex shape(R"("orderId":([0-9]+),"orderListId":-1,"clientOrderId":"mm)");
    std::vector<std::uint64_t> ids;
    for (std::sregex_iterator it(open.begin(), open.end(), shape), end; it != end; ++it) {
      ids.push_back(std::stoull((*it)[1]));
    }
    std::ranges::sort(ids);
    return ids;
  }
  // Until two orders are open that came later than this one.
  bool quotes_after(std::uint64_t id) {
    return wait_until(
        [&] { return std::ranges::count_if(our_ids(), [&](auto i) { return i > id; }) >= 2; }, 60);
  }
  void begin(const std::string& kind, int seconds, const std::string& how = {}) {
    EXPECT_THAT(venue_->fault(kind, seconds, how), HasSubstr("until"));
  }
  // Waits until it is over; the last order that came before.
  std::uint64_t endure(const std::string& kind, int seconds, const std::string& how = {}) {
    const auto over = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    begin(kind, seconds, how);
    wait_until([&] { return std::chrono::steady_clock::now() > over; }, seconds + 1);
    const auto ids = our_ids();
    return ids.empty() ? 0 : ids.back();
  }
  void expect_equal_ends() {
    EXPECT_EQ(stop(), 0) << said();
    EXPECT_EQ(venue_->open_orders(), "[]");
    expect_no_violation();
  }
  // What the venue says at its end of the faults it had.
  std::string faults_of_venue() {
    venue_->process().signal(SIGTERM);
    venue_->process().wait();
    const std::string said = venue_->process().output();
    return said.substr(std::min(said.size(), said.find("faults: ")));
  }

  static constexpr const char* kLimits = "orders_per_10s = 100000\nconnections_per_5min = 100000\n";
};

TEST_F(LiveFaults, QuotesAreBackAfterEachOfThem) {
  const std::vector<std::string> kinds{"clock_ahead",  "clock_behind",    "symbol_halted",
                                       "slow_venue",   "server_shutdown", "answer_delayed",
                                       "balance_moved"};
  for (const std::string& kind : kinds) {
    SCOPED_TRACE(kind);
    ASSERT_TRUE(quotes_after(endure(kind, 3))) << said();
  }
  expect_equal_ends();
  const std::string had = faults_of_venue();
  for (const std::string& kind : kinds) EXPECT_THAT(had, HasSubstr(kind + " "));
}

// The same, with a start that a test chooses.
class LiveScenario : public LiveFaults {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(open({.keys = kLimits})); }
  std::size_t logged(const char* words) const { return count_of(log(), words); }
  bool until_logged(const char* words, std::size_t times) {
    return wait_until([&] { return logged(words) >= times; }, 40);
  }
  std::size_t trades(binance::orders::Params of = {}) {
    of.insert(of.end(), {{"symbol", "ETHUSDT"}, {"limit", "1000"}});
    return count_of(venue_->ask("GET", "/api/v3/myTrades", of), "\"commission\"");
  }

  // Orders near the market, that wait where they are until they are filled.
  const std::vector<std::string> resting_{
      "strategy.min_spread=0.00005",   "strategy.order_notional=100",
      "strategy.modify_threshold=0.1", "strategy.max_modify_deviation=0.5",
      "risk.max_daily_loss=0",         "execution.sweep_interval_s=0.5"};
};

// What rests is not touched until it is filled, so nothing but the look at what is open finds out.
TEST_F(LiveScenario, S8FillsThatTheUserDataKeepToThemselvesAreFoundWhileTheyDo) {
  start_quoting(resting_);
  ASSERT_TRUE(until_logged("is ready\n", 2)) << log();  // both order connections
  const std::size_t ready = logged("is ready\n"), before = trades();
  begin("stream_silent", 600);
  ASSERT_TRUE(wait_until([&] { return trades() >= before + 3; }, 60)) << said();
  EXPECT_TRUE(until_logged(" FILLED ", trades())) << log();
  EXPECT_EQ(logged("is ready\n"), ready) << "on the connections that there were";
  expect_equal_ends();
}

// The first request on each connection is refused; after that nothing is sent before its time.
TEST_F(LiveScenario, S13ABanIsWaitedOutWithOrdersLiveAndQuotesComeBack) {
  start_quoting();
  const std::uint64_t before = our_ids().back();
  endure("banned", 5);
  ASSERT_TRUE(quotes_after(before)) << said();
  expect_equal_ends();
  const std::string had = faults_of_venue();
  std::smatch banned;
  ASSERT_TRUE(std::regex_search(had, banned, std::regex("banned ([0-9]+)"))) << had;
  EXPECT_GE(std::stoi(banned[1]), 1);
  EXPECT_LE(std::stoi(banned[1]), 12) << had;
}

// Requests are stamped with the venue's time, which is asked for when it refuses ours: quotes go on
// long before that is due, on a clock that stays where it has jumped to.
class LiveClocks : public LiveScenario, public testing::WithParamInterface<const char*> {};
TEST_P(LiveClocks, S14AVenueWhoseClockJumpsIsFollowedWhereverItStays) {
  start_quoting({"venue.recv_window_ms=2000"});
  begin(GetParam(), 600);
  ASSERT_TRUE(until_logged("the venue refuses our time", 1)) << log();
  ASSERT_TRUE(until_logged(" accepted ", logged(" accepted ") + 5)) << log();
  EXPECT_EQ(stop(), 0) << said();
  expect_no_violation();
}
INSTANTIATE_TEST_SUITE_P(EitherWay, LiveClocks, testing::Values("clock_ahead", "clock_behind"));

// Trades of the engine's own account and symbol, told on its own connection.
TEST_F(LiveScenario, S24WhatAPersonTradesIsNotOurs) {
  start_quoting(resting_);
  const std::string bought = venue_->ask("POST", "/api/v3/order",
                                         {{"symbol", "ETHUSDT"},
                                          {"side", "BUY"},
                                          {"type", "MARKET"},
                                          {"quantity", "0.5"},
                                          {"newClientOrderId", "placed-by-hand"}});
  std::smatch order;
  ASSERT_TRUE(std::regex_search(bought, order, std::regex("\"orderId\":([0-9]+)"))) << bought;
  const std::size_t by_hand = trades({{"orderId", order[1]}});
  ASSERT_GT(by_hand, 0u) << bought;
  ASSERT_TRUE(wait_until([&] { return trades() > by_hand; }, 60)) << said();
  ASSERT_TRUE(until_logged(" FILLED ", trades() - by_hand)) << log();
  expect_equal_ends();
  EXPECT_EQ(logged(" FILLED "), trades() - by_hand) << log();
}

// What was placed a moment ago is not listed yet and what has gone still is, at each look and after
// each reconnect: nothing is lost, cancelled for it, or counted twice.
TEST_F(LiveFaults, ListsOfAMomentAgoPutNoOrderInDoubt) {
  stop();
  std::filesystem::remove_all(here_.path("s"));
  start_engine("s", {"--set", "execution.sweep_interval_s=0.5", "--set",
                     "strategy.modify_threshold=0.0001"});
  ASSERT_TRUE(quotes_after(0)) << said();
  begin("list_lag", 8, "&per_million=1000000&delay_ms=1900");
  const auto over = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  const std::uint64_t last = our_ids().back();
  ASSERT_TRUE(quotes_after(last)) << said();
  wait_until([&] { return std::chrono::steady_clock::now() > over - std::chrono::seconds(4); }, 9);
  EXPECT_THAT(log(), testing::Not(HasSubstr("outcome_unknown")));
  venue_->drop("all");
  wait_until([&] { return std::chrono::steady_clock::now() > over; }, 9);
  ASSERT_TRUE(quotes_after(last)) << said();
  expect_equal_ends();
  EXPECT_THAT(faults_of_venue(), HasSubstr("list_lag "));
}

// Diffs that the venue leaves out are a gap that the feed finds; the book is fetched anew, and what
// is quoted on it crosses nothing.
TEST_F(LiveFaults, ABookWithGapsIsFetchedAgain) {
  ASSERT_TRUE(quotes_after(endure("book_gap_found", 3, "&per_million=200000"))) << said();
  expect_equal_ends();
  const test::JsonFile json(here_.path("out.json"));
  EXPECT_THAT(log() + engine_->output(), testing::Not(HasSubstr(" 0 gaps")));
  EXPECT_THAT(faults_of_venue(), HasSubstr("book_gap_found "));
}

// A coarser tick, or lot, needs a restart: the symbol halts and says so, and the next run quotes on
// the new grid.
class LiveGrids : public LiveFaults, public testing::WithParamInterface<const char*> {};

TEST_P(LiveGrids, AnotherOneHaltsTheSymbolUntilARestart) {
  begin(GetParam(), 1);
  ASSERT_TRUE(wait_until(
      [&] { return log().find("other than when this run began") != std::string::npos; }, 90))
      << log();
  ASSERT_TRUE(wait_until([&] { return our_ids().empty(); })) << log();
  expect_equal_ends();
  std::filesystem::remove_all(here_.path("s"));
  start_quoting();
  expect_equal_ends();
  EXPECT_THAT(faults_of_venue(), HasSubstr(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(TickAndLot, LiveGrids, testing::Values("tick_changed", "lot_changed"));

}  // namespace
}  // namespace mm
