// pause, resume and kill on a running simulation, and HALT, as a person at a shell uses them.
#include <gmock/gmock.h>

#include "tests/running_sim.h"

namespace mm {
namespace {

using test::kConfig;
using test::Ran;
using test::wait_until;
using testing::HasSubstr;
using testing::IsEmpty;

class Steer : public test::RunningSim {
 protected:
  Ran steer(const std::string& arguments) const { return here_.run(arguments + " -c " + kConfig); }
};

TEST_F(Steer, OneSideIsPausedAndResumed) {
  ASSERT_NO_FATAL_FAILURE(start());
  const Ran paused = steer("pause s --side buy");
  EXPECT_EQ(paused.exit_code, 0) << paused.err;
  EXPECT_THAT(paused.out, HasSubstr("pause buy: done"));
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) == 0; }));
  EXPECT_TRUE(wait_until([&] { return live(Side::kSell) > 0; })) << "the other side goes on";
  EXPECT_EQ(steer("resume s --side buy").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) > 0; }));
  EXPECT_EQ(steer("pause s").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) == 0 && live(Side::kSell) == 0; }));
  EXPECT_EQ(steer("resume s").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) > 0 && live(Side::kSell) > 0; }));
  expect_whole_end();
}

TEST_F(Steer, AKillLeavesNoOrderAndHaltsUntilResume) {
  ASSERT_NO_FATAL_FAILURE(start());
  const Ran killed = steer("kill s");
  EXPECT_EQ(killed.exit_code, 0) << killed.out << killed.err;
  EXPECT_THAT(killed.out, HasSubstr("No order is live"));
  EXPECT_EQ(live(Side::kBuy) + live(Side::kSell), 0);
  EXPECT_FALSE(engine_->ended());
  EXPECT_TRUE(counters_.layout().latch.is_set(KillLatch::kKilled));
  EXPECT_THAT(test::read_file(here_.path("sessions/HALT")), HasSubstr("killed by command"));
  const Ran refused = steer("run --mode live");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("killed by command"));
  const Ran checked = steer("check --mode live");
  EXPECT_THAT(checked.out, HasSubstr("killed by command"));
  const Ran resumed = steer("resume s");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(here_.has("sessions/HALT"));
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) > 0 && live(Side::kSell) > 0; }));
  expect_whole_end();
}

// A session in a folder of any name and place is one of its [session] dir's all the same.
TEST_F(Steer, AnEngineThatRunsIsFoundWhereverItsSessionLies) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(steer("pause").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) == 0 && live(Side::kSell) == 0; }));
  const Ran shown = steer("top --once");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("session " + here_.path("s")));
  EXPECT_EQ(steer("resume").exit_code, 0);
  const Ran killed = steer("kill");
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_THAT(killed.out, HasSubstr("No order is live"));
  const Ran elsewhere = steer("pause --set session.dir=other");
  EXPECT_EQ(elsewhere.exit_code, 1) << "another's engines are not ours";
}

TEST_F(Steer, AnEngineIsFoundThroughLinksToItsFolders) {
  using std::filesystem::create_directory_symlink;
  std::filesystem::create_directories(here_.path("sessions"));
  create_directory_symlink("sessions", here_.path("its"));
  create_directory_symlink(here_.path("its"), here_.path("ours"));
  ASSERT_NO_FATAL_FAILURE(start({"--set", "session.dir=its"}));
  create_directory_symlink("s", here_.path("link"));
  for (const char* command : {"pause", "resume link", "pause link"}) {
    const Ran ran = steer(command);
    EXPECT_EQ(ran.exit_code, 0) << command << ": " << ran.err;
  }
  const Ran killed = steer("kill --set session.dir=ours");
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_THAT(killed.out, HasSubstr("No order is live"));
  EXPECT_THAT(test::read_file(here_.path("sessions/HALT")), HasSubstr("killed by command"));
}

TEST_F(Steer, AKillThatCouldNotWriteHaltSaysSo) {
  ASSERT_NO_FATAL_FAILURE(start());
  here_.write("sessions", "no folder");
  const Ran killed = steer("kill s");
  EXPECT_EQ(killed.exit_code, 1) << killed.out;
  EXPECT_THAT(killed.err, HasSubstr("HALT is not written, a live run may start again: "));
  EXPECT_THAT(killed.out, HasSubstr("No order is live, and HALT is not written."));
  EXPECT_EQ(live(Side::kBuy) + live(Side::kSell), 0);
  EXPECT_TRUE(counters_.layout().latch.is_set(KillLatch::kKilled));
}

TEST_F(Steer, WithoutAnEngineThereIsNothingToSteer) {
  for (const char* command : {"pause", "resume --side buy"}) {
    const Ran ran = steer(command);
    EXPECT_EQ(ran.exit_code, 1) << command;
    EXPECT_THAT(ran.err, HasSubstr("no engine runs in sessions")) << command;
  }
  EXPECT_THAT(steer("pause missing").err, HasSubstr("missing/counters.dat"));
  EXPECT_THAT(steer("resume").err, HasSubstr("nothing to resume"));
  ASSERT_NO_FATAL_FAILURE(start());
  engine_->signal(SIGKILL);
  engine_->wait();
  const Ran ran = steer("pause s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("has ended"));
  EXPECT_FALSE(here_.has("sessions/HALT"));
}

// It may be about to start, or to be started again.
TEST_F(Steer, AKillThatNobodyHearsHaltsAndSaysSo) {
  struct Case {
    const char *kill, *why;
  };
  const auto expect_halted = [this](const Case& c) {
    const Ran killed = steer(c.kill);
    EXPECT_EQ(killed.exit_code, 1) << "no order was looked for";
    EXPECT_THAT(killed.err, HasSubstr(c.why));
    EXPECT_THAT(killed.err, HasSubstr("HALT is written"));
    EXPECT_THAT(test::read_file(here_.path("sessions/HALT")), HasSubstr(c.why));
    EXPECT_THAT(steer("run --mode live").err, HasSubstr("killed by command, unheard"));
    std::filesystem::remove(here_.path("sessions/HALT"));
  };
  expect_halted({"kill", "no engine runs in sessions"});
  expect_halted({"kill missing", "missing/counters.dat"});
  ASSERT_NO_FATAL_FAILURE(start());
  engine_->signal(SIGSTOP);
  expect_halted({"kill s", "does not answer"});
  engine_->signal(SIGKILL);
  engine_->wait();
  expect_halted({"kill s", "has ended"});
}

TEST_F(Steer, ResumeRemovesHaltWhenNoEngineRuns) {
  std::filesystem::create_directories(here_.path("sessions"));
  here_.write("sessions/HALT", "20261127T000000.000Z guard: the engine died\n");
  const Ran refused = steer("run --mode live");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("guard: the engine died"));
  const Ran resumed = steer("resume");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("guard: the engine died"));
  EXPECT_FALSE(here_.has("sessions/HALT"));
  EXPECT_THAT(steer("run --mode live").err, testing::Not(HasSubstr("HALT")));
}

TEST_F(Steer, WhatIsNoSideIsBadUsage) {
  EXPECT_EQ(steer("pause --side up").exit_code, 2);
  EXPECT_EQ(steer("kill --side buy").exit_code, 2);
  EXPECT_EQ(steer("run --guard").exit_code, 2);
}

TEST_F(Steer, AnEngineThatHangsIsSaidNotToAnswerAndIsNotResumedLater) {
  ASSERT_NO_FATAL_FAILURE(start());
  engine_->signal(SIGSTOP);
  for (const char* command : {"pause s", "resume s"}) {
    const Ran ran = steer(command);
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_THAT(ran.err, HasSubstr("the engine does not answer"));
  }
  engine_->signal(SIGCONT);
  const auto log = [&] { return test::read_file(here_.path("s/log.txt")); };
  ASSERT_TRUE(wait_until([&] { return test::count_of(log(), "came too late") > 0; })) << log();
  EXPECT_TRUE(wait_until([&] { return live(Side::kBuy) == 0 && live(Side::kSell) == 0; }))
      << "a pause is obeyed however late it is heard, a resume is not";
  expect_whole_end();
}

}  // namespace
}  // namespace mm
