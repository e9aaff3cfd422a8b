// plan and reload on a running simulation, as a person at a shell uses them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/app/config/config_hash.h"
#include "tests/running_sim.h"

namespace mm {
namespace {

using test::Ran;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

class Reload : public test::RunningSim {
 protected:
  std::int64_t live() const { return RunningSim::live(Side::kBuy) + RunningSim::live(Side::kSell); }
  std::string shown(const std::string& command) const { return here_.run(command).out; }
  void start() {
    ASSERT_NO_FATAL_FAILURE(RunningSim::start({"--seed", "4"}));
    ASSERT_TRUE(wait_until([&] { return live() == 6; }));
  }
};

TEST_F(Reload, ChangesTheRunningEngineAndReplays) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string fewer = " s --set strategy.target_orders_per_side=1";
  const Ran planned = here_.run("plan" + fewer);
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(
      shown("top --once s"),
      HasSubstr(fmt::format("config {:016x}",
                            app::config_hash(test::read_file(here_.path("s/config.ini"))))));
  EXPECT_THAT(planned.out, HasSubstr("[strategy] target_orders_per_side: 3 -> 1"));
  EXPECT_TRUE(wait_until([&] { return live() == 6; })) << "a plan changes nothing";
  const Ran reloaded = here_.run("reload" + fewer);
  EXPECT_EQ(reloaded.exit_code, 0) << reloaded.err;
  EXPECT_THAT(reloaded.out, HasSubstr("reload: done"));
  EXPECT_TRUE(wait_until([&] { return live() == 2; }));
  EXPECT_THAT(here_.run("reload" + fewer).out, HasSubstr("nothing changes"));
  const std::string in_force = test::read_file(here_.path("s/config.ini"));
  EXPECT_THAT(in_force, HasSubstr("target_orders_per_side = 1\n"));
  const std::string hash = fmt::format("{:016x}", app::config_hash(in_force));
  EXPECT_TRUE(wait_until([&] { return shown("top --once s").find(hash) != std::string::npos; }));
  EXPECT_THAT(shown("counters --prometheus s"), HasSubstr("config=\"" + hash + '"'));
  expect_whole_end();
  EXPECT_EQ(test::JsonFile(here_.path("s/summary.json")).integer("/hot_path_allocations"), 0);
  EXPECT_THAT(test::read_file(here_.path("s/log.txt")),
              HasSubstr("control: reload: [strategy] target_orders_per_side: 3 -> 1"));
}

TEST_F(Reload, APlanForAHaltedEngineSaysThatNothingIsQuoted) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string lower = "plan s --set strategy.min_spread=0.001";
  EXPECT_THAT(here_.run(lower).out, Not(HasSubstr("halted")));
  ASSERT_EQ(here_.run("kill s").exit_code, 0);
  ASSERT_TRUE(wait_until([&] { return live() == 0; }));
  const Ran planned = here_.run(lower);
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("[strategy] min_spread: 0.002 -> 0.001\n"));
  EXPECT_THAT(planned.out,
              HasSubstr("  orders     0 rest: 0 amended, 0 cancelled, 0 left; 0 placed\n"
                        "             bid: halted\n             ask: halted\n"));
  EXPECT_THAT(planned.out, HasSubstr(" a minute by this forecast on the market of the last "));
}

// Whatever the journal's thread had not written yet.
TEST_F(Reload, SurvivesAKill) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(here_.run("reload s --set strategy.target_orders_per_side=2").exit_code, 0);
  EXPECT_EQ(here_.run("reload s --set strategy.min_spread=0.003").exit_code, 0);
  engine_->signal(SIGKILL);
  engine_->wait();
  const Ran replayed = here_.run("replay s");
  EXPECT_EQ(replayed.exit_code, 0) << replayed.out << replayed.err;
  EXPECT_THAT(here_.run("explain s --level bid:1").out,
              HasSubstr(" reload: [strategy] min_spread: 0.002 -> 0.003"));
}

TEST_F(Reload, WhatIsRefusedChangesNothingAndSaysWhy) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string file =
      here_.write("new.ini", "[strategy]\nmin_spread = 0.003\n[market]\nseed = 5\n");
  const std::string before = test::read_file(here_.path("s/config.ini"));
  const Ran fixed = here_.run("reload s -c new.ini --set strategy.warmup_s=0.2");
  EXPECT_EQ(fixed.exit_code, 2);
  EXPECT_EQ(fixed.err,
            "mm_logic: new.ini:4: [market] seed = 5: cannot change while the engine runs; it is 4\n"
            "mm_logic: reload refused: nothing has changed\n");
  const Ran planned = here_.run("plan s -c new.ini --set strategy.warmup_s=0.2");
  EXPECT_EQ(planned.exit_code, 2);
  EXPECT_THAT(planned.out, HasSubstr("[strategy] min_spread: 0.002 -> 0.003\n"));
  EXPECT_THAT(planned.out, HasSubstr("[market] seed: 4 -> 5: cannot change"));
  for (const std::string bad :
       {"strategy.min_spread=2", "risk.no_such=1", "engine.core_feed=4095"}) {
    const Ran refused = here_.run("reload s --set " + bad),
              checked = here_.run("check --set " + bad);
    EXPECT_EQ(refused.exit_code, 2) << bad;
    EXPECT_EQ(checked.exit_code, 2) << bad;
    EXPECT_EQ(refused.err, checked.err) << "the same words";
  }
  EXPECT_EQ(test::read_file(here_.path("s/config.ini")), before);
  EXPECT_TRUE(wait_until([&] { return live() == 6; }));
}

TEST_F(Reload, WithoutAnEngineThereIsNothingToReload) {
  const Ran nothing = here_.run("reload");
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.err, "mm_logic: reload what? Name -c FILE, or keys with --set\n");
  const Ran none = here_.run("reload --set strategy.min_spread=0.003");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("no engine runs in sessions"));
  EXPECT_THAT(here_.run("plan missing --set strategy.min_spread=0.003").err,
              HasSubstr("missing/counters.dat"));
}

}  // namespace
}  // namespace mm
