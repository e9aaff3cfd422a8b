#include "engine/runtime/errands.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <vector>

namespace mm {
namespace {

constexpr Nanos kLong{20 * kSecond.v};

// Stands still until it is told to go on, and for 20 s at most.
class Stall {
 public:
  std::function<void()> errand() {
    return [this] { began_.set_value(), over_.wait_for(std::chrono::seconds(20)); };
  }
  bool has_begun() {
    return begun_.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  }
  void end() { end_.set_value(); }

 private:
  std::promise<void> began_, end_;
  std::future<void> begun_ = began_.get_future(), over_ = end_.get_future();
};

TEST(Errands, AreDoneInOrderAndAllOfThemBeforeTheEnd) {
  std::vector<int> done;
  {
    Errands errands;
    EXPECT_TRUE(errands.wait(Nanos{})) << "there is nothing to do";
    for (int i = 0; i < 3; ++i) errands.hand_over([&done, i] { done.push_back(i); });
    EXPECT_TRUE(errands.wait(kLong));
    EXPECT_EQ(done.size(), 3u);
    errands.hand_over([&done] { done.push_back(3); });
  }
  EXPECT_THAT(done, testing::ElementsAre(0, 1, 2, 3));
}

TEST(Errands, OneThatStandsStillHoldsUpNobodyAndWhatWaitsBehindItIsBounded) {
  std::size_t done = 0;
  Stall stall;
  Errands errands;
  ASSERT_TRUE(errands.hand_over(stall.errand()));
  ASSERT_TRUE(stall.has_begun());
  for (std::size_t i = 0; i < Errands::kWaitingMax; ++i) {
    ASSERT_TRUE(errands.hand_over([&done] { ++done; }));
  }
  EXPECT_FALSE(errands.hand_over([&done] { done += 1000; }));
  EXPECT_FALSE(errands.wait(kMillisecond));
  stall.end();
  EXPECT_TRUE(errands.wait(kLong));
  EXPECT_EQ(done, Errands::kWaitingMax);
}

}  // namespace
}  // namespace mm
