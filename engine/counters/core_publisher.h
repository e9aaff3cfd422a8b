// From the core's state to the counters file: what every watcher of the engine sees.
//
// An agent beside the strategy, on its thread: every tenth of a second, jittered, it stores the
// engine's numbers and one instrument's, in turn (with many instruments more often, but not more
// often than each millisecond), and each second the latencies. A few microseconds, no allocation.
#pragma once

#include <atomic>
#include <string_view>

#include "engine/core/core.h"
#include "engine/counters/counters_file.h"
#include "engine/counters/quote_publisher.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/event_counter.h"
#include "engine/runtime/histogram.h"

namespace mm::counters {

class CorePublisher {
 public:
  // Of the strategy's thread: what it measures.
  struct Latencies {
    const Histogram& event_to_command;
    const Histogram& turn;
  };
  CorePublisher(const Core& core, const EventCounter& events, const Latencies& latencies,
                const Clock& clock)
      : core_(core), events_(events), latencies_(latencies), clock_(clock), quotes_(core) {}

  // Before the first turn; both outlive the last one. `journal_lost`: see the metric.
  void publish_to(CountersFile& counters, const std::atomic<std::uint64_t>* journal_lost = {}) {
    counters_ = &counters;
    journal_lost_ = journal_lost;
  }

  int do_work();
  std::string_view name() const { return "counters"; }
  // Everything, now: the strategy's thread, or anyone when it rests.
  void publish_all();

 private:
  static constexpr Nanos kInterval{100 * kMillisecond.v};
  static constexpr Nanos kIntervalMin = kMillisecond;
  static constexpr Nanos kLatencyInterval = kSecond;
  static constexpr int kTurnsPerLook = 64;  // the clock is read only now and then

  void publish_engine();
  void publish_instrument(std::size_t i);
  void publish_latencies();

  const Core& core_;
  const EventCounter& events_;
  Latencies latencies_;
  const Clock& clock_;
  QuotePublisher quotes_;
  CountersFile* counters_ = nullptr;
  const std::atomic<std::uint64_t>* journal_lost_ = nullptr;
  Nanos due_{}, latency_due_{};
  int turns_ = 0;
  std::size_t next_ = 0;
};

}  // namespace mm::counters
