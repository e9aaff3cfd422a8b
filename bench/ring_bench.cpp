// Rings between two threads: throughput one way, and the round trip of one 64-byte event.
//
// Ours against the libraries' queues with the same payload. On a machine with fewer free CPUs than
// two the waiting side yields, and the figures are those of the scheduler.
#include <benchmark/benchmark.h>
#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#define MM_HAVE_BOOST_LOCKFREE 1
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define MM_HAVE_CONCURRENT_QUEUE 1
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#define MM_HAVE_READER_WRITER_QUEUE 1
#endif

#include <immintrin.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <thread>

#include "engine/core/event.h"
#include "engine/runtime/spsc_ring.h"

namespace {

using mm::Event;

constexpr std::size_t kCapacity = 1024;

struct OurRing {
  mm::SpscRing<Event> ring{kCapacity};
  bool push(const Event& e) { return ring.try_push(e); }
  bool pop(Event& e) { return ring.try_pop(e); }
};
#ifdef MM_HAVE_READER_WRITER_QUEUE
struct ReaderWriterQueue {
  moodycamel::ReaderWriterQueue<Event> queue{kCapacity};
  bool push(const Event& e) { return queue.try_enqueue(e); }
  bool pop(Event& e) { return queue.try_dequeue(e); }
};
#endif
#ifdef MM_HAVE_BOOST_LOCKFREE
struct BoostSpscQueue {
  boost::lockfree::spsc_queue<Event, boost::lockfree::capacity<kCapacity>> queue;
  bool push(const Event& e) { return queue.push(e); }
  bool pop(Event& e) { return queue.pop(e); }
};
#endif
#ifdef MM_HAVE_CONCURRENT_QUEUE
struct ConcurrentQueue {
  moodycamel::ConcurrentQueue<Event> queue{kCapacity, 1, 0};
  moodycamel::ProducerToken producer{queue};
  moodycamel::ConsumerToken consumer{queue};
  bool push(const Event& e) { return queue.try_enqueue(producer, e); }
  bool pop(Event& e) { return queue.try_dequeue(consumer, e); }
};
#endif

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
  std::thread consumer([&] {
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
  std::thread echo([&] {
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
  std::thread consumer([&] {
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

void same_thread(benchmark::State& state) {
  mm::SpscRing<Event> ring(kCapacity);
  Event e{};
  for (auto _ : state) {
    ring.try_push(e);
    ring.try_pop(e);
    benchmark::DoNotOptimize(e);
  }
}

BENCHMARK(same_thread)->Name("ring/same_thread");
BENCHMARK(whole_messages)->Name("ring/whole_messages")->UseRealTime();
BENCHMARK(throughput<OurRing>)->Name("ring/throughput/spsc_ring")->UseRealTime();
BENCHMARK(round_trip<OurRing>)->Name("ring/round_trip/spsc_ring")->UseRealTime();
#ifdef MM_HAVE_READER_WRITER_QUEUE
BENCHMARK(throughput<ReaderWriterQueue>)
    ->Name("ring/throughput/moodycamel_reader_writer")
    ->UseRealTime();
BENCHMARK(round_trip<ReaderWriterQueue>)
    ->Name("ring/round_trip/moodycamel_reader_writer")
    ->UseRealTime();
#endif
#ifdef MM_HAVE_BOOST_LOCKFREE
BENCHMARK(throughput<BoostSpscQueue>)->Name("ring/throughput/boost_spsc")->UseRealTime();
BENCHMARK(round_trip<BoostSpscQueue>)->Name("ring/round_trip/boost_spsc")->UseRealTime();
#endif
#ifdef MM_HAVE_CONCURRENT_QUEUE
BENCHMARK(throughput<ConcurrentQueue>)
    ->Name("ring/throughput/moodycamel_concurrent")
    ->UseRealTime();
BENCHMARK(round_trip<ConcurrentQueue>)
    ->Name("ring/round_trip/moodycamel_concurrent")
    ->UseRealTime();
#endif

}  // namespace
