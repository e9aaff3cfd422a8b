// S1 to S25 in virtual time, each with every checker; some in real time through the binary.
#include <gmock/gmock.h>

#include <iterator>
#include <sstream>

#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"
#include "sim/faults/fault_scenarios.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using app::CheckedRun;
using sim::FaultKind;
using sim::FaultScenario;
using testing::HasSubstr;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

class Scenario : public testing::TestWithParam<FaultScenario> {
 protected:
  void run(std::int64_t seconds) {
    std::istringstream words{std::string(GetParam().sets)};
    const std::vector<std::string> sets{std::istream_iterator<std::string>(words), {}};
    load_ = app::parse_config("", "scenario", sets);
    ASSERT_EQ(load_.error, "");
    instruments_ = app::simulated_instruments(load_.config);
    venue_ = app::make_sim_venue(load_.config, instruments_);
    run_ = std::make_unique<CheckedRun>(load_.config, instruments_, *venue_, GetParam().plan());
    run_->begin(kStart);
    run_->advance(kStart + kSecond * seconds);
    trip_ = run_->core().trip();
    quoting_ = venue_->open_orders() > 0;
    EXPECT_TRUE(run_->shut_down());
  }
  std::uint64_t struck(FaultKind kind) const {
    return run_->faults().counts()[static_cast<std::size_t>(kind)];
  }

  app::ConfigLoad load_;
  std::vector<Instrument> instruments_;
  std::unique_ptr<sim::SimVenue> venue_;
  std::unique_ptr<CheckedRun> run_;
  QuoteReason trip_{};
  bool quoting_ = false;
};

TEST_P(Scenario, EndsCleanAndQuotesAgain) {
  const bool day = GetParam().name == "S25";
  run(day ? 3600 : 240);
  const sim::Checker& checker = run_->checker();
  EXPECT_FALSE(checker.violated())
      << name(checker.first().check) << ": " << checker.first().text.data();
  EXPECT_EQ(run_->faults().skipped(), 0u);
  for (const sim::Fault& f : GetParam().plan()) {
    EXPECT_TRUE(day || struck(f.kind) > 0) << name(f.kind);
  }
  const bool trips = GetParam().name == "S16";
  EXPECT_EQ(trip_, trips ? QuoteReason::kLossLimit : QuoteReason::kQuoting);
  EXPECT_NE(quoting_, trips);
  EXPECT_GT(venue_->counters().fills, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, Scenario,
                         testing::ValuesIn(sim::fault_scenarios().begin(),
                                           sim::fault_scenarios().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

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
