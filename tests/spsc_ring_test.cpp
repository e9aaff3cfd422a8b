#include "engine/runtime/spsc_ring.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <concepts>
#include <deque>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"

namespace {

using mm::Command;
using mm::Event;
using mm::SpscRing;

// Items that are announced by an index, and those that carry the ring's stamp.
template <class T>
class SpscRingOf : public testing::Test {};
using Items = testing::Types<int, Event, Command>;
TYPED_TEST_SUITE(SpscRingOf, Items);

// Says its number at both of its ends, so that half an item shows.
template <class T>
T item(int number) {
  T made{};
  if constexpr (std::same_as<T, Event>) {
    made.received = mm::Nanos(number);
    made.sequence = static_cast<std::uint32_t>(number);
    made.ticker.ask_ticks = number;
  } else if constexpr (std::same_as<T, Command>) {
    made.time = mm::Nanos(number);
    made.ticks = number;
    made.question = static_cast<std::uint8_t>(number);
  } else {
    made = number;
  }
  return made;
}
// -1: the item is not whole.
template <class T>
int number_of(const T& item) {
  if constexpr (std::same_as<T, Event>) {
    const int number = item.ticker.ask_ticks;
    const bool whole = item.received.v == number && item.time == mm::Nanos{} &&
                       item.sequence == static_cast<std::uint32_t>(number);
    return whole ? number : -1;
  } else if constexpr (std::same_as<T, Command>) {
    const bool whole = item.time.v == item.ticks && item.pad[sizeof item.pad - 1] == 0 &&
                       item.question == static_cast<std::uint8_t>(item.ticks);
    return whole ? item.ticks : -1;
  } else {
    return item;
  }
}
template <class T>
std::vector<T> items(int first, std::size_t count) {
  std::vector<T> all(count);
  for (T& one : all) one = item<T>(first++);
  return all;
}

// More laps than a byte counts.
TYPED_TEST(SpscRingOf, GivesItemsBackInOrderAcrossManyWraps) {
  SpscRing<TypeParam> ring(4);
  TypeParam popped{};
  EXPECT_FALSE(ring.try_pop(popped));
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(ring.try_push(item<TypeParam>(2 * i)));
    ASSERT_TRUE(ring.try_push(item<TypeParam>(2 * i + 1)));
    ASSERT_TRUE(ring.try_pop(popped));
    ASSERT_EQ(number_of(popped), 2 * i);
    ASSERT_TRUE(ring.try_pop(popped));
    ASSERT_EQ(number_of(popped), 2 * i + 1);
    ASSERT_FALSE(ring.try_pop(popped));
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

TYPED_TEST(SpscRingOf, PushesAWholeMessageOrNothingOfIt) {
  SpscRing<TypeParam> ring(8);
  const auto message = items<TypeParam>(1, 5);
  ASSERT_TRUE(ring.try_push_all(message));
  EXPECT_FALSE(ring.try_push_all(message));
  EXPECT_EQ(ring.size(), 5u);
  std::array<TypeParam, 3> out{};
  EXPECT_EQ(ring.pop_batch(out), 3u);
  ASSERT_TRUE(ring.try_push_all(message));  // wraps
  std::array<TypeParam, 16> rest{};
  ASSERT_EQ(ring.pop_batch(rest), 7u);
  const std::array<int, 7> expected{4, 5, 1, 2, 3, 4, 5};
  EXPECT_TRUE(std::ranges::equal(expected, std::span(rest).first(7), {}, {}, number_of<TypeParam>));
}

TEST(SpscRing, RefusesAMessageLargerThanItself) {
  SpscRing<int> ring(4);
  EXPECT_FALSE(ring.try_push_all(std::vector<int>(5)));
  EXPECT_TRUE(ring.try_push_all({}));
  EXPECT_TRUE(ring.empty());
}

TYPED_TEST(SpscRingOf, PeekShowsItemsThatStayUntilConsumed) {
  SpscRing<TypeParam> ring(4);
  const auto shown = [&](std::size_t skip = 0) {
    std::vector<int> numbers;
    for (TypeParam one : ring.peek(skip)) {
      if constexpr (mm::HasRingStamp<TypeParam>) mm::RingStamp<TypeParam>::of(one) = 0;
      numbers.push_back(number_of(one));
    }
    return numbers;
  };
  using Numbers = std::vector<int>;
  for (int i = 0; i < 3; ++i) ring.try_push(item<TypeParam>(i));
  EXPECT_EQ(shown(), (Numbers{0, 1, 2}));
  EXPECT_EQ(shown(2), (Numbers{2}));
  ring.consume(2);
  ring.try_push(item<TypeParam>(3));
  ring.try_push(item<TypeParam>(4));
  EXPECT_EQ(shown(), (Numbers{2, 3}));  // up to the end of the memory
  EXPECT_EQ(shown(2), (Numbers{4}));
  ring.consume(2);
  EXPECT_EQ(shown(), (Numbers{4}));
  ring.consume(1);
  EXPECT_TRUE(ring.peek().empty());
}

TYPED_TEST(SpscRingOf, AClaimedItemIsInvisibleUntilCommitted) {
  SpscRing<TypeParam> ring(4);
  for (int i = 0; i < 9; ++i) {
    *ring.try_claim() = item<TypeParam>(i);
    TypeParam popped{};
    EXPECT_FALSE(ring.try_pop(popped));
    ring.commit();
    ASSERT_TRUE(ring.try_pop(popped));
    EXPECT_EQ(number_of(popped), i);
  }
}

// What a producer leaves in the field that carries the stamp, a stamp of this lap or the next one.
TYPED_TEST(SpscRingOf, AnItemWithSomethingInTheFieldOfTheStampIsLikeAnyOther) {
  SpscRing<TypeParam> ring(4);
  for (int i = 0; i < 12; ++i) {
    TypeParam pushed = item<TypeParam>(i);
    if constexpr (mm::HasRingStamp<TypeParam>) {
      using Stamp = mm::RingStamp<TypeParam>;
      Stamp::of(pushed) = static_cast<typename Stamp::Word>(1 + i / 4);
    }
    *ring.try_claim() = pushed;
    TypeParam popped{};
    EXPECT_FALSE(ring.try_pop(popped));
    ASSERT_TRUE(ring.try_push_all(std::span(&pushed, 1)));
    ASSERT_TRUE(ring.try_pop(popped));
    EXPECT_EQ(number_of(popped), i);
    EXPECT_FALSE(ring.try_pop(popped));
  }
}

// As a gateway does with what a venue in process answers.
TYPED_TEST(SpscRingOf, ItemsMoveFromRingToRingInPlace) {
  SpscRing<TypeParam> from(4), to(4);
  TypeParam popped{};
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(from.try_push(item<TypeParam>(i)));
    if (i % 3 == 0) {
      ASSERT_TRUE(from.try_pop(popped));
      continue;
    }
    ASSERT_TRUE(from.try_pop(*to.try_claim()));
    EXPECT_FALSE(to.try_pop(popped));
    to.commit();
    ASSERT_TRUE(to.try_pop(popped));
    EXPECT_EQ(number_of(popped), i);
  }
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
TYPED_TEST(SpscRingOf, BehavesLikeABoundedDeque) {
  ASSERT_TRUE(rc::check([] {
    SpscRing<TypeParam> ring(8);
    std::deque<int> model;
    int next = 0;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, std::size_t>>>(
        rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange<std::size_t>(0, 10)));
    for (const auto& [call, n] : steps) {
      std::vector<TypeParam> out(n);
      if (call == 0) {
        RC_ASSERT(ring.try_push(item<TypeParam>(next)) == (model.size() < 8));
        if (model.size() < 8) model.push_back(next);
        ++next;
      } else if (call == 1) {
        const bool fits = model.size() + n <= 8;
        RC_ASSERT(ring.try_push_all(items<TypeParam>(next, n)) == fits);
        for (std::size_t i = 0; fits && i < n; ++i) model.push_back(next + static_cast<int>(i));
        next += static_cast<int>(n);
      } else if (call == 2) {
        const std::size_t count = ring.pop_batch(out);
        RC_ASSERT(count == std::min(n, model.size()));
        for (std::size_t i = 0; i < count; ++i, model.pop_front()) {
          RC_ASSERT(number_of(out[i]) == model.front());
        }
      } else if (call == 3) {
        const std::size_t count = std::min(n, ring.peek().size());
        RC_ASSERT(count > 0 || n == 0 || model.empty());
        ring.consume(count);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
      } else if (call == 4) {
        TypeParam* const claimed = ring.try_claim();
        RC_ASSERT((claimed != nullptr) == (model.size() < 8));
        if (claimed == nullptr) continue;
        *claimed = item<TypeParam>(next);
        ring.commit();
        model.push_back(next++);
      } else {
        TypeParam popped{};
        RC_ASSERT(ring.try_pop(popped) == !model.empty());
        if (model.empty()) continue;
        RC_ASSERT(number_of(popped) == model.front());
        model.pop_front();
      }
      RC_ASSERT(ring.size() == model.size());
      RC_ASSERT(ring.free_slots() == 8 - model.size());
    }
  }));
}

// Two threads, mixed single and batch calls on a small ring: nothing lost, doubled or torn, and a
// batch is never seen in part.
TYPED_TEST(SpscRingOf, TwoThreadsLoseNothing) {
  constexpr int kItems = 200'000;
  SpscRing<TypeParam> ring(64);
  std::thread producer([&] {
    for (int next = 0; next < kItems;) {
      const int n = std::min(next % 8, kItems - next);
      bool ok = true;
      if (n == 0) {
        ok = ring.try_push(item<TypeParam>(next));
      } else if (n == 1) {
        TypeParam* const claimed = ring.try_claim();
        ok = claimed != nullptr;
        if (ok) *claimed = item<TypeParam>(next);
        if (ok) ring.commit();
      } else {
        std::array<TypeParam, 8> batch{};
        for (int i = 0; i < n; ++i) batch[static_cast<std::size_t>(i)] = item<TypeParam>(next + i);
        ok =
            ring.try_push_all(std::span<const TypeParam>(batch).first(static_cast<std::size_t>(n)));
      }
      if (ok) next += std::max(n, 1);
      if (!ok) std::this_thread::yield();
    }
  });
  int expected = 0, wrong = 0;
  std::array<TypeParam, 16> out{};
  while (expected < kItems) {
    std::size_t n = 0;
    if (expected % 3 == 0) {
      n = ring.try_pop(out[0]) ? 1 : 0;
    } else {
      n = ring.pop_batch(std::span(out).first(static_cast<std::size_t>(1 + expected % 16)));
    }
    if (n == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < n; ++i, ++expected) wrong += number_of(out[i]) != expected;
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(ring.empty());
}

// A message of which the first event is there is there as a whole.
TYPED_TEST(SpscRingOf, NoMessageIsEverSeenInPart) {
  constexpr int kMessages = 5'000;
  constexpr std::size_t kLength = 5;
  SpscRing<TypeParam> ring(256);
  std::thread producer([&] {
    for (int i = 0; i < kMessages; ++i) {
      const auto message = items<TypeParam>(i * static_cast<int>(kLength), kLength);
      while (!ring.try_push_all(message)) std::this_thread::yield();
    }
  });
  int in_part = 0;
  std::array<TypeParam, kLength> out{};
  for (int i = 0; i < kMessages; ++i) {
    while (!ring.try_pop(out[0])) std::this_thread::yield();
    for (std::size_t k = 1; k < kLength; ++k) {
      if (ring.try_pop(out[k])) continue;
      ++in_part;
      while (!ring.try_pop(out[k])) std::this_thread::yield();
    }
  }
  EXPECT_EQ(in_part, 0);
  producer.join();
}

}  // namespace
