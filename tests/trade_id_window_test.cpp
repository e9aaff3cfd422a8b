#include "engine/core/trade_id_window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>

namespace mm {
namespace {

using enum TradeIdWindow::Verdict;

TEST(TradeIdWindow, AnIdCountsOnceOnly) {
  TradeIdWindow window(8);
  EXPECT_EQ(window.insert(TradeId(5)), kNew);
  EXPECT_EQ(window.insert(TradeId(5)), kDuplicate);
  EXPECT_EQ(window.insert(TradeId(6)), kNew);
  EXPECT_EQ(window.insert(TradeId(5)), kDuplicate);
  EXPECT_EQ(window.size(), 2u);
}

TEST(TradeIdWindow, IdZeroIsAnIdLikeAnyOther) {
  TradeIdWindow window(8);
  EXPECT_EQ(window.insert(TradeId(0)), kNew);
  EXPECT_EQ(window.insert(TradeId(0)), kDuplicate);
}

TEST(TradeIdWindow, IdsMayComeOutOfOrderInsideTheWindow) {
  TradeIdWindow window(4);
  EXPECT_EQ(window.insert(TradeId(9)), kNew);
  EXPECT_EQ(window.insert(TradeId(3)), kNew);
  EXPECT_EQ(window.insert(TradeId(6)), kNew);
}

TEST(TradeIdWindow, AnIdOlderThanTheWindowIsNotGuessed) {
  TradeIdWindow window(4);
  for (std::uint64_t id = 1; id <= 6; ++id) EXPECT_EQ(window.insert(TradeId(id * 10)), kNew);
  EXPECT_EQ(window.insert(TradeId(10)), kTooOld);  // was counted, has left
  EXPECT_EQ(window.insert(TradeId(15)), kTooOld);  // was never seen, cannot be told apart
  EXPECT_EQ(window.insert(TradeId(25)), kNew);     // above everything that has left
  EXPECT_EQ(window.size(), 4u);
}

TEST(TradeIdWindow, CapacityIsRoundedUpToAPowerOfTwo) {
  EXPECT_EQ(TradeIdWindow(5).capacity(), 8u);
  EXPECT_EQ(TradeIdWindow(0).capacity(), 1u);
}

// The same promises, kept by searching a list.
class SlowWindow {
 public:
  explicit SlowWindow(std::size_t capacity) : capacity_(capacity) {}
  TradeIdWindow::Verdict insert(std::uint64_t id) {
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return kDuplicate;
    if (any_left_ && id <= left_max_) return kTooOld;
    if (ids_.size() == capacity_) {
      left_max_ = std::max(left_max_, ids_.front());
      any_left_ = true;
      ids_.pop_front();
    }
    ids_.push_back(id);
    return kNew;
  }

 private:
  std::size_t capacity_;
  std::deque<std::uint64_t> ids_;
  std::uint64_t left_max_ = 0;
  bool any_left_ = false;
};

// Up to `count` numbers over their whole range: long lists would bias them towards all bits set.
rc::Gen<std::vector<std::uint16_t>> random_numbers(int count) {
  using rc::gen::resize;
  return resize(count, rc::gen::container<std::vector<std::uint16_t>>(
                           resize(rc::kNominalSize, rc::gen::arbitrary<std::uint16_t>())));
}

RC_GTEST_PROP(TradeIdWindowProperty, AgreesWithASlowList, (bool far_apart)) {
  const auto jumps = *random_numbers(400);
  TradeIdWindow window(16);
  SlowWindow slow(16);
  std::uint64_t base = 0;
  for (const std::uint16_t jump : jumps) {
    // Ids move upwards with repeats and back steps; far apart they fill all bits.
    base += jump % 3;
    const std::uint64_t step_back = (jump / 3) % 24;
    std::uint64_t id = base > step_back ? base - step_back : 0;
    if (far_apart) id <<= 52;
    RC_ASSERT(window.insert(TradeId(id)) == slow.insert(id));
  }
}

}  // namespace
}  // namespace mm
