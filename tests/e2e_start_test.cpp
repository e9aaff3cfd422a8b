// A live start that takes its time, while orders of the one before rest at the venue: whoever ends
// it is heard, and nothing rests for too long.
#include <gmock/gmock.h>

#include "engine/runtime/folder_lock.h"
#include "tests/live_engine.h"

namespace mm {
namespace {

using test::count_of;
using test::read_file;
using test::wait_until;
using testing::HasSubstr;

class LongStart : public test::LiveEngine {
 protected:
  // An engine that died with orders open, and the next one, which is to adopt them and waits for
  // somebody who reads the session before.
  void begin(const std::vector<std::string>& more = {}) {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_THAT(venue_->place_by_hand("placed-by-hand"), HasSubstr("placed-by-hand"));
    start("before", more);
    ASSERT_TRUE(until_quoting()) << engine_->output();
    stop(SIGKILL);
    ASSERT_TRUE(reader_->take(here_.path("before")));
    start("s", more);
    ASSERT_TRUE(wait_until([&] { return epoch() == "2\n"; })) << engine_->output();
    ASSERT_GE(ours(), 2u);
  }
  void start(const std::string& session, const std::vector<std::string>& more) {
    std::vector<std::string> all{"--quiet", "--set", "order_management.own_orders_at_start=adopt"};
    all.insert(all.end(), more.begin(), more.end());
    start_engine(session, all);
  }
  // The last that it finds out before it looks at the session before.
  std::string epoch() const {
    std::error_code not_yet;
    for (const auto& file : std::filesystem::directory_iterator(here_.path("mm_logic"), not_yet)) {
      if (file.path().extension() == ".epoch") return read_file(file.path());
    }
    return {};
  }
  void expect_given_up(const std::string& why) {
    EXPECT_EQ(engine_->wait(), 1) << engine_->output();
    EXPECT_THAT(engine_->output(), HasSubstr(why));
    EXPECT_THAT(engine_->output(), HasSubstr("open orders of an earlier start were cancelled"));
    EXPECT_EQ(ours(), 0u);
    EXPECT_THAT(venue_->open_orders(), HasSubstr("placed-by-hand"));
  }

  std::unique_ptr<FolderLock> reader_ = std::make_unique<FolderLock>();
};

TEST_F(LongStart, EndsInOrderWhenItIsToldToTerminate) {
  ASSERT_NO_FATAL_FAILURE(begin());
  engine_->signal(SIGTERM);
  expect_given_up("not started: told to end");
  EXPECT_FALSE(here_.has("sessions/HALT"));
}

TEST_F(LongStart, EndsInOrderWhenItIsInterrupted) {
  ASSERT_NO_FATAL_FAILURE(begin());
  engine_->signal(SIGINT);
  expect_given_up("not started: told to end");
}

TEST_F(LongStart, IsKilledThoughItHasNoSessionYet) {
  ASSERT_NO_FATAL_FAILURE(begin());
  const test::Ran killed = here_.run("kill -c " + test::kConfig);
  EXPECT_EQ(killed.exit_code, 1);
  EXPECT_THAT(killed.err, HasSubstr("no engine runs in sessions; HALT is written"));
  expect_given_up("killed by command, unheard");
}

TEST_F(LongStart, LeavesNoOrderAloneForLongerThanItMay) {
  ASSERT_NO_FATAL_FAILURE(begin({"--set", "order_management.adopt_within_s=1"}));
  EXPECT_TRUE(wait_until([&] { return ours() == 0; })) << engine_->output();
  EXPECT_THAT(venue_->open_orders(), HasSubstr("placed-by-hand"));
  EXPECT_TRUE(wait_until([&] { return count_of(engine_->output(), "no order goes on") > 0; }))
      << engine_->output();
  EXPECT_FALSE(engine_->ended());
  reader_.reset();
  EXPECT_TRUE(until_quoting()) << engine_->output();
  EXPECT_EQ(stop(), 0) << engine_->output();
  EXPECT_EQ(ours(), 0u);
}

}  // namespace
}  // namespace mm
