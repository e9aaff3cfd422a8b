// Rings between two pinned threads, with 64-byte events: one way at the engine's rate, throughput,
// round trip.
//
// Ours against the libraries' queues with the same payload, waiting, stamps and CPUs. How far two
// CPUs are apart changes from minute to minute on a virtual machine, so the one-way rounds of all
// queues take turns, each round begun by another one, and what is printed are medians over the
// rounds. Before a round is measured all of the queue's memory has been through both CPUs' caches.
// On a machine with fewer free CPUs than two the waiting side yields, and the figures are those of
// the scheduler.
#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <immintrin.h>
#include <readerwriterqueue/readerwriterqueue.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/pinned.h"
#include "engine/core/event.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/spsc_ring.h"

namespace {

using mm::Event;
using mm::bench::Pinned;

constexpr std::size_t kCapacity = 1024;

struct OurRing {
  mm::SpscRing<Event> ring{kCapacity};
  bool push(const Event& e) { return ring.try_push(e); }
  bool pop(Event& e) { return ring.try_pop(e); }
};
struct ReaderWriterQueue {
  moodycamel::ReaderWriterQueue<Event> queue{kCapacity};
  bool push(const Event& e) { return queue.try_enqueue(e); }
  bool pop(Event& e) { return queue.try_dequeue(e); }
};
struct BoostSpscQueue {
  boost::lockfree::spsc_queue<Event, boost::lockfree::capacity<kCapacity>> queue;
  bool push(const Event& e) { return queue.push(e); }
  bool pop(Event& e) { return queue.pop(e); }
};
struct ConcurrentQueue {
  moodycamel::ConcurrentQueue<Event> queue{kCapacity, 1, 0};
  moodycamel::ProducerToken producer{queue};
  moodycamel::ConsumerToken consumer{queue};
  bool push(const Event& e) { return queue.try_enqueue(producer, e); }
  bool pop(Event& e) { return queue.try_dequeue(consumer, e); }
};

// Spins a while, then lets others run, so that a busy machine cannot hang the benchmark.
class Waiter {
 public:
  void wait() {
    if (++turns_ % 1024 != 0) {
      _mm_pause();
    } else {
      sched_yield();
    }
  }

 private:
  unsigned turns_ = 0;
};

template <class Queue>
void throughput(benchmark::State& state) {
  const auto queue = std::make_unique<Queue>();
  std::atomic<bool> stop{false};
  const Pinned here(Pinned::Cpu::kFirst);
  std::thread consumer([&] {
    const Pinned there(Pinned::Cpu::kLast);
    Event e{};
    Waiter waiter;
    while (!stop.load(std::memory_order_relaxed)) {
      if (!queue->pop(e)) waiter.wait();
      benchmark::DoNotOptimize(e);
    }
  });
  Event e{};
  Waiter waiter;
  for (auto _ : state) {
    ++e.sequence;
    while (!queue->push(e)) waiter.wait();
  }
  stop = true;
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}

// Time per iteration is one round trip; one way is half of it.
template <class Queue>
void round_trip(benchmark::State& state) {
  const auto there = std::make_unique<Queue>();
  const auto back = std::make_unique<Queue>();
  std::atomic<bool> stop{false};
  const Pinned here(Pinned::Cpu::kFirst);
  std::thread echo([&] {
    const Pinned far(Pinned::Cpu::kLast);
    Event e{};
    Waiter waiter;
    while (!stop.load(std::memory_order_relaxed)) {
      if (there->pop(e)) {
        while (!back->push(e)) waiter.wait();
      } else {
        waiter.wait();
      }
    }
  });
  Event e{};
  Waiter waiter;
  for (auto _ : state) {
    ++e.sequence;
    while (!there->push(e)) waiter.wait();
    while (!back->pop(e)) waiter.wait();
  }
  stop = true;
  echo.join();
}

// A book message of 32 events, pushed whole and popped as a batch.
void whole_messages(benchmark::State& state) {
  mm::SpscRing<Event> ring(kCapacity);
  std::atomic<bool> stop{false};
  const Pinned here(Pinned::Cpu::kFirst);
  std::thread consumer([&] {
    const Pinned there(Pinned::Cpu::kLast);
    std::array<Event, 256> out{};
    Waiter waiter;
    while (!stop.load(std::memory_order_relaxed)) {
      if (ring.pop_batch(out) == 0) waiter.wait();
      benchmark::DoNotOptimize(out);
    }
  });
  const std::array<Event, 32> message{};
  Waiter waiter;
  for (auto _ : state) {
    while (!ring.try_push_all(message)) waiter.wait();
  }
  stop = true;
  consumer.join();
  state.SetItemsProcessed(state.iterations() * 32);
}

// Ten thousand events a second, each from when it is stamped to when it is taken out. Both sides
// spin. Those that warm the queue come first, as fast as they are taken.
constexpr int kWarmEvents = 2 * static_cast<int>(kCapacity), kEventsPerRound = 500, kRounds = 15;
constexpr mm::Nanos kInterval{100 * mm::kMicrosecond.v};

template <class Queue>
mm::Histogram one_way_round() {
  const Pinned here(Pinned::Cpu::kFirst);
  const auto queue = std::make_unique<Queue>();
  const mm::Clock clock;
  mm::Histogram times;
  std::thread consumer([&] {
    const Pinned there(Pinned::Cpu::kLast);
    Event e{};
    Waiter waiter;
    for (int taken = 0; taken < kWarmEvents + kEventsPerRound;) {
      if (!queue->pop(e)) {
        waiter.wait();
        continue;
      }
      if (taken++ >= kWarmEvents) times.record(clock.now() - e.received);
    }
  });
  Waiter waiter;
  const auto push = [&] {
    Event e{};
    e.received = clock.now();
    while (!queue->push(e)) waiter.wait();
  };
  for (int i = 0; i < kWarmEvents; ++i) push();
  mm::Nanos due = clock.now() + kInterval;
  for (int i = 0; i < kEventsPerRound; ++i, due += kInterval) {
    while (clock.now() < due) _mm_pause();
    push();
  }
  consumer.join();
  return times;
}

struct OneWay {
  std::vector<double> p50, p99;  // by round

  void add(const mm::Histogram& round) {
    p50.push_back(static_cast<double>(round.p50().v));
    p99.push_back(static_cast<double>(round.p99().v));
  }
  static double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }
};

template <class... Queues>
struct OneWayRace {
  std::array<OneWay, sizeof...(Queues)> results;

  OneWayRace() {
    constexpr std::array kRaced{&one_way_round<Queues>...};
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < kRaced.size(); ++i) {
        const std::size_t queue = (round + i) % kRaced.size();
        results[queue].add(kRaced[queue]());
      }
    }
  }
};

// All of them run when the first is asked for.
template <class Race>
void one_way(benchmark::State& state, std::size_t queue) {
  static const Race race;
  for (auto _ : state) continue;
  const OneWay& mine = race.results[queue];
  state.counters["p50_ns"] = OneWay::median(mine.p50);
  state.counters["p99_ns"] = OneWay::median(mine.p99);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < mine.p50.size(); ++i) {
    ratios.push_back(mine.p50[i] / race.results[0].p50[i]);
  }
  state.counters["to_ours"] = OneWay::median(ratios);
}

void same_thread(benchmark::State& state) {
  mm::SpscRing<Event> ring(kCapacity);
  Event e{};
  for (auto _ : state) {
    ring.try_push(e);
    ring.try_pop(e);
    benchmark::DoNotOptimize(e);
  }
}

template <class... Queues>
void register_all(const std::array<const char*, sizeof...(Queues)>& names) {
  using Race = OneWayRace<Queues...>;
  const auto name = [](const char* what, const char* whose) {
    return std::string("ring/") + what + "/" + whose;
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    benchmark::RegisterBenchmark(name("one_way_at_10k_a_second", names[i]).c_str(),
                                 [i](benchmark::State& state) { one_way<Race>(state, i); })
        ->Iterations(1);
  }
  std::size_t i = 0;
  (benchmark::RegisterBenchmark(name("round_trip", names[i++]).c_str(), round_trip<Queues>)
       ->UseRealTime(),
   ...);
  i = 0;
  (benchmark::RegisterBenchmark(name("throughput", names[i++]).c_str(), throughput<Queues>)
       ->UseRealTime(),
   ...);
}

BENCHMARK(same_thread)->Name("ring/same_thread");
BENCHMARK(whole_messages)->Name("ring/whole_messages")->UseRealTime();
const bool registered = [] {
  register_all<OurRing, BoostSpscQueue, ReaderWriterQueue, ConcurrentQueue>(
      {"ours", "boost_spsc", "moodycamel_reader_writer", "moodycamel_concurrent"});
  return true;
}();

}  // namespace
