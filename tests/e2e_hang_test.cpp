// A live engine of which a hot thread hangs: told to end it leaves no order open, and says that it
// did not end in order.
#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>

#include "tests/live_engine.h"

namespace mm {
namespace {

using test::read_file;
using test::wait_until;
using testing::HasSubstr;

// One thread of a child's, which stands still as if it hung.
class HeldThread {
 public:
  explicit HeldThread(pid_t thread) : thread_(thread) {
    held_ = ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0 &&
            ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0 &&
            waitpid(thread, nullptr, __WALL) == thread;
  }
  bool held() const { return held_; }
  // Before nobody hears of the end of its process.
  bool ended() {
    int status = 0;
    held_ = held_ && !(waitpid(thread_, &status, __WALL | WNOHANG) == thread_ &&
                       (WIFEXITED(status) || WIFSIGNALED(status)));
    return !held_;
  }

 private:
  pid_t thread_;
  bool held_;
};

// The parameter is a thread that hangs while the others go on; empty: all that trade do.
class HungRun : public test::LiveEngine, public testing::WithParamInterface<const char*> {
 protected:
  bool hold_hot_threads() {
    const std::string tasks = "/proc/" + std::to_string(engine_->pid()) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      const std::string name = read_file(task.path() / "comm");
      constexpr std::array kHot{"feed\n", "strategy\n", "gateway\n"};
      if (std::ranges::find(kHot, name) == kHot.end()) continue;
      if (*GetParam() != '\0' && name != std::string(GetParam()) + "\n") continue;
      threads_.emplace_back(std::stoi(task.path().filename()));
      if (!threads_.back().held()) return false;
    }
    return !threads_.empty();
  }
  bool threads_ended() {
    return std::ranges::all_of(threads_, [](HeldThread& thread) { return thread.ended(); });
  }

  std::deque<HeldThread> threads_;
};

TEST_P(HungRun, IsEndedWithoutItsThreadAndLeavesNoOrder) {
  ASSERT_NO_FATAL_FAILURE(open());
  // So far from the market that no order goes by itself.
  const std::vector<std::string> sets{"--quiet",
                                      "--set",
                                      "venue.recv_window_ms=2000",
                                      "--set",
                                      "strategy.min_spread=0.03",
                                      "--set",
                                      "strategy.max_spread=0.04"};
  start_engine("s", sets);
  ASSERT_TRUE(until_quoting()) << said();
  if (!hold_hot_threads()) GTEST_SKIP() << "nobody may hold a thread here";
  EXPECT_GE(ours(), 1u);
  engine_->signal(SIGTERM);
  EXPECT_TRUE(wait_until([&] { return ours() == 0; }, 60)) << said();
  ASSERT_TRUE(wait_until([&] { return threads_ended(); }, 60)) << said();
  EXPECT_EQ(engine_->wait(), 1) << said();
  EXPECT_THAT(engine_->output(), HasSubstr("A THREAD OF THE ENGINE HANGS"));
  EXPECT_THAT(engine_->output(), testing::ContainsRegex("[0-9]+ cancelled, none is left"));
  EXPECT_THAT(engine_->output(), HasSubstr("did not end in order"));
  EXPECT_FALSE(here_.has("out.json"));
  start_engine("t", sets);
  EXPECT_TRUE(until_quoting()) << "the next goes on from what is left: " << said();
  EXPECT_EQ(stop(), 0) << said();
  expect_no_violation();
}

INSTANTIATE_TEST_SUITE_P(Threads, HungRun, testing::Values("", "feed"));

}  // namespace
}  // namespace mm
