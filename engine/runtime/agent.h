// Agents and what drives them: a thread of their own, or the caller.
//
// An agent is anything with `int do_work()` (how much it did; 0 is idle) and `name()`. An Invoker
// runs one turn of its agents when called: inline topology and tests. An AgentRunner is a thread
// that does so until it is told to stop, pinned and idling as configured. Each turn runs inside a
// sealed scope unless the agents are cold ones, and is timed: the longest turn and the number over
// a threshold are readable from any thread. A turn that found nothing to do and still took longer
// is a hiccup: the host took the CPU, or it was one of the turns that do housekeeping (counters, a
// snapshot). The other figures must be read beside them. An exception out of an agent ends the
// process with the agent's name: half a turn leaves nothing that could be trusted. Nothing
// allocates after start().
#pragma once

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

#include "engine/core/types.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/idle_strategy.h"
#include "engine/runtime/resident_memory.h"
#include "engine/runtime/sealed_scope.h"
#include "engine/runtime/thread_usage.h"

namespace mm {

template <class A>
concept Agent = requires(A& agent, const A& same) {
  { agent.do_work() } -> std::same_as<int>;
  { same.name() } -> std::convertible_to<std::string_view>;
};

// Any agent, by reference: where what a thread turns is chosen at start. One indirect call a turn.
class AgentRef {
 public:
  template <Agent A>
  explicit AgentRef(A& agent)
      : agent_(&agent), turn_([](void* a) { return static_cast<A*>(a)->do_work(); }) {}
  int do_work() const { return turn_(agent_); }

 private:
  void* agent_;
  int (*turn_)(void*);
};

// How long turns took at most, and how many were over a threshold. Written by the thread that
// turns, readable from any.
class TurnTimes {
 public:
  static constexpr Nanos kStall = kMillisecond;

  explicit TurnTimes(Nanos threshold = kStall) : threshold_(threshold) {}
  void record(Nanos turn) {
    if (turn.v > max_.load(std::memory_order_relaxed)) {
      max_.store(turn.v, std::memory_order_relaxed);
    }
    if (turn > threshold_) {
      stalls_.store(stalls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  Nanos max() const { return Nanos(max_.load(std::memory_order_relaxed)); }
  std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); }

 private:
  Nanos threshold_;
  std::atomic<std::int64_t> max_{0};
  std::atomic<std::uint64_t> stalls_{0};
};

// The turns of a thread; the histogram is for when that thread rests.
class StallTracker : public TurnTimes {
 public:
  // Longer than an idle turn takes by itself, with some sockets to look at; one with housekeeping
  // may come near it.
  static constexpr Nanos kHiccup{10 * kMicrosecond.v};

  using TurnTimes::TurnTimes;
  void record(Nanos turn, bool worked) {
    if (!worked && turn > kHiccup) hiccups_.record(turn);
    TurnTimes::record(turn);
  }
  const Histogram& hiccups() const { return hiccups_; }

 private:
  Histogram hiccups_;
};

// Says which agent failed and why, then aborts.
[[noreturn, gnu::cold]] inline void agent_failed(std::string_view agent, const char* what) {
  std::fprintf(stderr, "agent %.*s failed: %s\n", static_cast<int>(agent.size()), agent.data(),
               what);
  std::abort();
}

struct DutyConfig {
  Nanos stall_threshold = TurnTimes::kStall;
  bool sealed = true;  // count allocations of its turns; false for cold agents
};

template <Agent... Agents>
class Invoker {
 public:
  explicit Invoker(const DutyConfig& config, Agents&... agents)
      : agents_(agents...), tracker_(config.stall_threshold), sealed_(config.sealed) {}

  // One turn of each agent, in order; returns their work together.
  int do_work() {
    const Nanos begin = turn_begin_ == Nanos{} ? clock_.now() : turn_begin_;
    int work = 0;
    if (sealed_) {
      const SealedScope scope;
      work = turn();
    } else {
      work = turn();
    }
    const Nanos end = clock_.now();
    tracker_.record(end - begin, work > 0);
    // A busy turn is followed by the next at once; after an idle one the caller may have slept.
    turn_begin_ = work > 0 ? end : Nanos{};
    return work;
  }
  const StallTracker& stalls() const { return tracker_; }
  std::string_view name() const { return std::get<0>(agents_).name(); }

 private:
  int turn() {
    return std::apply([](auto&... agents) { return (do_work_of(agents) + ... + 0); }, agents_);
  }
  template <Agent A>
  static int do_work_of(A& agent) {
    try {
      return agent.do_work();
    } catch (const std::exception& e) {
      agent_failed(agent.name(), e.what());
    } catch (...) {
      agent_failed(agent.name(), "an exception of unknown type");
    }
  }

  std::tuple<Agents&...> agents_;
  Clock clock_;
  Nanos turn_begin_{};
  StallTracker tracker_;
  bool sealed_;
};

struct RunnerConfig {
  DutyConfig duty;
  IdleKind idle = IdleKind::kBackoff;
  std::optional<int> core;  // pinned there
  int nice = 0;             // > 0: lower priority, for cold threads
};

template <Agent... Agents>
class AgentRunner {
 public:
  explicit AgentRunner(const RunnerConfig& config, Agents&... agents)
      : config_(config), invoker_(config.duty, agents...) {}
  ~AgentRunner() { stop(); }
  AgentRunner(const AgentRunner&) = delete;
  AgentRunner& operator=(const AgentRunner&) = delete;

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  // Lets the turn under way finish, then joins. The owner's thread.
  void stop() {
    phase_.store(Phase::kStopping, std::memory_order_release);
    if (thread_.joinable()) thread_.join();
  }
  // The thread is warm: from now on its page faults are counted. The owner's thread, before stop().
  void watch_usage() { phase_.store(Phase::kWatched, std::memory_order_release); }
  // From then to the end; nothing if it did not come to that. After stop().
  const std::optional<ThreadUsage>& usage() const { return usage_; }
  const StallTracker& stalls() const { return invoker_.stalls(); }
  std::string_view name() const { return invoker_.name(); }
  // False once the system has refused the configured core or priority.
  bool settled() const { return settled_.load(std::memory_order_acquire); }

 private:
  enum class Phase : std::uint8_t { kTurning, kWatched, kStopping };

  void run() {
    settle();
    touch_stack();
    IdleStrategy idle(config_.idle);
    std::optional<ThreadUsage> before;
    while (true) {
      const Phase phase = phase_.load(std::memory_order_acquire);
      if (phase == Phase::kStopping) break;
      if (phase == Phase::kWatched && !before) [[unlikely]] {
        before = thread_usage();
      }
      idle.idle(invoker_.do_work());
    }
    if (before) usage_ = thread_usage() - *before;
  }
  void settle() {
    const std::string short_name(invoker_.name().substr(0, 15));  // the kernel's limit
    pthread_setname_np(pthread_self(), short_name.c_str());
    bool done = true;
    if (config_.core) {
      cpu_set_t cores;
      CPU_ZERO(&cores);
      CPU_SET(static_cast<unsigned>(*config_.core), &cores);
      done = pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) == 0;
    }
    if (config_.nice > 0) done = setpriority(PRIO_PROCESS, 0, config_.nice) == 0 && done;
    settled_.store(done, std::memory_order_release);
  }

  RunnerConfig config_;
  Invoker<Agents...> invoker_;
  std::atomic<Phase> phase_{Phase::kTurning};
  std::atomic<bool> settled_{true};
  std::optional<ThreadUsage> usage_;
  std::thread thread_;
};

}  // namespace mm
