// What a start is told of the sessions before it, and what it settles of them.
#include "engine/app/session/last_sessions.h"

#include <gmock/gmock.h>

#include "tests/dead_engine.h"
#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using counters::CountersFile;
using counters::Phase;

class LastSessionsTest : public testing::Test {
 protected:
  LastSessionsTest() { std::filesystem::create_directories(here_.path("tmpfs")); }
  // A start that names its session, and has died or was refused in that phase.
  std::string start(const std::string& name, Phase phase) {
    const std::string folder = here_.path(name);
    std::filesystem::create_directories(folder);
    EXPECT_EQ(now().write_next(folder), "");
    test::leave_counters(folder, here_.path("tmpfs"), phase);
    return folder;
  }
  LastSessions now() const { return LastSessions(here_.path("engine.session")); }
  static bool may_have_orders(const std::string& folder) {
    CountersFile engine;
    EXPECT_EQ(engine.attach(folder, CountersFile::Use::kLook), "");
    return engine.may_have_orders();
  }

  const test::Scratch here_;
};

TEST_F(LastSessionsTest, AtFirstThereIsNone) {
  EXPECT_EQ(now().last(), "");
  EXPECT_EQ(now().newest_with_orders(), "");
  now().take_over();
}

TEST_F(LastSessionsTest, OneThatDiedIsTakenOverByTheNextThatTrades) {
  const std::string died = start("a", Phase::kRunning);
  EXPECT_EQ(now().last(), died);
  const LastSessions next = now();
  ASSERT_EQ(next.write_next(here_.path("b")), "");
  EXPECT_TRUE(may_have_orders(died));
  next.take_over();
  EXPECT_FALSE(may_have_orders(died)) << "no guard has to act on it";
}

TEST_F(LastSessionsTest, OneThatDiedIsTakenOverThoughStartsBetweenWereRefused) {
  const std::string died = start("a", Phase::kEnding);
  start("b", Phase::kEnded);
  const std::string last = start("c", Phase::kStarting);
  EXPECT_EQ(now().last(), last) << "position and losses go on from there";
  EXPECT_EQ(now().newest_with_orders(), died) << "a guard has to act on that one";
  now().take_over();
  EXPECT_FALSE(may_have_orders(died));
}

TEST_F(LastSessionsTest, AllThatDiedAreTakenOver) {
  const std::string first = start("a", Phase::kRunning), second = start("b", Phase::kRunning);
  EXPECT_EQ(now().newest_with_orders(), second);
  now().take_over();
  EXPECT_FALSE(may_have_orders(first));
  EXPECT_FALSE(may_have_orders(second));
}

TEST_F(LastSessionsTest, NothingIsRememberedOfWhatIsOverOrGone) {
  start("a", Phase::kEnded);
  start("b", Phase::kRunning);
  now().take_over();
  std::filesystem::remove_all(start("c", Phase::kRunning));
  const std::string last = start("d", Phase::kRunning);
  EXPECT_EQ(test::read_file(here_.path("engine.session")), last + "\n");
}

TEST_F(LastSessionsTest, AFolderIsNamedFromTheRoot) {
  ASSERT_EQ(now().write_next("sessions/a"), "");
  EXPECT_EQ(now().last(), std::filesystem::absolute("sessions/a").string());
}

TEST_F(LastSessionsTest, WhatCannotBeWrittenIsSaid) {
  EXPECT_THAT(LastSessions(here_.path("missing/engine.session")).write_next("a"),
              testing::HasSubstr("missing/engine.session"));
}

}  // namespace
}  // namespace mm::app
