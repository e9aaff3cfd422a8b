// S1 to S25 in virtual time, each with every checker and with what is expected of it; some through
// the binary, in real time too.
#include <gmock/gmock.h>

#include <iterator>
#include <sstream>

#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"
#include "sim/faults/fault_scenarios.h"
#include "tests/e2e_support.h"
#include "tests/observed_core.h"

namespace mm {
namespace {

using sim::FaultKind;
using sim::FaultScenario;
using test::ObservedCore;
using testing::HasSubstr;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

// One scenario's run, to be driven on and looked at.
class Play {
 public:
  explicit Play(std::string_view name) : scenario_(*sim::find_fault_scenario(name)) {
    std::istringstream words{std::string(scenario_.sets)};
    const std::vector<std::string> sets{std::istream_iterator<std::string>(words), {}};
    load_ = app::parse_config("", "scenario", sets);
    EXPECT_EQ(load_.error, "");
    instruments_ = app::simulated_instruments(load_.config);
    venue_ = app::make_sim_venue(load_.config, instruments_);
    run_ = std::make_unique<app::CheckedRunOf<ObservedCore>>(load_.config, instruments_, *venue_,
                                                             scenario_.plan());
    run_->begin(kStart);
  }
  void until(std::int64_t second) { run_->advance(kStart + kSecond * second); }
  // Every fault has struck, no checker has complained, and nothing is left.
  void end_clean(bool every_fault = true) {
    EXPECT_TRUE(run_->shut_down());
    const sim::Checker& checker = run_->checker();
    EXPECT_FALSE(checker.violated())
        << name(checker.first().check) << ": " << checker.first().text.data();
    EXPECT_EQ(run_->faults().skipped(), 0u);
    for (const sim::Fault& f : scenario_.plan()) {
      EXPECT_TRUE(!every_fault || struck(f.kind) > 0) << name(f.kind);
    }
    EXPECT_EQ(core().orders().unknown_count(), 0);
    EXPECT_GT(venue().counters().fills, 0u);
    EXPECT_EQ(core().ids_again, 0u);
    EXPECT_EQ(core().foreign, 0u);
  }
  // To the usual end, quoting again.
  void play() {
    until(240);
    EXPECT_EQ(core().trip(), QuoteReason::kQuoting);
    EXPECT_GT(open(), 0u);
    end_clean();
  }

  const ObservedCore& core() const { return static_cast<const ObservedCore&>(run_->core()); }
  const sim::SimVenue& venue() const { return *venue_; }
  const sim::Checker& checker() const { return run_->checker(); }
  std::uint32_t open() const { return venue_->open_orders(); }
  std::uint64_t fills() const { return venue_->counters().fills; }
  std::uint64_t rejects(RejectReason reason) const {
    return venue_->counters().rejects[static_cast<std::size_t>(reason)];
  }
  std::uint64_t struck(FaultKind kind) const {
    return run_->faults().counts()[static_cast<std::size_t>(kind)];
  }
  std::uint64_t quotes() const {
    return core().commands(CommandKind::kPlace) + core().commands(CommandKind::kReplace) +
           core().commands(CommandKind::kReduce);
  }

 private:
  const FaultScenario& scenario_;
  app::ConfigLoad load_;
  std::vector<Instrument> instruments_;
  std::unique_ptr<sim::SimVenue> venue_;
  std::unique_ptr<app::CheckedRunOf<ObservedCore>> run_;
};

TEST(Scenario, S1LateAcksAreDoubtThatIsAskedAboutAndNothingIsPlacedTwice) {
  Play s("S1");
  s.play();
  EXPECT_GT(s.core().unknown_most, 0u);
  EXPECT_GT(s.core().commands(CommandKind::kQueryOrder), 0u);
}

TEST(Scenario, S2NotFoundIsNoEndForAYoungOrder) {
  Play s("S2");
  s.play();
  EXPECT_GT(s.core().not_found, 0u);
}

TEST(Scenario, S3ABlackoutWithSixOrdersAndFillsMeanwhile) {
  Play s("S3");
  s.until(10);
  EXPECT_EQ(s.open(), 6u);
  const std::uint64_t before = s.fills();
  s.until(69);
  EXPECT_GT(s.fills(), before);
  EXPECT_TRUE(s.core().named(QuoteReason::kDisconnected));
  s.play();
  EXPECT_TRUE(s.core().named(QuoteReason::kReconciling));
}

TEST(Scenario, S4AFillThatOvertakesItsCancelCounts) {
  Play s("S4");
  s.play();
  EXPECT_GT(s.core().failures(CommandKind::kCancel, RejectReason::kUnknownOrder), 0u);
}

TEST(Scenario, S5IgnoredCancelsAreSentAgain) {
  Play s("S5");
  s.play();
  EXPECT_GT(s.core().commands(CommandKind::kCancel), s.venue().counters().canceled);
}

TEST(Scenario, S6OrdersOfOthersAreLeftAlone) {
  Play s("S6");
  s.play();
  EXPECT_EQ(s.core().lifecycle().stray_count(), 0u);
}

TEST(Scenario, S7RepeatedReportsCountOnce) {
  Play s("S7");
  s.play();
  EXPECT_GT(s.core().events(EventKind::kFilled), s.fills());
  EXPECT_EQ(s.core().instrument(0).position.fills(), s.fills());
}

// Nobody tells: no session that comes anew, only the answers to what the core asks.
TEST(Scenario, S8FillsOfASilentStreamAreAskedForWhileItLasts) {
  Play s("S8");
  s.until(10);
  const std::uint64_t before = s.fills(), sessions = s.core().events(EventKind::kSessionStatus);
  const std::uint64_t asked = s.core().commands(CommandKind::kQueryOrder);
  s.until(29);
  EXPECT_GT(s.fills(), before);
  EXPECT_GT(s.core().instrument(0).position.fills(), before);
  EXPECT_GT(s.core().commands(CommandKind::kQueryOrder), asked);
  s.play();
  EXPECT_EQ(s.core().events(EventKind::kSessionStatus), sessions);
  EXPECT_EQ(s.core().instrument(0).position.fills(), s.fills());
}

TEST(Scenario, S9AMarketThatStandsStillPullsTheQuotes) {
  Play s("S9");
  s.until(40);
  EXPECT_EQ(s.open(), 0u);
  EXPECT_TRUE(s.core().named(QuoteReason::kStaleData));
  s.until(90);  // depth alone: the touch is told by the tickers
  EXPECT_GT(s.open(), 0u);
  s.play();
}

TEST(Scenario, S10ABrokenBookIsAskedForAgain) {
  Play s("S10");
  s.play();
  EXPECT_GT(s.core().commands(CommandKind::kResyncFeed), 0u);
  EXPECT_GT(s.core().events(EventKind::kBookStale), 0u);
  EXPECT_TRUE(s.core().named(QuoteReason::kStaleData));
}

TEST(Scenario, S11TheBreakerBoundsAPostOnlyStorm) {
  Play s("S11");
  s.play();
  EXPECT_TRUE(s.core().named(QuoteReason::kPostOnlyBreaker));
  EXPECT_LT(s.struck(FaultKind::kPostOnlyStorm), 100u);
}

TEST(Scenario, S12TheBreakerBoundsRefusalsForBalance) {
  Play s("S12");
  s.play();
  EXPECT_TRUE(s.core().named(QuoteReason::kCircuitBreaker));
  EXPECT_LT(s.struck(FaultKind::kNoBalance), 100u);
}

TEST(Scenario, S13NothingIsSentBeforeRetryAfterWithTenOrdersLive) {
  Play s("S13");
  s.until(10);
  EXPECT_GE(s.open(), 10u);
  // The 429, and the 418 that meets who comes back when that is over.
  struct Wait {
    FaultKind kind;
    std::int64_t end;
  };
  for (const auto& [kind, end] : {Wait{FaultKind::kRateLimited, 30}, {FaultKind::kBanned, 50}}) {
    s.until(end - 19);
    const std::uint64_t quotes = s.quotes(), met = s.struck(kind);
    EXPECT_GT(met, 0u);
    s.until(end - 1);
    EXPECT_EQ(s.quotes(), quotes) << end;
    EXPECT_LE(s.struck(kind), met + 12) << "a cancel of each order";
    EXPECT_TRUE(s.core().named(QuoteReason::kRateBudget));
    s.until(end + 5);
    EXPECT_GT(s.quotes(), quotes) << end;
  }
  // The side that would add to the position may have room for fewer at first.
  for (std::int64_t second = 55; s.open() < 10 && second < 60; ++second) s.until(second);
  EXPECT_GE(s.open(), 10u);
  s.play();
}

TEST(Scenario, S14QuotesPauseOverAClockThatJumps) {
  Play s("S14");
  s.until(19);
  EXPECT_GT(s.open(), 0u) << "1.2 s from the future are no age";
  EXPECT_FALSE(s.core().named(QuoteReason::kOwnLag));
  s.until(35);
  EXPECT_EQ(s.open(), 0u) << "3 s ago are one";
  EXPECT_TRUE(s.core().named(QuoteReason::kOwnLag));
  s.until(45);
  EXPECT_GT(s.open(), 0u);
  s.play();
  std::uint64_t refused = 0;
  for (const CommandKind kind : {CommandKind::kPlace, CommandKind::kReplace, CommandKind::kReduce,
                                 CommandKind::kCancel, CommandKind::kQueryOrder}) {
    refused += s.core().failures(kind, RejectReason::kOther);
  }
  EXPECT_GT(refused, 0u);
}

TEST(Scenario, S15AStopEndsWithoutOrdersWhateverIsLost) {
  Play s("S15");
  s.until(240);
  EXPECT_GT(s.open(), 0u);
  s.end_clean();
}

TEST(Scenario, S16ATripPullsEverythingAndStays) {
  Play s("S16");
  s.until(19);
  ASSERT_EQ(s.core().trip(), QuoteReason::kLossLimit);
  EXPECT_GT(s.open(), 0u);
  EXPECT_EQ(s.venue().counters().canceled, 0u);
  EXPECT_GT(s.core().commands(CommandKind::kCancel), 2 * s.open());
  s.until(30);
  EXPECT_EQ(s.open(), 0u);
  s.until(240);
  EXPECT_EQ(s.core().trip(), QuoteReason::kLossLimit);
  EXPECT_EQ(s.open(), 0u);
  EXPECT_LT(s.core().quoted_last, kStart + kSecond * 240);
  const std::uint64_t sent = s.quotes();
  s.until(600);
  EXPECT_EQ(s.quotes(), sent);
  s.end_clean();
}

TEST(Scenario, S17AStalledConsumerKnowsItsDataAreOld) {
  Play s("S17");
  s.play();
  EXPECT_TRUE(s.core().named(QuoteReason::kOwnLag) || s.core().named(QuoteReason::kStaleData));
}

TEST(Scenario, S18ARebateInAThirdAssetIsProfitAtItsPrice) {
  Play s("S18");
  s.play();
  const Amount paid = s.venue().fees(0, Asset::kOther);
  EXPECT_LT(paid.v, 0);
  EXPECT_EQ(s.core().instrument(0).position.fees(), Money(Int128{paid.v} * 600 * 10'000'000'000));
}

TEST(Scenario, S19AHaltEndsButANewGridHaltsItsSymbolForGood) {
  Play s("S19");
  s.until(20);
  EXPECT_EQ(s.core().stopped(), false);
  for (InstrumentId i = 0; i < 3; ++i) {
    EXPECT_TRUE(s.core().named(QuoteReason::kSymbolHalted, i)) << i;
  }
  s.until(59);  // the halt is over
  for (InstrumentId i = 0; i < 3; ++i) EXPECT_GT(s.venue().open_orders(i), 0u) << i;
  s.until(62);  // the tick is another: what rests stays
  EXPECT_GT(s.venue().open_orders(0), 0u);
  s.until(99);  // known since 80 s
  EXPECT_EQ(s.venue().open_orders(0), 0u);
  EXPECT_GT(s.venue().open_orders(1), 0u);
  s.until(240);  // and the lot of the next since 120 s
  EXPECT_EQ(s.venue().open_orders(0), 0u);
  EXPECT_EQ(s.venue().open_orders(1), 0u);
  EXPECT_GT(s.venue().open_orders(2), 0u);
  for (const InstrumentId i : {InstrumentId{0}, InstrumentId{1}}) {
    EXPECT_EQ(s.core().instrument(i).side(Side::kBuy).reason, QuoteReason::kSymbolHalted);
    EXPECT_EQ(s.core().orders().live_count(i), 0) << "no order is lost";
  }
  EXPECT_GT(s.rejects(RejectReason::kFilter), 0u);  // until it was known
  EXPECT_LT(s.rejects(RejectReason::kFilter), 100u);
  s.end_clean();
}

TEST(Scenario, S20FillsOverReconnectsCountOnce) {
  Play s("S20");
  s.play();
  EXPECT_EQ(s.struck(FaultKind::kSessionDown), 11u);
  EXPECT_EQ(s.struck(FaultKind::kFeedDown), 11u);
  EXPECT_GT(s.fills(), 0u);
  EXPECT_EQ(s.core().instrument(0).position.fills(), s.fills());
}

TEST(Scenario, S21ARefusedAmendLeavesTheOrderAsItWas) {
  Play s("S21");
  s.play();
  EXPECT_GT(s.core().failures(CommandKind::kReduce, RejectReason::kOther), 0u);
  EXPECT_GT(s.core().failures(CommandKind::kReplace, RejectReason::kOther), 0u);
}

TEST(Scenario, S22AJumpOverOurLevelsNeverCrossesOurOwn) {
  Play s("S22");
  s.play();
  EXPECT_GT(s.core().failures(CommandKind::kPlace, RejectReason::kWouldCross) +
                s.core().failures(CommandKind::kReplace, RejectReason::kWouldCross),
            0u);
  EXPECT_EQ(s.venue().counters().self_trades_prevented, 0u);
  EXPECT_EQ(s.venue().counters().taker_fills, 0u);
  EXPECT_GT(s.core().own_in_the_way, 0u);
}

TEST(Scenario, S23LevelsShrinkWithTheBalanceThatASecondEngineLeaves) {
  Play s("S23");
  s.play();
  EXPECT_TRUE(s.core().named(QuoteReason::kInsufficientBalance));
}

TEST(Scenario, S24APositionMadeByHandIsNotOurs) {
  Play s("S24");
  s.play();
  EXPECT_GT(s.struck(FaultKind::kForeignReport), 0u);
  EXPECT_GT(s.struck(FaultKind::kBalanceMoved), 0u);
  EXPECT_GT(s.fills(), 0u);
  EXPECT_EQ(s.core().instrument(0).position.base() - s.core().instrument(0).position.opening(),
            s.venue().position(0));
}

// Of its 24 hours, two.
TEST(Scenario, S25TwentyTwoSymbolsGoThroughTheDay) {
  Play s("S25");
  s.until(2 * 3600);
  EXPECT_EQ(s.core().instrument_count(), 22u);
  EXPECT_EQ(s.core().trip(), QuoteReason::kQuoting);
  s.end_clean(false);
}

TEST(ScenarioRun, VirtualTimeLeavesASessionThatReplays) {
  const test::Scratch here;
  const test::Ran ran = here.run(
      "run --scenario S3 --speed max --seconds 200 --quiet --session s -c " + test::kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("session_down 1"));
  const test::JsonFile json(here.path("s/summary.json"));
  for (const std::string& name : json.keys("/invariants")) {
    EXPECT_EQ(json.integer("/invariants/" + name), 0) << name;
  }
  EXPECT_EQ(json.integer("/invariants/checker_stray_order"), 0);
  EXPECT_EQ(json.integer("/hot_path_allocations"), 0);
  EXPECT_EQ(here.run("replay s").exit_code, 0);
}

TEST(ScenarioRun, EndsByItselfAMinuteAfterItsLastFault) {
  const auto seconds = [](const char* name) {
    return sim::seconds_of(*sim::find_fault_scenario(name));
  };
  EXPECT_EQ(seconds("S7"), 180);
  EXPECT_EQ(seconds("S25"), 24 * 3600);
  EXPECT_EQ(seconds("S15"), 0) << "its faults go on until it is stopped";
  EXPECT_EQ(seconds("S18"), 0) << "nothing goes wrong";
  const test::Scratch here;
  const test::Ran ran =
      here.run("run --scenario S7 --speed max --quiet --session s -c " + test::kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_GE(test::JsonFile(here.path("s/summary.json")).number("/seconds"), 180);
  EXPECT_EQ(here.run("run --scenario S18 --speed max -c " + test::kConfig).exit_code, 2);
}

// What the checkers wait for afterwards is no part of the run.
TEST(ScenarioRun, TakesAsLongAsItIsTold) {
  const test::Scratch here;
  const test::Ran ran = here.run(
      "run --scenario S7 --seconds 10 --speed max --quiet --session s -c " + test::kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  const test::JsonFile json(here.path("s/summary.json"));
  EXPECT_GE(json.number("/seconds"), 10);
  EXPECT_LT(json.number("/seconds"), 11);
  EXPECT_GT(json.number("/quote_uptime_pct"), 50) << "of 5 s; the end does not count";
  EXPECT_THAT(ran.out, HasSubstr("60 s more"));
}

// S25 runs its 24 hours in virtual time unless told otherwise; here it is, for those take 70 s.
TEST(ScenarioRun, TwoHoursOfS25TakeNoMoreMemoryAtTheirEndThanAfterTheirFirstQuarter) {
  const test::Scratch here;
  const test::Ran ran =
      here.run("run --mode sim --scenario S25 --seconds 7200 --quiet --session s --speed max -c " +
               test::kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("memory: RssAnon"));
  const test::JsonFile json(here.path("s/summary.json"));
  EXPECT_EQ(json.integer("/invariants/memory_grows"), 0);
  EXPECT_EQ(json.integer("/hot_path_allocations"), 0);
}

TEST(ScenarioRun, RealTimeGoesThroughFaultsToo) {
  const test::Scratch here;
  const test::Ran ran = here.run("run --scenario S20 --seconds 13 --quiet -c " + test::kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("session_down 1"));
  EXPECT_THAT(ran.out, HasSubstr("feed_down 1"));
}

TEST(ScenarioRun, AnUnknownNameListsAllThatThereAre) {
  const test::Scratch here;
  const test::Ran ran = here.run("run --scenario S26 --seconds 1");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--scenario S26: must be one of"));
  for (const FaultScenario& s : sim::fault_scenarios()) {
    EXPECT_THAT(ran.err, HasSubstr(std::string(s.happens)));
  }
  EXPECT_THAT(here.run("run --help").out, HasSubstr("S25"));
}

}  // namespace
}  // namespace mm
