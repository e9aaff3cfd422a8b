#include <gtest/gtest.h>

#include <thread>

#include "engine/net/handover.h"
#include "engine/runtime/sealed_scope.h"

namespace mm::net {
namespace {

// Counts those alive, and remembers which one it is.
struct Counted {
  explicit Counted(int n, int& alive_count) : number(n), alive(alive_count) { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int number;
  int& alive;
};

class HandoverTest : public testing::Test {
 protected:
  std::unique_ptr<Counted> make(int number) { return std::make_unique<Counted>(number, alive_); }
  int alive_ = 0;
};

TEST_F(HandoverTest, AnOfferIsTakenOnce) {
  Handover<Counted> handover;
  EXPECT_EQ(handover.take(), nullptr);
  EXPECT_TRUE(handover.offer(make(1)));
  Counted* taken = handover.take();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->number, 1);
  EXPECT_EQ(handover.take(), nullptr);
  delete taken;
}

TEST_F(HandoverTest, ASecondOfferWaitsForTheFirstToBeTaken) {
  Handover<Counted> handover;
  EXPECT_TRUE(handover.offer(make(1)));
  auto second = make(2);
  EXPECT_FALSE(handover.offer(std::move(second)));
  ASSERT_NE(second, nullptr) << "it stays with the caller";
  std::unique_ptr<Counted> first(handover.take());
  EXPECT_EQ(first->number, 1);
  EXPECT_TRUE(handover.offer(std::move(second)));
  EXPECT_EQ(second, nullptr);
}

TEST_F(HandoverTest, WhatComesBackIsReclaimedBeforeTheNext) {
  Handover<Counted> handover;
  EXPECT_EQ(handover.reclaim(), nullptr);
  Counted* one = make(1).release();
  Counted* two = make(2).release();
  EXPECT_TRUE(handover.give_back(one));
  EXPECT_FALSE(handover.give_back(two));
  EXPECT_EQ(handover.reclaim()->number, 1);
  EXPECT_TRUE(handover.give_back(two));
  handover.destroy_returned();
  EXPECT_EQ(alive_, 0);
}

TEST_F(HandoverTest, WhatIsInItIsDestroyedWithIt) {
  {
    Handover<Counted> handover;
    EXPECT_TRUE(handover.offer(make(1)));
    EXPECT_TRUE(handover.give_back(make(2).release()));
    EXPECT_EQ(alive_, 2);
  }
  EXPECT_EQ(alive_, 0);
}

// A cold thread hands over thousands of objects, a hot one takes each in its turn, sealed.
TEST(HandoverThreads, EveryObjectCrossesOnceInOrderAndComesBack) {
  constexpr int kObjects = 20'000;
  Handover<int> handover;
  std::uint64_t allocated = 0;
  int taken_in_order = 0;
  std::thread hot([&] {
    const std::uint64_t before = thread_hot_path_allocations();
    const SealedScope sealed;
    while (taken_in_order < kObjects) {
      int* object = handover.take();
      if (object == nullptr) {
        std::this_thread::yield();
        continue;
      }
      if (*object != taken_in_order) break;
      ++taken_in_order;
      *object = -1;
      while (!handover.give_back(object)) std::this_thread::yield();
    }
    allocated = thread_hot_path_allocations() - before;
  });
  int offered = 0, returned = 0;
  auto next = std::make_unique<int>(0);
  while (returned < kObjects) {
    if (offered < kObjects && handover.offer(std::move(next))) {
      next = std::make_unique<int>(++offered);
    }
    if (const auto back = handover.reclaim()) {
      ASSERT_EQ(*back, -1);
      ++returned;
    } else {
      std::this_thread::yield();
    }
  }
  hot.join();
  EXPECT_EQ(taken_in_order, kObjects);
  EXPECT_EQ(allocated, 0U);
}

}  // namespace
}  // namespace mm::net
