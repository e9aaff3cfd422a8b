#include "engine/runtime/agent.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using mm::AgentRunner;
using mm::IdleKind;
using mm::IdleStrategy;
using mm::Invoker;
using mm::Nanos;

struct Recorder {
  std::string* log;
  char letter;
  int work = 1;
  int do_work() {
    if (log->size() < log->capacity()) log->push_back(letter);
    return work;
  }
  std::string_view name() const { return "recorder"; }
};

struct Counter {
  std::atomic<int> turns{0};
  std::atomic<int> cpu{-1};
  int do_work() {
    cpu = sched_getcpu();
    return ++turns % 2;
  }
  std::string_view name() const { return "counter"; }
};

void wait_for(auto&& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(Invoker, TurnsItsAgentsInOrderAndAddsTheirWork) {
  std::string log;
  log.reserve(16);
  Recorder a{&log, 'a', 2}, b{&log, 'b', 3};
  Invoker invoker({}, a, b);
  EXPECT_EQ(invoker.do_work(), 5);
  EXPECT_EQ(invoker.do_work(), 5);
  EXPECT_EQ(log, "abab");
}

TEST(Invoker, SealsTheTurnsOfHotAgentsOnly) {
  struct Allocator {
    std::unique_ptr<int> held;
    int do_work() {
      held = std::make_unique<int>(1);
      return 1;
    }
    std::string_view name() const { return "allocator"; }
  } agent;
  Invoker hot({.stall_threshold = mm::kMillisecond, .sealed = true}, agent);
  Invoker cold({.stall_threshold = mm::kMillisecond, .sealed = false}, agent);
  const std::uint64_t before = mm::hot_path_allocations();
  cold.do_work();
  EXPECT_EQ(mm::hot_path_allocations(), before);
  hot.do_work();
  EXPECT_EQ(mm::hot_path_allocations(), before + 1);
}

TEST(Invoker, CountsTurnsOverTheThreshold) {
  struct Busy {
    int do_work() {
      const mm::Clock clock;
      for (const Nanos end = clock.now() + Nanos(20'000); clock.now() < end;) continue;
      return 1;
    }
    std::string_view name() const { return "busy"; }
  } agent;
  Invoker strict({.stall_threshold = Nanos(10'000), .sealed = true}, agent);
  Invoker lenient({.stall_threshold = mm::kSecond * 60, .sealed = true}, agent);
  for (int i = 0; i < 3; ++i) {
    strict.do_work();
    lenient.do_work();
  }
  EXPECT_EQ(strict.stalls().stalls(), 3u);
  EXPECT_GE(strict.stalls().max(), Nanos(20'000));
  EXPECT_EQ(lenient.stalls().stalls(), 0u);
}

// Takes 20 us a turn, the first turns with work.
struct Slow {
  int working_turns;
  int turns = 0;
  int do_work() {
    const mm::Clock clock;
    for (const Nanos end = clock.now() + Nanos(20'000); clock.now() < end;) continue;
    return ++turns <= working_turns ? 1 : 0;
  }
  std::string_view name() const { return "slow"; }
};

TEST(Invoker, CallsALongTurnWithoutWorkTheHostsHiccup) {
  Slow agent{2};
  Invoker invoker({}, agent);
  for (int i = 0; i < 5; ++i) invoker.do_work();
  EXPECT_EQ(invoker.stalls().hiccups().count(), 3u);
  EXPECT_GE(invoker.stalls().hiccups().max(), Nanos(20'000));
}

TEST(InvokerDeathTest, AnExceptionEndsTheProcessWithTheAgentsName) {
  struct Thrower {
    int do_work() { throw std::runtime_error("out of luck"); }
    std::string_view name() const { return "thrower"; }
  } agent;
  Invoker invoker({}, agent);
  EXPECT_DEATH(invoker.do_work(), "agent thrower failed: out of luck");
}

TEST(AgentRunner, TurnsUntilStoppedAndNotAfter) {
  Counter agent;
  AgentRunner runner({}, agent);
  EXPECT_EQ(agent.turns, 0);
  runner.start();
  wait_for([&] { return agent.turns > 50; });
  runner.stop();
  const int turns = agent.turns;
  runner.stop();  // again does nothing
  EXPECT_EQ(agent.turns, turns);
  EXPECT_TRUE(runner.settled());
}

// A page of fresh memory a turn, once it is told to.
struct Toucher {
  std::atomic<bool> enabled{false};
  std::atomic<int> touched{0};
  std::vector<char*> pages;
  int do_work() {
    if (!enabled || touched == static_cast<int>(pages.size())) return 0;
    *pages[static_cast<std::size_t>(touched++)] = 1;
    return 1;
  }
  std::string_view name() const { return "toucher"; }
};

TEST(AgentRunner, CountsThePageFaultsOfAThreadThatIsWatched) {
  constexpr std::size_t kPages = 16;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const memory =
      mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(madvise(memory, kPages * page, MADV_NOHUGEPAGE), 0);
  Toucher agent;
  for (std::size_t i = 0; i < kPages; ++i) {
    agent.pages.push_back(static_cast<char*>(memory) + i * page);
  }
  {
    AgentRunner runner({}, agent);
    runner.start();
    runner.stop();
    EXPECT_FALSE(runner.usage());  // nobody asked
  }
  AgentRunner runner({}, agent);
  runner.start();
  runner.watch_usage();
  agent.enabled = true;
  wait_for([&] { return agent.touched == static_cast<int>(kPages); });
  runner.stop();
  ASSERT_TRUE(runner.usage());
  // The turn under way may not have known yet that it is watched.
  EXPECT_GE(runner.usage()->faults, static_cast<std::int64_t>(kPages) - 1);
  munmap(memory, kPages * page);
}

TEST(AgentRunner, RunsSeveralAgentsOnOneThreadOnTheGivenCore) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int core = 0;
  while (!CPU_ISSET(static_cast<unsigned>(core), &allowed)) ++core;
  Counter first, second;
  mm::RunnerConfig config;
  config.core = core;
  config.idle = IdleKind::kYield;
  AgentRunner runner(config, first, second);
  runner.start();
  wait_for([&] { return second.turns > 2; });
  runner.stop();
  EXPECT_EQ(first.turns, second.turns);
  EXPECT_EQ(first.cpu, core);
  EXPECT_EQ(second.cpu, core);
}

TEST(AgentRunner, SaysWhenItsCoreIsRefused) {
  Counter agent;
  mm::RunnerConfig config;
  config.core = CPU_SETSIZE - 1;
  AgentRunner runner(config, agent);
  runner.start();
  wait_for([&] { return agent.turns > 0; });
  EXPECT_FALSE(runner.settled());
}

TEST(IdleStrategy, BackoffSpinsThenYieldsThenSleepsLongerUpToItsBound) {
  IdleStrategy idle(IdleKind::kBackoff, Nanos(3'000));
  for (int i = 0; i < IdleStrategy::kSpins + IdleStrategy::kYields; ++i) {
    EXPECT_EQ(idle.next_sleep(), Nanos{});
    idle.idle(0);
  }
  EXPECT_EQ(idle.next_sleep(), Nanos(1'000));
  idle.idle(0);
  EXPECT_EQ(idle.next_sleep(), Nanos(2'000));
  idle.idle(0);
  EXPECT_EQ(idle.next_sleep(), Nanos(3'000));
  idle.idle(1);
  EXPECT_EQ(idle.next_sleep(), Nanos{});
}

TEST(IdleStrategy, SpinAndYieldNeverSleep) {
  for (const auto kind : {IdleKind::kSpin, IdleKind::kYield}) {
    IdleStrategy idle(kind);
    for (int i = 0; i < 100; ++i) idle.idle(0);
    EXPECT_EQ(idle.next_sleep(), Nanos{});
  }
}

TEST(Clock, NeverGoesBackAndIsWallTime) {
  const mm::Clock clock;
  Nanos last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Nanos now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
  timespec wall;
  clock_gettime(CLOCK_REALTIME, &wall);
  EXPECT_LT(std::abs(wall.tv_sec - last.v / mm::kSecond.v), 60);
}

}  // namespace
