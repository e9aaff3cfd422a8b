#include "engine/core/deadline_heap.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace {

using namespace mm;

TEST(DeadlineHeap, StartsWithNothingToWaitFor) {
  EXPECT_EQ(DeadlineHeap(3).min(), kNever);
  EXPECT_EQ(DeadlineHeap(0).min(), kNever);
}

TEST(DeadlineHeap, KnowsTheEarliestEntryAsDeadlinesMoveBothWays) {
  DeadlineHeap heap(3);
  heap.set(0, Nanos(30));
  heap.set(1, Nanos(20));
  heap.set(2, Nanos(10));
  EXPECT_EQ(heap.min_entry(), 2u);
  heap.set(2, Nanos(40));
  EXPECT_EQ(heap.min_entry(), 1u);
  EXPECT_EQ(heap.min(), Nanos(20));
  heap.set(1, kNever);
  EXPECT_EQ(heap.min_entry(), 0u);
  EXPECT_EQ(heap.at(2), Nanos(40));
  EXPECT_EQ(heap.at(1), kNever);
}

RC_GTEST_PROP(DeadlineHeapProperty, TheEarliestEqualsAScanOfAllEntries,
              (const std::vector<std::pair<std::uint8_t, std::uint16_t>>& changes)) {
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 40);
  DeadlineHeap heap(count);
  std::vector<Nanos> times(count, kNever);
  for (const auto& [which, time] : changes) {
    const std::size_t entry = which % count;
    times[entry] = time % 7 == 0 ? kNever : Nanos(time % 50);
    heap.set(entry, times[entry]);
    RC_ASSERT(heap.min() == *std::ranges::min_element(times));
    RC_ASSERT(times[heap.min_entry()] == heap.min());
    for (std::size_t i = 0; i < count; ++i) RC_ASSERT(heap.at(i) == times[i]);
  }
}

}  // namespace
