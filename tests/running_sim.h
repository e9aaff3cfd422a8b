// A simulation that runs in a process of its own, and what its counters say of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/counters/counters_file.h"
#include "tests/local_venue.h"

namespace mm::test {

class RunningSim : public testing::Test {
 protected:
  // In folder s, quoting on both sides when it returns.
  void start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"run", "-c",      kConfig, "--session",
                                       "s",   "--quiet", "--set", "strategy.warmup_s=0.2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    engine_ = std::make_unique<Process>(here_, arguments, "engine.out");
    ASSERT_TRUE(wait_until([&] { return counters_.attach(here_.path("s")).empty(); }))
        << engine_->output();
    ASSERT_TRUE(wait_until([&] { return live(Side::kBuy) > 0 && live(Side::kSell) > 0; }));
  }
  std::int64_t live(Side side) const {
    counters::InstrumentBlock::Copy numbers;
    return counters_.instruments()[0].numbers.read(numbers)
               ? numbers.value("orders_live", index(side))
               : -1;
  }
  // The session ends in an orderly way and replays, with whatever steered it.
  void expect_whole_end() {
    engine_->signal(SIGTERM);
    EXPECT_EQ(engine_->wait(), 0) << engine_->output();
    EXPECT_EQ(here_.run("replay s").exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_regular_file(
        std::filesystem::symlink_status(here_.path("s/counters.dat"))));
    EXPECT_FALSE(here_.has("s/control.sock"));
  }

  const Scratch here_;
  counters::CountersFile counters_;
  std::unique_ptr<Process> engine_;
};

}  // namespace mm::test
