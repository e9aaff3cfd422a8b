#include "engine/runtime/sealed_scope.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "engine/runtime/sanitized.h"

namespace {

using mm::SealedScope;

// Keeps the compiler from removing a pair of allocation and release.
template <class T>
T* keep(T* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

std::uint64_t count_of(auto&& f) {
  const std::uint64_t before = mm::thread_hot_path_allocations();
  {
    const SealedScope sealed;
    f();
  }
  return mm::thread_hot_path_allocations() - before;
}

TEST(SealedScope, CountsEveryFormOfNewOnce) {
  struct alignas(256) Wide {
    int value;
  };
  EXPECT_EQ(count_of([] { delete keep(new int(1)); }), 1u);
  EXPECT_EQ(count_of([] { delete[] keep(new int[10]); }), 1u);
  EXPECT_EQ(count_of([] { delete keep(new Wide{1}); }), 1u);
  EXPECT_EQ(count_of([] { delete keep(new (std::nothrow) int(1)); }), 1u);
  EXPECT_EQ(count_of([] { keep(std::vector<int>(100).data()); }), 1u);
}

#if !MM_SANITIZED
TEST(SealedScope, CountsTheAllocationsOfC) {
  EXPECT_EQ(count_of([] { std::free(keep(std::malloc(10))); }), 1u);
  EXPECT_EQ(count_of([] { std::free(keep(std::calloc(10, 10))); }), 1u);
  EXPECT_EQ(count_of([] { std::free(keep(std::realloc(keep(std::malloc(8)), 4000))); }), 2u);
  EXPECT_EQ(count_of([] { std::free(keep(std::aligned_alloc(64, 128))); }), 1u);
  EXPECT_EQ(count_of([] {
              void* p = nullptr;
              EXPECT_EQ(posix_memalign(&p, 64, 100), 0);
              std::free(keep(p));
            }),
            1u);
}
#endif

TEST(SealedScope, AllocationsOutsideAreNotCounted) {
  const std::uint64_t before = mm::hot_path_allocations();
  delete keep(new int(1));
  EXPECT_EQ(count_of([] {}), 0u);
  delete keep(new int(1));
  EXPECT_EQ(mm::hot_path_allocations(), before);
}

TEST(SealedScope, ReleasingInsideIsNotCounted) {
  auto owned = std::make_unique<int>(1);
  EXPECT_EQ(count_of([&] { owned.reset(); }), 0u);
}

TEST(SealedScope, StaysSealedUntilTheOutermostScopeEnds) {
  EXPECT_FALSE(SealedScope::active());
  {
    const SealedScope outer;
    { const SealedScope inner; }
    EXPECT_TRUE(SealedScope::active());
    EXPECT_EQ(count_of([] { delete keep(new int(1)); }), 1u);
  }
  EXPECT_FALSE(SealedScope::active());
}

TEST(SealedScope, SealsItsOwnThreadOnlyAndTheTotalCountsAllThreads) {
  const std::uint64_t total_before = mm::hot_path_allocations();
  std::uint64_t mine = 0;
  std::uint64_t others = 0;
  std::thread other([&] {
    mine = count_of([] { delete keep(new int(1)); });
    delete keep(new int(1));
    others = mm::thread_hot_path_allocations();
  });
  other.join();
  EXPECT_EQ(mine, 1u);
  EXPECT_EQ(others, 1u);
  EXPECT_EQ(mm::hot_path_allocations() - total_before, 1u);
}

TEST(SealedScopeDeathTest, CanAbortAtTheAllocation) {
  EXPECT_DEATH(
      {
        mm::abort_on_sealed_allocation(true);
        const SealedScope sealed;
        keep(new int(1));
      },
      "heap allocation inside a sealed scope");
}

}  // namespace
