// The driver in real time: an agent that drains the rings into the core by a fixed rule.
//
// One turn: what the command ring refused, all execution reports, all control, market data up to a
// batch, timers, then one BatchEnd. It runs on the strategy's thread, reads the clock once a turn
// and once more for each event that made commands, and allocates nothing. Histograms belong to
// that thread: read them when it rests. They take a few nanoseconds after what they measure.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>
#include <utility>

#include "engine/runtime/clock.h"
#include "engine/runtime/driver.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/kill_latch.h"

namespace mm {

struct EventRings {
  SpscRing<Event>& execution;
  SpscRing<Event>& control;
  SpscRing<Event>& market;
};

template <class DriverT, class ClockT = Clock>
class StrategyAgent {
 public:
  StrategyAgent(DriverT& driver, const EventRings& rings, const ClockT& clock,
                int market_batch = 256)
      : driver_(driver), rings_(rings), clock_(clock), market_batch_(market_batch) {}

  // Where the gateway turns on the same thread: what sends commands as soon as an event has made
  // some, before the core concludes. While nobody turns it; empty: nothing does.
  void send_with(std::function<void(Nanos)> send) { send_ = std::move(send); }

  // Where the feed turns on the same thread, and pushes no more before it has its next turn: a
  // market that is behind waits in the socket then, where newer books supersede it, not in the
  // ring. While nobody turns it.
  void take_all_market() { market_batch_ = static_cast<int>(rings_.market.capacity()); }

  // A turn that begins later than that after the one before says so in the latch before it decides
  // anything: nothing may be sent until the session has been reconciled.
  void watch_stalls(KillLatch& latch, Nanos stall_max) {
    latch_ = &latch;
    stall_max_ = stall_max;
  }

  int do_work() {
    const Nanos now = clock_.now();
    if (latch_ != nullptr && turn_begin_ != Nanos{} && now - turn_begin_ > stall_max_) {
      latch_->set(KillLatch::kStalled);
    }
    turn_begin_ = now;
    int work = driver_.deliver_denied(now);
    work += drain(rings_.execution, now);
    work += drain(rings_.control, now);
    work += drain_market(now);
    work += driver_.deliver_timers(now);
    driver_.end_batch(now, [this] { on_commands(); });
    if (driver_.core().stopped()) stopped_.store(true, std::memory_order_release);
    if (work > 0) turn_.record(clock_.now() - now);
    return work;
  }
  std::string_view name() const { return "strategy"; }

  // Any thread: a shutdown or kill has left no live order.
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  // From the receipt of the cause to the commands being on their way.
  const Histogram& event_to_command() const { return event_to_command_; }
  // Its two parts: until the turn that took the cause began, and that turn's own.
  const Histogram& event_to_turn() const { return event_to_turn_; }
  const Histogram& turn_to_command() const { return turn_to_command_; }
  const Histogram& turn() const { return turn_; }  // of turns that found work

 private:
  // Everything that is in the ring; bounded all the same, should more come than is done meanwhile.
  int drain(SpscRing<Event>& ring, Nanos now) {
    const int count_max = static_cast<int>(ring.capacity());
    int count = 0;
    for (Event e{}; count < count_max && ring.try_pop(e); ++count) deliver(e, now);
    return count;
  }
  // A batch, then on to the end of the message it stopped in: the feed pushes messages whole. Each
  // slot is the feed's again at once: for a message without room it would drop the book.
  int drain_market(Nanos now) {
    int count = 0;
    bool in_message = false;
    const auto goes_on = [&] { return count < market_batch_ || in_message; };
    for (auto events = rings_.market.peek(); !events.empty() && goes_on();
         events = rings_.market.peek()) {
      for (const Event& e : events) {
        if (!goes_on()) break;
        deliver(e, now);
        const bool book = e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookLevels;
        in_message = book && !e.last();
        rings_.market.consume(1);
        ++count;
      }
    }
    return count;
  }
  void deliver(const Event& e, Nanos now) {
    driver_.deliver(e, now, [this] { on_commands(); });
  }
  void on_commands() {
    const Nanos now = clock_.now();
    if (send_) send_(now);
    const Nanos cause = driver_.cause_received();
    if (cause <= Nanos{}) return;
    event_to_command_.record(now - cause);
    event_to_turn_.record(turn_begin_ - cause);
    turn_to_command_.record(now - turn_begin_);
  }

  DriverT& driver_;
  EventRings rings_;
  const ClockT& clock_;
  int market_batch_;
  std::function<void(Nanos)> send_;
  std::atomic<bool> stopped_{false};
  KillLatch* latch_ = nullptr;
  Nanos stall_max_{kNever}, turn_begin_{};
  Histogram event_to_command_, event_to_turn_, turn_to_command_;
  Histogram turn_;
};

}  // namespace mm
