#include "engine/runtime/spsc_ring.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <deque>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/core/event.h"

namespace {

using mm::SpscRing;

TEST(SpscRing, GivesItemsBackInOrderAcrossManyWraps) {
  SpscRing<int> ring(4);
  int popped = -1;
  EXPECT_FALSE(ring.try_pop(popped));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(ring.try_push(2 * i));
    ASSERT_TRUE(ring.try_push(2 * i + 1));
    ASSERT_TRUE(ring.try_pop(popped));
    EXPECT_EQ(popped, 2 * i);
    ASSERT_TRUE(ring.try_pop(popped));
    EXPECT_EQ(popped, 2 * i + 1);
  }
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, RefusesWhenFullAndTakesAgainAfterAPop) {
  SpscRing<int> ring(2);
  EXPECT_TRUE(ring.try_push(1));
  EXPECT_TRUE(ring.try_push(2));
  EXPECT_FALSE(ring.try_push(3));
  EXPECT_EQ(ring.try_claim(), nullptr);
  EXPECT_EQ(ring.free_slots(), 0u);
  int popped = 0;
  EXPECT_TRUE(ring.try_pop(popped));
  EXPECT_EQ(ring.free_slots(), 1u);
  EXPECT_TRUE(ring.try_push(3));
  EXPECT_EQ(ring.size(), 2u);
}

TEST(SpscRing, PushesAWholeMessageOrNothingOfIt) {
  SpscRing<int> ring(8);
  const std::array<int, 5> message{1, 2, 3, 4, 5};
  ASSERT_TRUE(ring.try_push_all(message));
  EXPECT_FALSE(ring.try_push_all(message));
  EXPECT_EQ(ring.size(), 5u);
  std::array<int, 3> out{};
  EXPECT_EQ(ring.pop_batch(out), 3u);
  ASSERT_TRUE(ring.try_push_all(message));  // wraps
  std::array<int, 16> rest{};
  ASSERT_EQ(ring.pop_batch(rest), 7u);
  const std::array<int, 7> expected{4, 5, 1, 2, 3, 4, 5};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), rest.begin()));
}

TEST(SpscRing, RefusesAMessageLargerThanItself) {
  SpscRing<int> ring(4);
  EXPECT_FALSE(ring.try_push_all(std::vector<int>(5)));
  EXPECT_TRUE(ring.try_push_all({}));
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, PeekShowsItemsThatStayUntilConsumed) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 3; ++i) ring.try_push(i);
  ASSERT_EQ(ring.peek().size(), 3u);
  EXPECT_EQ(ring.peek()[2], 2);
  ring.consume(2);
  ring.try_push(3);
  ring.try_push(4);
  ASSERT_EQ(ring.peek().size(), 2u);  // up to the end of the memory
  ring.consume(2);
  ASSERT_EQ(ring.peek().size(), 1u);
  EXPECT_EQ(ring.peek()[0], 4);
}

TEST(SpscRing, AClaimedSlotIsInvisibleUntilCommitted) {
  SpscRing<int> ring(4);
  *ring.try_claim() = 7;
  int popped = 0;
  EXPECT_FALSE(ring.try_pop(popped));
  ring.commit();
  EXPECT_TRUE(ring.try_pop(popped));
  EXPECT_EQ(popped, 7);
}

TEST(SpscRing, SurvivesInCallerMemoryAfterItsWriterIsGone) {
  using Ring = SpscRing<mm::Event>;
  struct alignas(128) Block {
    std::array<std::byte, Ring::bytes_for(8)> bytes;
  };
  const auto block = std::make_unique<Block>();
  EXPECT_FALSE(Ring::holds_ring(block->bytes));
  {
    Ring writer(block->bytes, 8);
    mm::Event e{};
    for (std::uint32_t i = 1; i <= 5; ++i) {
      e.sequence = i;
      ASSERT_TRUE(writer.try_push(e));
    }
    ASSERT_TRUE(writer.try_pop(e));
  }
  ASSERT_TRUE(Ring::holds_ring(block->bytes));
  EXPECT_FALSE(SpscRing<int>::holds_ring(block->bytes));
  EXPECT_FALSE(Ring::holds_ring(std::span(block->bytes).first(Ring::bytes_for(8) - 1)));
  Ring reader(block->bytes, Ring::Attach{});
  mm::Event e{};
  for (std::uint32_t i = 2; i <= 5; ++i) {
    ASSERT_TRUE(reader.try_pop(e));
    EXPECT_EQ(e.sequence, i);
  }
  EXPECT_FALSE(reader.try_pop(e));
}

TEST(SpscRingDeathTest, ACapacityThatIsNoPowerOfTwoIsAProgrammerError) {
  EXPECT_DEATH(SpscRing<int>(6), "");
  EXPECT_DEATH(SpscRing<int>(0), "");
}

// Random calls on both sides against std::deque.
TEST(SpscRing, BehavesLikeABoundedDeque) {
  ASSERT_TRUE(rc::check([] {
    SpscRing<int> ring(8);
    std::deque<int> model;
    int next = 0;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, std::size_t>>>(
        rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange<std::size_t>(0, 10)));
    for (const auto& [call, n] : steps) {
      std::vector<int> items(n);
      if (call == 0) {
        RC_ASSERT(ring.try_push(next) == (model.size() < 8));
        if (model.size() < 8) model.push_back(next);
        ++next;
      } else if (call == 1) {
        std::iota(items.begin(), items.end(), next);
        next += static_cast<int>(n);
        const bool fits = model.size() + n <= 8;
        RC_ASSERT(ring.try_push_all(items) == fits);
        if (fits) model.insert(model.end(), items.begin(), items.end());
      } else if (call == 2) {
        const std::size_t count = ring.pop_batch(items);
        RC_ASSERT(count == std::min(n, model.size()));
        RC_ASSERT(std::equal(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count),
                             model.begin()));
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
      } else {
        int item = -1;
        RC_ASSERT(ring.try_pop(item) == !model.empty());
        if (model.empty()) continue;
        RC_ASSERT(item == model.front());
        model.pop_front();
      }
      RC_ASSERT(ring.size() == model.size());
    }
  }));
}

// Two threads, mixed single and batch calls on a small ring: nothing lost, doubled or torn, and a
// batch is never seen in part.
TEST(SpscRing, TwoThreadsLoseNothing) {
  struct Item {
    std::uint64_t value, twice;
  };
  constexpr std::uint64_t kItems = 200'000;
  SpscRing<Item> ring(64);
  std::thread producer([&] {
    std::array<Item, 7> batch{};
    for (std::uint64_t next = 0; next < kItems;) {
      const std::size_t n = static_cast<std::size_t>(std::min(next % 8, kItems - next));
      for (std::size_t i = 0; i < n; ++i) batch[i] = {next + i, 2 * (next + i)};
      const bool ok = n == 0 ? ring.try_push({next, 2 * next})
                             : ring.try_push_all(std::span<const Item>(batch).first(n));
      if (ok) {
        next += std::max<std::size_t>(n, 1);
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t expected = 0;
  int wrong = 0;
  std::array<Item, 16> out{};
  while (expected < kItems) {
    const std::size_t n = ring.pop_batch(std::span(out).first(1 + expected % 16));
    if (n == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < n; ++i, ++expected) {
      wrong += out[i].value != expected || out[i].twice != 2 * expected;
    }
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(ring.empty());
}

}  // namespace
